"""Whether a figure is the least, the most, a range's end or itself; and counted before or after something."""

import re

_NO = r"(?:not|no|never|cannot|can't|\w+n't)\s+(?:be\s+|to\s+|go\s+|last\s+|take\s+)?"
_ABOUT = (
    r"(?:\s+(?:a|an|the|of|to|is|are|be|about|approximately|around|roughly|total|it's|that's|another))*"
    r"\s*[$£€¥~(*_]*\s*$"
)
_BEFORE: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(rf"(?:^|[^\w])(?:{cue}){_ABOUT}", re.IGNORECASE), bound)
    for cue, bound in (
        (rf"{_NO}(?:more than|greater than|exceed(?:ing)?|over|above|longer than|later than|beyond)", "<="),
        (rf"{_NO}(?:less than|fewer than|under|below|shorter than|earlier than)", ">="),
        (r"at least|minimum(?: of)?|a min\.? of|≥|>=", ">="),
        (
            r"at most|up to|as (?:many|much|long) as|max(?:imum)?(?: of)?|within|≤|<=|capped at|limited to|"
            r"limit(?: of| is)?",
            "<=",
        ),
        (r"more than|over|above|exceed(?:s|ing)?|greater than|longer than|beyond|later than|>", ">"),
        (r"less than|fewer than|under|below|shorter than|earlier than|<", "<"),
    )
)  # fmt: skip
_BEFORE_A_MOMENT: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(rf"(?:^|[^\w])(?:{cue}){_ABOUT}", re.IGNORECASE), bound)
    for cue, bound in (
        (r"by|until|till|through|thru|no later than", "<="),
        (r"before|prior to", "<"),
        (r"after|following", ">"),
        (r"from|since|starting(?: on| in)?|beginning(?: on| in)?|as of|effective", ">="),
    )
)
_AFTER: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(rf"^\s*{cue}\b", re.IGNORECASE), bound)
    for cue, bound in (
        (r"(?:\w+\s+){0,3}(?:or|and) (?:more|longer|above|up|later|over|greater|higher|older)", ">="),
        (r"(?:\w+\s+){0,3}(?:or|and) (?:less|fewer|under|earlier|below|shorter|lower|younger)", "<="),
        (r"(?:\w+\s+){0,2}(?:minimum|min)", ">="),
        (r"(?:\w+\s+){0,2}(?:maximum|max|limit|cap)", "<="),
    )
)
_SIDE: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(rf"^[\s\w-]{{0,24}}?\b{cue}\b", re.IGNORECASE), side)
    for cue, side in (
        (r"(?:before|prior to|ahead|in advance|earlier|beforehand|advance)", "before"),
        (r"(?:after|following|later|afterwards?)", "after"),
    )
)
_RANGE_BEFORE = re.compile(
    r"\d\S*(?:\s+\w+)?\s*(?:-|–|—|\bto\b|\bthrough\b)\s*[$£€]?\s*$|\bbetween\s+\S+(?:\s+\w+)?\s+and\s+[$£€]?$",
    re.IGNORECASE,
)
_RANGE_AFTER = re.compile(r"^(?:\s+\w+)?\s*(?:-|–|—|\bto\b|\bthrough\b)\s*[$£€]?\d", re.I)
_BETWEEN = re.compile(r"\bbetween\s+[$£€]?$", re.I)


def bound(before: str, after: str, *, moment: bool) -> str:
    """The bound (>=, <=, >, <, "range" or "") of a figure that stands between these, or of a date or a time of day."""
    for pattern, name in (*_BEFORE, *(_BEFORE_A_MOMENT if moment else ())):
        if pattern.search(before):
            return name
    for pattern, name in _AFTER:
        if pattern.search(after):
            return name
    if _RANGE_BEFORE.search(before) or _RANGE_AFTER.search(after) or _BETWEEN.search(before):
        return "range"
    return ""


def side(clause: str) -> str:
    """Of a time, "before" or "after" by what follows in its clause, or ""."""
    return next((name for pattern, name in _SIDE if pattern.search(clause)), "")
