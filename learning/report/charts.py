"""The charts as plotly.js takes them: plain values, whose colours are names that the page looks up in its own style.

A string that begins with `--` is a property of the page's style, so that a chart is light or dark as the page is.
Hover texts and names are escaped: plotly.js reads a little HTML in them.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from html import escape
from textwrap import wrap
from typing import Any

from learning.report.contents import KnowledgeMap, LossPoint, Measure, ReportedQuestion, Training
from learning.report.summary import RANK_GROUPS, rank_groups
from learning.report.wording import excerpt, interval, number, points
from storage.storable import storable

Chart = dict[str, Any]
"""`data` and `layout` as plotly.js has them, `views` where some traces are shown at choice, `height` in pixels."""

COLOURS = 8
"""Sources that have a colour of their own; --source-1 and so on, in the page's style. The rest share --source-other."""

MOST_POINTS = 400
"""Of a training's curve: more than a screen has pixels for."""

_OTHER = "--source-other"
_LINE_LENGTH = 56
_MOST_NAME = 60


def forest(measures: Sequence[Measure]) -> Chart:
    """The change of each measure in points, with its 95 % interval, and its name above it."""
    rows = list(range(len(measures), 0, -1))
    annotations = [
        {
            "x": 0,
            "xref": "paper",
            "xanchor": "left",
            "y": row,
            "yshift": 16,
            "bgcolor": "--surface",
            "borderpad": 2,
            "text": f"{shown(measure.name, _MOST_NAME)}  <b>{points(measure.change)}</b>",
            "showarrow": False,
            "font": {"size": 13, "color": "--ink"},
        }
        for row, measure in zip(rows, measures, strict=True)
    ]
    hover = [
        hovering(measure.name, f"{points(measure.change)} points (95 %: {interval(measure)})") for measure in measures
    ]
    colours = [
        "--good" if measure.low > 0 else "--bad" if measure.high < 0 or measure.passed is False else "--ink-soft"
        for measure in measures
    ]
    trace = {
        "type": "scatter",
        "mode": "markers",
        "x": [round(100 * measure.change, 3) for measure in measures],
        "y": rows,
        "marker": {"size": 11, "color": colours, "line": {"width": 2, "color": "--surface"}},
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": [round(100 * (measure.high - measure.change), 3) for measure in measures],
            "arrayminus": [round(100 * (measure.change - measure.low), 3) for measure in measures],
            "color": "--ink-soft",
            "thickness": 2,
            "width": 5,
        },
        "hovertext": hover,
        "hoverinfo": "text",
    }
    layout = _layout(
        xaxis=_axis(title="points, worse ← 0 → better", zeroline=True, zerolinecolor="--ink-soft", zerolinewidth=2),
        yaxis={"visible": False, "range": [0.4, len(measures) + 0.75], "fixedrange": True},
        annotations=annotations,
        margin={"l": 8, "r": 16, "t": 8, "b": 48},
    )
    return {"data": [trace], "layout": layout, "height": 80 + 56 * len(measures)}


def ranks(questions: Sequence[ReportedQuestion]) -> Chart:
    """For how many questions the right source stood first, near the top, lower, or nowhere: before and after."""
    before, after = rank_groups(questions)
    data = [
        {
            "type": "bar",
            "name": name,
            "x": list(RANK_GROUPS),
            "y": counts,
            "text": [str(count) for count in counts],
            "textposition": "outside",
            "cliponaxis": False,
            "textfont": {"color": "--ink"},
            "marker": {"color": colour, "cornerradius": 4},
            "hovertemplate": "%{x}: %{y} questions<extra>" + name + "</extra>",
        }
        for name, counts, colour in (("before", before, "--before"), ("after", after, "--after"))
    ]
    layout = _layout(
        xaxis=_axis(showgrid=False),
        yaxis=_axis(showticklabels=False, showgrid=False, rangemode="tozero"),
        bargap=0.35,
        bargroupgap=0.08,
        showlegend=True,
    )
    return {"data": data, "layout": layout, "height": 280}


def losses(trainings: Sequence[Training]) -> Chart:
    """The loss by step, a line for each training; the last one, which made the candidate, stands out."""
    data = []
    for at, training in enumerate(trainings):
        last = at == len(trainings) - 1
        kept = _thinned(training.points)
        data.append(
            {
                "type": "scatter",
                "mode": "lines" if len(kept) > 1 else "markers",
                "name": shown(training.name, _MOST_NAME),
                "x": [point.step for point in kept],
                "y": [round(point.loss, 5) for point in kept],
                "line": {"color": "--after" if last else "--before", "width": 2.5 if last else 1.25},
                "marker": {"color": "--after" if last else "--before"},
                "hovertemplate": "step %{x}: %{y:.4f}<extra>%{fullData.name}</extra>",
            }
        )
    layout = _layout(xaxis=_axis(title="step"), yaxis=_axis(title="loss"), showlegend=len(trainings) > 1)
    return {"data": data, "layout": layout, "height": 300}


