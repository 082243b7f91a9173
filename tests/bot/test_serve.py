import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from playground.server import Running, running

LORE = [sys.executable, "-m", "bot.cli"]
MANIFEST = Path(__file__).parents[2] / "manifest.yaml"
START_SECONDS = 90.0


def lore(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*LORE, *arguments], capture_output=True, text=True, check=False, timeout=120)


def objects(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def slack() -> Iterator[Running]:
    with running(manifest=MANIFEST) as playground:
        yield playground


@contextmanager
def serving(slack: Running, log: Path, *arguments: str) -> Iterator["subprocess.Popen[bytes]"]:
    environment = {**os.environ, **slack.environment()}
    with log.open("wb") as output:
        process = subprocess.Popen([*LORE, "serve", *arguments], env=environment, stdout=output, stderr=output)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)


def wait_until(true: Callable[[], bool], log: Path, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + START_SECONDS
    while not true():
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.1)


def test_one_process_serves_slack_and_every_other_command(home: Path, slack: Running, tmp_path: Path) -> None:
    port = free_port()
    with (home / "lore.toml").open("a") as toml:
        toml.write('every = "2s"\n')
    (home / "lore.toml").write_text(f"metrics_port = {port}\n" + (home / "lore.toml").read_text())
    log = tmp_path / "serve.log"
    with serving(slack, log) as process:
        wait_until(lambda: bool(slack.client.state()["app"]["connections"]), log, process)

        # The source was never synced before: the schedule does it at once.
        wait_until(lambda: bool(objects(lore("search", "leave", "--json"))[0]["passages"]), log, process)
        asked = slack.client.ask("how many days of leave do I get?")
        reply = slack.client.wait_for_reply(asked, timeout=30)
        assert "27 days" in reply["text"]

        [answer] = objects(lore("ask", "how many days of leave do I get?", "--json"))
        assert answer["kind"] == "answered"
        [report] = objects(lore("sync", "--json"))
        assert report["documents"]["listed"] == 3
        [explained] = objects(lore("explain", "how many days of leave do I get?", "--json"))
        assert explained["word_pieces"][0] == "[CLS]"

        # A page that is written now is found without anybody asking for a sync.
        page = home.parent / "pages" / "parking.md"
        page.write_text("# Parking\n\nBay 7 behind the building is for visitors; reception lends the barrier's key.")

        def parking_found() -> bool:
            [found] = objects(lore("search", "where do visitors park?", "--json"))
            return found["passages"][0]["document"]["id"] == "parking.md"

        wait_until(parking_found, log, process)

        second = subprocess.run(
            [*LORE, "serve"], env={**os.environ, **slack.environment()}, capture_output=True, text=True, check=False
        )
        assert second.returncode == 1
        assert f"lore serve (process {process.pid})" in second.stderr

        # A worker cannot share the embedded index; the sources tell how fresh they are all the same.
        worker = lore("worker")
        assert worker.returncode == 1
        assert f"`lore serve` (process {process.pid}) has the embedded index" in worker.stderr
        [source] = objects(lore("sources", "--json"))
        assert source["documents"] == 4
        assert source["next_run"] is not None
        found = {check["check"]: check["state"] for check in objects(lore("doctor", "--json"))}
        assert found["index"] == "ok"
        metrics = httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False).text
        assert 'lore_answer_seconds_count{kind="answered"} 1.0' in metrics
    assert process.returncode == 0, log.read_text()
    assert not (home / "serve.json").exists()


def test_learning_and_the_versions_go_through_the_process_that_serves(
    home: Path, slack: Running, tmp_path: Path
) -> None:
    log = tmp_path / "serve.log"
    with serving(slack, log) as process:
        wait_until(lambda: (home / "serve.json").exists(), log, process)
        [outcome] = objects(lore("learn", "--json"))
        assert outcome["state"] == "refused"
        assert outcome["reason"].startswith("Too few votes to be sure")
        [models] = objects(lore("models", "--json"))
        assert [(version["name"], version["active"]) for version in models["models"]] == [("all-MiniLM-L6-v2", True)]
        shown = lore("models")
        assert "all-MiniLM-L6-v2" in shown.stdout
        refused = lore("models", "rollback")
        assert refused.returncode == 1
        assert "No other version of the embedding model served before" in refused.stderr
    assert process.returncode == 0, log.read_text()


def test_a_serve_that_was_killed_does_not_stand_in_the_way(home: Path, slack: Running, tmp_path: Path) -> None:
    log = tmp_path / "serve.log"
    with serving(slack, log) as process:
        wait_until(lambda: (home / "serve.json").exists(), log, process)
        process.kill()
        process.wait()
    assert (home / "serve.json").exists()
    [report] = objects(lore("sync", "--json"))
    assert report["documents"]["added"] == 3


def test_slacks_events_come_over_http_too(home: Path, slack: Running, tmp_path: Path) -> None:
    objects(lore("sync", "--json"))
    port = free_port()
    log = tmp_path / "serve.log"
    with serving(slack, log, "--http", "--port", str(port)) as process:

        def healthy() -> bool:
            try:
                return httpx.get(f"http://127.0.0.1:{port}/healthz", trust_env=False).status_code == httpx.codes.OK
            except httpx.TransportError:
                return False

        wait_until(healthy, log, process)
        unsigned = httpx.post(f"http://127.0.0.1:{port}/slack/events", json={"type": "event_callback"}, trust_env=False)
        assert unsigned.status_code == httpx.codes.UNAUTHORIZED
        slack.client.set_request_url(f"http://127.0.0.1:{port}/slack/events")
        asked = slack.client.ask("who do I call when my laptop is stolen?")
        assert "4400" in slack.client.wait_for_reply(asked, timeout=30)["text"]
        metrics = httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False)
        assert 'lore_answer_seconds_count{kind="answered"} 1.0' in metrics.text
        assert 'lore_source_documents{source="handbook"} 3.0' in metrics.text
    assert process.returncode == 0, log.read_text()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"SLACK_BOT_TOKEN": ""}, "SLACK_BOT_TOKEN is not set"),
        ({"SLACK_BOT_TOKEN": "xoxb-wrong"}, "SLACK_BOT_TOKEN"),
        ({"SLACK_APP_TOKEN": ""}, "SLACK_APP_TOKEN is not set"),
        ({"SLACK_APP_TOKEN": "xapp-wrong"}, "SLACK_APP_TOKEN"),
    ],
)
def test_a_wrong_token_is_named_before_any_work_starts(
    home: Path, slack: Running, change: dict[str, str], said: str
) -> None:
    refused = subprocess.run(
        [*LORE, "serve"],
        env={**os.environ, **slack.environment(), **change},
        capture_output=True,
        text=True,
        check=False,
    )
    assert refused.returncode == 1
    assert said in refused.stderr
    assert "Traceback" not in refused.stderr
    assert not (home / "lore.db").exists()


def test_a_missing_scope_is_named_before_any_work_starts(home: Path, slack: Running) -> None:
    slack.client.set_scopes(["app_mentions:read", "chat:write"])
    refused = subprocess.run(
        [*LORE, "serve"], env={**os.environ, **slack.environment()}, capture_output=True, text=True, check=False
    )
    assert refused.returncode == 1
    assert "im:history" in refused.stderr
    assert not (home / "lore.db").exists()
