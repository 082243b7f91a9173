"""Buttons, slash commands, response URLs, home tabs and modals."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from parrot import FEEDBACK
from recorder import Recorder
from slack_errors import slack_error
from slack_sdk import WebClient
from slack_sdk.webhook import WebhookClient

from playground.errors import PlaygroundError
from playground.response_urls import SECONDS, ResponseUrls
from playground.server import Running

Json = dict[str, Any]

MODAL: Json = {
    "type": "modal",
    "callback_id": "correct",
    "title": {"type": "plain_text", "text": "Correct"},
    "submit": {"type": "plain_text", "text": "Send"},
    "blocks": [
        {
            "type": "input",
            "block_id": "what",
            "label": {"type": "plain_text", "text": "What is right?"},
            "element": {"type": "plain_text_input", "action_id": "text"},
        }
    ],
}


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def post_feedback(web: WebClient) -> str:
    return str(web.chat_postMessage(channel="C0GENERAL1", text="answer", blocks=FEEDBACK)["ts"])


@pytest.mark.parametrize(("pressed", "value"), [("up", "up"), ("down", "down"), ("negative", "down"), (None, "up")])
def test_a_press_on_feedback_buttons_sends_the_pressed_value(
    slack: Running, web: WebClient, app: Recorder, pressed: str | None, value: str
) -> None:
    slack.client.set_events([])
    ts = post_feedback(web)
    delivery = slack.client.press("bob", "general", ts, "vote", value=pressed)
    assert delivery["error"] is None
    payload = app.next()
    assert payload["type"] == "block_actions"
    assert payload["user"]["id"] == "U0BOB00001"
    assert payload["container"]["message_ts"] == ts
    assert payload["channel"] == {"id": "C0GENERAL1", "name": "general"}
    action = payload["actions"][0]
    assert (action["type"], action["action_id"], action["value"]) == ("feedback_buttons", "vote", value)
    assert action["block_id"]


def test_a_press_needs_something_to_press_and_an_app(slack: Running, web: WebClient) -> None:
    ts = post_feedback(web)
    with pytest.raises(PlaygroundError, match=r"nothing to press with action_id 'nope'. There are: \['vote'\]"):
        slack.client.press("bob", "general", ts, "nope")
    assert slack.client.press("bob", "general", ts, "vote")["error"] == "dispatch_failed"


def test_a_response_url_answers_replaces_and_deletes(slack: Running, web: WebClient, app: Recorder) -> None:
    slack.client.set_events([])
    ts = post_feedback(web)
    slack.client.press("bob", "general", ts, "vote")
    hook = WebhookClient(app.next()["response_url"])
    assert hook.send(text="Thanks.", response_type="ephemeral").status_code == 200
    assert slack.client.ephemeral("bob", "general")[0]["text"] == "Thanks."
    assert hook.send(text="edited", replace_original=True).status_code == 200
    assert slack.client.messages("general")[0]["text"] == "edited"
    assert hook.send(text="for all", response_type="in_channel", replace_original=False).status_code == 200
    assert slack.client.messages("general")[-1]["text"] == "for all"
    assert hook.send(delete_original=True).status_code == 200
    assert [message["text"] for message in slack.client.messages("general")] == ["for all"]


def test_a_response_url_is_good_for_five_uses(slack: Running, app: Recorder) -> None:
    slack.client.command("alice", "general", "/lore", "why?")
    hook = WebhookClient(app.next()["response_url"])
    assert [hook.send(text=str(number)).status_code for number in range(6)] == [200] * 5 + [404]
    assert [message["text"] for message in slack.client.ephemeral("alice", "general")] == ["0", "1", "2", "3", "4"]


def test_a_response_url_is_good_for_thirty_minutes() -> None:
    from playground.changes import ChangeLog
    from playground.errors import SlackError
    from playground.messages import Messages
    from playground.timestamps import Timestamps

    now = 0.0
    urls = ResponseUrls(Messages(ChangeLog(), Timestamps()), "http://here", clock=lambda: now)
    path = urls.new("U1", "C1").removeprefix("http://here/actions/")
    urls.respond(path, {"text": "in time"})
    now = SECONDS + 1
    with pytest.raises(SlackError, match="expired_url"):
        urls.respond(path, {"text": "too late"})


def test_a_response_without_words_or_with_bad_blocks_is_refused(slack: Running, app: Recorder) -> None:
    slack.client.command("alice", "general", "/lore", "why?")
    url = app.next()["response_url"]
    assert httpx.post(url, json={}).json()["error"] == "no_text"
    assert httpx.post(url, json={"blocks": [{"type": "poem"}]}).json()["error"] == "invalid_blocks"
    assert httpx.post(url, content=b"{").status_code == 400


def test_a_command_sends_what_was_typed_and_where(slack: Running, app: Recorder) -> None:
    slack.client.command("alice", "dm", "/lore", "how many days?")
    payload = app.next()
    assert (payload["command"], payload["text"]) == ("/lore", "how many days?")
    assert (payload["user_id"], payload["channel_name"]) == ("U0ALICE001", "directmessage")
    assert payload["trigger_id"]


def test_what_a_command_is_acknowledged_with_is_shown(slack: Running, app: Recorder) -> None:
    app.answer = {"text": "One moment."}
    slack.client.command("alice", "general", "/lore", "why?")
    assert slack.client.wait_for_ephemeral("alice", "general")["text"] == "One moment."
    app.answer = {"text": "Everyone: hello.", "response_type": "in_channel"}
    slack.client.command("alice", "general", "/lore", "why?")
    assert slack.client.messages("general")[-1]["text"] == "Everyone: hello."


def test_a_command_that_nobody_takes_fails_before_the_persons_eyes(slack: Running) -> None:
    assert slack.client.command("alice", "general", "/lore", "why?")["error"] == "dispatch_failed"
    assert slack.client.ephemeral("alice")[0]["text"] == "/lore failed with the error “dispatch_failed”"


def test_a_home_tab_is_published_for_one_person(slack: Running, web: WebClient) -> None:
    view = {"type": "home", "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "Hello"}}]}
    web.views_publish(user_id="U0ALICE001", view=view)
    home = slack.client.home("alice")
    assert home is not None
    assert [{**block, "block_id": home["blocks"][0]["block_id"]} for block in view["blocks"]] == home["blocks"]
    assert slack.client.home("bob") is None
    with slack_error("invalid_arguments") as answer:
        web.views_publish(user_id="U0ALICE001", view={"type": "home", "blocks": [{"type": "poem"}]})
    assert "unsupported type: poem" in answer["response_metadata"]["messages"][0]
    with slack_error("hash_conflict"):
        web.views_publish(user_id="U0ALICE001", view=view, hash="old")


def test_a_button_on_the_home_tab_is_pressed(slack: Running, web: WebClient, app: Recorder) -> None:
    button = {"type": "button", "action_id": "sync", "text": {"type": "plain_text", "text": "Sync"}, "value": "now"}
    view = {"type": "home", "blocks": [{"type": "actions", "elements": [button]}]}
    published = web.views_publish(user_id="U0ALICE001", view=view)["view"]
    slack.client.press_in_view("alice", published["id"], "sync")
    payload = app.next()
    assert payload["container"] == {"type": "view", "view_id": published["id"]}
    assert payload["actions"][0]["value"] == "now"


def test_a_modal_is_opened_once_by_a_trigger_filled_in_and_closed(
    slack: Running, web: WebClient, app: Recorder
) -> None:
    slack.client.command("alice", "general", "/lore", "correct")
    trigger = app.next()["trigger_id"]
    view = web.views_open(trigger_id=trigger, view=MODAL)["view"]
    with slack_error("exchanged_trigger_id"):
        web.views_open(trigger_id=trigger, view=MODAL)
    with slack_error("invalid_trigger_id"):
        web.views_open(trigger_id="1.2.3", view=MODAL)
    app.answer = {"response_action": "errors", "errors": {"what": "Too short"}}
    values = {"what": {"text": {"type": "plain_text_input", "value": "no"}}}
    delivery = slack.client.submit("alice", view["id"], values)
    assert delivery["answer"]["errors"] == {"what": "Too short"}
    assert [modal["id"] for modal in slack.client.modals("alice")] == [view["id"]]
    app.next()
    app.answer = None
    slack.client.submit("alice", view["id"], values)
    payload = app.next()
    assert payload["type"] == "view_submission"
    assert payload["view"]["state"]["values"] == values
    assert payload["view"]["callback_id"] == "correct"
    assert slack.client.modals("alice") == []


def test_a_trigger_is_good_for_three_seconds() -> None:
    from playground.delivery import Pace
    from playground.errors import SlackError
    from playground.triggers import Triggers

    now = 0.0
    triggers = Triggers(Pace().trigger_lifetime, clock=lambda: now)
    in_time, late = triggers.new("U1"), triggers.new("U2")
    now = 3.0
    assert triggers.use(in_time) == "U1"
    now = 3.1
    with pytest.raises(SlackError, match="expired_trigger_id"):
        triggers.use(late)


def test_a_message_that_only_one_sees_is_replaced_by_one_that_can_be_pressed_again(
    slack: Running, web: WebClient, app: Recorder
) -> None:
    slack.client.set_events([])
    first = {"type": "actions", "elements": [{"type": "button", "action_id": "a", "text": plain("Wrong")}]}
    web.chat_postEphemeral(channel="C0GENERAL1", user="U0BOB00001", text="Why?", blocks=[first])
    ts = slack.client.ephemeral("bob")[0]["ts"]
    slack.client.press("bob", "general", ts, "a")
    payload = app.next()
    assert payload["container"]["is_ephemeral"]
    options = [{"text": plain("Leave"), "value": "1"}, {"text": plain("Travel"), "value": "2"}]
    menu = {"type": "actions", "elements": [{"type": "static_select", "action_id": "pick", "options": options}]}
    WebhookClient(payload["response_url"]).send(text="Which?", blocks=[menu], replace_original=True)
    (shown,) = slack.client.ephemeral("bob")
    assert (shown["ts"], shown["text"]) == (ts, "Which?")
    slack.client.press("bob", "general", ts, "pick", value="2")
    action = app.next()["actions"][0]
    assert (action["selected_option"], action["block_id"]) == (options[1], shown["blocks"][0]["block_id"])


def test_a_modal_with_an_input_needs_a_submit_button_and_a_short_title(web: WebClient) -> None:
    bad = {**MODAL, "submit": None, "title": {"type": "plain_text", "text": "x" * 25}}
    with slack_error("invalid_arguments") as answer:
        web.views_open(trigger_id="any", view=bad)
    assert len(answer["response_metadata"]["messages"]) == 2


def test_an_open_modal_is_updated(slack: Running, web: WebClient, app: Recorder) -> None:
    slack.client.command("alice", "general", "/lore", "correct")
    view = web.views_open(trigger_id=app.next()["trigger_id"], view=MODAL)["view"]
    web.views_update(view_id=view["id"], view={**MODAL, "callback_id": "second"})
    assert slack.client.modals("alice")[0]["callback_id"] == "second"
    with slack_error("not_found"):
        web.views_update(view_id="V0NOWHERE", view=MODAL)
