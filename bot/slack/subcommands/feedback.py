"""`/lore feedback`: what the person's own votes have done."""

from dataclasses import dataclass

from sqlalchemy import func, select

from bot.slack.payloads import SlashCommand
from bot.slack.subcommands.table import Subcommand
from bot.slack.why_blocks import Words
from bot.slack.words import line, section
from learning.votes import WRONG_SOURCE
from storage.database import Database
from storage.tables import FeedbackRow, LearningRunRow

NONE_YET = (
    "You have not voted yet. 👍 or 👎 an answer, with its buttons or as a reaction, and questions like it find better "
    "answers from then on."
)


@dataclass(frozen=True)
class OwnVotes:
    """A person's votes that stand. `telling` say which documents are right or wrong, `learnt` of these were there when
    the learning began whose result serves, `mended` are 👎 whose question finds the right source now."""

    up: int
    down: int
    telling: int
    learnt: int
    mended: int


def feedback(database: Database) -> Subcommand:
    """The subcommand."""

    def run(command: SlashCommand, rest: str) -> Words:
        votes = own_votes(database, command.user_id)
        if not votes.up + votes.down:
            return line(NONE_YET)
        said = f"You have given {votes.up} 👍 and {votes.down} 👎. Thank you."
        lines = [
            said,
            f"• {votes.telling} of them {_say(votes.telling)} which documents are right or wrong: questions like those "
            "find better answers from that moment on.",
            f"• {votes.learnt} of those went into what Lore has learnt since.",
            f"• {votes.mended} of your 👎 led to the right source: their questions find it now.",
        ]
        return Words(said, [section("\n".join(lines))])

    return Subcommand("feedback", "what your votes have done", run)


def own_votes(database: Database, user: str) -> OwnVotes:
    """What there is of this person's votes."""
    promoted = select(func.max(LearningRunRow.started_at)).where(LearningRunRow.state == "promoted")
    with database.session() as session:
        rows = session.scalars(select(FeedbackRow).where(FeedbackRow.user == user)).all()
        learnt_at = session.scalar(promoted)
    telling = [row for row in rows if row.vote > 0 or row.reason == WRONG_SOURCE or row.correction]
    return OwnVotes(
        up=sum(row.vote > 0 for row in rows),
        down=sum(row.vote < 0 for row in rows),
        telling=len(telling),
        learnt=sum(learnt_at is not None and row.updated_at <= learnt_at for row in telling),
        mended=sum(row.told_at is not None for row in rows),
    )


def _say(number: int) -> str:
    return "says" if number == 1 else "say"
