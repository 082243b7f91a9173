"""`/lore status`: which Lore this is, what answers, how busy it is, and whether all is well."""

from collections.abc import Callable

from sqlalchemy import select

from bot.slack.message_link import brief_words
from bot.slack.payloads import SlashCommand
from bot.slack.sight import Sight
from bot.slack.source_words import counted, source_name
from bot.slack.subcommands.table import Subcommand
from bot.slack.upkeep import Upkeep, lore_version
from bot.slack.why_blocks import Words
from bot.slack.words import section
from ingestion.source_status import source_statuses
from storage.database import Database
from storage.tables import EmbeddingModelRow
from storage.visible_documents import visible_counts

_NAMED = 5


def status(database: Database, upkeep: Upkeep, sight: Sight, waiting: Callable[[], int]) -> Subcommand:
    """The subcommand; `waiting` says how many questions no thread has taken up yet."""

    def run(command: SlashCommand, rest: str) -> Words:
        seen = visible_counts(database, sight.of_person(command.team_id, command.user_id))
        troubled = [
            one.name
            for one in source_statuses(database, upkeep.configured)
            if one.name in seen and one.last_error is not None
        ]
        queue = waiting()
        said = f"Lore {lore_version()}, {_health(troubled)}"
        lines = [
            f"*{said}*",
            f"• Answers are {_written_by(upkeep.llm)}; passages are found by {_model(database)}.",
            f"• Waiting for an answer: {counted(queue, 'question')}.",
            f"• You may see {counted(sum(seen.values()), 'document')} in {counted(len(seen), 'source')}.",
        ]
        return Words(said, [section("\n".join(lines))])

    return Subcommand("status", "version, model, queue, and whether all is well", run)


def _health(troubled: list[str]) -> str:
    if not troubled:
        return "all is well"
    names = ", ".join(source_name(name) for name in troubled[:_NAMED])
    return f"{counted(len(troubled), 'source')} could not be updated the last time: {names}"


def _written_by(llm: str | None) -> str:
    return "quoted from the documents" if llm is None else f"written by {brief_words(llm, 100)}"


def _model(database: Database) -> str:
    with database.session() as session:
        row = session.scalar(select(EmbeddingModelRow).where(EmbeddingModelRow.active))
    if row is None:
        return "no model yet"
    learnt = row.name != row.base and row.activated_at is not None
    since = f", learnt from votes, since {row.activated_at:%Y-%m-%d}" if learnt else ""
    return f"{brief_words(row.name, 100)}{since}"
