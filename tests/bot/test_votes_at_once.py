"""A vote on the sample company's handbook is felt by the next command, shown by it, and switched off by a setting."""

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update
from typer.testing import CliRunner

from bot.app import open_lore
from bot.cli import app
from bot.settings import load_settings
from learning.votes import WRONG_SOURCE
from storage.document import PUBLIC
from storage.questions import Asked
from storage.tables import FeedbackRow

SAMPLES = Path(__file__).parents[2] / "samples"
ASKED = "when do we get paid"
AGAIN = ("On which day do we get paid?", "when will we be getting paid", "what date are we paid on")
RIGHT = "people/payroll.md"
OTHER = "what's the wifi password for guests"


def run(*arguments: str) -> Any:
    result = CliRunner().invoke(app, [*arguments, "--json"])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def vote_on(question: str, right: str) -> None:
    """👎 for a wrong source on the answer to `question`, with the right document."""
    with open_lore(load_settings(), "the tests") as lore:
        number = lore.questions.accept(Asked("terminal", "", "", "1.0", "U0", question))
        assert number is not None
        answer = lore.questions.record(number, lore.quoting.answer(question, PUBLIC))
        lore.questions.vote(answer, "U1", -1)
        with lore.database.session() as session:
            session.execute(update(FeedbackRow).values(reason=WRONG_SOURCE, correction=right))


def test_a_vote_is_felt_shown_and_switched_off(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VOTES_AT_ONCE", raising=False)
    (home / "lore.toml").write_text(f"[[sources]]\nname = 'handbook'\npath = '{SAMPLES}'\n")
    run("sync")
    asked = (*AGAIN, OTHER)
    before = {question: run("search", question)["passages"] for question in asked}
    assert first_page(run("search", ASKED)["passages"]) == "people/leave.md"
    vote_on(ASKED, RIGHT)

    after = {question: run("search", question)["passages"] for question in asked}
    assert [first_page(after[question]) for question in AGAIN] == [RIGHT] * 3
    assert after[OTHER] == before[OTHER]
    explained = run("explain", AGAIN[0])
    [first, *_] = explained["passages"]
    assert first["scores"]["votes"] > 0
    assert explained["felt_votes"][0] == {
        "rank": 1,
        "document": first["document"],
        "votes": first["scores"]["votes"],
        "question": ASKED,
    }
    shown = CliRunner().invoke(app, ["explain", AGAIN[0]]).output
    assert f"votes on “{ASKED}”" in " ".join(shown.split())

    monkeypatch.setenv("VOTES_AT_ONCE", "false")
    assert run("search", AGAIN[0])["passages"] == before[AGAIN[0]]
    assert run("explain", AGAIN[0])["felt_votes"] == []


def first_page(passages: list[dict[str, Any]]) -> str:
    return str(passages[0]["document"]["id"])
