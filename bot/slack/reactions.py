"""`reaction_added` and `reaction_removed`: 👍 and 👎 on Lore's replies are votes, ✅ on a person's marks the answer."""

import threading
from dataclasses import dataclass, field
from typing import Any

import structlog
from slack_bolt import App
from slack_sdk import WebClient

from bot.slack.check_mark import CheckMarks
from bot.slack.clients import WIRE_ERRORS, error_code
from bot.slack.payloads import ReactionEvent
from bot.slack.votes import Votes
from bot.slack.why import Why
from storage.questions import QuestionLog, Vote

_log = structlog.get_logger(__name__)

_THUMBS: dict[str, Vote] = {"+1": 1, "thumbsup": 1, "-1": -1, "thumbsdown": -1}


@dataclass
class People:
    """Tells people from bots, asking Slack once for each."""

    client: WebClient
    _is_bot: dict[str, bool] = field(default_factory=dict, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def is_bot(self, user: str) -> bool:
        """Whether the user is a bot; a user that Slack tells nothing of counts as a person."""
        with self._lock:
            if user in self._is_bot:
                return self._is_bot[user]
        try:
            found = self.client.users_info(user=user)["user"]
        except WIRE_ERRORS as error:
            _log.warning("reaction.user_unknown", user=user, error=error_code(error))
            return False
        with self._lock:
            self._is_bot[user] = bool(found.get("is_bot"))
            return self._is_bot[user]


def register(app: App, votes: Votes, log: QuestionLog, people: People, why: Why, marks: CheckMarks) -> None:
    """Record thumbs on Lore's replies as votes, and take them back when they are removed; ask why of a 👎. Keep the
    replies that who asked marks as answers."""

    @app.event("reaction_added")
    def reaction_added(event: dict[str, Any]) -> None:
        reaction = ReactionEvent.model_validate(event)
        voted = _vote(reaction)
        if voted is not None and not people.is_bot(reaction.user):
            answer_id, user, vote = voted
            if votes.cast(answer_id, user, vote, reaction.event_ts) and vote < 0:
                why.ask_in_thread(answer_id, user)
        marks.follow(reaction, added=True)

    @app.event("reaction_removed")
    def reaction_removed(event: dict[str, Any]) -> None:
        reaction = ReactionEvent.model_validate(event)
        voted = _vote(reaction)
        if voted is not None and not people.is_bot(reaction.user):
            votes.withdraw(*voted, at=reaction.event_ts)
        marks.follow(reaction, added=False)

    def _vote(reaction: ReactionEvent) -> tuple[int, str, Vote] | None:
        """The answer, the person and the vote, or None if this is no vote on an answer."""
        vote = _THUMBS.get(reaction.reaction.partition("::")[0])
        if vote is None or reaction.item.type != "message":
            return None
        answer_id = log.answer_to_reply(reaction.item.channel, reaction.item.ts)
        return None if answer_id is None else (answer_id, reaction.user, vote)
