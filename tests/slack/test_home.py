"""App Home: what this person may see of the sources, their own questions, and for admins the health of sources."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from bot.answer_evaluation.runs import EvaluationRuns
from bot.slack.home_health import SourceHealth, health_blocks
from bot.slack.home_view import HomeFacts, home_view
from bot.slack.upkeep import Upkeep
from ingestion.failures import Failure
from ingestion.source_rows import ensure_source
from ingestion.source_status import RunningSync, SourceStatus
from playground.blocks import check_view_blocks
from playground.server import Running
from storage.database import Database
from storage.document import PUBLIC
from storage.questions import Asked, QuestionLog
from storage.recent_questions import RecentQuestion
from storage.tables import DocumentRow, SourceRow, SyncRunRow, utc_now
from tests.ingestion.scripted_source import ScriptedConnector, scripted_source
from tests.slack.pages import PAY, add_documents
from tests.slack.stage import TRAVEL, Script, Stage, blocks_of, eventually, on_stage, shown_text

Json = dict[str, Any]
BOARD = frozenset({"#board"})


@pytest.fixture
def stage(server: Running, script: Script, log: QuestionLog, database: Database) -> Iterator[Stage]:
    add_documents(database)
    sources = (
        scripted_source(ScriptedConnector(), name="handbook", every=timedelta(hours=1)),
        scripted_source(ScriptedConnector(), BOARD, name="board"),
    )
    with on_stage(server, script, log, upkeep=Upkeep(sources)) as stage:
        yield stage


def home(stage: Stage, user: str = "alice", until: str = "What I know") -> str:
    """What stands on the person's home tab once they have opened it and these words are there."""
    before = len(stage.slack.calls("views.publish"))
    stage.slack.open_home(user)

    def look() -> Json | None:
        view = stage.slack.home(user)
        return view if len(stage.slack.calls("views.publish")) > before and view else None

    view = stage.slack.wait_for(look, 5.0, lambda: "no home tab")
    assert until in shown_text(view)
    return shown_text(view)


def test_it_tells_how_to_ask_what_there_is_and_that_nothing_was_asked_yet(stage) -> None:
    shown = home(stage)
    assert "*handbook*: 2 documents, not read yet" in shown
    assert "2 documents that you may see" in shown
    assert "You have not asked me anything yet." in shown
    assert "Ask Lore about this" in shown
    assert "Health of the sources" not in shown


def test_it_shows_nothing_of_hidden_sources_and_of_other_peoples_questions(stage, log) -> None:
    stage.slack.wait_for_reply(stage.slack.ask("what did bob ask?", user="bob"))
    stage.slack.command("bob", "general", "/lore", "what does bob earn?")
    stage.slack.wait_for_ephemeral("bob", "general")
    eventually(lambda: not log.pending())
    shown = home(stage)
    for hidden in ("board", PAY.title, "bob", TRAVEL.title):
        assert hidden not in shown


def test_recent_questions_have_their_state_the_own_vote_and_a_link(stage, script, log) -> None:
    first = stage.slack.ask("how many *days* <of> leave?")
    reply = stage.slack.wait_for_reply(first, until=lambda message: bool(blocks_of(message, "context_actions")))
    stage.slack.press("alice", "general", reply["ts"], "vote", value="positive")
    script.kind, script.sentences = "abstained", ("I did not find this.",)
    stage.slack.command("alice", "general", "/lore", "what is the meaning of life?")
    stage.slack.wait_for_ephemeral("alice", "general")
    eventually(lambda: not log.pending())
    shown = home(stage)
    assert f"p{reply['ts'].replace('.', '')}?thread_ts={first.ts}" in shown
    assert "how many *days* &lt;of" in shown
    assert "✅ answered, you gave 👍" in shown
    assert "🔍 not found in the documents" in shown
    assert shown.index("meaning of life") < shown.index("&lt;of")


def test_a_shared_answer_is_linked_where_it_was_shared(stage, log) -> None:
    stage.slack.command("alice", "general", "/lore", "leave?")
    answer = stage.slack.wait_for_ephemeral("alice", "general")
    stage.slack.press("alice", "general", answer["ts"], "share")
    eventually(lambda: len(stage.slack.messages("general")) == 1)
    eventually(lambda: "You shared" in shown_text(stage.slack.ephemeral("alice")[0]))
    (message,) = stage.slack.messages("general")
    assert f"p{message['ts'].replace('.', '')}|" in home(stage)


