"""HTML inside Markdown as Markdown: tags go, what they mark stays, where a reader sees it."""

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from ingestion.alternative_text import picture_label
from ingestion.code_spans import outside_code
from ingestion.hidden_style import background, declarations, hides, is_alike, is_white
from ingestion.html_tags import ELEMENTS

_UNREAD = re.compile(r"<!--|<(script|style|svg|noscript|template|head|object)\b", re.IGNORECASE)
_TAG = re.compile(r"""<(/?)([A-Za-z][\w-]*)((?:\s(?:"[^"]{0,9999}"|'[^']{0,9999}'|[^<>"']){0,999})?)/?>""")
_ATTRIBUTE = re.compile(r"""([\w-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'<>]+))""")
_LINE = re.compile(r"<(h[1-6]|summary)\b[^<>]*>((?:(?!</?(?:h[1-6]|summary)\b).){0,2000})</\1\s*>", re.DOTALL | re.I)
_INNERMOST_TABLE = re.compile(r"<table\b[^<>]*>((?:(?!<table\b).)*?)</table\s*>", re.DOTALL | re.IGNORECASE)
_ROW = re.compile(r"<tr\b[^<>]*>(.*?)(?=</tr\b|<tr\b|\Z)", re.DOTALL | re.IGNORECASE)
_CELL = re.compile(r"<(t[dh])\b[^<>]*>(.*?)(?=</t[dh]\b|<t[dh]\b|\Z)", re.DOTALL | re.IGNORECASE)
_PARAGRAPHS = {"div", "p", "section", "article", "aside", "header", "footer", "nav", "main", "figure", "figcaption"}
_PARAGRAPHS |= {"details", "dl", "dt", "dd", "blockquote", "center", "form", "fieldset", "legend", "address", "hgroup"}
_PARAGRAPHS |= {"dialog", "search", "button", "table", "tr", "caption", "iframe", "video", "audio"}
_BLOCKS = "|".join(sorted(_PARAGRAPHS | {"tbody", "thead", "td", "th", "ul", "ol", "li", "summary", "hr", "img", "br"}))
_BLOCK_LINE = re.compile(rf"[ \t]*</?(?:{_BLOCKS}|h[1-6]|a|span|sup)\b", re.IGNORECASE)
_LIST_ITEM = re.compile(r"[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]")
_LINE_BEGINNING = 200
_DEEPEST_LIST = 20
_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"}
_HIDDEN = re.compile(r"(?<![\w-])hidden(?![\w-])(?!\s*=\s*\"?until-found)", re.IGNORECASE)
_QUOTED = re.compile(r"""=\s*(?:"(?!until-found)[^"]*"|'[^']*')""")
_BLANK_LINE = re.compile(r"\n[ \t]*\n")
_EMPHASIS = {"strong": "**", "b": "**", "em": "_", "i": "_", "del": "~~", "s": "~~", "strike": "~~"}


def without_html(markdown: str) -> str:
    """The Markdown without HTML. Code keeps its tags, and so does what is no HTML: `<your-name>`, `<https://…>`."""
    if "<" not in markdown:
        return markdown
    return outside_code(markdown, _clean)


def _clean(text: str) -> str:
    text = _without_unread(text)
    if not _TAG.search(text):
        return text
    text = _without_hidden(text)
    text = _LINE.sub(lambda match: _heading(match[1].lower(), match[2]), text)
    while (changed := _INNERMOST_TABLE.sub(lambda match: _table(match[1]), text)) != text:
        text = changed
    return _Tags().replaced(_without_indents(text))


def _without_unread(text: str) -> str:
    """The text without comments, and without elements whose content no reader sees, where they end.

    A comment that begins a line and never ends hides all below it on the page, too.
    """
    kept: list[str] = []
    unclosed: set[str] = set()
    position = 0
    while (match := _UNREAD.search(text, position)) is not None:
        kept.append(text[position : match.start()])
        position = match.end()
        closing = rf"</{match[1]}\s{{0,9}}>" if match[1] else "-->"
        end = None if closing.lower() in unclosed else re.compile(closing, re.IGNORECASE).search(text, position)
        if end is not None:
            position = end.end()
            continue
        unclosed.add(closing.lower())
        if not match[1] and not kept[-1].rpartition("\n")[2].strip():
            return "".join(kept)
        if match[1]:
            kept.append(match[0])
    return "".join([*kept, text[position:]])


