"""`/lore help`: how to ask, and what else there is."""

from collections.abc import Sequence

from bot.slack.escape import mrkdwn_text
from bot.slack.payloads import SlashCommand
from bot.slack.reply import HOW_TO_ASK
from bot.slack.subcommands.table import Subcommand
from bot.slack.why_blocks import Words
from bot.slack.words import section

HELP = "help"
"""Also what an empty command calls."""

_QUESTION = "`/lore how many days of leave do I get?`: an answer that only you see, which you can share"
_SHORTCUT = "_Ask Lore about this_ in the menu of any message answers the question in it"


def help_for(others: Sequence[Subcommand]) -> Subcommand:
    """The subcommand that tells of these others, and of asking."""

    def run(command: SlashCommand, rest: str) -> Words:
        lines = [_QUESTION, *(f"`{mrkdwn_text(one.usage)}`: {one.summary}" for one in others), _SHORTCUT]
        listed = "\n".join(f"• {each}" for each in lines)
        return Words(HOW_TO_ASK, [section(HOW_TO_ASK), section(listed)])

    return Subcommand(HELP, "this list", run, at_once=True)
