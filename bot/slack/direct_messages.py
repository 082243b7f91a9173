"""`message.im`: a question to Lore in a direct message."""

from typing import Any

from slack_bolt import App

from bot.slack.intake import Intake
from bot.slack.payloads import MessageEvent, asked_of


def register(app: App, intake: Intake, bot_user_id: str) -> None:
    """Take in every direct message that a person writes. The event is acknowledged once this returns."""

    @app.event("message")
    def message(body: dict[str, Any], event: dict[str, Any]) -> None:
        if event.get("channel_type") != "im" or event.get("subtype"):
            return
        message = MessageEvent.model_validate(event)
        if message.is_by_a_person:
            intake.take(asked_of(message, "direct_message", body, bot_user_id))