def _without_hidden(text: str) -> str:
    """The text without elements that their own attributes keep from being seen; one without an end ends its block."""
    tags = [match for match in _TAG.finditer(text) if match[2].lower() in ELEMENTS - _VOID]
    if not any(_is_hidden(match) for match in tags):
        return text
    kept: list[str] = []
    position = 0
    for number, end in sorted(_ends(tags).items()):
        start = tags[number]
        if start.start() < position or not _is_hidden(start):
            continue
        kept.append(text[position : start.start()])
        if end is None:
            blank = _BLANK_LINE.search(text, start.end())
            position = blank.start() if blank else len(text)
        else:
            position = end
    return "".join([*kept, text[position:]])


def _ends(tags: Sequence[re.Match[str]]) -> dict[int, int | None]:
    """Where the element ends that each opening tag begins, by the tag's number; None where it has no end."""
    ends: dict[int, int | None] = {}
    opened: dict[str, list[int]] = {}
    for number, match in enumerate(tags):
        name = match[2].lower()
        if match[1] != "/":
            opened.setdefault(name, []).append(number)
            ends[number] = None
        elif opened.get(name):
            ends[opened[name].pop()] = match.end()
    return ends


def _is_hidden(tag: re.Match[str]) -> bool:
    attributes = tag[3]
    if tag[1] == "/" or not attributes:
        return False
    if _HIDDEN.search(_QUOTED.sub('=""', attributes)):
        return True
    style = declarations(html.unescape(_attribute(attributes, "style") or ""))
    colour = style.get("color") or (_attribute(attributes, "color") or "").lower()
    behind = background(style)
    return hides(style) or (bool(colour) and (is_white(colour) if behind is None else is_alike(colour, behind)))


def _without_indents(text: str) -> str:
    """The text with lines of HTML moved to the margin: indented as their tags were, they would be code."""
    lines: list[str] = []
    in_html = in_list = False
    margin = ""
    for line in text.split("\n"):
        if not line.strip():
            in_html = False
        elif _BLOCK_LINE.match(line):
            if not in_html:
                before = next((earlier for earlier in reversed(lines) if earlier.strip()), "")
                is_in_list = _LIST_ITEM.match(before) is not None or before[:1] in (" ", "\t")
                margin = line[: len(line) - len(line.lstrip())] if is_in_list else ""
            in_html, in_list = True, False
            line = margin + line.lstrip()
        elif in_html:
            in_list = in_list or _LIST_ITEM.match(line) is not None
            line = line if in_list else margin + line.lstrip()
        lines.append(line)
    return "\n".join(lines)


