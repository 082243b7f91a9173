"""A Bolt app that sends one of everything the page draws, and takes all that the page can send. Run by its tests."""

from __future__ import annotations

import threading
from typing import Any

from slack_bolt import Ack, App, Respond
from slack_sdk import WebClient

Json = dict[str, Any]

MARKDOWN = """# Leave

You get **25 days** of *leave*. [1](https://handbook.example/leave)

| who | days |
|---|---:|
| full time | 25 |
| part time | 15 |

- Book them in the `calendar`.
- <b onclick="alert(1)">Ask</b> your lead <script>alert(1)</script> [here](javascript:alert(1)).
"""
PRIVATE = "Only for you"
REASONS = {"outdated": "Outdated", "incomplete": "Incomplete"}


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> Json:
    return {"type": "mrkdwn", "text": text}


def options(*names: str) -> list[Json]:
    return [{"text": plain(name), "value": name.lower().replace(" ", "_")} for name in names]


def button(action_id: str, text: str, **more: Any) -> Json:
    return {"type": "button", "action_id": action_id, "text": plain(text), **more}


FEEDBACK: Json = {
    "type": "context_actions",
    "block_id": "feedback",
    "elements": [
        {
            "type": "feedback_buttons",
            "action_id": "vote",
            "positive_button": {"text": plain("Good answer"), "accessibility_label": "Thumbs up", "value": "up"},
            "negative_button": {"text": plain("Bad answer"), "accessibility_label": "Thumbs down", "value": "down"},
        },
        {"type": "icon_button", "icon": "trash", "action_id": "bin", "text": plain("Delete"), "value": "this"},
    ],
}
GALLERY: list[Json] = [
    {"type": "header", "text": plain("What there is :books:")},
    {
        "type": "section",
        "text": mrkdwn(
            "*Bold*, _italic_, ~struck~, `code` & <https://handbook.example/a?b=1&amp;c=2|a page> for <@U0ALICE001>"
        ),
        "accessory": button("more", "More"),
    },
    {"type": "section", "fields": [mrkdwn("*Days*\n25"), mrkdwn("*Hours*\n7.5")]},
    {"type": "divider"},
    {"type": "table", "rows": [[{"type": "raw_text", "text": "who"}], [{"type": "raw_text", "text": "everybody"}]]},
    {
        "type": "rich_text",
        "elements": [
            {"type": "rich_text_section", "elements": [{"type": "text", "text": "Rich", "style": {"bold": True}}]},
            {
                "type": "rich_text_list",
                "style": "bullet",
                "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "one point"}]}],
            },
        ],
    },
    {
        "type": "actions",
        "block_id": "acts",
        "elements": [
            button("open_form", "Open form", style="primary"),
            button(
                "sure",
                "Delete all",
                style="danger",
                confirm={
                    "title": plain("Really?"),
                    "text": plain("It is gone then."),
                    "confirm": plain("Delete"),
                    "deny": plain("Keep"),
                },
            ),
            {
                "type": "static_select",
                "action_id": "pick",
                "placeholder": plain("Pick a source"),
                "options": options("Handbook", "Wiki"),
            },
            {"type": "overflow", "action_id": "over", "options": options("First", "Second")},
        ],
    },
    {"type": "context", "elements": [mrkdwn("*Sources* <https://handbook.example/leave|Annual leave>")]},
]
FORM: Json = {
    "type": "modal",
    "callback_id": "form",
    "notify_on_close": True,
    "title": plain("Settings"),
    "submit": plain("Save"),
    "close": plain("Cancel"),
    "blocks": [
        {
            "type": "input",
            "block_id": "name",
            "label": plain("Name"),
            "hint": plain("As people know it."),
            "element": {"type": "plain_text_input", "action_id": "words"},
        },
        {
            "type": "input",
            "block_id": "mode",
            "label": plain("Mode"),
            "element": {
                "type": "radio_buttons",
                "action_id": "one",
                "options": options("Mentions only", "Every question"),
            },
        },
        {
            "type": "input",
            "block_id": "sources",
            "optional": True,
            "label": plain("Sources"),
            "element": {
                "type": "multi_static_select",
                "action_id": "some",
                "options": options("Handbook", "Wiki", "Tickets"),
            },
        },
        {
            "type": "input",
            "block_id": "expert",
            "optional": True,
            "label": plain("Expert"),
            "element": {"type": "users_select", "action_id": "who"},
        },
        {
            "type": "input",
            "block_id": "where",
            "optional": True,
            "label": plain("Where"),
            "element": {"type": "conversations_select", "action_id": "place"},
        },
        {
            "type": "input",
            "block_id": "language",
            "optional": True,
            "label": plain("Language"),
            "element": {"type": "static_select", "action_id": "tongue", "options": options("English", "German")},
        },
        {
            "type": "input",
            "block_id": "flags",
            "optional": True,
            "label": plain("Flags"),
            "element": {
                "type": "checkboxes",
                "action_id": "some",
                "options": options("Follow threads", "Call experts"),
            },
        },
        {"type": "actions", "block_id": "more", "elements": [button("further", "Further settings")]},
    ],
}
FURTHER: Json = {
    "type": "modal",
    "callback_id": "further",
    "title": plain("Further settings"),
    "submit": plain("Done"),
    "blocks": [{"type": "section", "text": mrkdwn("Nothing further.")}],
}
HOME: Json = {
    "type": "home",
    "blocks": [
        {"type": "header", "text": plain("What I know")},
        {"type": "section", "text": mrkdwn("Two sources")},
        {"type": "actions", "elements": [button("refresh", "Refresh")]},
    ],
}


