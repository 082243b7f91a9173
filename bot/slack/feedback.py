"""The two feedback buttons under an answer."""

from typing import Any

from slack_bolt import Ack, App

from bot.slack.payloads import ButtonPress
from bot.slack.render import VOTE_ACTION, read_vote_value
from bot.slack.votes import Votes


def register(app: App, votes: Votes) -> None:
    """Record each press as the person's vote; Slack itself shows which button is pressed."""

    @app.action(VOTE_ACTION)
    def vote(body: dict[str, Any], ack: Ack) -> None:
        press = ButtonPress.model_validate(body)
        for action in press.actions:
            voted = read_vote_value(action.value)
            if voted is not None:
                votes.cast(voted[0], press.user.id, voted[1], action.action_ts)
        ack()
