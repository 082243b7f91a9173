"""Why a person gave 👎: asked of them alone, kept with their vote; the vote counts even if they do not say."""

from collections.abc import Callable
from dataclasses import dataclass

import structlog
from slack_sdk import WebClient

from bot.slack.audience import Audiences
from bot.slack.clients import WIRE_ERRORS, error_code
from bot.slack.errands import Errands
from bot.slack.private_answer import is_private
from bot.slack.render import takes_votes
from bot.slack.reply import thread_of
from bot.slack.response_url import respond
from bot.slack.why_blocks import Choice, Words, what_was_wrong
from learning.corrections import Corrections, Named, OwnWords
from storage.document import Audience
from storage.questions import Answered, Asked, QuestionLog, Reason
from storage.shared_answers import SharedAnswers

_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Why:
    """What the listeners of this conversation share. `client` gives up within the time that Slack waits for an
    acknowledgement, `posting` waits as long as Slack asks for. `may_ask` tells whether there is a person to ask.

    Safe to share between threads.
    """

    log: QuestionLog
    corrections: Corrections
    audiences: Audiences
    client: WebClient
    posting: WebClient
    errands: Errands
    may_ask: Callable[[Asked], bool] = lambda asked: False

    def is_shared(self, answer_id: int) -> bool:
        """Whether a private answer was shared, so that others than its asker vote on it."""
        return SharedAnswers(self.log.database).find(answer_id) is not None

    def ask_in_thread(self, answer_id: int, user: str) -> None:
        """Ask the person what was wrong, in the thread of the answer. Returns at once."""
        self.errands.run(lambda: self._ask_in_thread(answer_id, user))

    def ask_at(self, answer_id: int, response_url: str) -> None:
        """Ask the person who pressed a button of an answer that is private, or was. Returns at once."""

        def ask() -> None:
            words = what_was_wrong(answer_id, ask_person=self.may_ask_of(answer_id))
            respond(response_url, words.text, words.blocks)

        self.errands.run(ask)

    def may_ask_of(self, answer_id: int) -> bool:
        """Whether there is a person to ask what this answer did not say."""
        answered = self.log.answered(answer_id)
        return answered is not None and self.may_ask(answered.asked)

    def say(self, response_url: str, words: Words) -> None:
        """Replace the message that was pressed. Returns at once."""
        self.errands.run(lambda: respond(response_url, words.text, words.blocks, replace=True))

    def explain(self, answer_id: int, user: str, reason: Reason, correction: str | None = None) -> bool:
        """Keep what the person says; False where their 👎 does not stand any more."""
        stands = self.log.explain_vote(answer_id, user, reason, correction)
        _log.info("vote.explained", answer=answer_id, reason=reason, corrected=correction is not None, stands=stands)
        return stands

    def choices(self, answer_id: int, user: str) -> list[Choice]:
        """The documents that were found for the question, those that the answer does not cite first.

        Only those that are there now, and that the person may be shown of this reply.
        """
        answered = self.log.answered(answer_id)
        if answered is None:
            return []
        cited = {citation.passage.document for citation in answered.answer.citations}
        ranks: dict[tuple[str, str], int] = {}
        for passage in sorted(answered.answer.passages, key=lambda passage: (passage.document in cited, passage.rank)):
            ranks.setdefault((passage.document.source, passage.document.id), passage.rank)
        named = self.corrections.of_documents(list(ranks), self.audiences.shown_to(answered.asked, user))
        return [Choice(ranks[each.document.source, each.document.id], each.document) for each in named]

    def picked(self, answer_id: int, user: str, rank: int) -> Named | None:
        """The document of this choice; None if it, or the answer, is gone."""
        answered = self.log.answered(answer_id)
        if answered is None:
            return None
        keys = [
            (passage.document.source, passage.document.id)
            for passage in answered.answer.passages
            if passage.rank == rank
        ]
        return next(iter(self.corrections.of_documents(keys, self._shown_to(answered.asked, user))), None)

    def written(self, answer_id: int, user: str, words: str) -> Named | OwnWords | None:
        """What the person means by these words, None for nothing that they can mean; as `Corrections.of_words`."""
        answered = self.log.answered(answer_id)
        if answered is None:
            return None
        return self.corrections.of_words(words, self._shown_to(answered.asked, user))

    def _shown_to(self, asked: Asked, user: str) -> Audience:
        """While Slack waits for an acknowledgement."""
        return self.audiences.promptly(lambda: self.audiences.shown_to(asked, user))

    def _ask_in_thread(self, answer_id: int, user: str) -> None:
        answered = self.log.answered(answer_id)
        if answered is None or not takes_votes(answered.answer):
            return
        try:
            self._post(answered, answer_id, user)
        except WIRE_ERRORS as error:
            _log.warning("why.not_asked", channel=answered.asked.channel, error=error_code(error))

    def _post(self, answered: Answered, answer_id: int, user: str) -> None:
        channel, thread_ts = answered.asked.channel, thread_of(answered.asked).ts
        if is_private(answered.asked):
            shared = SharedAnswers(self.log.database).find(answer_id)
            # What stands under a message that no thread hangs on, nobody sees.
            thread_ts = (shared.thread_ts if shared else None) or ""
        words = what_was_wrong(answer_id, ask_person=self.may_ask(answered.asked))
        self.posting.chat_postEphemeral(
            channel=channel, user=user, thread_ts=thread_ts or None, text=words.text, blocks=words.blocks
        )
