"""`/lore sources`: what each source holds that the person may see, and how fresh it is."""

from bot.slack.payloads import SlashCommand
from bot.slack.sight import Sight
from bot.slack.source_words import counted, holds
from bot.slack.subcommands.table import Subcommand
from bot.slack.upkeep import Upkeep
from bot.slack.why_blocks import Words
from bot.slack.words import line, sections
from ingestion.source_status import source_statuses
from storage.database import Database
from storage.visible_documents import visible_counts

MOST = 40
NOTHING = "There are no documents that you may see yet."
"""Also where there are some that this person may not see: that is not told."""


def sources(database: Database, upkeep: Upkeep, sight: Sight) -> Subcommand:
    """The subcommand."""

    def run(command: SlashCommand, rest: str) -> Words:
        counts = visible_counts(database, sight.of_person(command.team_id, command.user_id))
        if not counts:
            return line(NOTHING)
        shown = [one for one in source_statuses(database, upkeep.configured) if one.name in counts]
        said = (
            f"I answer from {counted(sum(counts.values()), 'document')} that you may see, "
            f"in {counted(len(shown), 'source')}:"
        )
        lines = [f"• {holds(status, counts[status.name])}" for status in shown[:MOST]]
        if len(shown) > MOST:
            lines.append(f"… and {len(shown) - MOST} more")
        return Words(said, list(sections([said, *lines])))

    return Subcommand("sources", "what I know, and how fresh it is", run)
