"""Takes questions in: written down first, then queued. What is written down is answered, whatever happens next."""

from dataclasses import dataclass

import structlog

from bot.slack.workers import Workers
from storage.questions import Asked, Pending, QuestionLog

_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Intake:
    """Where every listener hands its question in."""

    log: QuestionLog
    workers: Workers

    def take(self, asked: Asked) -> bool:
        """Write the question down and have it answered; False if it came before. Raises what the database raises."""
        question_id = self.log.accept(asked)
        if question_id is None:
            _log.info("question.known_already", channel=asked.channel, ts=asked.ts)
            return False
        self.workers.submit(Pending(question_id, asked, None, None))
        return True
