"""The buttons that say what was wrong with an answer."""

import re
from typing import Any

from slack_bolt import Ack, App

from bot.slack.payloads import Press
from bot.slack.why import Why
from bot.slack.why_blocks import REASON_ACTION, REASONS, Words, no_vote, thanks, which_source
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
            why.errands.run(lambda: why.say(press.response_url, _which_source(answer_id, press.user.id)))
        else:
            why.errands.run(lambda: why.say(press.response_url, _thanks(answer_id)))
        ack()

    def _which_source(answer_id: int, user: str) -> Words:
        return which_source(answer_id, why.choices(answer_id, user), ask_person=why.may_ask_of(answer_id))

    def _thanks(answer_id: int) -> Words:
        return thanks(ask_person_of=answer_id if why.may_ask_of(answer_id) else None)
