"""The words that stand in for a picture, which only those read who cannot see it."""

import re

LONGEST_LABEL = 60
"""Characters. What names a picture ("target icon") is shorter; the handbook's labels have 33 at most, and what is
longer describes a screenshot."""

_NO_LABEL = re.compile(r"[.!?;:。！？]\s|[.!?。！？]$|://|www\.|[<>@\[\]{}|]")


def picture_label(words: str) -> str:
    """The words where they name the picture; nothing where they are sentences, which the page's readers do not see."""
    words = " ".join(words.split())
    return "" if len(words) > LONGEST_LABEL or _NO_LABEL.search(words) else words
