"""Pictures and fonts that stand in a text itself, as exports of wikis and single-file pages have them: no words."""

import re

_DATA = re.compile(r"data:[\w.+-]+/[\w.+-]+(?:;[\w.+-]+=[\w.+-]+)*;base64,[A-Za-z0-9+/=_-]{64,}", re.IGNORECASE)
_NOTHING = "data:image/png;,"
"""A picture without data, which Markdown takes for a picture still."""


def without_embedded_files(text: str) -> str:
    """A Markdown or HTML page with nothing in place of the files in it. What they are labelled with stays."""
    return _DATA.sub(_NOTHING, text) if ";base64," in text else text
