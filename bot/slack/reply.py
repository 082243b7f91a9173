"""One question brought to its end: answered, recorded, and the reply whole in front of the asker."""

import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

import structlog

from bot.answering.context import ALONE, Context
from bot.slack.alone import say_directly
from bot.slack.audience import PRIVATE_SURFACES, Audiences
from bot.slack.clients import WIRE_ERRORS, error_code
from bot.slack.escape import mrkdwn_text
from bot.slack.failures import FINAL, advice
from bot.slack.private_answer import is_private, show_privately
from bot.slack.render import render
from bot.slack.response_url import VALID_SECONDS
from bot.slack.status import show_status
from bot.slack.surroundings import Around, Surroundings
from bot.slack.thread_reply import Posting, Thread, ThreadReply
from storage.document import Audience
from storage.questions import Answer, Asked, Kind, Pending, QuestionLog
from storage.visibility import visible_documents

_log = structlog.get_logger(__name__)

TOO_OLD_SECONDS = 24 * 60 * 60
"""A question older than this is not answered after a restart: nobody waits for it any more."""

HOW_TO_ASK = (
    "Ask me anything that is in the company's documents: mention me with your question, as in "
    "“@lore how many days of leave do I get?”, or write to me directly. “/lore” and a question is answered so "
    "that only you see it."
)

NOT_FOR_YOU = "I answer members of this workspace only, and cannot tell that you are one. Please ask a colleague."

NOT_HERE = (
    "I do not answer where guests or people of other companies read along, and cannot tell that none do here. "
    "Ask me in a direct message, or with “/lore”."
)

TOO_LATE = "I could not answer this in time, sorry. If you still want to know, please ask me again."

_ASKED = 500


class Answers(Protocol):
    """What answers questions (bot.answering.answer.Answerer)."""

    def answer(
        self,
        question: str,
        audience: Audience,
        on_text: Callable[[str], None] | None = None,
        context: Context = ALONE,
    ) -> Answer:
        """The answer from what `audience` may see; `on_text` gets the pieces of its text as each is final.

        `context` is what the question stands in, its thread first of all.
        """
        ...


