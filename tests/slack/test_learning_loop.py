"""The loop, end to end: ask, 👎 with the right source, learn, ask again; nothing stands in for anything."""

import json
import os
import re
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from playground.client import Playground, Posted
from playground.server import Running, running
from tests.bot.test_serve import LORE, MANIFEST, lore, objects, serving, wait_until
from tests.slack.stage import blocks_of, shown_text
from tests.slack.voted_home import make_home

Json = dict[str, Any]

NOT_FELT_AT_ONCE = {"VOTES_AT_ONCE": "false", "QUESTIONS_A_MINUTE": "0"}
"""The settings by which a vote changes nothing before it is learnt, so that what is seen here is what was learnt; and
by which one person may ask all of it."""

ASKED = "Who sets the burglar alarm at the docks?"
IN_OTHER_WORDS = "Who must set the alarm against burglars when they leave the docks last?"
RIGHT, WRONG = "Burglar alarm in Mill Lane", "Burglar alarm in Harbour Road"

ELSEWHERE = {
    "How many days of leave do I get?": "27 days",
    "Who is the fire warden in Harbour Road?": "Piers Trelawny",
    "What does a parking permit cost in Harbour Road?": "£9 a month",
}
"""Questions about something else, and what every answer to them says."""

REPLY_SECONDS = 30.0
LEARN_SECONDS = 600.0
"""On a machine that is busy with other things; `lore learn` takes less than a minute on an idle one."""
ROLLBACK_SECONDS = 5.0
BETWEEN_QUESTIONS = 1.0
"""Seconds. Training gives way to questions, so that one after the other would never let it end."""


@pytest.fixture(scope="module")
def voted_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("voted") / "home"
    home.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        _set_environment(patch, home)
        make_home(home, not_asked=ASKED)
    return home


