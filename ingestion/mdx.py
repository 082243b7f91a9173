"""Markdown with JSX in it (MDX) as Markdown: what its components say stays, what they do goes."""

import re

from ingestion.alternative_text import picture_label
from ingestion.code_spans import outside_code

_IMPORT_LINE = re.compile(r"^import\s+(?:[\w*{}\s,$]{1,500}?\s+from\s+)?['\"][^'\"\n]+['\"];?[ \t]*\n?", re.MULTILINE)
_EXPORT = re.compile(
    r"^export\s+(?:const|let|var|default|function|async|class|\*|\{)[^\n]*(?:\n(?![ \t]*\n)[^\n]*)*", re.M
)
_COMPONENT = re.compile(
    r"""</?[A-Z][\w.]*((?:\s+(?:[\w:-]+(?:\s*=\s*(?:"[^"]{0,2000}"|'[^']{0,2000}'|\{[^{}]{0,2000}(?:\{[^{}]{0,2000}\}[^{}]{0,2000}){0,20}\}))?"""
    r"""|\{\.\.\.[\w.]{1,100}\})){0,50})\s*/?>"""
)
_WORDS = re.compile(
    r"""\b(title|label|heading|summary|caption|alt|name)\s*=\s*(?:\{\s*)?(?:"([^"]*)"|'([^']*)'|`([^`]*)`)"""
)
_HREF = re.compile(r"""\b(?:href|to|url)\s*=\s*(?:\{\s*)?["']([^"'\s]+)["']""")
_STRING = re.compile(r"""\{\s*(?:"([^"{}\n]*)"|'([^'{}\n]*)'|`([^`{}\n$]*)`)\s*\}""")


def is_mdx(text: str) -> bool:
    """Whether Markdown, whatever its name, begins or goes on with MDX's imports."""
    return _IMPORT_LINE.search(text[:5_000]) is not None and "<" in text


def without_mdx(text: str) -> str:
    """The text without imports, exports, comments and components; their titles and labels as bold words."""
    return outside_code(text, _clean)


def _clean(text: str) -> str:
    text = _EXPORT.sub("", _IMPORT_LINE.sub("", _without_comments(text)))
    text = _STRING.sub(lambda match: next(group for group in match.groups() if group is not None), text)
    return _COMPONENT.sub(_said, text)


def _without_comments(text: str) -> str:
    kept: list[str] = []
    position = 0
    while (start := text.find("{/*", position)) >= 0 and (end := text.find("*/}", start)) >= 0:
        kept.append(text[position:start])
        position = end + 3
    return "".join([*kept, text[position:]])


def _said(match: re.Match[str]) -> str:
    """What a component's tag says to a reader."""
    attributes = match[1] or ""
    words = [
        picture_label(said) if found[0] == "alt" else said
        for found in _WORDS.findall(attributes)
        for said in [next(filter(None, found[1:]), "")]
    ]
    said = next((word.strip() for word in words if word.strip()), "")
    if match[0].startswith("</") or not said:
        return ""
    href = _HREF.search(attributes)
    said = f"[{said}]({href[1]})" if href else f"**{said}**"
    return f"\n\n{said}\n\n"
