"""Inline Markdown as spans, so that text can be cut anywhere and each part is still valid Markdown."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from markdown_it import MarkdownIt
from markdown_it.token import Token

from ingestion.alternative_text import picture_label
from ingestion.html_tags import ELEMENTS

MOST_INLINE_CHARACTERS = 20_000
"""A longer run of text is taken as it stands: inline parsing is quadratic in the worst case."""

LONGEST_LINK = 2_000
_MARKUP = re.compile(r"[\\`*_\[\]<&~!\n]")
_TAG = re.compile(r"</?\s*([A-Za-z][\w-]*)")
_NEEDS_ESCAPE = frozenset("\\`*_[]<>~|#+->")


@dataclass(frozen=True)
class Span:
    """Text of one emphasis and one link. `marks` are Markdown's own ("**", "_", "`"), outermost first.

    `source` is the Markdown that stands for `text` where that is not `text` itself: an escaped character.
    """

    text: str
    marks: tuple[str, ...] = ()
    href: str | None = None
    source: str | None = None


Spans = tuple[Span, ...]


def plain(spans: Iterable[Span]) -> str:
    """The text without markup."""
    return "".join(span.text for span in spans)


def cut(spans: Spans, start: int, end: int) -> Spans:
    """The spans of `plain(spans)[start:end]`, without the space at their ends."""
    parts: list[Span] = []
    position = 0
    for span in spans:
        first, last = max(start - position, 0), min(end - position, len(span.text))
        position += len(span.text)
        if first < last:
            parts.append(_with_text(span, span.text[first:last]))
        if position >= end:
            break
    return stripped(parts)


def stripped(spans: Sequence[Span]) -> Spans:
    """The spans without white space at the ends."""
    parts = list(spans)
    while parts and not parts[0].text.strip():
        parts.pop(0)
    while parts and not parts[-1].text.strip():
        parts.pop()
    if parts:
        parts[0] = _with_text(parts[0], parts[0].text.lstrip())
        parts[-1] = _with_text(parts[-1], parts[-1].text.rstrip())
    return tuple(parts)


def _with_text(span: Span, text: str) -> Span:
    return span if text == span.text else replace(span, text=text)


def markdown(spans: Iterable[Span]) -> str:
    """The spans as Markdown. White space stays outside of marks, where Markdown needs it to be."""
    written: list[str] = []
    opened: list[tuple[str, str]] = []
    space = ""
    for span in spans:
        text = span.text if span.source is None else span.source
        core = text.strip()
        if not core:
            space += text
            continue
        wanted = _delimiters(span)
        kept = 0
        while kept < min(len(opened), len(wanted)) and opened[kept] == wanted[kept]:
            kept += 1
        written.extend(closing for _, closing in reversed(opened[kept:]))
        written.append(space + text[: len(text) - len(text.lstrip())])
        written.extend(opening for opening, _ in wanted[kept:])
        written.append(core)
        opened = wanted
        space = text[len(text.rstrip()) :]
    written.extend(closing for _, closing in reversed(opened))
    return "".join(written).strip()


def _delimiters(span: Span) -> list[tuple[str, str]]:
    """Opening and closing Markdown of a span, outermost first."""
    pairs: list[tuple[str, str]] = []
    if span.href is not None:
        if span.href.removeprefix("mailto:") == span.text:
            return [("<", ">")]
        destination = f"<{span.href}>" if re.search(r"[\s()]", span.href) else span.href
        pairs.append(("[", f"]({destination})"))
    for mark in span.marks:
        if mark == "`":
            ticks = "`" * (1 + max((len(run) for run in re.findall(r"`+", span.text)), default=0))
            pad = " " if span.text.startswith("`") or span.text.endswith("`") else ""
            pairs.append((ticks + pad, pad + ticks))
        else:
            pairs.append((mark, mark))
    return pairs


def parse_inline(parser: MarkdownIt, content: str, references: dict[str, object]) -> Spans:
    """A paragraph's source as spans: soft line breaks become spaces, images their label, tags nothing."""
    if not _MARKUP.search(content):
        return (Span(content),) if content else ()
    if len(content) > MOST_INLINE_CHARACTERS:
        return (Span(re.sub(r"\s*\n\s*", " ", content)),)
    tokens: list[Token] = []
    parser.inline.parse(content, parser, references, tokens)
    return _merged(_spans_of(tokens))


def _spans_of(tokens: Sequence[Token]) -> list[Span]:
    spans: list[Span] = []
    marks: list[str] = []
    href: str | None = None
    for token in tokens:
        text, source = token.content, None
        kind = token.type
        if kind == "softbreak":
            text = " "
        elif kind == "hardbreak":
            text = "\n"
        elif kind == "code_inline":
            spans.append(Span(text, (*marks, "`"), href))
            continue
        elif kind == "text_special":
            if text in _NEEDS_ESCAPE and (text not in "#+->" or not spans):
                source = "\\" + text
        elif kind == "image":
            text = picture_label(plain(_spans_of(token.children or [])))
        elif kind == "html_inline":
            text = text_of_tag(text)
        elif kind == "link_open":
            target = str(token.attrGet("href") or "")
            href = target if 0 < len(target) <= LONGEST_LINK else None
            continue
        elif kind == "link_close":
            href = None
            continue
        elif kind in ("strong_open", "em_open", "s_open"):
            marks.append(token.markup)
            continue
        elif kind in ("strong_close", "em_close", "s_close"):
            if marks:
                marks.pop()
            continue
        if text:
            spans.append(Span(text.replace("\u00a0", " "), tuple(marks), href, source))
    return spans


def text_of_tag(tag: str) -> str:
    """What a tag says to a reader: a line break, nothing, or itself where it is no HTML but a `<place-holder>`."""
    name = _TAG.match(tag)
    if name is None:
        return ""
    if name[1].lower() == "br":
        return "\n"
    return "" if name[1].lower() in ELEMENTS else tag


def _merged(spans: Sequence[Span]) -> Spans:
    """Neighbours of one kind as one span."""
    merged: list[Span] = []
    for span in spans:
        last = merged[-1] if merged else None
        if last and last.source is None and span.source is None and (last.marks, last.href) == (span.marks, span.href):
            merged[-1] = replace(last, text=last.text + span.text)
        else:
            merged.append(span)
    return stripped(merged)
