"""Votes on answers, from reactions and buttons alike: one a person and answer, in the order in which they were cast."""

import threading
from collections import OrderedDict
from dataclasses import dataclass, field

from storage.questions import QuestionLog, Vote

_REMEMBERED = 10_000


@dataclass
class _Cast:
    """When a person last voted on an answer, and last took each vote back, in Slack's timestamps."""

    at: str = ""
    withdrawn: dict[Vote, str] = field(default_factory=dict)


class Votes:
    """Records votes. Slack does not promise to deliver events in order, so one that comes late changes nothing."""

    def __init__(self, log: QuestionLog) -> None:
        self._log = log
        self._cast: OrderedDict[tuple[int, str], _Cast] = OrderedDict()
        self._lock = threading.Lock()

    def cast(self, answer_id: int, user: str, vote: Vote, at: str) -> bool:
        """A vote, replacing the person's earlier one. Whether it is one that did not stand before."""
        with self._lock:
            last = self._last(answer_id, user)
            if at < last.at or at < last.withdrawn.get(vote, ""):
                return False
            cast = self._log.vote(answer_id, user, vote)
            last.at = at
            return cast == "new"

    def withdraw(self, answer_id: int, user: str, vote: Vote, at: str) -> None:
        """This vote taken back; the other, if it was given since, stays."""
        with self._lock:
            last = self._last(answer_id, user)
            last.withdrawn[vote] = max(at, last.withdrawn.get(vote, ""))
            if at >= last.at:
                self._log.withdraw(answer_id, user, vote)

    def _last(self, answer_id: int, user: str) -> _Cast:
        key = (answer_id, user)
        last = self._cast.setdefault(key, _Cast())
        self._cast.move_to_end(key)
        while len(self._cast) > _REMEMBERED:
            self._cast.popitem(last=False)
        return last
