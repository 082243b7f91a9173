"""What Lore does not know becomes what it knows: a person is asked, replies, is marked, and is cited to the next."""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from playground.server import Running, running
from storage.channel_settings import ChannelSettings, ChannelSettingsLog
from storage.database import Database
from tests.bot.conftest import home as home  # a LORE_HOME with a small handbook
from tests.bot.test_serve import MANIFEST, lore, objects, serving, wait_until
from tests.slack.stage import blocks_of, shown_text

Json = dict[str, Any]

ASKED = "Who waters the plants on the third floor?"
IN_OTHER_WORDS = "Who waters plants on floor three?"
REPLY = "The plants on the third floor are watered by Gita's team, every *Tuesday* morning."
SECONDS = 30.0


@pytest.fixture
def slack() -> Iterator[Running]:
    with running(manifest=MANIFEST) as playground:
        yield playground


def test_an_experts_reply_is_found_by_the_next_who_asks_until_it_is_taken_back(
    home: Path, slack: Running, tmp_path: Path
) -> None:
    with closing(Database.open(f"sqlite:///{home / 'lore.db'}")) as database:
        experts = ChannelSettings(experts=("U0BOB00001",))
        ChannelSettingsLog(database).save("T0PLAYGRND", "C0GENERAL1", experts, "U0ADA00001")
    client, log = slack.client, tmp_path / "serve.log"
    [_] = objects(lore("sync", "--json"))
    with serving(slack, log) as process:
        client.wait_until_connected(timeout=120)
        asked = client.ask(ASKED)
        reply = client.wait_for_reply(asked, SECONDS, until=has_buttons)
        assert "did not find an answer" in shown_text(reply)
        client.press("alice", "general", reply["ts"], "ask_person")
        client.wait_for_reply(asked, SECONDS, until=lambda message: "can you help" in message["text"])
        answer = client.post("bob", "general", REPLY, thread_ts=asked.ts)

        client.react("alice", "general", answer.ts, "white_check_mark")

        saved = client.wait_for_ephemeral("alice", "general", SECONDS)
        assert "Bob Baker" in shown_text(saved)
        wait_until(lambda: "answers" in lore("sources", "--json").stdout, log, process)
        wait_until(lambda: bool(sources()["answers"]["chunks"]), log, process)

        next_one = client.ask(IN_OTHER_WORDS, user="gita")
        known = client.wait_for_reply(next_one, SECONDS, until=has_buttons)
        assert "watered by Gita's team" in shown_text(known)
        [listed] = [words for block in blocks_of(known, "context") for words in [shown_text({"blocks": [block]})]]
        assert "Bob Baker" in listed
        assert "2026" in listed or "20" in listed
        assert answer.ts.replace(".", "") in listed

        triplets = [json.loads(line) for line in lore("triplets", "export").stdout.splitlines() if line[:1] == "{"]
        assert triplets
        assert {triplet["anchor"] for triplet in triplets} == {ASKED}
        assert all("watered by Gita" in json.dumps(triplet["positive"]) for triplet in triplets)

        client.unreact("alice", "general", answer.ts, "white_check_mark")
        wait_until(lambda: not sources()["answers"]["documents"], log, process)
        again = client.wait_for_reply(client.ask(IN_OTHER_WORDS, user="gita"), SECONDS, until=has_buttons)
        assert "watered by" not in shown_text(again)
        assert "{" not in lore("triplets", "export").stdout
    assert process.returncode == 0, log.read_text()
    assert "watered" not in log.read_text()


def has_buttons(message: Json) -> bool:
    return bool(blocks_of(message, "context_actions"))


def sources() -> dict[str, Json]:
    return {source["name"]: source for source in objects(lore("sources", "--json"))}
