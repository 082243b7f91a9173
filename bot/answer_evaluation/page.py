"""An evaluation as one HTML page that needs nothing else: the figures, and every question with its answer to read."""

import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from importlib import resources
from pathlib import Path
from urllib.parse import urlsplit

from jinja2 import DictLoader, Environment, StrictUndefined
from markdown_it import MarkdownIt
from markupsafe import Markup

from bot.answer_evaluation.outcome import AnswerOutcome
from bot.contract import Json
from learning.evaluate import EvaluationError
from storage.storable import storable

POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
"""Nothing is loaded and no script runs, whatever documents and models wrote."""

_CURVE_WIDTH, _CURVE_HEIGHT = 640, 240
_MOST_URL = 500

_KINDS = ("wrong", "missed", "unsupported", "right")


@dataclass(frozen=True)
class _Shown:
    """A question as the page shows it. `kind` is what a reader looks for first."""

    number: int
    kind: str
    verdict: str
    outcome: AnswerOutcome
    reply: Markup


def render(outcomes: Sequence[AnswerOutcome], figures: Json, questions: str, moment: datetime) -> str:
    """The page's HTML. Whatever questions, documents and answers hold is shown as text.

    `questions` names the file; `figures` are those of these outcomes.
    """
    files = {
        file.name: file.read_text(encoding="utf-8")
        for file in resources.files("bot.answer_evaluation").joinpath("parts").iterdir()
    }
    environment = Environment(
        loader=DictLoader(files), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"percent": _percent, "number": _number, "web": _web}
    shown = [_shown(number, one) for number, one in enumerate(outcomes, start=1)]
    html = environment.get_template("page.html").render(
        questions=questions,
        moment=f"{moment.day} {moment:%B %Y, %H:%M} UTC",
        figures=figures,
        groups=[(kind, [one for one in shown if one.kind == kind]) for kind in _KINDS],
        unsupported=[(one, sentence) for one in shown for sentence in one.outcome.sentences if sentence.fault],
        curve=_line(figures["abstention"]["risk_coverage"]),
        curve_cosine=_line(figures["abstention"]["risk_coverage_cosine"]),
        width=_CURVE_WIDTH,
        height=_CURVE_HEIGHT,
        style=Markup(files["page.css"]),
        policy=POLICY,
    )
    return storable(html)


def write_page(html: str, path: Path) -> None:
    """Write the page to `path`, whole or not at all, making its folder. Raises EvaluationError."""
    beside = path.with_name(f".{path.name[:40]}.{secrets.token_hex(4)}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            beside.write_text(html, encoding="utf-8")
            beside.replace(path)
        except BaseException:
            with suppress(OSError):
                beside.unlink()
            raise
    except OSError as error:
        raise EvaluationError(
            f"The page could not be written to {path}: {error.strerror or error}. Name another with --page."
        ) from error


def _shown(number: int, one: AnswerOutcome) -> _Shown:
    # No HTML, no images and no links of its own: a document's text is only ever text here.
    markdown = MarkdownIt("commonmark", {"html": False}).disable(["image", "link", "autolink", "reference"])
    kind, verdict = _verdict(one)
    return _Shown(number, kind, verdict, one, Markup(markdown.render(one.answer["text"])))


def _verdict(one: AnswerOutcome) -> tuple[str, str]:
    if one.answer["kind"] == "failed":
        return "wrong", "failed"
    if not one.known.answerable:
        return ("wrong", "answered, but nothing answers it") if one.answered else ("right", "rightly not answered")
    if not one.answered:
        return "missed", "not answered, but there is an answer"
    if one.known.answers and not one.holds:
        return "wrong", "answered without the known answer"
    if any(sentence.fault for sentence in one.sentences):
        return "unsupported", "holds the answer, and a sentence that its source may not say"
    return "right", "holds the answer" if one.known.answers else "answered"


def _line(curve: Sequence[tuple[float, float]]) -> str:
    """The points of the curve in the drawing: coverage to the right, risk upwards, each from 0 to 1."""
    return " ".join(f"{x * _CURVE_WIDTH:.1f},{(1 - y) * _CURVE_HEIGHT:.1f}" for x, y in curve)


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value:.1%}".replace("%", " %")


def _number(value: float | None, places: int = 3) -> str:
    return "–" if value is None else f"{value:.{places}f}"


def _web(url: str) -> str:
    """The URL where it leads to a page, else nothing: `javascript:` and the like are no links."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return url if parts.scheme in {"http", "https"} and parts.netloc and len(url) <= _MOST_URL else ""
