"""✅ by who asked, on a person's reply: that is the answer. Taken back, it is forgotten."""

import threading
from dataclasses import dataclass, field
from typing import Any

import structlog
from slack_sdk.errors import SlackApiError

from bot.slack.clients import WIRE_ERRORS, error_code
from bot.slack.errands import Errands
from bot.slack.failures import FINAL
from bot.slack.payloads import MessageEvent, ReactionEvent
from bot.slack.save_answer_blocks import confirmation, words
from bot.slack.saving import NotSavedError, Said, Saving
from bot.slack.why_blocks import Words

_log = structlog.get_logger(__name__)

CHECK_MARK = "white_check_mark"

NO_TEXT = "There is no text in that reply. Save it in words of your own: “Save as answer” in its menu."


@dataclass
class CheckMarks:
    """Follows each ✅ as it stands on its message, whatever Slack tells first. Safe to share between threads."""

    saving: Saving
    errands: Errands
    _turn: threading.Lock = field(default_factory=threading.Lock, init=False)

    def follow(self, reaction: ReactionEvent, *, added: bool) -> None:
        """Keep the reply, or take it back. Raises what Slack's client raises where another try may do better."""
        if reaction.reaction.partition("::")[0] != CHECK_MARK or reaction.item.type != "message":
            return
        if not self._may_matter(reaction, added=added):
            return
        with self._turn:
            message = self._message(reaction)
            kept = self.saving.saved.of_message(reaction.item.channel, reaction.item.ts)
            stands = message is not None and _has_check_mark(message, reaction.user, added=added)
            if kept is not None and not stands and kept.saved_by == reaction.user:
                self.saving.take_back(kept)
            elif kept is None and stands and message is not None:
                self._keep(reaction, message)

    def _may_matter(self, reaction: ReactionEvent, *, added: bool) -> bool:
        """Without asking Slack: most ✅ are about something else."""
        if added:
            return self.saving.requests.has_asked(reaction.item.channel, reaction.user)
        kept = self.saving.saved.of_message(reaction.item.channel, reaction.item.ts)
        return kept is not None and kept.saved_by == reaction.user

    def _message(self, reaction: ReactionEvent) -> dict[str, Any] | None:
        """The message as it stands now; None where it does not."""
        try:
            page = self.saving.client.conversations_replies(
                channel=reaction.item.channel,
                ts=reaction.item.ts,
                oldest=reaction.item.ts,
                latest=reaction.item.ts,
                inclusive=True,
                limit=10,
            )
        except SlackApiError as error:
            if error_code(error) not in FINAL:
                raise
            return None
        return next((each for each in page["messages"] if each.get("ts") == reaction.item.ts), None)

    def _keep(self, reaction: ReactionEvent, shown: dict[str, Any]) -> None:
        message = MessageEvent.model_validate({**shown, "channel": reaction.item.channel})
        if not message.is_by_a_person or message.user is None:
            return
        said = Said(message.channel, message.ts, message.user, message.thread_ts)
        asked = self.saving.question_of(said, reaction.user)
        if asked is None:
            return
        answer = self.saving.markdown(message.text)
        if not answer.strip():
            self._tell(reaction.user, said, words(NO_TEXT))
            return
        try:
            kept = self.saving.keep(said, asked.question, answer, reaction.user, asked.answer_id)
        except NotSavedError as error:
            self._tell(reaction.user, said, words(str(error)))
            return
        self._tell(reaction.user, said, confirmation(kept, by_check_mark=True))

    def _tell(self, user: str, said: Said, told: Words) -> None:
        def post() -> None:
            try:
                self.saving.client.chat_postEphemeral(
                    channel=said.channel, user=user, thread_ts=said.thread_ts, text=told.text, blocks=told.blocks
                )
            except WIRE_ERRORS as error:
                _log.warning("check_mark.not_confirmed", channel=said.channel, error=error_code(error))

        self.errands.run(post)


def _has_check_mark(message: dict[str, Any], user: str, *, added: bool) -> bool:
    """Whether this person's ✅ is on the message. Of many, Slack names only some: then what it told of last holds."""
    for reaction in message.get("reactions") or []:
        if str(reaction.get("name")).partition("::")[0] == CHECK_MARK:
            users = reaction.get("users") or []
            return user in users or (added and int(reaction.get("count") or 0) > len(users))
    return False
