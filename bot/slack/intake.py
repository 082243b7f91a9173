"""Takes questions in: written down first, then queued. What is written down is answered, whatever happens next."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from bot.slack.limits import Limits
from bot.slack.line import Line
from bot.slack.workers import Workers
from storage.questions import Asked, Pending, QuestionLog

_log = structlog.get_logger(__name__)

_LOCKS = 64


@dataclass(frozen=True)
class Intake:
    """Where every listener hands its question in. `say` tells an asker alone why their question is not taken."""

    log: QuestionLog
    workers: Workers
    limits: Limits
    line: Line
    say: Callable[[Asked, str], None]
    _locks: tuple[threading.Lock, ...] = field(
        default_factory=lambda: tuple(threading.Lock() for _ in range(_LOCKS)), init=False
    )

    def take(self, asked: Asked) -> bool:
        """Write the question down and have it answered; False if it came before, or its asker has asked too much.

        Raises what the database raises.
        """
        refusal = self.limits.refusal(asked.user, (asked.team, asked.channel, asked.ts))
        if refusal is not None:
            _log.info("question.too_many", user=asked.user, told=refusal.said is not None)
            if refusal.said is not None and asked.surface != "overheard":
                self.say(asked, refusal.said)
            return False
        # One of a channel at a time, so that questions are queued in the order in which they are written down.
        with self._locks[hash(asked.channel) % _LOCKS]:
            question_id = self.log.accept(asked)
            if question_id is None:
                _log.info("question.known_already", channel=asked.channel, ts=asked.ts)
                return False
            pending = Pending(question_id, asked, None, None)
            self.workers.submit(pending)
        self.line.joined(pending)
        return True
