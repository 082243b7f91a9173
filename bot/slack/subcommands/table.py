"""The table of subcommands: which one a text calls, if it is no question."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bot.slack.payloads import SlashCommand
from bot.slack.why_blocks import Words

Run = Callable[[SlashCommand, str], Words | None]
"""Does what was called, with the words after the subcommand's name. What it returns only the person sees; None where it
says nothing, or has opened a modal."""


@dataclass(frozen=True)
class Subcommand:
    """`/lore name`, or `/lore name <takes>`; `summary` is what `/lore help` says of it.

    One that is `at_once` is done before Slack is told that the command came: what opens a modal has three seconds.
    The others have as long as they need.
    """

    name: str
    summary: str
    run: Run
    takes: str = ""
    at_once: bool = False

    @property
    def usage(self) -> str:
        """How it is written."""
        return f"/lore {self.name} {self.takes}".rstrip()


class Subcommands:
    """All subcommands, by their names."""

    def __init__(self, subcommands: Iterable[Subcommand]) -> None:
        self._by_name = {one.name: one for one in subcommands}

    def called(self, text: str) -> tuple[Subcommand, str] | None:
        """The subcommand that these words call, and the words after its name; None where they are a question.

        “sources of income” and “sync my phone?” are questions: only what takes words may have some after its name, and
        no question mark.
        """
        name, _, rest = text.strip().partition(" ")
        one = self._by_name.get(name.lower())
        if one is None or (rest and not one.takes) or "?" in rest:
            return None
        return one, rest.strip()