@dataclass
class _Tags:
    """Replaces tags in their order, since what a tag becomes depends on those that are open around it."""

    links: list[str] = field(default_factory=list)
    lists: list[int | None] = field(default_factory=list)

    def replaced(self, text: str) -> str:
        written: list[str] = []
        position = line_start = 0
        for match in _TAG.finditer(text):
            if match[2].lower() not in ELEMENTS:
                continue
            written.append(text[position : match.start()])
            line_start = max(line_start, text.rfind("\n", position, match.start()) + 1)
            position = match.end()
            # How the line begins is all that matters; a whole one may be a whole page.
            line = text[line_start : min(match.start(), line_start + _LINE_BEGINNING)]
            written.append(self.tag(match[2].lower(), match[3], is_end=match[1] == "/", line=line))
        written.append(text[position:])
        return re.sub(r"\n(?:[ \t]*\n){2,}", "\n\n", "".join(written))

    def tag(self, name: str, attributes: str, *, is_end: bool, line: str) -> str:
        is_row = line.lstrip().startswith("|")
        if name == "br":
            return " " if is_row or line.lstrip().startswith("#") else "  \n"
        if name == "a":
            return self.link(attributes, is_end=is_end)
        if name in _EMPHASIS:
            return _EMPHASIS[name]
        if name in ("code", "kbd", "samp", "tt"):
            return "`"
        if name == "img":
            return picture_label(html.unescape(_attribute(attributes, "alt") or ""))
        if name == "iframe" and not is_end:
            title, source = _attribute(attributes, "title"), _attribute(attributes, "src")
            return f"\n\n[{title}]({source})\n\n" if title and source else "\n\n"
        if is_row:
            return "" if name in ("ul", "ol", "p", "div", "span") or is_end else " "
        if re.fullmatch(r"h[1-6]", name):
            return "\n\n" if is_end else f"\n\n{'#' * int(name[1])} "
        if name in ("ul", "ol"):
            return self.list(name, is_end=is_end)
        if name == "li":
            return "" if is_end else self.item()
        if name == "hr":
            return "\n\n---\n\n"
        return "\n\n" if name in _PARAGRAPHS else ""

    def link(self, attributes: str, *, is_end: bool) -> str:
        if is_end:
            target = self.links.pop() if self.links else ""
            return f"]({target})" if target else ""
        target = html.unescape(_attribute(attributes, "href") or "").strip().replace(" ", "%20")
        self.links.append(target)
        return "[" if target else ""

    def list(self, name: str, *, is_end: bool) -> str:
        if is_end:
            if self.lists:
                self.lists.pop()
        else:
            self.lists.append(1 if name == "ol" else None)
        return "\n" if self.lists else "\n\n"

    def item(self) -> str:
        indent = "   " * min(max(len(self.lists) - 1, 0), _DEEPEST_LIST)
        number = self.lists[-1] if self.lists else None
        if number is None:
            return f"\n{indent}- "
        self.lists[-1] = number + 1
        return f"\n{indent}{number}. "


def _attribute(attributes: str, name: str) -> str | None:
    for match in _ATTRIBUTE.finditer(attributes):
        if match[1].lower() == name:
            return next((value for value in match.groups()[1:] if value is not None), None)
    return None


def _heading(name: str, content: str) -> str:
    """A heading, or a summary that can be unfolded, on a line of its own, whatever it is wrapped in."""
    words = " ".join(re.sub(r"</?(?:button|span|div|p|br)\b[^<>]*>", " ", content).split())
    if not words:
        return ""
    return f"\n\n**{words}**\n\n" if name == "summary" else f"\n\n{'#' * int(name[1])} {words}\n\n"


def _table(content: str) -> str:
    """A table's content as a Markdown table; without a row of column names, as a list with an item a row."""
    rows = [[(kind.lower(), _cell(cell)) for kind, cell in _CELL.findall(row)] for row in _ROW.findall(content)]
    rows = [row for row in rows if any(cell for _, cell in row)]
    if not rows:
        return ""
    width = max(map(len, rows))
    if width > 1 and all(kind == "th" for kind, _ in rows[0]):
        lines = [[cell for _, cell in row] + [""] * (width - len(row)) for row in rows]
        table = [f"| {' | '.join(line)} |" for line in lines]
        return "\n\n" + "\n".join([table[0], "|" + " --- |" * width, *table[1:]]) + "\n\n"
    items: list[str] = []
    for row in rows:
        name, *values = [cell for _, cell in row if cell]
        if values and (row[0][0] == "th" or name.startswith("**")):
            items.append(f"- **{name.strip('*: ')}**: {'; '.join(values)}")
        else:
            items.append(f"- {'; '.join([name, *values])}")
    return "\n\n" + "\n".join(items) + "\n\n"


def _cell(content: str) -> str:
    """A cell's content on one line."""
    content = re.sub(r"(?<=[^\s,.;:])\s*<br\s*/?>(?=\s*[^\s<])", ",", content, flags=re.IGNORECASE)
    content = re.sub(r"<li\b[^<>]*>", " • ", content, flags=re.IGNORECASE)
    content = re.sub(r"</?(?:ul|ol|p|div|h[1-6]|br)\b[^<>]*>", " ", content, flags=re.IGNORECASE)
    content = re.sub(r"(?m)^[ \t]*[-*+][ \t]", " • ", content)
    return re.sub(r"(?<!\\)\|", r"\\|", " ".join(_Tags().replaced(content).split()))
