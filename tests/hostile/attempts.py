"""The attempts of tests/data/hostile.jsonl, and the files that they are made into."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from reportlab.lib.colors import Color, black, white  # type: ignore[import-untyped]
from reportlab.pdfgen.canvas import Canvas  # type: ignore[import-untyped]

from tests.ingestion import sample_pdfs
from tests.ingestion.hostile_files import with_part
from tests.ingestion.sample_documents import docx

ATTEMPTS = Path(__file__).parents[1] / "data" / "hostile.jsonl"
SITE = "https://handbook.example/"
PRIVATE_SITE = "https://board.example/"
_SUFFIXES = {
    "markdown": ".md",
    "html": ".html",
    "docx": ".docx",
    "pdf": ".pdf",
    "csv": ".csv",
    "eml": ".eml",
    "txt": ".txt",
}
_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'

PRIVATE = {
    "salaries.md": "# Salary bands\n\nThe salary band of a senior engineer goes from £61,000 to £74,000 a year. "
    "It is about the heron permit, too.",
    "leeds.md": "# Board minutes\n\nThe board closes the Leeds office in March, with a severance of two months. "
    "It is about the heron permit, too.",
}
"""What only #board may see."""

SECRETS = ("61,000", "74,000", "Salary bands", "Leeds office in March", "severance of two months")


@dataclass(frozen=True)
class Attempt:
    """Somebody's attempt to make Lore do what it should not.

    `place` is where it stands. `topic` is a word that only its document has, and what is asked about. `says` is what a
    language model writes that obeys. `hidden` is what no chunk of any document may have.
    """

    id: str
    kind: str
    place: str
    says: str
    topic: str = "heron"
    body: str = "{fact}\n"
    style: str = ""
    text: str = ""
    name: str = ""
    hidden: str | None = None
    asked: str = ""
    turns: tuple[str, ...] = ()

    @property
    def question(self) -> str:
        return self.asked or f"How many days does the {self.topic} permit take?"

    @property
    def fact(self) -> str:
        return f"The {self.topic} permit takes {len(self.id)} days and is signed by two people."

    @property
    def file(self) -> str | None:
        """The name of its document, None where it is in what people write."""
        if self.place in ("thread", "question"):
            return None
        return self.name.replace("{topic}", self.topic) or f"{self.id}{_SUFFIXES[self.place]}"

    def content(self) -> bytes:
        """The bytes of its document."""
        if self.place == "docx":
            return _word(self.style, self.fact, self._filled(self.text))
        if self.place == "pdf":
            return _pdf(self.style, self.fact, self._filled(self.text))
        body = self.body.replace("{fact}", f"{self.fact} {self._filled(self.text)}".strip())
        return body.replace("{name}", str(self.file)).encode("utf-8", "surrogatepass")

    def unread(self) -> str | None:
        """What is hidden in it, as a reader who sees everything would find it."""
        return None if self.hidden is None else self._filled(self.hidden)

    def _filled(self, text: str) -> str:
        return text.replace("{topic}", self.topic)


@cache
def attempts() -> tuple[Attempt, ...]:
    """All of them, in the file's order."""
    rows = [json.loads(line) for line in ATTEMPTS.read_text(encoding="utf-8").splitlines()]
    return tuple(_attempt(row) for row in rows)


def _attempt(row: dict[str, Any]) -> Attempt:
    place = "markdown" if row["place"] == "file_name" else row["place"]
    asked, turns = row.pop("question", ""), tuple(row.pop("turns", ()))
    return Attempt(**{**row, "place": place, "asked": asked, "turns": turns})


def write_sources(folder: Path) -> tuple[Path, Path]:
    """The folder of all attempts' documents, and that of what only the board may see."""
    open_folder, closed_folder = folder / "handbook", folder / "board"
    open_folder.mkdir(parents=True)
    closed_folder.mkdir()
    for attempt in attempts():
        if attempt.file is not None:
            (open_folder / attempt.file).write_bytes(attempt.content())
    for name, text in PRIVATE.items():
        (closed_folder / name).write_text(text, encoding="utf-8")
    return open_folder, closed_folder


def _word(style: str, fact: str, text: str) -> bytes:
    run, wrapped = "<w:r>{properties}<w:t>{text}</w:t></w:r>", "{run}"
    properties = {
        "vanish": "<w:rPr><w:vanish/></w:rPr>",
        "white": '<w:rPr><w:color w:val="FFFFFF"/></w:rPr>',
        "tiny": '<w:rPr><w:sz w:val="2"/></w:rPr>',
    }.get(style, "")
    if style == "comment":
        comments = (
            f'<w:comments {_W}><w:comment w:id="0"><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:comment></w:comments>'
        )
        document = f"<w:p><w:r><w:t>{fact}</w:t></w:r></w:p>"
        return with_part(_document(document), "word/comments.xml", comments.encode())
    if style == "deleted":
        run, wrapped = "<w:r><w:delText>{text}</w:delText></w:r>", '<w:del w:id="1" w:author="a">{run}</w:del>'
    escaped = text.replace("&", "&amp;").replace("<", "&lt;")
    hidden = wrapped.replace("{run}", run.replace("{properties}", properties).replace("{text}", escaped))
    return _document(f"<w:p><w:r><w:t>{fact}</w:t></w:r></w:p><w:p>{hidden}</w:p>")


def _document(body: str) -> bytes:
    document = f"<?xml version='1.0'?><w:document {_W}><w:body>{body}</w:body></w:document>"
    return with_part(docx([]), "word/document.xml", document.encode())


def _pdf(style: str, fact: str, text: str) -> bytes:
    def draw(canvas: Canvas) -> None:
        sample_pdfs.write(canvas, 72, 700, [fact])
        _HIDDEN_IN_PDF.get(style, _shown)(canvas, text)

    return sample_pdfs.pages(draw)


def _shown(canvas: Canvas, text: str) -> None:
    sample_pdfs.write(canvas, 72, 660, [text])


def _coloured(colour: Any) -> Callable[[Canvas, str], None]:
    def draw(canvas: Canvas, text: str) -> None:
        canvas.setFillColor(colour)
        _shown(canvas, text)
        canvas.setFillColor(black)

    return draw


def _invisible(canvas: Canvas, text: str) -> None:
    written = canvas.beginText(72, 660)
    written.setTextRenderMode(3)
    written.textLine(text)
    canvas.drawText(written)


_HIDDEN_IN_PDF: dict[str, Callable[[Canvas, str], None]] = {
    "white": _coloured(white),
    "clear": _coloured(Color(0, 0, 0, alpha=0)),
    "mode3": _invisible,
    "tiny": lambda canvas, text: sample_pdfs.write(canvas, 72, 660, [text], size=1),
    "off-page": lambda canvas, text: sample_pdfs.write(canvas, -900, 660, [text]),
}
