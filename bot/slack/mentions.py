"""`app_mention`: a question to Lore in a channel."""

from typing import Any

from slack_bolt import App

from bot.slack.intake import Intake
from bot.slack.payloads import MessageEvent, asked_of
from bot.slack.stopping import Stopping


def register(app: App, intake: Intake, stopping: Stopping, bot_user_id: str) -> None:
    """Take in every message that mentions Lore, and heed “stop”. The event is acknowledged once this returns."""

    @app.event("app_mention")
    def app_mention(body: dict[str, Any], event: dict[str, Any]) -> None:
        message = MessageEvent.model_validate(event)
        if not message.is_by_a_person:
            return
        asked = asked_of(message, "mention", body, bot_user_id)
        if not stopping.heard(asked) and intake.take(asked):
            stopping.resume(asked)
