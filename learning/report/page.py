"""A report as one HTML page that needs nothing else: no network, no other file."""

import base64
import gzip
import hashlib
import json
import math
from collections import Counter
from dataclasses import dataclass
from importlib import resources
from urllib.parse import urlsplit

from jinja2 import DictLoader, Environment, StrictUndefined
from markupsafe import Markup

from learning.report import charts, summary, wording
from learning.report.contents import Report, ReportedPassage, ReportedQuestion
from storage.storable import storable

MOST_SHOWN = 20
"""Questions that got better, and as many that got worse; the page says how many more there are."""

MOST_PASSAGES = 5
_MOST_TEXT = 360
_MOST_NAME = 160
_MOST_URL = 500
_MOST_TRAININGS = 20


@dataclass(frozen=True)
class _Shown:
    """A question as the page shows it: with the first passages only."""

    text: str
    right_documents: tuple[str, ...]
    before: str
    after: str
    passages: tuple[tuple[str, tuple[ReportedPassage, ...]], ...]


def render(report: Report) -> str:
    """The page's HTML, usually of 3 MB, most of which is plotly.js, packed, and never of 6.

    Whatever the report's texts hold is shown as text.
    """
    # Imported here: the bot, which only now and then learns, need not load it.
    from plotly.offline import get_plotlyjs

    files = {
        file.name: file.read_text(encoding="utf-8")
        for file in resources.files("learning.report").joinpath("parts").iterdir()
    }
    environment = Environment(
        loader=DictLoader(files), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {
        "cut": lambda text, most=_MOST_NAME: wording.excerpt(text, most),
        "web": _web,
        "signed": wording.signed,
        "number": wording.number,
    }
    figures = {name: chart for name, chart in _charts(report).items() if chart is not None}
    library, script = get_plotlyjs(), files["page.js"]
    better, worse = summary.better(report.questions), summary.worse(report.questions)
    html = environment.get_template("page.html").render(
        report=report,
        run=report.run,
        say=wording,
        measures=([report.gain] if report.gain else []) + list(report.measures),
        guards=summary.guards_passed(report),
        rank_groups=list(zip(summary.RANK_GROUPS, *summary.rank_groups(report.questions), strict=True)),
        better=[_shown(question) for question in better[:MOST_SHOWN]],
        worse=[_shown(question) for question in worse[:MOST_SHOWN]],
        all_better=len(better),
        all_worse=len(worse),
        curves=[summary.curve(training) for training in report.trainings[-_MOST_TRAININGS:]],
        nearer=summary.nearer(report.knowledge_map) if report.knowledge_map else (0, 0),
        legend=_legend(report),
        heights={name: chart["height"] for name, chart in figures.items()},
        data=_packed(json.dumps(_finite(figures), ensure_ascii=False, allow_nan=False, separators=(",", ":"))),
        style=Markup(files["page.css"]),
        library=_packed(library),
        script=Markup(script),
        policy=_policy(library, script),
    )
    return storable(html)


def _charts(report: Report) -> dict[str, charts.Chart | None]:
    measures = ([report.gain] if report.gain else []) + list(report.measures)
    drawn = report.knowledge_map
    return {
        "forest": charts.forest(measures) if measures else None,
        "ranks": charts.ranks(report.questions) if report.questions else None,
        "losses": charts.losses(report.trainings[-_MOST_TRAININGS:])
        if any(training.points for training in report.trainings)
        else None,
        "knowledge": charts.knowledge(drawn) if drawn and drawn.chunks else None,
    }


def _shown(question: ReportedQuestion) -> _Shown:
    return _Shown(
        text=wording.excerpt(question.text, _MOST_TEXT),
        right_documents=question.right_documents[:MOST_PASSAGES],
        before=wording.rank(question.rank_before),
        after=wording.rank(question.rank_after),
        passages=(
            ("Before", question.passages_before[:MOST_PASSAGES]),
            ("After", question.passages_after[:MOST_PASSAGES]),
        ),
    )


def _legend(report: Report) -> list[tuple[str, str, int]]:
    """What the map's colours mean: a source's name, its colour's, and how many of its chunks are drawn."""
    if report.knowledge_map is None:
        return []
    counts = Counter(chunk.source for chunk in report.knowledge_map.chunks)
    return [
        (name, colour, sum(counts[source] for source in sources))
        for name, sources, colour in charts.coloured(report.knowledge_map)
    ]


def _web(url: str) -> str:
    """The URL where it leads to a page, else nothing: `javascript:` and the like are no links."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return url if parts.scheme in {"http", "https"} and parts.netloc and len(url) <= _MOST_URL else ""


def _packed(text: str) -> str:
    """Compressed, in base64: a third of its size or less, and without any sign that HTML could mistake for its own."""
    return base64.b64encode(gzip.compress(storable(text).encode(), mtime=0)).decode()


def _finite(value: object) -> object:
    """JSON has no NaN and no infinity, which the loss of a training that went astray can be: they leave a gap."""
    if isinstance(value, dict):
        return {key: _finite(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _policy(*scripts: str) -> str:
    """A Content-Security-Policy: these scripts run and nothing else does, and nothing is loaded from anywhere."""
    allowed = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'" for script in scripts
    )
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
        "form-action 'none'"
    )
