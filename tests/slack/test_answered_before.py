"""A question that was answered well, asked again in Slack: at once, marked, with its sources' dates, to be voted on."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.answering.answered_before import AnsweredBefore
from playground.client import Posted
from playground.server import Running
from storage.questions import QuestionLog
from tests.answering.shelf import shelf_in
from tests.embedders import real_embedder
from tests.slack.stage import Stage, blocks_of, eventually, on_stage, shown_text

PAGES = (
    ("leave", "Full-time employees get 27 days of paid annual leave a year.", 2026),
    ("benefits", "Everyone who works full time gets 25 days of paid annual leave.", 2022),
    ("wi-fi", "The guest Wi-Fi password is on the screen at reception.", 2024),
)
WIFI = "Where is the guest Wi-Fi password?"


@pytest.fixture
def stage(server: Running, tmp_path: Path) -> Iterator[Stage]:
    embedder = real_embedder()
    with shelf_in(tmp_path, embedder) as shelf:
        for name, text, year in PAGES:
            shelf.put(name, text, datetime(year, 5, 3, tzinfo=UTC))
        answers = AnsweredBefore(shelf.quoting(), shelf.database, embedder)
        with on_stage(server, answers, QuestionLog(shelf.database)) as stage:
            yield stage


def ask(stage: Stage, question: str, user: str = "alice") -> tuple[Posted, str]:
    """The reply's message, and all of it that a reader sees."""
    asked = stage.slack.ask(question, user=user)
    reply = stage.slack.wait_for_reply(asked, until=lambda message: bool(blocks_of(message, "context_actions")))
    eventually(lambda: not stage.log.pending())
    return Posted(reply["ts"], asked.channel), shown_text(reply)


def test_a_liked_answer_is_given_again_until_somebody_dislikes_it(stage: Stage) -> None:
    first, said = ask(stage, WIFI)
    assert "[1] <https://handbook.example/wi-fi|Wi-fi> · changed 3 May 2024" in said
    assert "Answered before" not in said
    stage.slack.press("bob", first.channel, first.ts, "vote", value="positive")

    again, said = ask(stage, "where is the guest wi-fi password, please?", "bob")
    assert "on the screen at reception" in said
    assert "Answered before, on " in said
    assert "[1] <https://handbook.example/wi-fi|Wi-fi> · changed 3 May 2024" in said
    stage.slack.press("bob", again.channel, again.ts, "vote", value="negative")

    assert "Answered before" not in ask(stage, WIFI)[1]


def test_documents_that_disagree_are_both_shown_with_their_dates(stage: Stage) -> None:
    _, said = ask(stage, "How many days of annual leave do I get?")
    assert "The documents disagree on this. The newer comes first." in said
    newer, older = said.index("3 May 2026: Full-time"), said.index("3 May 2022: Everyone")
    assert newer < older
    assert "<https://handbook.example/leave|Leave> · changed 3 May 2026" in said
    assert "<https://handbook.example/benefits|Benefits> · changed 3 May 2022" in said
