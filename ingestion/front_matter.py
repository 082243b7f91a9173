"""The block of settings that some Markdown files begin with."""

import json
import re
import tomllib
from collections.abc import Mapping
from typing import Any

_YAML = re.compile(r"\A\s*---[ \t]*(\w*)[ \t]*\n(.*?)(?:^|\n)(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
_TOML = re.compile(r"\A\s*\+\+\+[ \t]*\n(.*?)(?:^|\n)\+\+\+[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
_KEY = re.compile(r"^[\w.-]+[ \t]*:(?:[ \t]|$)", re.MULTILINE)
_MOST_FOR_C = 4_000
_TITLE_LINE = re.compile(r"^title[ \t]*:[ \t]*(.+?)[ \t]*$", re.MULTILINE)


def split_front_matter(text: str) -> tuple[Mapping[str, Any], str]:
    """The settings and the text below them.

    Where they are broken YAML, only a title that stands on a line of its own is read. A block between two lines of
    dashes that has no settings in it is text.
    """
    if match := _TOML.match(text):
        try:
            return tomllib.loads(match[1]), text[match.end() :]
        except tomllib.TOMLDecodeError:
            return _title_line(match[1].replace(" = ", ": ")), text[match.end() :]
    match = _YAML.match(text)
    if match is None:
        return {}, text
    language, block = match[1].lower(), match[2]
    if language in ("", "yaml", "yml"):
        settings = _yaml(block)
    elif language == "json":
        settings = _json(block)
    else:
        return {}, text[match.end() :]
    if settings is None:
        return {}, text
    return settings, text[match.end() :]


def _yaml(block: str) -> Mapping[str, Any] | None:
    import yaml

    # The fast loader is in C, and what nests deep enough in a long block ends the process.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader) if len(block) <= _MOST_FOR_C else yaml.SafeLoader
    try:
        settings = yaml.load(block, Loader=loader)
    except (yaml.YAMLError, ValueError, RecursionError):
        return _title_line(block) if _KEY.search(block) else None
    if isinstance(settings, dict):
        return {str(key): value for key, value in settings.items()}
    return {} if settings is None else None


def _json(block: str) -> Mapping[str, Any]:
    try:
        settings = json.loads(block)
    except (ValueError, RecursionError):
        return {}
    return settings if isinstance(settings, dict) else {}


def _title_line(block: str) -> Mapping[str, Any]:
    title = _TITLE_LINE.search(block)
    return {"title": title[1].strip("\"'")} if title else {}
