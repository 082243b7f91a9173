"""A small Bolt app over Socket Mode that answers every question with its own words, streamed. Run as a program."""

from __future__ import annotations

import os
import threading
import time
from typing import Any

from slack_bolt import Ack, App, Respond
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient

FEEDBACK: list[dict[str, Any]] = [
    {
        "type": "context_actions",
        "elements": [
            {
                "type": "feedback_buttons",
                "action_id": "vote",
                "positive_button": {"text": {"type": "plain_text", "text": "Helpful"}, "value": "up"},
                "negative_button": {"text": {"type": "plain_text", "text": "Not helpful"}, "value": "down"},
            }
        ],
    }
]


def build_parrot(client: WebClient) -> App:
    """The app; it speaks through `client`."""
    app = App(client=client)

    @app.event("app_mention")
    def mentioned(event: dict[str, Any], client: WebClient) -> None:
        answer(event, client)

    @app.event("message")
    def told(event: dict[str, Any], client: WebClient) -> None:
        if event["channel_type"] == "im" and "bot_id" not in event and "subtype" not in event:
            answer(event, client)

    @app.event("reaction_added")
    def voted(event: dict[str, Any]) -> None:
        print("voted", event["reaction"], flush=True)

    @app.event("reaction_removed")
    def unvoted(event: dict[str, Any]) -> None:
        print("took back", event["reaction"], flush=True)

    @app.action("vote")
    def pressed(ack: Ack, body: dict[str, Any], respond: Respond) -> None:
        ack()
        respond(text=f"You pressed {body['actions'][0]['value']}.", replace_original=False)

    @app.command("/lore")
    def asked(ack: Ack, command: dict[str, Any], respond: Respond) -> None:
        ack()
        respond(text=f"Privately: {command['text']}")

    return app


def answer(event: dict[str, Any], client: WebClient) -> None:
    """Streams the event's own words back into its thread."""
    thread_ts = event.get("thread_ts", event["ts"])
    client.assistant_threads_setStatus(channel_id=event["channel"], thread_ts=thread_ts, status="is thinking…")
    stream = client.chat_stream(
        channel=event["channel"],
        thread_ts=thread_ts,
        recipient_team_id=event["team"],
        recipient_user_id=event["user"],
        buffer_size=1,
    )
    for word in ("You ", "said: ", event["text"].partition("> ")[2] or event["text"]):
        stream.append(markdown_text=word)
    stream.append(markdown_text=" **[1]**")
    stream.stop(blocks=FEEDBACK)


if __name__ == "__main__":
    if os.environ.get("PARROT_DIES"):
        raise SystemExit("The parrot is no more.")
    web = WebClient(token=os.environ["SLACK_BOT_TOKEN"], base_url=os.environ["SLACK_API_URL"])
    SocketModeHandler(build_parrot(web), os.environ["SLACK_APP_TOKEN"]).connect()
    print("connected", time.time(), flush=True)
    threading.Event().wait()
