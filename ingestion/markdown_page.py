"""A Markdown file, in any of its dialects, as plain Markdown with a title."""

import html
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ingestion.anchors import markdown_anchors
from ingestion.code_spans import FENCED, outside_code
from ingestion.connectors import HeadingIds
from ingestion.front_matter import split_front_matter
from ingestion.inline_html import without_html
from ingestion.mdx import without_mdx
from ingestion.moments import moment
from ingestion.parsed_document import ParsedDocument
from ingestion.template_tags import without_template_tags

LONGEST_TITLE = 300

_CHANGED = (
    "lastmodifiedat",
    "lastmodified",
    "lastmod",
    "lastupdatedat",
    "lastupdated",
    "updatedat",
    "updated",
    "modified",
)
"""Names in front matter, letters alone and small, as Jekyll, Hugo, Docusaurus and VitePress have them."""

_FENCED = re.compile(FENCED, re.MULTILINE)
_ATTRIBUTES = re.compile(
    r"(?:(?<![ \t])[ \t]+)?\{:[^{}\n]*\}"  # Kramdown: {: .class}
    r"|(?m:(?<=[^\s{])[ \t]*\{#[^\s{}]+\}[ \t]*$)"  # a heading's anchor: {#id}
    r"|(?<=[)\]*_`\ue001])\{[.#][^{}\n]*\}"  # after a link or an image: {.class}
)
_ADMONITION = re.compile(r"^([ \t>]*):::+[ \t]*(\{?[\w-]*\}?)(.*)$", re.MULTILINE)
_GITHUB_ALERT = re.compile(r"^([ \t]*>[ \t]*)\[!(NOTE|TIP|IMPORTANT|WARNING|CAUTION)\][ \t]*$", re.MULTILINE)
_EMOJI = re.compile(r"(?<![\w:/]):([a-z][a-z0-9_+-]{1,40}):(?![\w:/])")
_FIRST_HEADING = re.compile(r"^#[ \t]+(\S.*)$|^([^\s#>|`-].*)\n=+[ \t]*$", re.MULTILINE)


def parse_markdown(text: str, *, has_jsx: bool = False, heading_ids: HeadingIds = "unknown") -> ParsedDocument:
    """The title from the front matter, else the first outermost heading; the text without tags, HTML and attributes.

    With `has_jsx`, it is MDX: its imports and components go too.
    """
    settings, body = split_front_matter(text)
    anchors = markdown_anchors(body, heading_ids)
    if has_jsx:
        body = without_mdx(body)
    body = without_template_tags(body)
    body = without_html(body)
    body = outside_code(body, _without_dialects).strip()
    lead = _setting(settings, "subtitle") or _setting(settings, "description")
    if lead and lead not in body:
        body = f"{lead}\n\n{body}".rstrip()
    target = _setting(settings, "redirect_to")
    title = _setting(settings, "title")
    if not body and target:
        body = f"See [{title or target}]({target})."
    return ParsedDocument(title or first_heading(body), body, anchors, _changed_at(settings))


def _changed_at(settings: Mapping[str, Any]) -> datetime | None:
    """When the front matter says that the page was last changed. `date` is when it was first published."""
    by_name = {re.sub(r"[^a-z]", "", name.lower()): value for name, value in settings.items()}
    return next((found for name in _CHANGED if (found := moment(by_name.get(name)))), None)


def first_heading(markdown: str) -> str | None:
    """The text of the first outermost heading outside of code, without markup."""
    match = _FIRST_HEADING.search(_FENCED.sub("", markdown))
    if match is None:
        return None
    words = (match[1] or match[2]).rstrip(" \t#")[:LONGEST_TITLE]
    return html.unescape(re.sub(r"!?\[([^\]]*)\]\([^)]*\)|[*_`\\]", r"\1", words)).strip() or None


def _setting(settings: Mapping[str, Any], name: str) -> str | None:
    value = settings.get(name)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return " ".join(without_html(without_template_tags(str(value))).split()) or None


def _without_dialects(text: str) -> str:
    text = _ATTRIBUTES.sub("", text)
    text = _GITHUB_ALERT.sub(lambda match: f"{match[1]}**{match[2].capitalize()}**  ", text)
    text = _ADMONITION.sub(_admonition, text)
    return _EMOJI.sub(_emoji, text) if ":" in text else text


def _admonition(match: re.Match[str]) -> str:
    """Docusaurus' `:::tip Heading` as its heading."""
    heading = match[3].strip()
    return f"{match[1]}\n{match[1]}**{heading}**\n" if heading else match[1]


def _emoji(match: re.Match[str]) -> str:
    """The emoji of a short code. One that only a workspace knows is left: Slack shows it."""
    from rich.emoji import Emoji, NoEmoji

    try:
        return str(Emoji(match[1]))
    except NoEmoji:
        return match[0]
