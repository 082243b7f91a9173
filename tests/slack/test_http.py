"""Events, commands and buttons over HTTP, with Slack's signature."""

import threading
import time
from collections.abc import Iterator
from urllib.parse import urlencode

import httpx
import pytest
import uvicorn

from bot.slack.app import make_bot
from bot.slack.http import http_app
from playground.request_url import sign
from playground.server import Running, listen
from storage.questions import QuestionLog
from tests.slack.stage import Script, blocks_of, eventually, shown_text


@pytest.fixture
def url(server: Running, script: Script, log: QuestionLog) -> Iterator[str]:
    """The address of a bot that serves HTTP, verified by Slack."""
    bot = make_bot(
        bot_token=server.bot_token,
        log=log,
        answers=script,
        api_url=server.api_url,
        signing_secret=server.signing_secret,
    )
    listener = listen(0)
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    uvicorn_server = uvicorn.Server(uvicorn.Config(http_app(bot), log_level="warning"))
    thread = threading.Thread(target=uvicorn_server.run, kwargs={"sockets": [listener]})
    thread.start()
    eventually(lambda: uvicorn_server.started)
    server.client.set_request_url(f"{address}/slack/events")
    yield address
    uvicorn_server.should_exit = True
    thread.join(20)


def test_a_mention_a_command_and_a_vote_work_over_http(server: Running, url: str, log: QuestionLog) -> None:
    slack = server.client
    asked = slack.ask("leave?")
    reply = slack.wait_for_reply(asked, until=lambda message: bool(blocks_of(message, "context_actions")))
    assert "25 days" in shown_text(reply)

    assert slack.press("alice", "general", reply["ts"], "vote", value="negative")["error"] is None
    answer_id = log.answer_to_reply(asked.channel, reply["ts"])
    assert answer_id is not None
    assert list(log.votes(answer_id).values()) == [-1]

    assert "What was wrong?" in shown_text(slack.wait_for_ephemeral("alice", "general"))
    assert slack.command("alice", "general", "/lore", "leave?")["error"] is None
    assert "25 days" in shown_text(slack.wait_for_ephemeral("alice", "general", count=2))


def test_slow_answers_do_not_delay_acknowledgements(server: Running, script: Script, url: str) -> None:
    script.pause = 0.5
    server.client.set_events(["app_mention"])
    for n in range(20):
        server.client.ask(f"question {n}?")

    eventually(lambda: sum(d["seconds"] is not None for d in server.client.deliveries()) == 20)
    assert all(d["error"] is None and d["seconds"] < 3 for d in server.client.deliveries())


@pytest.mark.parametrize("wrong", ["secret", "time", "nothing"])
def test_a_request_without_slacks_signature_is_refused(
    server: Running, script: Script, url: str, log: QuestionLog, wrong: str
) -> None:
    stamp = str(int(time.time()) - (3_600 if wrong == "time" else 0))
    body = urlencode({"command": "/lore", "text": "leave?", "trigger_id": "1", "team_id": "T"}).encode()
    secret = "other" if wrong == "secret" else server.signing_secret
    headers = {"Content-Type": "application/x-www-form-urlencoded", "X-Slack-Request-Timestamp": stamp}
    if wrong != "nothing":
        headers["X-Slack-Signature"] = sign(secret, stamp, body)

    answer = httpx.post(f"{url}/slack/events", content=body, headers=headers, trust_env=False)

    assert answer.status_code == 401
    assert not log.pending()


def test_health_is_told(url: str) -> None:
    assert httpx.get(f"{url}/healthz", trust_env=False).json() == {"status": "ok", "waiting": 0}
