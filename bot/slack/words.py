"""Short messages in Slack's own mark-up, cut into blocks that Slack takes."""

from collections.abc import Iterable, Iterator
from typing import Any

from bot.slack.render import literal, slack_length
from bot.slack.why_blocks import Words

Json = dict[str, Any]

SECTION = 2_900
"""Characters in a section; Slack takes 3,000: https://docs.slack.dev/reference/block-kit/blocks/section-block"""


def section(text: str) -> Json:
    """A section of literal text."""
    return {"type": "section", "text": literal(text)}


def line(text: str) -> Words:
    """A message of one section."""
    return Words(text, [section(text)])


def sections(lines: Iterable[str]) -> Iterator[Json]:
    """The lines in as few sections as they fit in; a line is shorter than a section."""
    held: list[str] = []
    for each in lines:
        if held and slack_length("\n".join([*held, each])) > SECTION:
            yield section("\n".join(held))
            held = []
        held.append(each)
    if held:
        yield section("\n".join(held))
