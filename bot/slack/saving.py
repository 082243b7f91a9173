"""A person's message kept as an answer, for those who may see the place where it was written, and taken back."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog
from slack_sdk import WebClient

from bot.slack.clients import WIRE_ERRORS, error_code
from bot.slack.profiles import Profiles
from ingestion.connectors.slack_markdown import Names, to_markdown
from learning.marked_replies import mark, unmark
from storage.database import Database
from storage.document import PUBLIC, Audience
from storage.expert_requests import AskedInThread, ExpertRequests
from storage.saved_answers import SavedAnswer, SavedAnswers

_log = structlog.get_logger(__name__)

NOT_FROM_HERE = (
    "What is said in a direct message stays there: only those who are in it may see it, so it answers nobody else. "
    "Say it in a channel, and save it there."
)
NO_GUESTS = "Only members of the workspace can save answers, not guests."
PLACE_UNKNOWN = (
    "Slack does not tell me who may see this channel, so I keep nothing of it. Invite me with /invite @lore, and try "
    "again."
)
NOT_KEPT = "Slack did not tell me what I need to keep this. Please try again in a minute."


@dataclass(frozen=True)
class Said:
    """A message of a person's: `author` is their id, `thread_ts` the thread that it is a reply in, if any."""

    channel: str
    ts: str
    author: str
    thread_ts: str | None = None


class NotSavedError(Exception):
    """The message is not kept; the words are for the person who wanted it to be."""


@dataclass(frozen=True)
class Saving:
    """What all ways to save share. `client` gives up within the time that Slack waits for an acknowledgement; `changed`
    is told, and returns at once, when something was saved or taken back. Safe to share between threads."""

    database: Database
    saved: SavedAnswers
    requests: ExpertRequests
    profiles: Profiles
    client: WebClient
    changed: Callable[[], None]

    def keep(self, said: Said, question: str, answer: str, saver: str, answer_id: int | None) -> SavedAnswer:
        """Keep a message's answer to a question, in place of what was kept of it before.

        `answer_id` is the answer of Lore's that should have said this: this becomes its right source, by the saver's
        vote. Raises NotSavedError for a guest, and where it cannot be told who may see the place.
        """
        self.check_saver(saver)
        audience = self._audience(said.channel)
        try:
            permalink = self.client.chat_getPermalink(channel=said.channel, message_ts=said.ts)["permalink"]
        except WIRE_ERRORS as error:
            _log.warning("answer.not_saved", channel=said.channel, error=error_code(error))
            raise NotSavedError(NOT_KEPT) from error
        author = self.profiles.of(said.author)
        kept = SavedAnswer(
            question=question,
            answer=answer,
            author=said.author,
            channel=said.channel,
            permalink=str(permalink),
            audience=audience,
            saved_by=saver,
            ts=said.ts,
            author_name=None if author is None else author.name,
            said_at=datetime.fromtimestamp(float(said.ts), UTC),
            answer_id=answer_id,
        )
        before = self.saved.find(kept.permalink)
        if before is not None and before.answer_id is not None and before.saved_by != saver:
            unmark(self.database, before.answer_id, before.saved_by, kept.permalink)
        if answer_id is not None:
            mark(self.database, answer_id, saver, kept.permalink)
        self.saved.save(kept)  # last: what is saved is marked already, wherever this is stopped
        _log.info("answer.saved", channel=kept.channel, by=saver, of_answer=answer_id)
        self.changed()
        return kept

    def take_back(self, kept: SavedAnswer) -> None:
        """Keep it no longer: nobody finds it from now on, and it teaches nothing any more."""
        if kept.answer_id is not None:
            unmark(self.database, kept.answer_id, kept.saved_by, kept.permalink)
        self.saved.remove(kept.permalink)
        _log.info("answer.taken_back", channel=kept.channel)
        self.changed()

    def check_saver(self, user: str) -> None:
        """Raises NotSavedError for who may save nothing."""
        profile = self.profiles.of(user)
        if profile is None:
            raise NotSavedError(NOT_KEPT)
        if profile.is_guest:
            raise NotSavedError(NO_GUESTS)

    def may_change(self, kept: SavedAnswer, user: str) -> bool:
        """Whether this person may edit it or take it back: who wrote it, who saved it, and admins."""
        if user in (kept.author, kept.saved_by):
            return True
        profile = self.profiles.of(user)
        return profile is not None and profile.is_admin

    def question_of(self, said: Said, asker: str | None = None) -> AskedInThread | None:
        """The latest question before this reply in its thread; if `asker` is given, of theirs and left open by Lore."""
        if said.thread_ts is None or said.thread_ts == said.ts:
            return None
        before = [
            one
            for one in self.requests.in_thread(said.channel, said.thread_ts)
            if float(one.ts) < float(said.ts) and (asker is None or (one.is_open and asker in one.asked_by))
        ]
        return before[-1] if before else None

    def markdown(self, text: str) -> str:
        """A message's text as Markdown, people named and nobody called."""
        return to_markdown(text, Names(self._name, lambda channel: None))

    def _name(self, user: str) -> str:
        profile = self.profiles.of(user)
        return profile.name if profile is not None else "someone"

    def _audience(self, channel: str) -> Audience:
        """Who may see what is written in this channel. Raises NotSavedError for a conversation of single persons, and
        where Slack does not say."""
        try:
            place = self.client.conversations_info(channel=channel)["channel"]
        except WIRE_ERRORS as error:
            _log.warning("answer.place_unknown", channel=channel, error=error_code(error))
            raise NotSavedError(PLACE_UNKNOWN) from error
        if place.get("is_im") or place.get("is_mpim"):
            raise NotSavedError(NOT_FROM_HERE)
        if not place.get("name"):
            raise NotSavedError(PLACE_UNKNOWN)
        shared = place.get("is_ext_shared") or place.get("is_pending_ext_shared")
        return PUBLIC if place.get("is_private") is False and not shared else frozenset({f"#{place['name']}"})
