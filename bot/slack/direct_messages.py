"""`message.im`: a question to Lore in a direct message, or in the assistant pane, which is a thread there."""

from typing import Any

from slack_bolt import App

from bot.slack.assistant_pane import AssistantPane
from bot.slack.intake import Intake
from bot.slack.payloads import MessageEvent, asked_of


def register(app: App, intake: Intake, bot_user_id: str, pane: AssistantPane) -> None:
    """Take in every direct message that a person writes. The event is acknowledged once this returns."""

    @app.event("message")
    def message(body: dict[str, Any], event: dict[str, Any]) -> None:
        if event.get("channel_type") != "im" or event.get("subtype"):
            return
        message = MessageEvent.model_validate(event)
        if not message.is_by_a_person:
            return
        asked = asked_of(message, "direct_message", body, bot_user_id)
        # A thread in the pane begins with a message of Slack's in Lore's name.
        if intake.take(asked) and message.parent_user_id == bot_user_id:
            pane.asked(asked)
