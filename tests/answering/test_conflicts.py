"""What a person reads where the documents disagree, and where they only seem to."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.answering.answer import Answerer
from bot.answering.conflicts import find_conflicts
from bot.answering.evidence import EvidenceReader
from bot.answering.openai_llm import OpenAICompatible
from bot.answering.retrieve import Everything
from storage.document import PUBLIC
from storage.embedder import SentenceTransformerEmbedder
from storage.knowledge import DocumentLink, Passage, Scores
from tests.answering.llm_server import LlmServer
from tests.answering.shelf import Shelf

PAIRS = [json.loads(line) for line in (Path(__file__).parents[1] / "data" / "disagreements.jsonl").open()]
LEAVE = "How many days of annual leave do I get?"
NEW, OLD = datetime(2026, 3, 4, tzinfo=UTC), datetime(2022, 5, 6, tzinfo=UTC)


@pytest.mark.parametrize("pair", PAIRS, ids=[pair["question"] for pair in PAIRS])
def test_only_what_cannot_both_be_so_is_a_conflict(pair: dict[str, Any], embedder: SentenceTransformerEmbedder) -> None:
    passages = [
        Passage(
            rank,
            side,
            DocumentLink(side, pair[side]["title"], "", "handbook"),
            (),
            pair[side]["text"],
            0,
            Scores(0.6, 0.6, 0.6),
        )
        for rank, side in enumerate(("one", "other"), start=1)
    ]
    question, reader = pair["question"], EvidenceReader(embedder)
    evidence = reader.read(question, passages)
    found = find_conflicts(question, evidence, Everything(reader, question, passages, passages), embedder)
    assert [conflict.about for conflict in found] == ([pair["about"]] if pair["about"] else [])


@pytest.fixture
def disagreeing(shelf: Shelf) -> Shelf:
    shelf.put("benefits.md", "Everyone who works full time gets 25 days of paid annual leave.", OLD)
    shelf.put("leave.md", "Full-time employees get 27 days of paid annual leave a year.", NEW)
    return shelf


def test_both_sentences_are_cited_with_their_dates_the_newer_first(disagreeing: Shelf) -> None:
    answer = disagreeing.quoting().answer(LEAVE, PUBLIC)
    assert answer.text == (
        "**The documents disagree on this. The newer comes first.**\n"
        "- 4 March 2026: Full-time employees get 27 days of paid annual leave a year. [1]\n"
        "- 6 May 2022: Everyone who works full time gets 25 days of paid annual leave. [2]"
    )
    assert [citation.passage.document.id for citation in answer.citations] == ["leave.md", "benefits.md"]


def test_what_a_language_model_says_is_followed_by_both_sentences(disagreeing: Shelf, llm: LlmServer) -> None:
    llm.says("You get 27 days of paid annual leave a year [1].")
    model = OpenAICompatible(llm.url, "scripted", "key-1", timeout=5.0)
    pieces: list[str] = []
    answer = Answerer(disagreeing.knowledge, model, met=disagreeing.met).answer(LEAVE, PUBLIC, pieces.append)
    first, _, rest = answer.text.partition("\n\n")
    assert "27 days" in first
    assert rest.startswith("**The documents disagree on this. The newer comes first.**\n- 4 March 2026: ")
    assert "".join(pieces) == answer.text


def test_who_may_not_see_one_of_the_documents_hears_of_no_conflict(shelf: Shelf) -> None:
    shelf.put("leave.md", "Full-time employees get 27 days of paid annual leave a year.", NEW)
    shelf.put("board.md", "Everyone who works full time gets 25 days of paid annual leave.", OLD, frozenset({"#board"}))
    answer = shelf.quoting().answer(LEAVE, PUBLIC)
    assert "disagree" not in answer.text
    assert "25" not in answer.text
    assert "disagree" in shelf.quoting().answer(LEAVE, frozenset({"everyone", "#board"})).text


def test_a_conflict_is_kept_once_until_a_document_is_changed(disagreeing: Shelf) -> None:
    for question in (LEAVE, "how many days of annual leave does a full-time employee get"):
        assert "disagree" in disagreeing.quoting().answer(question, PUBLIC).text
    (conflict,) = disagreeing.met.standing()
    assert (conflict.about, conflict.met) == ("number", 2)
    assert [side.document for side in conflict.sides] == ["leave.md", "benefits.md"]
    disagreeing.put("benefits.md", "Everyone who works full time gets 27 days of paid annual leave.", NEW)
    assert disagreeing.met.standing() == []


def test_a_conflict_within_one_document_is_told_without_dates(shelf: Shelf) -> None:
    shelf.put(
        "requests.md",
        "## Timeline of equipment requests\n\n"
        "The coordinator will respond to equipment requests within three calendar days of receipt.\n\n"
        "## Supervisors receiving an equipment request\n\n"
        "You must respond to equipment requests within three business days of receipt.",
        NEW,
    )
    text = shelf.quoting().answer("How soon must a supervisor respond to an equipment request?", PUBLIC).text
    assert text.startswith("**The document contradicts itself on this.**\n- ")
    assert "three business days" in text
    assert "three calendar days" in text
    assert "2026" not in text


@pytest.mark.parametrize(("stale_after", "remarks"), [(timedelta(days=730), True), (None, False)])
def test_an_answer_from_old_documents_alone_says_so(shelf: Shelf, stale_after: timedelta | None, remarks: bool) -> None:
    shelf.put("parking.md", "There are 12 parking spaces behind the building.", OLD)
    text = shelf.quoting(stale_after).answer("How many parking spaces are there?", PUBLIC).text
    said = "_The document that this rests on was last changed on 6 May 2022, more than"
    assert (said in text) == remarks


@pytest.mark.parametrize("changed_at", [NEW, None], ids=["young", "of unknown age"])
def test_a_document_that_is_young_or_of_unknown_age_is_not_called_old(
    shelf: Shelf, changed_at: datetime | None
) -> None:
    shelf.put("parking.md", "There are 12 parking spaces behind the building.", changed_at)
    text = shelf.quoting(timedelta(days=730)).answer("How many parking spaces are there?", PUBLIC).text
    assert "last changed" not in text
