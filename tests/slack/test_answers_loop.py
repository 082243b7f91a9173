"""What Lore does not know becomes what it knows: a person is asked, replies, is marked, and is cited to the next."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from learning.evidence import gather
from playground.client import Playground, Posted
from playground.server import Running, running
from storage.channel_settings import ChannelSettings, ChannelSettingsLog
from storage.database import Database
from storage.tables import DocumentRow, SourceRow
from tests.bot.conftest import home as home  # a LORE_HOME with a small handbook
from tests.bot.test_serve import MANIFEST, lore, serving
from tests.slack.stage import blocks_of, shown_text

Json = dict[str, Any]

ASKED = "Who waters the plants on the third floor?"
IN_OTHER_WORDS = "Who waters plants on floor three?"
REPLY = "The plants on the third floor are watered by Gita's team, every *Tuesday* morning."
SECRET = "Where is the secret party of the leads held?"
SECRET_REPLY = "The secret party of the leads is held in a tent behind the barn."
SECONDS = 30.0


@pytest.fixture
def slack() -> Iterator[Running]:
    with running(manifest=MANIFEST) as playground:
        yield playground


@pytest.fixture
def database(home: Path) -> Iterator[Database]:
    with closing(Database.open(f"sqlite:///{home / 'lore.db'}")) as database:
        yield database


def test_an_experts_reply_is_found_by_the_next_who_may_see_it_until_it_is_taken_back(
    home: Path, slack: Running, database: Database, tmp_path: Path
) -> None:
    experts = ChannelSettings(experts=("U0BOB00001",))
    ChannelSettingsLog(database).save("T0PLAYGRND", "C0GENERAL1", experts, "U0ADA00001")
    client, log = slack.client, tmp_path / "serve.log"
    with (home / "lore.toml").open("a") as toml:
        toml.write('every = "1h"\n')
    with serving(slack, log) as process:
        client.wait_until_connected(timeout=120)
        wait_until(lambda: len(documents(database, "files")) == 3)
        question, reply = ask(client, ASKED)
        assert "did not find an answer" in shown_text(reply)
        client.press("alice", "general", reply["ts"], "ask_person")
        client.wait_for_reply(question, SECONDS, until=lambda message: "can you help" in message["text"])
        answer = client.post("bob", "general", REPLY, thread_ts=question.ts)

        client.react("alice", "general", answer.ts, "white_check_mark")

        assert "Bob Baker" in shown_text(client.wait_for_ephemeral("alice", "general", SECONDS))
        wait_until(lambda: len(documents(database)) == 1)
        known = shown_text(ask(client, IN_OTHER_WORDS, "gita")[1])
        assert "watered by Gita's team" in known
        assert f"{ASKED} (Bob Baker, {datetime.now(UTC).day} {datetime.now(UTC):%B %Y})" in known
        assert answer.ts.replace(".", "") in known
        triplets = [json.loads(line) for line in lore("triplets", "export").stdout.splitlines() if line[:1] == "{"]
        assert {triplet["anchor"] for triplet in triplets} == {ASKED}
        assert all("watered by Gita" in json.dumps(triplet["positive"]) for triplet in triplets)

        # What is marked in a private channel is for its members, and nobody else hears that it is there.
        private, _ = ask(client, SECRET, channel="leads")
        secret = client.post("ada", "leads", SECRET_REPLY, thread_ts=private.ts)
        client.react("alice", "leads", secret.ts, "white_check_mark")
        wait_until(lambda: len(documents(database)) == 2)
        # Whom documents are kept to is looked up every two seconds.
        wait_until(lambda: "in a tent" in shown_text(ask(client, SECRET, channel="leads", user="ada")[1]))
        elsewhere = shown_text(ask(client, SECRET, "bob")[1])
        for word in ("tent", "Ada Admin", secret.ts.replace(".", "")):
            assert word not in elsewhere

        client.unreact("alice", "general", answer.ts, "white_check_mark")
        wait_until(lambda: len(documents(database)) == 1)
        assert "watered by" not in shown_text(ask(client, IN_OTHER_WORDS, "gita")[1])
        assert all("watered by" not in triplet.positive.passage.text for triplet in gather(database))
    assert process.returncode == 0, log.read_text()
    for word in ("watered", "tent", "Ada Admin"):
        assert word not in log.read_text()


def ask(client: Playground, text: str, user: str = "alice", channel: str = "general") -> tuple[Posted, Json]:
    question = client.ask(text, user=user, channel=channel)
    until: Callable[[Json], bool] = lambda message: bool(blocks_of(message, "context_actions"))  # noqa: E731
    return question, client.wait_for_reply(question, SECONDS, until=until)


def documents(database: Database, connector: str = "answers") -> list[str]:
    """The titles of the documents that sources of this kind have."""
    query = select(DocumentRow.title).join(DocumentRow.source).where(SourceRow.connector == connector)
    with database.session() as session:
        return list(session.scalars(query))


def wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)