def knowledge(drawn: KnowledgeMap) -> Chart:
    """The chunks coloured by source, and the questions before and after, with the way that each has gone."""
    traces = [_chunks(drawn, name, sources, colour) for name, sources, colour in coloured(drawn)]
    views: dict[str, list[int]] = {"before": [], "after": [], "both": []}
    if drawn.questions:
        hovers = [
            hovering(
                question.text,
                f"Right document: {excerpt(question.right_document, 120)}",
                _nearness(question.cosine_before, question.cosine_after),
            )
            for question in drawn.questions
        ]
        ways: list[float | None] = []
        heights: list[float | None] = []
        for question in drawn.questions:
            ways += [question.before[0], question.after[0], None]
            heights += [question.before[1], question.after[1], None]
        way = {
            "type": "scatter",
            "mode": "lines",
            "name": "how they moved",
            "x": ways,
            "y": heights,
            "line": {"width": 1, "color": "--way"},
            "hoverinfo": "skip",
        }
        before = _places("questions before", [question.before for question in drawn.questions], hovers, "diamond-open")
        after = _places("questions after", [question.after for question in drawn.questions], hovers, "diamond")
        first = len(traces)
        traces += [way, before, after]
        views = {"both": [first, first + 1, first + 2], "before": [first + 1], "after": [first + 2]}
    nothing = {"visible": False, "fixedrange": False}
    layout = _layout(
        xaxis=nothing,
        yaxis=nothing,
        margin={"l": 4, "r": 4, "t": 4, "b": 4},
        showlegend=True,
        hovermode="closest",
        hoverdistance=12,
    )
    layout["legend"] |= {"y": -0.02, "yanchor": "top", "itemsizing": "constant"}
    return {"data": traces, "layout": layout, "height": 620, "views": views, "zoom": True}


def coloured(drawn: KnowledgeMap) -> list[tuple[str, frozenset[str], str]]:
    """The map's legend: a name, the sources that it stands for, and their colour; the largest sources come first."""
    by_size = [name for name, _ in sorted(Counter(chunk.source for chunk in drawn.chunks).items(), key=_largest_first)]
    own = by_size if len(by_size) <= COLOURS else by_size[: COLOURS - 1]
    legend = [(name, frozenset({name}), f"--source-{number}") for number, name in enumerate(own, start=1)]
    if rest := by_size[len(own) :]:
        legend.append((f"{len(rest)} other sources", frozenset(rest), _OTHER))
    return legend


def shown(text: str, most: int) -> str:
    """The text as plotly.js may show it: cut, escaped, and kept from turning the writing beside it around."""
    return _isolated(escape(excerpt(storable(text), most), quote=False))


def hovering(title: str, *more: str) -> str:
    """A hover text of several lines, the first ones bold; empty parts are left out."""
    lines = [f"<b>{line}</b>" for line in _lines(title)]
    for part in more:
        lines += _lines(part)
    return "<br>".join(lines)


def _lines(text: str) -> Iterable[str]:
    return (_isolated(escape(line, quote=False)) for line in wrap(storable(text), _LINE_LENGTH))


def _isolated(text: str) -> str:
    """First strong isolate and its end: what is between them can be of either direction, and closes what it opens."""
    return f"\u2068{text}\u2069"


def _chunks(drawn: KnowledgeMap, name: str, sources: frozenset[str], colour: str) -> Chart:
    chunks = [chunk for chunk in drawn.chunks if chunk.source in sources]
    return {
        "type": "scatter",
        "mode": "markers",
        "name": shown(name, 32),
        "x": [chunk.x for chunk in chunks],
        "y": [chunk.y for chunk in chunks],
        "hovertext": [hovering(excerpt(chunk.title, 120), excerpt(chunk.source, 60), chunk.text) for chunk in chunks],
        "hoverinfo": "text",
        "marker": {"size": 6, "opacity": 0.65, "color": colour},
    }


def _places(name: str, places: Sequence[tuple[float, float]], hovers: Sequence[str], symbol: str) -> Chart:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": [x for x, _ in places],
        "y": [y for _, y in places],
        "hovertext": list(hovers),
        "hoverinfo": "text",
        "marker": {
            "size": 9,
            "symbol": symbol,
            "color": "--ink",
            "line": {"width": 1.25, "color": "--ink" if symbol.endswith("open") else "--surface"},
        },
    }


def _nearness(before: float | None, after: float | None) -> str:
    if before is None or after is None:
        return ""
    return f"Cosine with it: {number(before, 2)} → {number(after, 2)}"


def _thinned(curve: Sequence[LossPoint]) -> list[LossPoint]:
    stride = -(-len(curve) // MOST_POINTS) or 1
    kept = list(curve[::stride])
    return kept if not curve or kept[-1] is curve[-1] else [*kept, curve[-1]]


def _largest_first(item: tuple[str, int]) -> tuple[int, str]:
    return -item[1], item[0]


def _axis(title: str = "", **more: Any) -> Chart:
    return {
        "title": {"text": title, "font": {"size": 12, "color": "--ink-soft"}, "standoff": 12},
        "gridcolor": "--line",
        "zeroline": False,
        "tickfont": {"size": 12, "color": "--ink-soft"},
        "fixedrange": True,
        "automargin": True,
    } | more


def _layout(**more: Any) -> Chart:
    return {
        "font": {"family": "--font", "size": 13, "color": "--ink"},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "hoverlabel": {
            "align": "left",
            "bgcolor": "--raised",
            "bordercolor": "--line-strong",
            "font": {"family": "--font", "size": 13, "color": "--ink"},
        },
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "font": {"size": 13, "color": "--ink"}},
        "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
        "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": "--ink-soft", "activecolor": "--ink"},
        "showlegend": False,
        "hovermode": "closest",
    } | more