class Showcase:
    """The app, and everything that it was told: (what, payload)."""

    def __init__(self, client: WebClient) -> None:
        self.told: list[tuple[str, Json]] = []
        self.app = App(client=client)
        self.go_on = threading.Event()
        """A streamed answer waits for it in its midst."""
        self._listen()

    def of(self, what: str) -> list[Json]:
        return [payload for kind, payload in self.told if kind == what]

    def _keep(self, what: str, payload: Json) -> None:
        self.told.append((what, payload))

    def _listen(self) -> None:
        app = self.app

        @app.event("app_mention")
        def mentioned(event: Json, client: WebClient) -> None:
            self._keep("mention", event)
            if "gallery" in event["text"]:
                client.chat_postMessage(channel=event["channel"], thread_ts=event["ts"], text="All", blocks=GALLERY)
            else:
                self._stream(event, client)

        @app.event("message")
        def told(event: Json, client: WebClient) -> None:
            if event.get("channel_type") == "im" and "bot_id" not in event and "subtype" not in event:
                self._stream(event, client)

        @app.event("reaction_added")
        def reacted(event: Json) -> None:
            self._keep("reaction", event)

        @app.event("app_home_opened")
        def home(event: Json, client: WebClient) -> None:
            client.views_publish(user_id=event["user"], view=HOME)

        @app.event("assistant_thread_started")
        def assistant(event: Json, client: WebClient) -> None:
            thread = event["assistant_thread"]
            place = {"channel_id": thread["channel_id"], "thread_ts": thread["thread_ts"]}
            client.chat_postMessage(channel=thread["channel_id"], thread_ts=thread["thread_ts"], text="How can I help?")
            prompts = [{"title": "How much leave?", "message": "How many days of leave do I get?"}]
            client.assistant_threads_setSuggestedPrompts(**place, title="Often asked", prompts=prompts)
            client.assistant_threads_setTitle(**place, title="A new talk")

        @app.command("/lore")
        def command(ack: Ack, command: Json, respond: Respond) -> None:
            ack()
            self._keep("command", command)
            buttons = [button("share", "Share in channel", style="primary"), button("dismiss", "Dismiss")]
            blocks = [
                {"type": "section", "text": mrkdwn(f"{PRIVATE}: {command['text']}")},
                {"type": "actions", "elements": buttons},
            ]
            respond(text=PRIVATE, blocks=blocks)

        @app.action("share")
        def share(ack: Ack, respond: Respond) -> None:
            ack()
            respond(delete_original=True)
            respond(text="Shared with all", response_type="in_channel", replace_original=False)

        @app.action("dismiss")
        def dismiss(ack: Ack, respond: Respond) -> None:
            ack()
            respond(delete_original=True)

        @app.action("open_form")
        def open_form(ack: Ack, body: Json, client: WebClient) -> None:
            ack()
            client.views_open(trigger_id=body["trigger_id"], view=FORM)

        @app.view("form")
        def form(ack: Ack, body: Json, view: Json) -> None:
            self._keep("form", view["state"]["values"])
            if view["state"]["values"]["name"]["words"]["value"] == "wrong":
                ack(response_action="errors", errors={"name": "That name is taken."})
            elif view["state"]["values"]["name"]["words"]["value"] == "on":
                ack(response_action="push", view=FURTHER)
            else:
                ack()

        @app.view("further")
        def further(ack: Ack) -> None:
            ack(response_action="clear")

        @app.view_closed("form")
        def closed(ack: Ack, body: Json) -> None:
            ack()
            self._keep("closed", body)

        @app.shortcut("ask_about_this")
        def on_message(ack: Ack, shortcut: Json, client: WebClient) -> None:
            ack()
            self._keep("message_action", shortcut)
            client.views_open(trigger_id=shortcut["trigger_id"], view=FURTHER)

        @app.shortcut("ask_anything")
        def anywhere(ack: Ack, shortcut: Json) -> None:
            ack()
            self._keep("shortcut", shortcut)

        @app.action("further")
        def pushed(ack: Ack, body: Json, client: WebClient) -> None:
            ack()
            self._keep("further", body)
            client.views_push(trigger_id=body["trigger_id"], view={**FURTHER, "callback_id": "look", "submit": None})

        for action_id in ("vote", "bin", "more", "sure", "pick", "over", "refresh"):

            @app.action(action_id)
            def acted(ack: Ack, body: Json) -> None:
                ack()
                self._keep(body["actions"][0]["action_id"], body)

    def _stream(self, event: Json, client: WebClient) -> None:
        """MARKDOWN, of which the second half is written when `go_on` is set."""
        thread_ts = event.get("thread_ts", event["ts"])
        client.assistant_threads_setStatus(channel_id=event["channel"], thread_ts=thread_ts, status="is looking it up…")
        stream = client.chat_stream(
            channel=event["channel"],
            thread_ts=thread_ts,
            recipient_team_id=event["team"],
            recipient_user_id=event["user"],
            buffer_size=1,
        )
        stream.append(markdown_text=MARKDOWN[:30])
        self.go_on.wait(20)
        stream.append(markdown_text=MARKDOWN[30:])
        stream.stop(blocks=[FEEDBACK])
