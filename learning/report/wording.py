"""Figures and verdicts in the words that the page says them in."""

from datetime import datetime

from learning.report.contents import Measure, Report

RANKS = 10
"""How far down a right document counts as found."""

MINUS = "−"


def excerpt(text: str, most: int) -> str:
    """The text on one line, of at most `most` characters, ending after a word, in “…”, where more was left out."""
    # A text may be of any length; what is cut in the end need not be read.
    line = " ".join(text[: most * 8].split())
    if len(line) <= most and len(text) <= most * 8:
        return line
    cut = line[: most - 1]
    whole_words, _, part = cut.rpartition(" ")
    return (whole_words if whole_words and len(part) < most // 8 else cut).rstrip() + "…"


def score(value: float) -> str:
    """A measure of 0 to 1 as points of 100: “74.1”."""
    return number(100 * value, 1)


def points(change: float) -> str:
    """A change of a measure in points of 100, with its sign: “+4.1”, “−0.3”, “0.0”."""
    return signed(100 * change, 1)


def interval(measure: Measure) -> str:
    """What the change is within by 95 %: “+2.3 to +5.9”."""
    return f"{points(measure.low)} to {points(measure.high)}"


def number(value: float, digits: int) -> str:
    """With a true minus sign, and none before zero."""
    said = f"{abs(value):.{digits}f}"
    return MINUS + said if value < 0 and float(said) != 0 else said


def signed(value: float, digits: int) -> str:
    """With its sign, also where it is positive."""
    said = number(value, digits)
    return f"+{said}" if value > 0 and float(said) != 0 else said


def counted(count: int, one: str, many: str) -> str:
    """“1 question”, “1,204 questions”."""
    return f"{count:,} {one if count == 1 else many}"


def duration(seconds: float) -> str:
    """“41 s”, “3 min 12 s”, “1 h 5 min”."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def moment(at: datetime) -> str:
    """“24 November 2026, 02:00 UTC”."""
    zone = f" {at.tzname()}" if at.tzinfo is not None else ""
    return f"{at.day} {at:%B %Y, %H:%M}{zone}"


def rank(place: int | None) -> str:
    """“1st”, “12th”, “not found”."""
    if place is None:
        return "not found"
    ending = "th" if 10 <= place % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(place % 10, "th")
    return f"{place}{ending}"


def tendency(measure: Measure) -> str:
    """What the interval lets one say of the change."""
    if measure.low > 0:
        return "better"
    if measure.high < 0:
        return "measurably worse"
    return "no measurable change"


def verdict(measure: Measure) -> str:
    """A guard's pass or failure in words."""
    if measure.passed:
        return f"Passed: {tendency(measure)}"
    return "Failed: measurably worse" if measure.high < 0 else "Failed: may have got worse"


def state(report: Report) -> str:
    """How the run ended, in a word or two."""
    return {"promoted": "Promoted", "refused": "Refused", "dry_run": "Dry run"}[report.run.state]


def result(report: Report) -> str:
    """What comes after “Promoted: ” and leads the page, in one sentence or two."""
    return f"{_gained(report)}.{_watched(report)}"


def _gained(report: Report) -> str:
    gain = report.gain
    if gain is None:
        return "there was nothing to compare, and nothing was changed"
    find = "find" if report.run.state == "promoted" else "would find"
    if points(gain.change) == "0.0":
        return f"held-out questions {find} their source as well as before (95\u00a0%\u00a0{interval(gain)})"
    way = "better" if gain.change > 0 else "worse"
    sure = "" if gain.low > 0 or gain.high < 0 else ", which can be chance"
    within = f"{score(gain.low)} to {score(gain.high)}" if gain.change > 0 else interval(gain)
    return (
        f"held-out questions {find} their source {score(abs(gain.change))} points {way} (95\u00a0%\u00a0{within}){sure}"
    )


def _watched(report: Report) -> str:
    guards = [measure for measure in report.measures if measure.passed is not None]
    failed = [guard for guard in guards if not guard.passed]
    if not guards:
        return ""
    if not failed:
        if any(guard.high < 0 for guard in guards):
            return " All guards passed."
        if report.run.state == "promoted":
            return " Nothing that nobody voted on got measurably worse."
        return " Nothing that nobody voted on would get measurably worse."
    if len(failed) == 1:
        return f" But one guard failed: {failed[0].name}."
    return f" But {len(failed)} of {len(guards)} guards failed."
