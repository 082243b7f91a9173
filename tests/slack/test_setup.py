"""Wrong tokens and missing scopes are named before any work starts."""

import threading
from pathlib import Path

import pytest
import yaml

from bot.slack.app import make_bot
from bot.slack.commands import COMMAND
from bot.slack.errors import SlackSetupError
from bot.slack.message_shortcut import CALLBACK
from bot.slack.save_answer_blocks import SAVE_SHORTCUT
from bot.slack.setup import EVENTS, SCOPES, check_signing_secret
from bot.slack.socket_mode import run_socket_mode
from playground.server import Running, running
from storage.questions import QuestionLog
from tests.slack.stage import Script, eventually, on_stage


def made(server: Running, log: QuestionLog, token: str | None) -> None:
    make_bot(bot_token=token, log=log, answers=Script(), api_url=server.api_url)


@pytest.mark.parametrize("token", ["", None])
def test_a_missing_bot_token_is_named(server: Running, log: QuestionLog, token: str | None) -> None:
    with pytest.raises(SlackSetupError, match=r"SLACK_BOT_TOKEN is not set.*xoxb-"):
        made(server, log, token)


def test_a_wrong_bot_token_is_named(server: Running, log: QuestionLog) -> None:
    with pytest.raises(SlackSetupError, match=r"does not accept SLACK_BOT_TOKEN \(invalid_auth\).*OAuth & Permissions"):
        made(server, log, "xoxb-wrong")


def test_an_app_token_in_the_bots_place_is_named(server: Running, log: QuestionLog) -> None:
    with pytest.raises(SlackSetupError, match="SLACK_BOT_TOKEN is a token of the wrong kind"):
        made(server, log, server.app_token)


def test_missing_scopes_are_named_with_what_they_are_for(server: Running, log: QuestionLog) -> None:
    scopes = set(server.client.state()["app"]["scopes"]) - {"chat:write", "reactions:read"}
    server.client.set_scopes(sorted(scopes))
    with pytest.raises(SlackSetupError) as refused:
        made(server, log, server.bot_token)

    for part in ("chat:write (to answer)", "reactions:read", "manifest.yaml", "install the app again"):
        assert part in str(refused.value)


def test_a_server_that_is_not_there_is_named(log: QuestionLog, server: Running) -> None:
    with pytest.raises(SlackSetupError, match=r"127\.0\.0\.1:1.*SLACK_API_URL"):
        make_bot(bot_token="xoxb-1", log=log, answers=Script(), api_url="http://127.0.0.1:1/api/")


@pytest.mark.parametrize(("token", "words"), [(None, "is not set"), ("xapp-wrong", "does not accept SLACK_APP_TOKEN")])
def test_a_wrong_app_token_is_named_before_anything_starts(
    server: Running, log: QuestionLog, token: str | None, words: str
) -> None:
    bot = make_bot(bot_token=server.bot_token, log=log, answers=Script(), api_url=server.api_url)
    with pytest.raises(SlackSetupError, match=f"{words}.*connections:write"):
        run_socket_mode(bot, token, threading.Event())


def test_the_bots_token_in_the_apps_place_is_named(server: Running, log: QuestionLog) -> None:
    bot = make_bot(bot_token=server.bot_token, log=log, answers=Script(), api_url=server.api_url)
    with pytest.raises(SlackSetupError, match="SLACK_APP_TOKEN is a token of the wrong kind"):
        run_socket_mode(bot, server.bot_token, threading.Event())


def test_a_missing_signing_secret_is_named() -> None:
    with pytest.raises(SlackSetupError, match="SLACK_SIGNING_SECRET"):
        check_signing_secret("")


def test_bolts_own_variables_in_the_environment_change_nothing(
    server: Running, script: Script, log: QuestionLog, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("SLACK_CLIENT_ID", "SLACK_CLIENT_SECRET", "SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET"):
        monkeypatch.setenv(name, "another-apps")
    with on_stage(server, script, log) as stage:
        assert stage.slack.wait_for_reply(stage.slack.ask("leave?"))


def test_the_manifest_asks_for_exactly_what_lore_uses() -> None:
    manifest = yaml.safe_load((Path(__file__).parents[2] / "manifest.yaml").read_text(encoding="utf-8"))

    assert manifest["oauth_config"]["scopes"] == {"bot": sorted(SCOPES)}
    assert manifest["settings"]["event_subscriptions"] == {"bot_events": sorted(EVENTS)}
    features = manifest["features"]
    assert [command["command"] for command in features["slash_commands"]] == [COMMAND]
    assert [(shortcut["type"], shortcut["callback_id"]) for shortcut in features["shortcuts"]] == [
        ("message", CALLBACK),
        ("message", SAVE_SHORTCUT),
    ]
    assert features["app_home"]["home_tab_enabled"]
    assert features["assistant_view"]["assistant_description"]


def test_the_app_of_the_manifest_has_all_that_the_bot_does(script: Script, log: QuestionLog) -> None:
    manifest = Path(__file__).parents[2] / "manifest.yaml"
    with running(manifest=manifest) as server, on_stage(server, script, log) as stage:
        message = stage.slack.post("bob", "general", "how many days of leave?")
        assert stage.slack.shortcut("alice", "general", message.ts, CALLBACK)["error"] is None
        answer = stage.slack.wait_for_ephemeral("alice", "general")
        stage.slack.press("alice", "general", answer["ts"], "dismiss")
        stage.slack.open_home("alice")
        thread = stage.slack.open_assistant("alice")
        stage.slack.post("alice", "dm", "how many days of leave?", thread_ts=thread.ts)
        eventually(lambda: stage.slack.status(thread.channel, thread.ts)["title"] is not None)
        eventually(lambda: stage.slack.home("alice") is not None and stage.slack.ephemeral("alice") == [])