@pytest.fixture
def home(voted_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of its own for each test."""
    home = tmp_path / "home"
    shutil.copytree(voted_home, home)
    _set_environment(monkeypatch, home)
    return home


def _set_environment(patch: pytest.MonkeyPatch, home: Path) -> None:
    for name in ("DATABASE_URL", "QDRANT_URL", "LLM_BASE_URL", "LLM_MODEL", "LLM_API_KEY", "EMBEDDING_MODEL"):
        patch.delenv(name, raising=False)
    for name, value in {"LORE_HOME": str(home), **NOT_FELT_AT_ONCE}.items():
        patch.setenv(name, value)


@pytest.fixture
def slack() -> Iterator[Running]:
    with running(manifest=MANIFEST) as playground:
        yield playground


def test_a_wrong_source_is_put_right_by_a_thumb_and_its_giver_is_told(
    home: Path, slack: Running, tmp_path: Path
) -> None:
    client, log = slack.client, tmp_path / "serve.log"
    with serving(slack, log) as process:
        client.wait_until_connected(timeout=120)
        question, first_words = ask(client, ASKED, user="alice")
        assert first_source(first_words) == WRONG
        before = {text: ask(client, text)[1] for text in (*ELSEWHERE, IN_OTHER_WORDS)}
        assert first_source(before[IN_OTHER_WORDS]) == WRONG
        name_the_right_source(client, question)

        with learning() as learner:
            meanwhile: list[tuple[str, str]] = []
            while learner.poll() is None:
                for text in before:
                    meanwhile.append((text, ask(client, text)[1]))
                    time.sleep(BETWEEN_QUESTIONS)
            outcome = result(learner)
        assert outcome["state"] == "promoted", told(outcome)
        gain = outcome["measures"][0]
        assert gain["kind"] == "gain"
        assert gain["ci95"][0] > 0

        after = {text: ask(client, text, user="bob")[1] for text in before}
        assert first_source(after[IN_OTHER_WORDS]) == RIGHT
        assert first_source(ask(client, ASKED, user="bob")[1]) == RIGHT
        for text, answer in ELSEWHERE.items():
            assert answer in before[text]
            assert answer in after[text]
            assert first_source(after[text]) == first_source(before[text])
        # Whoever asked while it learnt was answered by the one version or by the other, never by a mix of them.
        assert len(meanwhile) > len(before)
        assert all(words in (before[text], after[text]) for text, words in meanwhile)
        [receipt] = [message for message in client.replies(question) if "finds the right source now" in message["text"]]
        assert receipt["notifies"] == [user_id(client, "alice")]
        assert RIGHT in shown_text(receipt)

        assert active(models()) == outcome["version"]
        begun = time.monotonic()
        rolled_back = lore("models", "rollback")
        assert time.monotonic() - begun < ROLLBACK_SECONDS
        assert rolled_back.returncode == 0, rolled_back.stderr
        assert active(models()) != outcome["version"]
        assert {text: ask(client, text)[1] for text in before} == before
        assert ask(client, ASKED)[1] == first_words
        assert len(client.replies(question)) == 2
    assert process.returncode == 0, log.read_text()


def test_a_kill_in_the_middle_of_learning_loses_nothing(home: Path, slack: Running, tmp_path: Path) -> None:
    client, log = slack.client, tmp_path / "serve.log"
    with serving(slack, log) as process:
        client.wait_until_connected(timeout=120)
        base = active(models())
        _, before = ask(client, ASKED)
        with learning() as learner:
            wait_until(lambda: phases(home)[-1].startswith("training 2"), log, process)
            process.kill()
            process.wait()
            _, error = learner.communicate(timeout=30)
        assert learner.returncode == 1
        assert "stopped answering" in error
        assert "Traceback" not in error

    with serving(slack, log) as process:
        client.wait_until_connected(timeout=120)
        assert active(models()) == base
        # A question that nobody had asked when the training was stopped does not make it begin anew.
        assert "12:30" in ask(client, "When do they serve lunch in Mill Lane?")[1]
        assert ask(client, ASKED)[1] == before
        assert [state for state, _ in runs(home)] == ["running"]

        with learning() as learner:
            seen = set()
            while learner.poll() is None:
                seen.add(phases(home)[-1])
                time.sleep(0.1)
            outcome = result(learner)
        assert outcome["state"] == "promoted", told(outcome)
        assert "training 3 of 6" in seen
        assert "training 1 of 4" not in seen
        assert [state for state, _ in runs(home)] == ["stopped", "promoted"]
        assert active(models()) == outcome["version"]
        assert [each.name for each in (home / "learning").iterdir() if each.is_dir()] == ["reports"]


def ask(client: Playground, text: str, user: str = "gita") -> tuple[Posted, str]:
    """Mentions the bot; the question, and all that its answer shows."""
    question = client.ask(text, user=user)
    reply = client.wait_for_reply(
        question, REPLY_SECONDS, until=lambda message: bool(blocks_of(message, "context_actions"))
    )
    return question, shown_text(reply)


def has_buttons(message: Json) -> bool:
    return bool(blocks_of(message, "context_actions"))


def first_source(words: str) -> str:
    """The title of the page that an answer cites first."""
    listed = words.partition("*Sources*\n")[2].splitlines()
    return re.sub(r"\[\d+\]", "", listed[0].partition(" · ")[0]).strip()


def name_the_right_source(client: Playground, question: Posted) -> None:
    """👎 under the answer, “Wrong source”, and the right page from the menu."""
    reply = client.replies(question)[0]
    client.press("alice", "general", reply["ts"], "vote", value="negative")
    asked = client.wait_for_ephemeral("alice", "general")
    client.press("alice", asked["channel"], asked["ts"], "why:wrong_source")
    offered = private(client, asked["ts"], "Which page has the answer")
    menu = next(each["options"] for each in blocks_of(offered, "actions")[0]["elements"] if "options" in each)
    [right] = [each["value"] for each in menu if each["text"]["text"].replace("\u2060", "") == RIGHT]
    client.press("alice", asked["channel"], asked["ts"], "right_source_pick", value=right)
    private(client, asked["ts"], "The right source:")


def private(client: Playground, ts: str, words: str) -> Json:
    """Alice's private message of this timestamp, once it says so."""

    def shown() -> Json | None:
        message = next(each for each in client.ephemeral("alice") if each["ts"] == ts)
        return message if words in shown_text(message) else None

    return client.wait_for(shown, REPLY_SECONDS, lambda: f"alice sees {client.ephemeral('alice')}")


def user_id(client: Playground, name: str) -> str:
    return next(str(user["id"]) for user in client.state()["users"] if user["name"] == name)


def learning() -> "subprocess.Popen[str]":
    command = [*LORE, "learn", "--json"]
    return subprocess.Popen(command, env=dict(os.environ), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def result(learner: "subprocess.Popen[str]") -> Json:
    output, error = learner.communicate(timeout=LEARN_SECONDS)
    assert learner.returncode == 0, error
    outcome: Json = json.loads(output.splitlines()[-1])
    return outcome


def told(outcome: Json) -> str:
    """Why a run was refused, with figures."""
    return json.dumps({key: outcome.get(key) for key in ("reason", "measures", "fusion_weight", "share")}, indent=1)


def models() -> list[Json]:
    [listed] = objects(lore("models", "--json"))
    return list(listed["models"])


def active(listed: list[Json]) -> str:
    [name] = [str(version["name"]) for version in listed if version["active"]]
    return name


def runs(home: Path) -> list[tuple[str, str]]:
    """The state and phase of each run of learning, as SQL has them."""
    with closing(sqlite3.connect(home / "lore.db")) as connection:
        return connection.execute("SELECT state, phase FROM learning_runs ORDER BY id").fetchall()


def phases(home: Path) -> list[str]:
    return [phase for _, phase in runs(home)] or [""]
