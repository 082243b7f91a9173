"""When documents were last changed, in words, and the remark that an answer rests on old ones alone."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from storage.questions import Citation

_YEAR = timedelta(days=365)


def day(moment: datetime) -> str:
    """A moment's day: `3 May 2024`."""
    return f"{moment.day} {moment:%B %Y}"


def changed(moment: datetime | None) -> str:
    """`changed 3 May 2024`, or nothing where it is not known."""
    return "" if moment is None else f"changed {day(moment)}"


def age_remark(citations: Sequence[Citation], stale_after: timedelta | None, now: datetime) -> str | None:
    """What is said below an answer all of whose documents were last changed longer ago than `stale_after`.

    None where one of them is younger, or its age is not known; and where nothing is cited.
    """
    moments = [citation.passage.document.changed_at for citation in citations]
    known = [moment for moment in moments if moment is not None]
    if stale_after is None or not known or len(known) < len(moments) or now - max(known) < stale_after:
        return None
    documents = {(one.passage.document.source, one.passage.document.id) for one in citations}
    which = "The document that this rests on" if len(documents) == 1 else "All documents that this rests on"
    was = "was last changed" if len(documents) == 1 else "were last changed"
    when = f"on {day(max(known))}" if len(set(known)) == 1 else f"on {day(max(known))} or before"
    return f"_{which} {was} {when}, {_ago(now - max(known))} ago: this may be out of date._"


def _ago(age: timedelta) -> str:
    years = age // _YEAR
    if years >= 1:
        return f"more than {'a year' if years == 1 else f'{years} years'}"
    return f"{age.days} days" if age.days != 1 else "a day"
