"""The two feedback buttons under an answer."""

from typing import Any

from slack_bolt import Ack, App

from bot.slack.payloads import Press
from bot.slack.render import VOTE_ACTION, read_vote_value
from bot.slack.votes import Votes
from bot.slack.why import Why


def register(app: App, votes: Votes, why: Why) -> None:
    """Record each press as the person's vote, and ask why of a 👎; Slack itself shows which button is pressed."""

    @app.action(VOTE_ACTION)
    def vote(body: dict[str, Any], ack: Ack) -> None:
        press = Press.model_validate(body)
        for action in press.actions:
            voted = read_vote_value(action.value)
            if voted is None or not votes.cast(voted[0], press.user.id, voted[1], action.action_ts) or voted[1] > 0:
                continue
            if press.container.is_ephemeral or why.is_shared(voted[0]):
                why.ask_at(voted[0], press.response_url)
            else:
                why.ask_in_thread(voted[0], press.user.id)
        ack()
