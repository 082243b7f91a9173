"""The line that questions wait in when many come at once: each asker is told how long it is."""

import threading
from dataclasses import dataclass, field

from bot.slack.errands import Errands
from bot.slack.private_answer import is_private
from bot.slack.reply import thread_of
from bot.slack.status import show
from bot.slack.thread_reply import Posting
from bot.slack.workers import Workers
from storage.questions import Pending

TOLD_FROM = 8
"""Questions that wait before one whose asker is told so."""

AGAIN_SECONDS = 60.0
"""From one word on how long the line is to the next: Slack takes a status away after two minutes."""

_MOST_TOLD = 100


@dataclass
class Line:
    """Tells in the status of a thread how many questions come before its own. Safe to share between threads."""

    workers: Workers
    posting: Posting
    errands: Errands
    told_from: int = TOLD_FROM
    again_seconds: float = AGAIN_SECONDS
    _stopping: threading.Event = field(default_factory=threading.Event, init=False)

    def start(self) -> None:
        """Tell those who wait long again and again."""
        threading.Thread(target=self._keep_telling, name="line", daemon=True).start()

    def stop(self) -> None:
        """Tell nobody any more."""
        self._stopping.set()

    def joined(self, pending: Pending) -> None:
        """A question was taken in. Returns at once."""
        if _has_status(pending) and self.workers.waiting() > self.told_from:
            self.errands.run(lambda: self._tell(pending))

    def words(self) -> str | None:
        """What to tell whoever asks now, where the line is long."""
        before = self.workers.waiting()
        return None if before < self.told_from else f"Many are asking at once: {_before(before)} yours. One moment…"

    def tell_again(self) -> None:
        """Tell those who wait how long the line is now."""
        for pending in self.workers.in_line()[self.told_from : self.told_from + _MOST_TOLD]:
            if _has_status(pending):
                self._tell(pending)

    def _keep_telling(self) -> None:
        while not self._stopping.wait(self.again_seconds):
            self.tell_again()

    def _tell(self, pending: Pending) -> None:
        before = self._place(pending)
        if before is None:
            return
        thread = thread_of(pending.asked)
        show(self.posting, thread, f"is busy: {_before(before)} this one…")
        if self._place(pending) is None:
            show(self.posting, thread, "")  # its turn came meanwhile: the word may have come after the reply

    def _place(self, pending: Pending) -> int | None:
        """How many questions come before this one; None where it does not wait any more."""
        ids = [each.id for each in self.workers.in_line()]
        return ids.index(pending.id) if pending.id in ids else None


def _has_status(pending: Pending) -> bool:
    """Whether the asker sees the status of a thread, and waits: not what nobody put to Lore."""
    return not is_private(pending.asked) and pending.asked.surface != "overheard"


def _before(count: int) -> str:
    return "one question comes before" if count == 1 else f"{count} questions come before"
