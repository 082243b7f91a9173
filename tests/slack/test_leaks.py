"""Nobody outside learns of a private document: not its text, its title, its address, nor that it is there."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from bot.answering.answer import Answerer
from bot.metrics import MeasuredAnswers, Metrics
from bot.settings import Settings
from learning.felt import FeltVotes
from learning.receipts import due
from playground.client import Posted
from playground.server import Running
from storage.database import Database
from storage.document import PUBLIC
from storage.knowledge import KnowledgeBase
from storage.questions import Asked, QuestionLog
from storage.visibility import visible_documents, visible_sources
from tests.slack.kept_pages import Page, kept_pages
from tests.slack.stage import Stage, blocks_of, eventually, on_stage, shown_text

Json = dict[str, Any]

SECRET = Page(
    "secret-bands",
    "Salary bands of engineers",
    "The salary band of a senior engineer goes from £61,000 to £74,000 a year, and of a principal to £95,500.",
    frozenset({"#people"}),
)
MINUTES = Page(
    "closing-leeds",
    "Closure of the Leeds office",
    "The board has decided to close the Leeds office in March, and severance is two months of salary a year.",
    frozenset({"@hr"}),
    source="board-minutes",
)
LEAVE = Page("leave", "Annual leave", "Everyone who works full time gets 27 days of paid annual leave a year.")
PAYDAY = Page("payday", "Payday", "The salary of every month is paid on the 25th, by bank transfer.")
PAGES = (LEAVE, PAYDAY, SECRET, MINUTES)

SECRETS = ("61,000", "74,000", "95,500", "Salary bands", "secret-bands", "Leeds", "severance", "board-minutes")
QUESTIONS = (
    "what is the salary band of a senior engineer?",
    "when does the office in Northern England close?",
    "in which bands are engineers paid?",
    "how much does a principal make?",
)


@pytest.fixture
def knowledge(database: Database, tmp_path: Path) -> Iterator[KnowledgeBase]:
    votes = FeltVotes(database)
    with kept_pages(database, PAGES, tmp_path, votes) as knowledge:
        yield knowledge
    votes.close()


@pytest.fixture
def metrics(database: Database, tmp_path: Path) -> Metrics:
    return Metrics(database, Settings(home=tmp_path))


@pytest.fixture
def stage(server: Running, database: Database, knowledge: KnowledgeBase, metrics: Metrics) -> Iterator[Stage]:
    """Alice and Ada are in #people and in @hr; Bob is not, and Gita is a guest."""
    answers = MeasuredAnswers(Answerer(knowledge, None), metrics)
    with on_stage(server, answers, QuestionLog(database)) as stage:
        yield stage


def told(stage: Stage, question: str, user: str = "alice", channel: str = "people") -> tuple[Posted, str]:
    """Asks; the question, and all that its whole reply shows."""
    asked = stage.slack.ask(question, user=user, channel=channel)
    return asked, shown_text(whole_reply(stage, asked, user))


def whole_reply(stage: Stage, asked: Posted, user: str = "alice", count: int = 1) -> Json:
    def whole() -> Json | None:
        thread = stage.slack.thread("dm" if asked.channel.startswith("D") else asked.channel, asked.ts, user=user)
        done = [each for each in thread if "bot_id" in each and blocks_of(each, "context_actions")]
        return done[count - 1] if len(done) >= count else None

    return stage.slack.wait_for(whole, 20, lambda: "no whole reply")


def told_privately(stage: Stage, question: str, user: str) -> str:
    before = len(stage.slack.ephemeral(user))
    stage.slack.command(user, "general", "/lore", question)
    return shown_text(stage.slack.wait_for_ephemeral(user, "general", 20, count=before + 1))


def secrets_in(value: Any) -> list[str]:
    words = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return [secret for secret in SECRETS if secret.lower() in words.lower()]


def all_that_bob_and_gita_see(stage: Stage) -> list[Any]:
    """Every message in the channels that they are in, with its thread; what only they see; their homes and forms."""
    seen: list[Any] = []
    for user, channels in (("bob", ("general", "random", "dm")), ("gita", ("general", "dm"))):
        for channel in channels:
            for message in stage.slack.messages(channel, user=user):
                seen += [message, *stage.slack.thread(channel, message["ts"], user=user)]
                seen.append(stage.slack.status(channel, message["ts"], user=user))
        seen += [stage.slack.ephemeral(user), stage.slack.home(user), stage.slack.modals(user)]
    return seen


