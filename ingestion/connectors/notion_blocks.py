"""Notion's blocks, and what is inside of them, as Markdown."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ingestion.connectors.notion_text import one_line, page_address, paragraph, rich

Block = Mapping[str, Any]

DEEPEST = 40
"""Blocks in blocks that are read: deeper ones are a loop of synced blocks."""

_LISTS = {"bulleted_list_item", "numbered_list_item", "to_do"}
_HEADINGS = {f"heading_{level}": level for level in range(1, 5)}
_OWN_DOCUMENTS = {"child_page", "child_database"}
_LINKS = {"bookmark", "embed", "link_preview"}
_LIST_ITEM = re.compile(r"(?:-|\d+\.) ")
_FILES = {"image", "video", "file", "pdf", "audio"}


class BlocksToMarkdown:
    """Renders blocks. `children` lists those in a block, by its id; `title_of` gives a page's title, where known."""

    def __init__(self, children: Callable[[str], Iterable[Block]], title_of: Callable[[str], str | None]) -> None:
        self._children = children
        self._title_of = title_of

    def markdown(self, id: str, depth: int = 0) -> str:
        """What is in a page or a block, as Markdown."""
        if depth > DEEPEST:
            return ""
        pieces: list[str] = []
        kind_before, number = "", 0
        for block in self._children(id):
            kind = str(block.get("type") or "")
            number = number + 1 if kind == kind_before else 1
            piece = self._block(block, kind, number, depth)
            if not piece:
                continue
            if pieces:
                pieces.append("\n" if kind in _LISTS and kind_before in _LISTS else "\n\n")
            pieces.append(piece)
            kind_before = kind
        return "".join(pieces)

    def _block(self, block: Block, kind: str, number: int, depth: int) -> str:
        content: Mapping[str, Any] = block.get(kind) or {}
        texts = content.get("rich_text")
        if kind in _OWN_DOCUMENTS:
            return f"[{content.get('title') or 'Untitled'}]({page_address(str(block['id']))})"
        if kind == "table":
            return self._table(block)
        if kind == "code":
            return _with_caption(_code(plain_lines(texts), str(content.get("language") or "")), content)
        inner = self._inner(block, kind, content, depth)
        if kind in _LISTS:
            mark = "- "
            if kind == "numbered_list_item":
                mark = f"{number}. "
            elif kind == "to_do":
                mark = "- [x] " if content.get("checked") else "- [ ] "
            indent = " " * (len(mark) if kind == "numbered_list_item" else 2)
            between = "\n" if _LIST_ITEM.match(inner) else "\n\n"
            return _joined(f"{mark}{rich(texts)}".replace("\n", f"\n{indent}"), _indented(inner, indent), between)
        if kind in _HEADINGS:
            words = one_line(texts)
            # A page's address leads to a block by its id without hyphens, which stands here as the heading's own id.
            anchor = f" {{#{str(block.get('id') or '').replace('-', '')}}}" if block.get("id") else ""
            return _joined(f"{'#' * _HEADINGS[kind]} {words}{anchor}" if words else "", inner)
        if kind == "toggle":
            return _joined(f"**{one_line(texts)}**" if texts else "", inner)
        if kind in ("quote", "callout"):
            icon = (content.get("icon") or {}).get("emoji") or ""
            return _quoted(_joined(f"{icon} {paragraph(texts)}".strip(), inner))
        if kind in _LINKS:
            url = str(content.get("url") or "")
            return f"[{one_line(content.get('caption')) or url}]({url})" if url else ""
        if kind in _FILES:
            return _file(kind, content)
        if kind == "equation":
            return f"$$\n{content.get('expression') or ''}\n$$"
        if kind == "divider":
            return "---"
        if kind == "link_to_page":
            return self._link(content)
        return _joined(paragraph(texts if texts is not None else content.get("title")), inner)

    def _inner(self, block: Block, kind: str, content: Mapping[str, Any], depth: int) -> str:
        """What is in a block. A copy of a synced block holds what its original does, where that is shared."""
        original = (content.get("synced_from") or {}).get("block_id") if kind == "synced_block" else None
        inner = self.markdown(str(original), depth + 1) if original else ""
        return inner or (self.markdown(str(block["id"]), depth + 1) if block.get("has_children") else "")

    def _table(self, block: Block) -> str:
        """A table; its first row is its header, as a Markdown table has to have one."""
        rows = [
            [one_line(cell).replace("|", r"\|") for cell in (row.get("table_row") or {}).get("cells") or ()]
            for row in self._children(str(block["id"]))
        ]
        if not rows:
            return ""
        width = max(map(len, rows))
        return markdown_table([row + [""] * (width - len(row)) for row in rows])

    def _link(self, content: Mapping[str, Any]) -> str:
        id = str(content.get(str(content.get("type"))) or "")
        return f"[{self._title_of(id) or 'A page in Notion'}]({page_address(id)})" if id else ""


def markdown_table(rows: Sequence[Sequence[str]]) -> str:
    """Rows of cells, the first of them the header, as a Markdown table."""
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([lines[0], "|" + " --- |" * len(rows[0]), *lines[1:]])


def plain_lines(texts: Sequence[Mapping[str, Any]] | None) -> str:
    """The words of code, which keeps its lines and its spaces."""
    return "".join(str(text.get("plain_text") or "") for text in texts or ())


def _code(code: str, language: str) -> str:
    fence = "`" * max(3, max(map(len, re.findall("`+", code)), default=0) + 1)
    return f"{fence}{'' if language == 'plain text' else language.replace(' ', '-')}\n{code}\n{fence}"


def _file(kind: str, content: Mapping[str, Any]) -> str:
    """A file's caption, or its name. Only addresses outside of Notion are linked: its own end within the hour."""
    words = one_line(content.get("caption")) or ("" if kind == "image" else str(content.get("name") or ""))
    url = str((content.get("external") or {}).get("url") or "")
    if kind == "image":
        return f"_{words}_" if words else ""
    return f"[{words or url}]({url})" if url else words


def _with_caption(block: str, content: Mapping[str, Any]) -> str:
    return _joined(block, one_line(content.get("caption")))


def _joined(first: str, second: str, between: str = "\n\n") -> str:
    return f"{first}{between}{second}" if first and second else first or second


def _indented(text: str, indent: str) -> str:
    return re.sub(r"^(?=.)", indent, text, flags=re.MULTILINE)


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in text.split("\n")) if text else ""
