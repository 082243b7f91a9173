"""Sharing a private answer: what it cites is checked at that moment, and it is posted once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog
from slack_sdk.errors import SlackApiError

from bot.slack.clients import WIRE_ERRORS, Clients, error_code, may_have_taken_effect
from bot.slack.failures import advice
from bot.slack.message_link import message_link
from bot.slack.private_answer import can_be_shared, is_private, shared_answer_of, shared_message
from bot.slack.render import document_link
from bot.slack.response_url import tell_everyone
from bot.slack.setup import Identity
from bot.slack.sight import Sight
from bot.slack.why_blocks import Words
from bot.slack.words import line
from storage.knowledge import DocumentLink
from storage.questions import Answered, QuestionLog
from storage.shared_answers import SharedAnswer, SharedAnswers
from storage.visible_documents import visible_documents

_log = structlog.get_logger(__name__)

GIVEN_UP_AFTER = timedelta(seconds=30)
"""After which a share that was begun, and of which nothing came, may be gone on with."""

_OUTSIDE = frozenset({"not_in_channel", "channel_not_found"})
"""Refusals of a channel that Lore is not in, where an answer to a command can still be shown."""
_PAGE = 200
_NAMED = 5


@dataclass(frozen=True)
class Told:
    """What the sharer is told; `done` where the answer stands in the channel, so that the private one can go."""

    words: Words
    done: bool = False


@dataclass(frozen=True)
class Sharing:
    """Shares answers. Safe to share between threads."""

    log: QuestionLog
    shared: SharedAnswers
    sight: Sight
    clients: Clients
    identity: Identity

    def share(self, answer_id: int, user: str, channel: str, response_url: str) -> Told:
        """Post the answer where it was asked for, if everyone there may see all of its sources, and if nobody did.

        `response_url` is good for one more message. Raises what the database raises.
        """
        answered = self.log.answered(answer_id)
        if answered is None or not can_be_shared(answered.answer):
            return _said("That answer is not kept any more, so it cannot be shared. Please ask again.")
        asked = answered.asked
        if not is_private(asked) or (asked.user, asked.channel) != (user, channel):
            return _said("Only who asked can share the answer, and only where they asked.")
        before = self.shared.find(answer_id)
        if before is not None:
            return self._again(answered, before, response_url)
        if refusal := self._hidden(answered):
            return refusal
        claimed = self.shared.claim(answer_id, channel, asked.thread_ts, user)
        if claimed is None:
            return _said("It is being shared right now.")
        return self._post(answered, claimed, response_url)

    def _again(self, answered: Answered, before: SharedAnswer, response_url: str) -> Told:
        """A second press, or the first one after a restart that came in the midst of sharing."""
        if before.reply_ts is not None:
            return Told(line(f"You shared this answer already{self._where(before)}."), done=True)
        mine = self.shared.take_over(before, GIVEN_UP_AFTER)
        if mine is None:
            return _said("It is being shared right now.")
        if (found := self._find(before)) is not None:
            return self._done(self.shared.stands(mine, found))
        if refusal := self._hidden(answered):
            self.shared.release(mine)
            return refusal
        return self._post(answered, mine, response_url)

    def _hidden(self, answered: Answered) -> Told | None:
        """Why the answer cannot be shown to everyone in the channel as they may see documents now; None if it can."""
        asked = answered.asked
        cited = {
            (citation.passage.document.source, citation.passage.document.id): citation.passage.document
            for citation in answered.answer.citations
        }
        database = self.log.database
        seen = visible_documents(database, cited, self.sight.of_channel_now(asked.team, asked.channel))
        hidden = {key: document for key, document in cited.items() if key not in seen}
        if not hidden:
            return None
        # Who asked has seen these titles, but may have lost the right to since.
        own = visible_documents(database, hidden, self.sight.of_person(asked.team, asked.user))
        _log.info("answer.not_shared", channel=asked.channel, cited=len(cited), hidden=len(hidden))
        return Told(_not_shared([document for key, document in hidden.items() if key in own], len(hidden)))

    def _post(self, answered: Answered, claimed: SharedAnswer, response_url: str) -> Told:
        words = shared_message(answered.asked, answered.answer, claimed.answer_id)
        try:
            try:
                posted = self.clients.posting.chat_postMessage(
                    channel=claimed.channel,
                    thread_ts=claimed.thread_ts,
                    text=words.text,
                    blocks=words.blocks,
                    unfurl_links=False,
                    unfurl_media=False,
                )
                reply_ts = str(posted["ts"])
            except SlackApiError as error:
                if error_code(error) not in _OUTSIDE:
                    raise
                tell_everyone(response_url, words.text, words.blocks, claimed.thread_ts)
                reply_ts = ""
        except WIRE_ERRORS as error:
            return self._not_posted(claimed, error)
        return self._done(self.shared.stands(claimed, reply_ts))

    def _done(self, share: SharedAnswer) -> Told:
        _log.info("answer.shared", channel=share.channel, answer=share.answer_id)
        return Told(line(f"You shared this answer{self._where(share)}."), done=True)

    def _not_posted(self, claimed: SharedAnswer, error: Exception) -> Told:
        code = error_code(error)
        _log.warning("answer.share_failed", channel=claimed.channel, error=code, todo=advice(code))
        if may_have_taken_effect(error):
            return _said("Slack did not say whether it was posted. If it is not here in a minute, press Share again.")
        self.shared.release(claimed)
        return _said(f"Slack did not take it ({code}). {advice(code)}")

    def _find(self, share: SharedAnswer) -> str | None:
        """The timestamp of the message in which it stands, where it was posted and not written down."""
        since = f"{(share.claimed_at - GIVEN_UP_AFTER).timestamp():.6f}"
        read = self.clients.repeating
        try:
            if share.thread_ts:
                page = read.conversations_replies(channel=share.channel, ts=share.thread_ts, oldest=since, limit=_PAGE)
            else:
                page = read.conversations_history(channel=share.channel, oldest=since, limit=_PAGE)
        except WIRE_ERRORS as error:
            _log.warning("answer.share_not_looked_for", channel=share.channel, error=error_code(error))
            return None
        ours = (each for each in page["messages"] if each.get("user") == self.identity.user_id)
        return next((str(each["ts"]) for each in ours if shared_answer_of(each) == share.answer_id), None)

    def _where(self, share: SharedAnswer) -> str:
        if not share.reply_ts or not self.identity.url:
            return ""
        link = message_link(self.identity.url, share.channel, share.reply_ts, share.thread_ts)
        return f": <{link}|see it>"


def _not_shared(named: Sequence[DocumentLink], hidden: int) -> Words:
    titles = [document_link(document) for document in named[:_NAMED]]
    more = hidden - len(titles)
    if more:
        titles.append(f"{more} more that you cannot see now either" if titles else "a page that is not there any more")
    said = (
        "I did not share this answer: not everyone here may see all that it is made from "
        f"({', '.join(titles)}). Share the link instead with who may."
    )
    return line(said)


def _said(text: str) -> Told:
    return Told(line(text))
