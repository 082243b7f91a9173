"""`member_joined_channel` and `member_left_channel`: who may see what is asked of Slack anew."""

from typing import Any

from slack_bolt import App

from bot.slack.audience import Audiences


def register(app: App, audiences: Audiences) -> None:
    """Heed every coming and going in the channels that Lore is in."""

    @app.event("member_joined_channel")
    def joined(event: dict[str, Any]) -> None:
        audiences.moved(str(event.get("channel")), str(event.get("user")))

    @app.event("member_left_channel")
    def left(event: dict[str, Any]) -> None:
        audiences.moved(str(event.get("channel")), str(event.get("user")))
