"""`/lore` does more than answer: each subcommand over the real socket, told to the one who ran it alone."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.slack import source_syncs
from bot.slack.subcommands.table import Subcommand, Subcommands
from bot.slack.upkeep import Upkeep
from ingestion.holder import Holder
from ingestion.lease import Leases
from ingestion.source_rows import ensure_source
from ingestion.sync import Syncs
from playground.server import Running
from storage.bm25 import Bm25Encoder
from storage.database import Database
from storage.knowledge import KnowledgeBase
from storage.qdrant_edge import EdgeIndex
from storage.questions import QuestionLog
from storage.tables import LearningRunRow, SyncRunRow, utc_now
from tests.embedders import HashEmbedder
from tests.ingestion.scripted_source import Page, ScriptedConnector, scripted_source
from tests.slack.pages import PAY, add_documents, let_see
from tests.slack.stage import LEAVE, TRAVEL, Script, Stage, blocks_of, eventually, on_stage, shown_text

Json = dict[str, Any]


@pytest.fixture
def connector() -> ScriptedConnector:
    connector = ScriptedConnector()
    for number in range(3):
        connector.write(f"page{number}", f"# Page {number}\n\nText number {number}.")
    return connector


@pytest.fixture
def knowledge(database: Database, tmp_path: Path) -> Iterator[KnowledgeBase]:
    index = EdgeIndex(tmp_path / "index", "a test")
    knowledge = KnowledgeBase(database, index, HashEmbedder(), Bm25Encoder("english"))
    knowledge.open()
    yield knowledge
    index.close()


@pytest.fixture
def upkeep(database: Database, knowledge: KnowledgeBase, connector: ScriptedConnector) -> Upkeep:
    sources = (
        scripted_source(connector, every=timedelta(hours=1)),
        scripted_source(ScriptedConnector(), frozenset({"#board"}), name="board"),
    )
    return Upkeep(sources, Syncs(database, knowledge), "gpt-test")


@pytest.fixture
def stage(server: Running, script: Script, log: QuestionLog, database: Database, upkeep: Upkeep) -> Iterator[Stage]:
    add_documents(database)
    with on_stage(server, script, log, upkeep=upkeep) as stage:
        yield stage


def said(stage: Stage, text: str, user: str = "alice", count: int = 1) -> str:
    """What the person is told after `/lore text`, as the `count`-th thing that only they see."""
    assert stage.slack.command(user, "general", "/lore", text)["error"] is None
    return shown_text(stage.slack.wait_for_ephemeral(user, "general", count=count))


def told(stage: Stage, words: str, user: str = "ada") -> str:
    def look() -> Json | None:
        return next((each for each in stage.slack.ephemeral(user) if words in shown_text(each)), None)

    return shown_text(stage.slack.wait_for(look, 10.0, lambda: f"{user} sees {stage.slack.ephemeral(user)}"))


def test_help_lists_every_subcommand(stage) -> None:
    helped = said(stage, "help")
    for word in ("sources", "status", "feedback", "sync", "@lore how many days", "Ask Lore about this"):
        assert word in helped
    assert "/lore sync &lt;source&gt;" in helped
    assert said(stage, "", count=2) == helped


def test_sources_tells_what_the_person_may_see_and_how_fresh_it_is_and_nothing_of_the_rest(stage, database) -> None:
    with database.session() as session:
        id = ensure_source(database, "handbook", "files", frozenset({"everyone"}))
        session.add(SyncRunRow(source_id=id, finished_at=utc_now() - timedelta(minutes=5)))
    listed = said(stage, "sources")
    assert "*handbook*: 2 documents, up to date as of 5 min ago" in listed
    assert "2 documents that you may see, in 1 source" in listed
    assert "board" not in listed
    assert not stage.script.asked


def test_who_may_see_nothing_is_told_the_same_whatever_there_is(stage, database) -> None:
    for document in (LEAVE, TRAVEL):
        let_see(database, document, "#board")
    assert said(stage, "sources") == "There are no documents that you may see yet."


def test_status_tells_version_model_queue_and_troubles_of_sources_that_the_person_may_see(stage, database) -> None:
    status = said(stage, "status")
    assert "all is well" in status
    assert "written by gpt-test" in status
    assert "passages are found by hash" in status
    assert "0 questions" in status
    with database.session() as session:
        for name in ("handbook", "board"):
            id = ensure_source(database, name, "files", frozenset({"everyone"}))
            session.add(SyncRunRow(source_id=id, finished_at=utc_now(), error="the disk is gone"))
    troubled = said(stage, "status", count=2)
    assert "1 source could not be updated the last time: handbook" in troubled
    assert "board" not in troubled


def test_feedback_tells_what_the_persons_own_votes_have_done(stage, database) -> None:
    assert "You have not voted yet" in said(stage, "feedback")
    reply = stage.slack.wait_for_reply(
        stage.slack.ask("leave?"), until=lambda message: bool(blocks_of(message, "context_actions"))
    )
    stage.slack.press("alice", "general", reply["ts"], "vote", value="positive")
    stage.slack.press("bob", "general", reply["ts"], "vote", value="negative")
    with database.session() as session:
        session.add(
            LearningRunRow(
                state="promoted",
                sides="question",
                seed=1,
                triplets=1,
                questions=1,
                started_at=utc_now() + timedelta(seconds=1),
            )
        )
    own = said(stage, "feedback", count=2)
    assert "You have given 1 👍 and 0 👎" in own
    assert "1 of them says which documents" in own
    assert "1 of those went into" in own


def test_what_only_looks_like_a_subcommand_is_a_question(stage) -> None:
    for count, text in enumerate(("sources of income", "sync my phone?", "what is your status"), start=1):
        assert "25 days" in said(stage, text, count=count)
    assert [question for question, _ in stage.script.asked] == [
        "sources of income",
        "sync my phone?",
        "what is your status",
    ]


def test_an_admin_syncs_a_source_and_is_told_when_it_is_done(stage, connector) -> None:
    connector.pages["locked"] = Page(b"", error="it is locked.")
    stage.slack.command("ada", "general", "/lore", "sync wiki")
    told(stage, "Syncing *wiki*")
    assert "4 documents, 3 added" in told(stage, "is up to date")
    stage.slack.command("ada", "general", "/lore", "sync WIKI")
    done = told(stage, "0 added")
    assert "4 documents, 0 added, 0 changed, 0 removed, 1 document could not be read" in done
    assert stage.slack.messages("general") == []


def test_nobody_else_can_and_learns_nothing_of_what_sources_there_are(stage, connector) -> None:
    refusals = {said(stage, text, count=n) for n, text in enumerate(("sync wiki", "sync nowhere", "sync"), start=1)}
    (refusal,) = refusals
    assert "Only admins" in refusal
    stage.slack.fail("users.info", error="internal_error", times=None)
    assert "Only admins" in said(stage, "sync wiki", "ada")
    assert connector.fetched == []


def test_an_admin_who_names_no_source_is_told_which_there_are(stage) -> None:
    assert "`wiki`, `board`" in said(stage, "sync nowhere", "ada")


def test_of_a_source_that_another_process_syncs_it_is_told_who_does(stage, database) -> None:
    id = ensure_source(database, "wiki", "scripted", frozenset({"everyone"}))
    with Leases(database, Holder("lore worker")).hold(id):
        stage.slack.command("ada", "general", "/lore", "sync wiki")
        assert "is being synced right now by lore worker" in told(stage, "right now")


def test_how_far_a_long_sync_is_is_told_meanwhile_and_the_end_of_it_comes_last(stage, connector, monkeypatch) -> None:
    monkeypatch.setattr(source_syncs, "TOLD_AFTER_SECONDS", (0.0,))
    stage.slack.command("ada", "general", "/lore", "sync wiki")
    told(stage, "of 3 changed documents done")
    told(stage, "is up to date")
    assert "up to date" in shown_text(stage.slack.ephemeral("ada")[-1])


def test_the_end_comes_as_a_direct_message_where_the_commands_address_is_used_up(stage, monkeypatch) -> None:
    monkeypatch.setattr("bot.slack.subcommands.sync._USES", 0)
    stage.slack.command("ada", "general", "/lore", "sync wiki")
    eventually(lambda: any("up to date" in m["text"] for m in stage.slack.messages("dm", user="ada")), 10)


def test_a_sync_that_fails_says_what_to_do(stage, connector) -> None:
    connector.listing_fails_after = 0
    stage.slack.command("ada", "general", "/lore", "sync wiki")
    told(stage, "the wiki hung up midway: try again later.")


def test_of_a_source_that_the_admin_may_not_see_the_end_tells_nothing_of_what_it_holds(stage) -> None:
    stage.slack.command("ada", "general", "/lore", "sync board")
    assert told(stage, "The sync of") == "The sync of *board* stopped: `lore sources` on the server says why"


def test_when_lore_stops_a_sync_ends_between_two_documents(server, script, log, database, upkeep, connector) -> None:
    listing, go_on = threading.Event(), threading.Event()

    def wait() -> None:
        listing.set()
        go_on.wait(10)

    connector.on_list = wait
    with on_stage(server, script, log, upkeep=upkeep) as stage:
        stage.slack.command("ada", "general", "/lore", "sync wiki")
        assert listing.wait(10)
        threading.Timer(0.2, go_on.set).start()
    assert "page2" not in connector.fetched
    eventually(lambda: "stopped" in shown_text(server.client.ephemeral("ada")[-1]))


def test_a_subcommand_that_breaks_says_so_with_an_id(stage, monkeypatch) -> None:
    def broken(*anything: object) -> None:
        raise RuntimeError("no such table")

    monkeypatch.setattr("bot.slack.subcommands.sources.visible_counts", broken)
    assert "Something went wrong (error id: `" in said(stage, "sources")


def test_the_table_tells_a_subcommand_from_a_question() -> None:
    def run(command: object, rest: str) -> None:
        return None

    table = Subcommands(
        [Subcommand("settings", "s", run, at_once=True), Subcommand("sync", "s", run, takes="<source>")]
    )

    def called(text: str) -> tuple[str, str] | None:
        found = table.called(text)
        return None if found is None else (found[0].name, found[1])

    assert called("Settings") == ("settings", "")
    assert called("sync HR wiki") == ("sync", "HR wiki")
    assert called("settings of my printer") is None
    assert called("sync it how?") is None
    assert called(PAY.title) is None
