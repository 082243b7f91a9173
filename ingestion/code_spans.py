"""Where Markdown holds code, which is left as it stands while the text around it is cleaned."""

import re
from collections.abc import Callable

FENCED = (
    r"^[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*(?P<fence>`{3,}(?=[^`\n]*$)|~{3,})[^\n]*"
    r"(?:(?:\n(?![ \t>]*(?P=fence)[`~]*[ \t]*$)[^\n]*)*)(?:\n[ \t>]*(?P=fence)[`~]*[ \t]*$)?"
)
"""A fenced block, which ends with the text where its closing fence is missing. For re.MULTILINE."""

INLINE = r"(?<![`\\])(?P<ticks>`+)(?!`)(?:(?!\n[ \t]*\n)[\s\S]){1,1000}?(?<!`)(?P=ticks)(?!`)"
"""Code within a line, or over a few."""

_CODE = re.compile(f"{FENCED}|{INLINE}", re.MULTILINE)


def outside_code(text: str, clean: Callable[[str], str]) -> str:
    """The text with `clean` applied to what is not code. Code comes to `clean` as a word that stands for it."""
    kept: list[str] = []

    def keep(match: re.Match[str]) -> str:
        kept.append(match[0])
        return f"\ue000{len(kept) - 1}\ue001"

    if "`" not in text and "~~~" not in text:
        return clean(text)
    hidden = _CODE.sub(keep, text.replace("\ue000", "").replace("\ue001", ""))
    return re.sub(r"\ue000(\d+)\ue001", lambda match: kept[int(match[1])], clean(hidden))