def test_admins_see_the_health_of_every_source_and_of_hidden_ones_only_whether_they_are_well(stage, database) -> None:
    fail(database, "handbook", TRAVEL.id, "The PDF is locked <!here>.")
    fail(database, "board", PAY.id, "Nobody's pay can be read.")
    shown = home(stage, "ada", "Health of the sources")
    assert "⚠️ *handbook*: 2 documents" in shown
    assert "“Travel”: The PDF is locked" in shown
    assert "The last sync stopped: the wiki is down" in shown
    assert "*board*: not read yet" in shown
    assert "`lore sources` on the server says why" in shown
    for hidden in (PAY.title, "Nobody's pay", "1 document,"):
        assert hidden not in shown
    view = stage.slack.home("ada")
    assert view is not None
    assert view["type"] == "home"


def test_admins_see_where_answers_got_worse_and_nobody_else_does(stage, database) -> None:
    figures: Json = {
        "questions": 100,
        "answerable": 60,
        "retrieval": {"page_among_first_5": 0.9},
        "answers": {"answered": 0.9, "abstained": 0.9, "containment_of_all": 0.9},
        "citations": {"precision": 0.9},
        "abstention": {"auroc": 0.9},
        "page": "page.html",
    }
    runs = EvaluationRuns(database)
    runs.record(figures, "the same", "model", "schedule")
    assert "got worse" not in home(stage, "ada")
    worse = {**figures, "citations": {"precision": 0.5}}
    runs.record(worse, "the same", "model", "promotion")
    assert "citations that are right: 0.900 before, 0.500 now" in home(stage, "ada", "Answers got worse")
    assert "got worse" not in home(stage, "alice")


def test_where_it_cannot_be_made_the_person_is_told_there(stage, monkeypatch) -> None:
    def broken(*anything: object) -> None:
        raise RuntimeError("no such table")

    monkeypatch.setattr("bot.slack.home.visible_counts", broken)
    assert "error id" in home(stage, until="Something went wrong")


def test_the_messages_tab_publishes_nothing(stage) -> None:
    stage.slack.open_home("alice", tab="messages")
    home(stage, "bob")
    assert stage.slack.home("alice") is None


def fail(database: Database, source: str, document: str, error: str) -> None:
    """The document could not be read, and the last sync of its source stopped."""
    source_id = ensure_source(database, source, "scripted", PUBLIC if source == "handbook" else BOARD)
    with database.session() as session:
        session.execute(
            update(DocumentRow)
            .where(DocumentRow.external_id == document)
            .values(error=error, content_hash="read", retry_at=utc_now(), failed_since=utc_now(), attempts=1)
        )
        session.add(SyncRunRow(source_id=source_id, finished_at=utc_now(), error="the wiki is down"))
        assert session.get(SourceRow, source_id) is not None


STATUS = SourceStatus(
    name="wiki <!channel> *x*" * 10,
    connector="files",
    audience=PUBLIC,
    schedule="every 1h",
    configured=True,
    paused=False,
    documents=1_000_000,
    failed_documents=1,
    chunks=1,
    last_good_sync=None,
    age=timedelta(hours=5),
    next_run=utc_now() + timedelta(minutes=30),
    last_error=None,
    running=None,
)


def test_a_sync_that_runs_tells_done_to_do_failed_rate_and_time_left() -> None:
    running = RunningSync("lore serve", utc_now(), 120.0, 400, 3, 900, 2.0)
    due = replace(STATUS, name="wiki", running=running, next_run=utc_now() + timedelta(minutes=29, seconds=50))
    text = shown_text({"blocks": health_blocks([SourceHealth(due, True, ())])})
    assert "🔄 *wiki*: 1,000,000 documents, up to date as of 5 h ago, next in 29 min" in text
    assert "Syncing: 120 done, 280 to do, 3 failed, 2 a second, 2 min left" in text
    hidden = shown_text({"blocks": health_blocks([SourceHealth(replace(STATUS, running=running), False, ())])})
    assert "Syncing: 30 % done, 2 min left" in hidden
    assert "1,000,000" not in hidden
    assert "120" not in hidden


def test_however_much_there_is_it_stays_within_slacks_limits() -> None:
    asked = Asked("mention", "T1", "C1", "1.0", "U1", "<!channel> why? " * 500)
    questions = [RecentQuestion(asked, utc_now(), "answered", 1, "1.1", None)] * 50
    failed = Failure("wiki", "d", "<" * 3_000, "", "&" * 3_000, utc_now(), 1, utc_now())
    sources = [(STATUS, 5)] * 200
    health = health_blocks(
        [SourceHealth(replace(STATUS, last_error="&" * 5_000), True, [failed] * 10) for _ in range(200)]
    )
    view = home_view(HomeFacts("UBOT", "https://x.slack.com/", sources, questions), health)
    assert len(view["blocks"]) <= 100
    check_view_blocks(view["blocks"])
    assert "<!channel>" not in shown_text(view)
