"""Hidden text in Word documents: what Word does not show, or shows in white on white or too small to be seen."""

import io
import re
import zipfile
from dataclasses import dataclass
from typing import Any

_PARTS = re.compile(r"word/(?:document|footnotes|endnotes)\d*\.xml")
_STYLES = "word/styles.xml"
_SUSPICIOUS = re.compile(
    rb"<w:vanish\b|<w:sz w:val=\"[1-4]\"|<w:color [^<>]*(?:\"(?:[Ff][0-9A-Fa-f]){3}\"|background1|light1)"
)
_WHITE = re.compile(r"[Ff][0-9A-Fa-f][Ff][0-9A-Fa-f][Ff][0-9A-Fa-f]")
_OFF = ("0", "false", "off", "none")
_SMALLEST = 4
"""Half points: letters up to two points high are not there to be read."""

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_SHADED_BY = ("rPr", "pPr", "tcPr", "tblPr")


def without_hidden_runs(content: bytes) -> bytes:
    """The archive with the text of hidden runs taken out; as it is where there are none."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = [name for name in archive.namelist() if _PARTS.fullmatch(name)]
        parts = {name: archive.read(name) for name in (*names, _STYLES) if name in archive.namelist()}
        if not any(_SUSPICIOUS.search(part) for part in parts.values()):
            return content
        styles = _hiding_styles(parts.pop(_STYLES, b""))
        cleaned = {name: _without(part, styles) for name, part in parts.items()}
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as written:
            for entry in archive.infolist():
                written.writestr(entry, cleaned.get(entry.filename) or archive.read(entry))
    return file.getvalue()


@dataclass(frozen=True)
class _Styles:
    """The ids of the styles that make text vanish, and of those that make it white; what is based on them included."""

    vanishing: frozenset[str] = frozenset()
    white: frozenset[str] = frozenset()


def _without(part: bytes, styles: _Styles) -> bytes:
    from lxml import etree

    root = _parsed(part)
    page = root.find(f"{_W}background")
    on_colour = page is not None and not _plain(page.get(f"{_W}color", "auto"))
    for run in root.iter(f"{_W}r"):
        if _vanishes(run, styles) or (_is_white(run, styles) and not on_colour and not _is_on_colour(run)):
            for child in [child for child in run if child.tag != f"{_W}rPr"]:
                run.remove(child)
    written: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
    return written


def _hiding_styles(part: bytes) -> _Styles:
    if not part:
        return _Styles()
    vanishing: set[str] = set()
    white: set[str] = set()
    parents: dict[str, str] = {}
    for style in _parsed(part).iter(f"{_W}style"):
        id = style.get(f"{_W}styleId", "")
        if (based := style.find(f"{_W}basedOn")) is not None:
            parents[id] = based.get(f"{_W}val", "")
        properties = style.find(f"{_W}rPr")
        if _says_vanish(properties):
            vanishing.add(id)
        if _says_white(properties) and not _is_shaded(style):
            white.add(id)
    every = {*vanishing, *white, *parents}
    return _Styles(
        frozenset(id for id in every if vanishing & _lineage(id, parents)),
        frozenset(id for id in every if white & _lineage(id, parents)),
    )


def _lineage(id: str, parents: dict[str, str]) -> set[str]:
    line: set[str] = set()
    while id and id not in line:
        line.add(id)
        id = parents.get(id, "")
    return line


def _vanishes(run: Any, styles: _Styles) -> bool:
    properties = run.find(f"{_W}rPr")
    own = properties.find(f"{_W}vanish") if properties is not None else None
    if own is not None and own.get(f"{_W}val", "1") in _OFF:
        return False
    return _says_vanish(properties) or not styles.vanishing.isdisjoint(_styles_of(run))


def _is_white(run: Any, styles: _Styles) -> bool:
    properties = run.find(f"{_W}rPr")
    if properties is not None and properties.find(f"{_W}color") is not None:
        return _says_white(properties)
    return not styles.white.isdisjoint(_styles_of(run))


def _styles_of(run: Any) -> set[str]:
    paragraph = next(run.iterancestors(f"{_W}p"), None)
    named = [run.find(f"{_W}rPr/{_W}rStyle"), None if paragraph is None else paragraph.find(f"{_W}pPr/{_W}pStyle")]
    return {each.get(f"{_W}val", "") for each in named if each is not None}


def _says_vanish(properties: Any) -> bool:
    """Whether text with these properties is not shown, or too small to be seen."""
    if properties is None:
        return False
    vanish, size = properties.find(f"{_W}vanish"), properties.find(f"{_W}sz")
    if vanish is not None and vanish.get(f"{_W}val", "1") not in _OFF:
        return True
    return size is not None and size.get(f"{_W}val", "").isdigit() and int(size.get(f"{_W}val")) <= _SMALLEST


def _says_white(properties: Any) -> bool:
    colour = properties.find(f"{_W}color") if properties is not None else None
    if colour is None:
        return False
    if colour.get(f"{_W}themeColor") in ("background1", "light1") and not colour.get(f"{_W}themeShade"):
        return True
    return _WHITE.fullmatch(colour.get(f"{_W}val", "")) is not None


def _is_on_colour(run: Any) -> bool:
    """Whether the run, its paragraph, its cell or its table is shaded, or highlighted, or it stands in a shape."""
    highlight = run.find(f"{_W}rPr/{_W}highlight")
    if highlight is not None and highlight.get(f"{_W}val") not in ("white", "none"):
        return True
    around = [run, *run.iterancestors()]
    return any(_is_shaded(each) or each.tag.endswith("}txbxContent") or _has_table_style(each) for each in around)


def _is_shaded(element: Any) -> bool:
    for name in _SHADED_BY:
        shade = element.find(f"{_W}{name}/{_W}shd")
        if shade is not None and (shade.get(f"{_W}themeFill") or not _plain(shade.get(f"{_W}fill", "auto"))):
            return True
    return False


def _plain(fill: str) -> bool:
    return fill.lower() == "auto" or _WHITE.fullmatch(fill) is not None


def _has_table_style(element: Any) -> bool:
    """Whether it is a table in a style that may colour its cells."""
    style = element.find(f"{_W}tblPr/{_W}tblStyle") if element.tag == f"{_W}tbl" else None
    return style is not None and style.get(f"{_W}val") not in ("TableGrid", "TableNormal")


def _parsed(part: bytes) -> Any:
    from lxml import etree

    return etree.fromstring(part, etree.XMLParser(resolve_entities=False, huge_tree=True))
