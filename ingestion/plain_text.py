"""Plain text as Markdown."""

import re

SHORT_LINE = 50
"""Characters of a line of plain text that its author ended on purpose."""


def with_line_breaks(text: str) -> str:
    """Plain text with Markdown's line breaks after lines that end well before the margin, as those of an address do."""
    return re.sub(rf"^(.{{1,{SHORT_LINE}}}\S)(?=\n[^\n])", r"\1  ", text, flags=re.MULTILINE)
