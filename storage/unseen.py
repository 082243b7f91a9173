"""Characters that no reader sees: they can hide words, or show them in another order than they are in."""

import re

_SELECTORS = "\ufe00-\ufe0f\U000e0100-\U000e01ef"
_IDEOGRAPHS = "\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_RIGHT_TO_LEFT = "\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc"
_PLAIN = "\\s\u0000-\u052f\u200c\u200d"
"""Latin, Greek and Cyrillic letters, spaces and signs, which nothing joins or keeps apart; and the joiners."""

_UNSEEN = re.compile(
    "["
    "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180e\u200b\u2060-\u2064\u206a-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\u202a-\u202e\u2066-\u2069"  # embeddings, overrides and isolates of the direction of writing
    "\U000e0000-\U000e007f"  # tags: all of ASCII, unseen
    "]"
    # Joiners, which Arabic and Indic scripts and emoji are written with, where nothing can be joined.
    f"|[\u200c\u200d](?=[{_PLAIN}]|$)|(?<=[{_PLAIN}])[\u200c\u200d]|^[\u200c\u200d]"
    # Marks of direction beside no letter that has one, and all of a row of them but the first.
    f"|(?<![{_RIGHT_TO_LEFT}])[\u200e\u200f](?![{_RIGHT_TO_LEFT}])|(?<=[\u200e\u200f])[\u200e\u200f]"
    # Variation selectors: one may say how the sign before it looks, a row of them is bytes in disguise.
    f"|(?<=[{_SELECTORS}])[{_SELECTORS}]|(?<![{_IDEOGRAPHS}])[\U000e0100-\U000e01ef]"
)


def without_unseen(text: str) -> str:
    """The text without invisible characters, but for those that change how the letter or emoji before them looks.

    An end of a line that a direction override seemed to turn around reads as it is stored.
    """
    return text if text.isascii() else _UNSEEN.sub("", text)