@dataclass(frozen=True)
class Replies:
    """Brings questions to their end. Safe to share between threads."""

    log: QuestionLog
    answers: Answers
    posting: Posting
    audiences: Audiences
    surroundings: Surroundings
    may_ask: Callable[[Asked], bool] = lambda asked: False
    """Whether there is a person to ask what the documents do not say."""

    def settle(self, pending: Pending, *, resumed: bool = False) -> bool:
        """Answer the question, or say why not. Never raises; False if Slack cannot take the reply now, but may later.

        `resumed` questions were tried before: their reply may stand already, in part or whole.
        """
        with structlog.contextvars.bound_contextvars(question=pending.id, channel=pending.asked.channel):
            try:
                if resumed:
                    pending = self._found_again(pending)
                if resumed and is_too_old(pending.asked):
                    self._say_too_late(pending)
                else:
                    self._answer(pending)
            except WIRE_ERRORS as error:
                return self._give_up(pending, error)
            except Exception as error:  # noqa: BLE001 - the outermost layer: nothing may end in silence
                return self._apologize(pending, error)
            return True

    def _answer(self, pending: Pending) -> None:
        reply = self._thread_reply(pending)
        if pending.answer is None or not self._may_still_be_shown(pending.asked, pending.answer):
            around = self.surroundings.of(pending.asked)
            answer = None if around.manner == "silent" else self._find_answer(pending.asked, reply, around)
            if answer is None or (around.manner == "if_known" and answer.kind != "answered"):
                self._keep_silent(pending, around.why)
                return
            if around.others_speak:
                # What was searched has their words in it, who asked Lore nothing and could not have it forget them.
                answer = replace(answer, searched=None)
            answer_id = self.log.record(pending.id, answer)
        else:
            answer = pending.answer
            known = self.log.answer_to_reply(pending.asked.channel, pending.reply_ts) if pending.reply_ts else None
            answer_id = known or self.log.record(pending.id, answer)
        self._deliver(pending, reply, answer, answer_id)

    def _find_answer(self, asked: Asked, reply: ThreadReply | None, around: Around) -> Answer:
        if not asked.text.strip():
            return unanswered(asked.text, "abstained", HOW_TO_ASK, "there was no question in the message")
        if reply is None or around.manner == "if_known":  # nothing is shown before it is sure that there is an answer
            return self._answer_to(asked, None, around.context)
        # Slack takes the status away when the reply comes, so it is set meanwhile, but never after it.
        status = threading.Thread(target=show_status, args=(self.posting, reply.thread), daemon=True)
        status.start()
        reply.before_posting = status.join
        begun = reply.ts is not None
        return self._answer_to(asked, None if begun else reply.write, around.context)

    def _may_still_be_shown(self, asked: Asked, answer: Answer) -> bool:
        """Whether what was found before a restart is for those who would see it now."""
        cited = [citation.passage for citation in answer.citations]
        shown = cited if answer.kind == "answered" else answer.passages
        documents = {(passage.document.source, passage.document.id) for passage in shown}
        return visible_documents(self.log.database, documents, self.audiences.of(asked)) == documents

    def _answer_to(self, asked: Asked, on_text: Callable[[str], None] | None, context: Context) -> Answer:
        audience = self.audiences.of(asked)
        if not audience:
            said = NOT_FOR_YOU if asked.surface in PRIVATE_SURFACES else NOT_HERE
            return unanswered(asked.text, "abstained", said, "nothing may be shown to who sees the reply")
        return self.answers.answer(asked.text, audience, on_text, context)

    def _deliver(self, pending: Pending, reply: ThreadReply | None, answer: Answer, answer_id: int) -> None:
        may_ask = self._may_ask(pending.asked, answer)
        if reply is None:
            show_privately(pending.asked, answer, answer_id, ask_person=may_ask)
        else:
            reply.finish(render(answer, answer_id, ask_person=may_ask))
        self.log.delivered(pending.id)
        _log.info("question.answered", kind=answer.kind, error_id=answer.error_id, ms=answer.timings_ms.get("total"))

    def _may_ask(self, asked: Asked, answer: Answer) -> bool:
        return answer.kind == "abstained" and self.may_ask(asked)

    def _thread_reply(self, pending: Pending) -> ThreadReply | None:
        """The message in the question's thread, or None for an answer that only the asker sees."""
        if is_private(pending.asked):
            return None
        return ThreadReply(
            self.posting, thread_of(pending.asked), lambda ts: self.log.begun(pending.id, ts), pending.reply_ts
        )

    def _found_again(self, pending: Pending) -> Pending:
        """The question as it is recorded now, with a reply that was posted but not recorded before Lore was killed."""
        pending = self._recorded(pending)
        if pending.reply_ts is not None or is_private(pending.asked):
            return pending
        ts = self.posting.find_stray(thread_of(pending.asked))
        if ts is not None:
            self.log.begun(pending.id, ts)
        return replace(pending, reply_ts=ts)

    def _recorded(self, pending: Pending) -> Pending:
        return next((each for each in self.log.pending() if each.id == pending.id), pending)

    def _apologize(self, pending: Pending, error: Exception) -> bool:
        error_id = new_error_id()
        _log.error("question.failed", error_id=error_id, exc_info=error)
        if pending.asked.surface == "overheard":
            return self._kept_silent(pending, f"{type(error).__name__} in the reply")
        said = "Something went wrong on my side while I was answering."
        answer = unanswered(pending.asked.text, "failed", said, f"{type(error).__name__} in the reply", error_id)
        try:
            pending = self._recorded(pending)
            self._deliver(pending, self._thread_reply(pending), answer, self.log.record(pending.id, answer))
        except Exception as second:  # noqa: BLE001 - the outermost layer
            return self._give_up(pending, second)
        return True

    def _give_up(self, pending: Pending, error: Exception) -> bool:
        """Log what to do; close the question, and say True, if its reply can never stand."""
        code = error_code(error)
        todo = advice(code) if isinstance(error, WIRE_ERRORS) else str(error)
        _log.error("question.not_delivered", error_id=new_error_id(), error=code, todo=todo, final=code in FINAL)
        if code not in FINAL:
            return False
        if is_private(pending.asked):
            self._say_directly(pending.asked)
        try:
            self._close(pending, f"Slack refused the reply: {code}")
        except Exception as second:  # noqa: BLE001 - the outermost layer
            _log.error("question.not_closed", exc_info=second)
        return True

    def _keep_silent(self, pending: Pending, why: str) -> None:
        """Nothing is said to what nobody put to Lore."""
        self.surroundings.threads.keep_silent(pending.id, why)
        _log.info("question.kept_silent", surface=pending.asked.surface, why=why)

    def _kept_silent(self, pending: Pending, why: str) -> bool:
        """The same where something is wrong already; False if it could not be."""
        try:
            self._keep_silent(pending, why)
        except Exception as second:  # noqa: BLE001 - the outermost layer
            _log.error("question.not_closed", exc_info=second)
            return False
        return True

    def _say_too_late(self, pending: Pending) -> None:
        reason = "it was asked too long before Lore could answer"
        if pending.asked.surface == "overheard":
            self._close(pending, reason)
            return
        if is_private(pending.asked):
            self._say_directly(pending.asked)
            self._close(pending, reason)
            return
        late = unanswered(pending.asked.text, "failed", TOO_LATE, reason)
        answer_id = self.log.record(pending.id, late) if pending.answer is None else 0
        self._deliver(pending, self._thread_reply(pending), late, answer_id)

    def _say_directly(self, asked: Asked) -> None:
        """Tell the asker of a private question that its answer cannot be shown any more."""
        try:
            say_directly(
                self.posting.clients.posting, asked, f"{TOO_LATE}\nYou asked: {mrkdwn_text(asked.text)[:_ASKED]}"
            )
        except WIRE_ERRORS as error:
            _log.warning("question.not_told_of", error=error_code(error))

    def _close(self, pending: Pending, reason: str) -> None:
        """No reply will come: the question is done with."""
        if self._recorded(pending).answer is None:
            self.log.record(pending.id, unanswered(pending.asked.text, "failed", "", reason))
        self.log.delivered(pending.id)
        _log.info("question.closed", reason=reason)


def thread_of(asked: Asked) -> Thread:
    """Where the reply to a message goes."""
    return Thread(
        channel=asked.channel,
        ts=asked.thread_ts or asked.ts,
        question_ts=asked.ts,
        team=str(asked.reply_to.get("team") or asked.team),
        user=asked.user,
    )


def is_too_old(asked: Asked) -> bool:
    """Whether nobody waits for the answer any more, or, if it is private, Slack would not take it."""
    at = float(asked.reply_to.get("at") or asked.ts)
    return time.time() - at > (VALID_SECONDS if is_private(asked) else TOO_OLD_SECONDS)


def unanswered(question: str, kind: Kind, text: str, reason: str, error_id: str | None = None) -> Answer:
    """What is said and recorded where the documents were not asked."""
    return Answer(
        question=question,
        kind=kind,
        text=text,
        citations=(),
        confidence=None,
        reason=reason,
        passages=(),
        timings_ms={},
        embedding_model="",
        llm=None,
        error_id=error_id,
    )


def new_error_id() -> str:
    """A short id that a person can read out and that is in the log."""
    return uuid.uuid4().hex[:8]
