"""Word documents as Markdown: through HTML, by mammoth."""

import io
import re
import zipfile

from ingestion.hidden_runs import without_hidden_runs
from ingestion.parsed_document import ParsedDocument, ParseError
from ingestion.web_page import html_to_markdown

_STYLES = """
p[style-name='Title'] => h1:fresh
p[style-name^='toc '] => !
p[style-name^='TOC '] => !
p[style-name='Heading 7'] => h6:fresh
p[style-name='heading 7'] => h6:fresh
p[style-name='heading 8'] => h6:fresh
p[style-name='heading 9'] => h6:fresh
"""
_DOCUMENT = "word/document.xml"
_MOVED = (
    (re.compile(rb"<(/?)w:moveTo(?=[\s/>])"), rb"<\1w:ins"),
    (re.compile(rb"<(/?)w:moveFrom(?=[\s/>])"), rb"<\1w:del"),
)
_NAMELESS_TABLE = re.compile(r"^\|(?:[ \t]*\|)+\n(\|(?: --- \|)+\n)(\|.*(?:\n|\Z))", re.MULTILINE)
_NOTE_MARK = re.compile(r"\[\\?\[(\d+)\\?\]\]\(#(?:foot|end)note-\d+\)")
_NOTE_BACK = re.compile(r"[ \t]*\[↑\]\(#(?:foot|end)note-ref-\d+\)")
_STYLE = re.compile(r"^[\w.-]+$")


def parse_word(content: bytes, name: str) -> ParsedDocument:
    """The document's Markdown, as it reads when all of its tracked changes are accepted.

    Comments, hidden text, the table of contents, headers and footers are left out; footnotes come at the end. Raises
    ParseError where the file is damaged.
    """
    import mammoth  # type: ignore[import-untyped]

    try:
        content = _prepared(content)
        styles = _STYLES + _outline_styles(content)
        html = mammoth.convert_to_html(
            io.BytesIO(content), style_map=styles, convert_image=mammoth.images.img_element(lambda image: {"src": ""})
        ).value
        markdown = html_to_markdown(html)
    except MemoryError:
        raise
    except Exception as error:
        raise ParseError(
            f"{name} is damaged or cut off and cannot be read as a Word document: save it again."
        ) from error
    # Word does not say which row names the columns; nearly always it is the first.
    markdown = _NAMELESS_TABLE.sub(r"\2\1", markdown)
    return ParsedDocument(None, _NOTE_BACK.sub("", _NOTE_MARK.sub(r"[\1]", markdown)))


def _prepared(content: bytes) -> bytes:
    """The archive without hidden text, with moved text as inserted where it went to, and formulas as LaTeX."""
    content = without_hidden_runs(content)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if _DOCUMENT not in archive.namelist():
            return content
        document = archive.read(_DOCUMENT)
        if b"<w:move" in document:
            for moved, replacement in _MOVED:
                document = moved.sub(replacement, document)
            file = io.BytesIO()
            with zipfile.ZipFile(file, "w") as prepared:
                for entry in archive.infolist():
                    prepared.writestr(entry, document if entry.filename == _DOCUMENT else archive.read(entry))
            content = file.getvalue()
    if b"<m:oMath" in document:
        # It takes a second to import, and few documents have formulas.
        from markitdown.converter_utils.docx.pre_process import pre_process_docx

        content = pre_process_docx(io.BytesIO(content)).read()
    return content


def _outline_styles(content: bytes) -> str:
    """Mappings for a company's own heading styles: those that have, or inherit, a level in the outline."""
    from lxml import etree

    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if "word/styles.xml" not in archive.namelist():
            return ""
        root = etree.fromstring(archive.read("word/styles.xml"), etree.XMLParser(resolve_entities=False))
    w = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
    levels: dict[str, int] = {}
    parents: dict[str, str] = {}
    for style in root.iter(f"{w}style"):
        id = style.get(f"{w}styleId", "")
        level, parent = style.find(f".//{w}outlineLvl"), style.find(f"{w}basedOn")
        if parent is not None:
            parents[id] = parent.get(f"{w}val", "")
        if level is not None and level.get(f"{w}val", "").isdecimal():
            levels[id] = int(level.get(f"{w}val", ""))
        elif (name := style.find(f"{w}name")) is not None:
            named = re.fullmatch(r"heading (\d)", name.get(f"{w}val", ""), re.IGNORECASE)
            if named:
                levels[id] = int(named[1]) - 1
    lines: list[str] = []
    for id in {*levels, *parents}:
        inherited, seen = id, {id}
        while inherited not in levels and (inherited := parents.get(inherited, "")) not in seen and inherited:
            seen.add(inherited)
        if levels.get(inherited, 9) < 9 and _STYLE.match(id):
            lines.append(f"p.{id} => h{min(levels[inherited] + 1, 6)}:fresh")
    return "\n".join(sorted(lines))
