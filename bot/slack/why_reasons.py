"""The buttons that say what was wrong with an answer."""

import re
from typing import Any

from slack_bolt import Ack, App

from bot.slack.payloads import Press
from bot.slack.why import Why
from bot.slack.why_blocks import REASON_ACTION, REASONS, no_vote, thanks, which_source
from learning.votes import WRONG_SOURCE


def register(app: App, why: Why) -> None:
    """Keep the reason with the vote; after “wrong source”, offer to name the right one."""

    @app.action(re.compile(f"^{REASON_ACTION}:"))
    def reason(body: dict[str, Any], ack: Ack) -> None:
        press = Press.model_validate(body)
        action = press.actions[0]
        reason, answer_id = REASONS[action.action_id], int(action.value)
        if not why.explain(answer_id, press.user.id, reason):
            why.say(press.response_url, no_vote())
        elif reason == WRONG_SOURCE:
            why.errands.run(
                lambda: why.say(press.response_url, which_source(answer_id, why.choices(answer_id, press.user.id)))
            )
        else:
            why.say(press.response_url, thanks())
        ack()
