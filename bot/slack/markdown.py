"""Markdown from documents, models and people, made safe for Slack: it mentions nobody and links to cited pages only.

The text is parsed and written anew, so nothing in it reaches Slack but what this file writes: known formatting, and
words whose special characters are escaped. Slack reads standard Markdown in `markdown` blocks and in `markdown_text`
(https://docs.slack.dev/reference/block-kit/blocks/markdown-block); whether it also resolves its own `<!channel>` there
is not documented, so both readings are made harmless.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from bot.slack.escape import escape_line_starts, escaped_words, mrkdwn_text, without_pings
from bot.slack.links import addresses, names_another_address, web_link
from storage.unseen import without_unseen

_MARKER = re.compile(r"\[(\d{1,3})\]")
_INFO = re.compile(r"[\w+#.-]{1,20}")
_OPEN_ENDED = frozenset({"fence", "table"})
_NESTING = 40


def slack_markdown(
    text: str, links: Mapping[int, str] | None = None, known: Iterable[str] = (), *, unfinished: bool = False
) -> str:
    """`text` as Markdown for Slack, with [n] linked to `links[n]`.

    Links survive only to the addresses in `links` and `known`, all others become their text, and addresses that stand
    in the text become code, of which Slack makes no links.

    `unfinished` text is about to grow: what might still change its meaning (an open code block, a
    table) is left out at its end.
    """
    blocks = list(_tree(text).children)
    if unfinished and blocks and blocks[-1].type in _OPEN_ENDED:
        blocks.pop()
    markers = {n: link for n, url in (links or {}).items() if (link := web_link(url))}
    linked = {link for url in known if (link := web_link(url))}
    return _Writer(markers, linked | set(markers.values())).blocks(blocks)


def plain_text(text: str) -> str:
    """The words of Markdown `text` without its formatting, on one line, harmless where Slack reads its own mark-up."""
    return mrkdwn_text(" ".join(_words(_tree(text))))


@cache
def _parser() -> MarkdownIt:
    # Definitions of links, underlined headings and indented code would let a later line change an earlier one.
    options = {"html": False, "linkify": False, "typographer": False, "maxNesting": _NESTING}
    parser = MarkdownIt("commonmark", options).enable(["table", "strikethrough"])
    parser.validateLink = lambda url: True  # type: ignore[method-assign]  # a bad link is one too, and becomes its text
    return parser.disable(["reference", "lheading", "code", "html_block", "html_inline"])


def _tree(text: str) -> SyntaxTreeNode:
    return SyntaxTreeNode(_parser().parse(without_unseen(text).encode("utf-8", "replace").decode("utf-8")))


def _words(node: SyntaxTreeNode) -> Iterable[str]:
    if node.type in ("text", "code_inline", "fence"):
        yield node.content
    elif node.type == "inline":
        yield "".join(_inline_words(node))
    else:
        for child in node.children:
            yield from _words(child)


def _inline_words(node: SyntaxTreeNode) -> Iterable[str]:
    for child in node.children:
        if child.type in ("text", "code_inline"):
            yield child.content
        elif child.type in ("softbreak", "hardbreak"):
            yield " "
        else:
            yield from _inline_words(child)


@dataclass(frozen=True)
class _Markup:
    """Characters that mean formatting; all other characters are words."""

    text: str


_SIGNS = (_Markup("**"), _Markup("*"), _Markup("~~"))


@dataclass(frozen=True)
class _Writer:
    """Writes parsed Markdown anew."""

    markers: Mapping[int, str]
    addresses: Collection[str]

    def blocks(self, nodes: Sequence[SyntaxTreeNode]) -> str:
        written = (self._block(node) for node in nodes)
        return "\n\n".join(block for block in written if block)

    def _block(self, node: SyntaxTreeNode) -> str:
        match node.type:
            case "paragraph":
                return self._inline(node)
            case "heading":
                return f"{'#' * int(node.tag[1:])} {_one_line(self._inline(node))}"
            case "bullet_list":
                return "\n".join(self._item(item, "- ") for item in node.children)
            case "ordered_list":
                first = int(node.attrs.get("start", 1))
                return "\n".join(self._item(item, f"{first + i}. ") for i, item in enumerate(node.children))
            case "blockquote":
                return _prefixed(self.blocks(node.children), "> ", "> ")
            case "fence":
                return _fence(node)
            case "table":
                return self._table(node)
            case "hr":
                return "---"
            case _:
                return self.blocks(node.children)

    def _item(self, item: SyntaxTreeNode, marker: str) -> str:
        # One newline between an item's paragraph and its inner list keeps the list tight.
        written = [block for block in map(self._block, item.children) if block]
        kinds = [child.type for child in item.children]
        joint = "\n" if all(kind.endswith("_list") for kind in kinds[1:]) else "\n\n"
        return _prefixed(joint.join(written), marker, " " * len(marker))

    def _table(self, node: SyntaxTreeNode) -> str:
        rows = [row for part in node.children for row in part.children]
        lines = ["| " + " | ".join(self._cell(cell) for cell in row.children) + " |" for row in rows]
        lines.insert(1, "|" + " --- |" * len(rows[0].children))
        return "\n".join(lines)

    def _cell(self, cell: SyntaxTreeNode) -> str:
        return re.sub(r"(?<!\\)((?:\\\\)*)\|", r"\1\\|", _one_line(self._inline(cell)))

    def _inline(self, node: SyntaxTreeNode) -> str:
        parts = [part for inline in node.children for part in self._parts(inline.children)]
        return escape_line_starts(_joined(parts, self.addresses)).strip()

    def _parts(self, nodes: Sequence[SyntaxTreeNode]) -> list[str | _Markup]:
        parts: list[str | _Markup] = []
        for node in nodes:
            more = self._part(node)
            if parts and more and parts[-1] == more[0] in _SIGNS:  # *a**b* would not read as two
                parts.pop()
                more = more[1:]
            parts += more
        return parts

    def _part(self, node: SyntaxTreeNode) -> list[str | _Markup]:
        match node.type:
            case "text" | "html_inline":
                return self._with_markers(node.content)
            case "softbreak" | "hardbreak":
                return ["\n"]
            case "code_inline":
                return [_Markup(_code(node.content))]
            case "strong":
                return _wrapped("**", self._parts(node.children))
            case "em":
                return _wrapped("*", self._parts(node.children))
            case "s":
                return _wrapped("~~", self._parts(node.children))
            case "image":
                return [plain for plain in _inline_words(node) if plain]
            case "link":
                return self._link(node)
            case _:
                return self._parts(node.children)

    def _with_markers(self, text: str) -> list[str | _Markup]:
        parts: list[str | _Markup] = []
        end = 0
        for match in _MARKER.finditer(text):
            parts.append(text[end : match.start()])
            parts.append(self._marker(int(match[1])))
            end = match.end()
        return [part for part in [*parts, text[end:]] if part]

    def _marker(self, n: int) -> _Markup:
        return _Markup(f"[[{n}]]({self.markers[n]})" if n in self.markers else f"[{n}]")

    def _link(self, node: SyntaxTreeNode) -> list[str | _Markup]:
        text = "".join(_inline_words(node))
        href = web_link(str(node.attrs.get("href", ""))) or ""
        if text.isdigit() and len(text) <= 3:
            return [self._marker(int(text))]
        if href not in self.addresses or not text.strip() or names_another_address(text, href):
            return self._parts(node.children)
        return [_Markup("["), *self._without_links(node.children), _Markup(f"]({href})")]

    def _without_links(self, nodes: Sequence[SyntaxTreeNode]) -> list[str | _Markup]:
        return _Writer({}, ())._parts(nodes)


def _joined(parts: Sequence[str | _Markup], linked: Collection[str]) -> str:
    """The parts as one Markdown text, words escaped by what stands next to them.

    Addresses but those that may be `linked` are code.
    """
    merged: list[str | _Markup] = []
    for part in parts:
        if merged and isinstance(part, str) and isinstance(merged[-1], str):
            merged[-1] += part
        elif merged and isinstance(part, _Markup) and isinstance(merged[-1], _Markup):
            merged[-1] = _Markup(merged[-1].text + part.text)
        else:
            merged.append(part)
    merged = [each for part in merged for each in _with_addresses(part, linked)]
    written = []
    for i, part in enumerate(merged):
        if isinstance(part, _Markup):
            written.append(part.text)
        else:
            before = merged[i - 1] if i else ""
            after = merged[i + 1] if i + 1 < len(merged) else ""
            written.append(escaped_words(part, _last(before), _first(after)))
    return "".join(written)


def _with_addresses(part: str | _Markup, linked: Collection[str]) -> Iterable[str | _Markup]:
    """A part with what Slack would make a link of by itself as code."""
    if isinstance(part, _Markup):
        yield part
        return
    end = 0
    for start, stop in addresses(part):
        if web_link(part[start:stop]) not in linked:
            yield from filter(None, (part[end:start], _Markup(_code(part[start:stop]))))
            end = stop
    if part[end:]:
        yield part[end:]


def _last(part: str | _Markup) -> str:
    return (part.text if isinstance(part, _Markup) else part)[-1:]


def _first(part: str | _Markup) -> str:
    return (part.text if isinstance(part, _Markup) else part)[:1]


def _wrapped(sign: str, parts: list[str | _Markup]) -> list[str | _Markup]:
    return [_Markup(sign), *parts, _Markup(sign)] if parts else []


def _code(content: str) -> str:
    ticks = "`" * (_longest_run(content) + 1)
    space = " " if content[:1] in ("`", " ") or content[-1:] in ("`", " ") else ""
    return f"{ticks}{space}{without_pings(content)}{space}{ticks}"


def _fence(node: SyntaxTreeNode) -> str:
    ticks = "`" * max(3, _longest_run(node.content) + 1)
    info = node.info.split(maxsplit=1)[0] if node.info.strip() else ""
    content = without_pings(node.content.rstrip("\n"))
    return f"{ticks}{info if _INFO.fullmatch(info) else ''}\n{content}\n{ticks}"


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall(r"`+", text)), default=0)


def _one_line(text: str) -> str:
    return " ".join(text.split("\n"))


def _prefixed(text: str, first: str, rest: str) -> str:
    head, *tail = text.split("\n")
    return "\n".join(line.rstrip() for line in (first + head, *(rest + line for line in tail)))