def test_no_surface_tells_an_outsider_of_it_and_no_log_nor_metric_does(
    stage: Stage, metrics: Metrics, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "61,000" in told(stage, QUESTIONS[0])[1]  # who may see it does
    assert "61,000" in told_privately(stage, QUESTIONS[0], "alice")
    assert "Leeds" in told(stage, "when does the Leeds office close?", channel="dm")[1]

    root, _ = told(stage, "how many days of annual leave do I get?", channel="general")
    for question in QUESTIONS:
        for user, channel in (("bob", "general"), ("alice", "general"), ("bob", "dm"), ("gita", "dm")):
            told(stage, question, user, channel)
        told_privately(stage, question, "bob")
        told_privately(stage, question, "gita")
    stage.slack.ask("and the salary band of a senior engineer?", user="bob", thread_ts=root.ts)
    whole_reply(stage, root, count=2)
    stage.slack.share("people")
    stage.bot.audiences.moved("C0PEOPLE01", "U0ALICE001")
    assert not secrets_in(told(stage, QUESTIONS[0])[1])

    for seen in all_that_bob_and_gita_see(stage):
        assert not secrets_in(seen)
    exposed = metrics.exposition().decode()
    assert "lore_answer_seconds" in exposed
    assert not secrets_in(exposed.replace('source="board-minutes"', ""))  # names of sources are what metrics have
    assert not secrets_in(capsys.readouterr().out.replace("Leeds office close?", ""))  # that is what alice asked


def test_a_vote_that_lifts_it_lifts_it_for_nobody_else(stage: Stage, knowledge: KnowledgeBase) -> None:
    asked, _ = told(stage, QUESTIONS[0])
    stage.slack.react("alice", "people", whole_reply(stage, asked)["ts"], "+1")

    def lifted() -> bool:
        found = knowledge.search(QUESTIONS[0], PUBLIC | {"#people"}).passages
        return any(passage.nudge is not None for passage in found)

    eventually(lifted, 20)
    assert SECRET.id not in {each.document.id for each in knowledge.search(QUESTIONS[0], PUBLIC).passages}
    told(stage, QUESTIONS[0], "bob", "general")
    told(stage, QUESTIONS[0], "bob", "dm")
    assert not secrets_in(all_that_bob_and_gita_see(stage))


def test_the_form_of_a_thumbs_down_offers_it_to_nobody_else_and_tells_not_that_it_is_there(stage: Stage) -> None:
    asked, _ = told(stage, QUESTIONS[0], "bob", "general")
    reply = whole_reply(stage, asked)
    stage.slack.press("bob", "general", reply["ts"], "vote", value="negative")
    why = stage.slack.wait_for_ephemeral("bob", "general")
    stage.slack.press("bob", "general", why["ts"], "why:wrong_source")
    eventually(lambda: "Which page" in shown_text(stage.slack.ephemeral("bob")[-1]))
    offered = stage.slack.ephemeral("bob")[-1]
    stage.slack.press("bob", "general", offered["ts"], "right_source_link")
    [form] = stage.slack.modals("bob")
    answers = []
    for link in (SECRET.url, SECRET.id, "https://handbook.example/no-such-page"):
        values = {"right_source": {"words": {"type": "plain_text_input", "value": link}}}
        answers.append(stage.slack.submit("bob", form["id"], values)["answer"])
    assert answers[0] == answers[1] == answers[2]
    assert answers[0]["response_action"] == "errors"
    assert not secrets_in(all_that_bob_and_gita_see(stage))


def test_a_private_answer_that_was_shared_offers_others_only_what_they_may_see(
    stage: Stage, database: Database
) -> None:
    told_privately(stage, QUESTIONS[0], "alice")
    [answer_id] = _answers(database)
    answered = stage.log.answered(answer_id)
    assert answered is not None
    documents = {(each.document.source, each.document.id) for each in answered.answer.passages}
    audiences = stage.bot.audiences
    assert visible_documents(database, documents, audiences.shown_to(answered.asked, "U0ALICE001")) == documents
    for seen in (audiences.shown_to(answered.asked, "U0BOB00001"), audiences.of_channel("C0GENERAL1")):
        assert ("handbook", SECRET.id) not in visible_documents(database, documents, seen)


def test_a_receipt_does_not_tell_of_it(stage: Stage, database: Database) -> None:
    asked, _ = told(stage, QUESTIONS[0], "bob", "general")
    reply = whole_reply(stage, asked)
    stage.slack.press("bob", "general", reply["ts"], "vote", value="negative")
    answer_id = stage.log.answer_to_reply(asked.channel, reply["ts"])
    assert answer_id is not None
    assert stage.log.explain_vote(answer_id, "U0BOB00001", "wrong_source", SECRET.id)
    receipts = due(database, lambda question, audience: [("handbook", SECRET.id)], stage.bot.receipts.audience)
    assert receipts == []


def test_what_is_known_tells_an_outsider_not_of_a_source_that_is_closed_to_them(
    stage: Stage, database: Database
) -> None:
    audiences = stage.bot.audiences
    assert visible_sources(database, audiences.of_person("U0BOB00001")) == {"handbook": 2}
    assert visible_sources(database, audiences.of_person("U0ALICE001")) == {"board-minutes": 1, "handbook": 3}


def test_a_failure_does_not_write_it_into_the_log(
    stage: Stage, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    with database.engine.connect() as connection:
        connection.execute(text("ALTER TABLE passages RENAME TO away"))
        connection.commit()
    asked = stage.slack.ask(QUESTIONS[0], channel="people")
    stage.slack.wait_for_reply(asked, 20, until=lambda message: "error id" in shown_text(message))
    logged = capsys.readouterr().out
    assert "question.failed" in logged
    assert not secrets_in(logged)


def test_what_was_found_before_a_restart_is_not_shown_to_a_guest_who_came_since(
    server: Running, database: Database, tmp_path: Path
) -> None:
    log = QuestionLog(database)
    with kept_pages(database, PAGES, tmp_path) as knowledge:
        answerer = Answerer(knowledge, None)
        asked = server.client.ask(QUESTIONS[0], channel="people")
        id = log.accept(Asked("mention", "T0PLAYGRND", asked.channel, asked.ts, "U0ALICE001", QUESTIONS[0]))
        assert id is not None
        found = answerer.answer(QUESTIONS[0], PUBLIC | {"#people"})
        assert "61,000" in found.text
        log.record(id, found)
        server.client.join("people", "gita")
        with on_stage(server, answerer, log) as stage:
            assert not secrets_in(shown_text(whole_reply(stage, asked)))


def _answers(database: Database) -> list[int]:
    with database.session() as session:
        return list(session.execute(text("SELECT id FROM answers")).scalars())


def test_a_share_a_shortcut_a_follow_up_the_home_tab_and_the_pane_tell_no_outsider(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    asked, _ = told(stage, QUESTIONS[0])
    stage.slack.react("alice", "people", whole_reply(stage, asked)["ts"], "+1")  # a well-answered question
    assert "61,000" in told_privately(stage, QUESTIONS[0], "alice")
    private = stage.slack.ephemeral("alice")[-1]
    stage.slack.press("alice", "general", private["ts"], "share")
    eventually(lambda: "not everyone" in shown_text(stage.slack.ephemeral("alice")[-1]).lower(), 20)

    root, _ = told(stage, "how many days of annual leave do I get?", "bob", "general")
    stage.slack.post("bob", "general", "and what is the salary band of a senior engineer?", thread_ts=root.ts)
    whole_reply(stage, root, "bob", count=2)
    for user, text_of in (("bob", QUESTIONS[0]), ("gita", QUESTIONS[3])):
        message = stage.slack.post("alice", "general", text_of)
        before = len(stage.slack.ephemeral(user))
        stage.slack.shortcut(user, "general", message.ts, "ask_lore")
        stage.slack.wait_for_ephemeral(user, "general", 20, count=before + 1)
        stage.slack.open_home(user)
        pane = stage.slack.open_assistant(user, context="general")
        stage.slack.post(user, "dm", QUESTIONS[1], thread_ts=pane.ts)
        eventually(lambda: not stage.log.pending(), 20)
        stage.slack.wait_for(lambda user=user: stage.slack.home(user), 20, lambda: "no home tab")

    for seen in all_that_bob_and_gita_see(stage):
        assert not secrets_in(seen)
    assert not secrets_in(capsys.readouterr().out)
