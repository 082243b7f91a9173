"""No attempt reaches Slack as a mention, a foreign or lying link, an action, or text from outside the audience."""

import re
from collections import Counter

import pytest
from sqlalchemy import select

from bot.answering.answer import Answerer
from storage.database import Database
from storage.knowledge import DocumentLink, KnowledgeBase, Passage, Scores
from storage.questions import Answer, Citation
from storage.tables import ChunkRow, DocumentRow
from tests.hostile.attempts import SITE, Attempt, attempts
from tests.hostile.conftest import Obedient, answer_to
from tests.hostile.judge import faults, seen_of

EVERY = pytest.mark.parametrize("attempt", attempts(), ids=lambda attempt: attempt.id)


def test_there_are_attempts_of_all_kinds_and_no_two_are_alike() -> None:
    different = {(one.place, one.body, one.text, one.style, one.name, one.asked, one.turns) for one in attempts()}
    assert len(different) == len(attempts()) >= 150
    kinds = Counter(one.kind for one in attempts())
    of_each = ("hidden", "language", "link", "mention", "structure", "title", "file name", "thread", "question")
    assert min(kinds[kind] for kind in of_each) >= 8


@EVERY
def test_what_is_quoted_harms_nobody(attempt: Attempt, quoting: Answerer) -> None:
    answer = answer_to(quoting, attempt)
    assert faults(attempt, answer) == []
    if attempt.file is not None:
        assert answer.kind == "answered", answer.reason
        assert str(len(attempt.id)) in seen_of(answer)[0][1].text


@EVERY
def test_a_language_model_that_obeys_harms_nobody(attempt: Attempt, writing: Answerer, obedient: Obedient) -> None:
    obedient.obey(attempt.says)
    assert faults(attempt, answer_to(writing, attempt)) == []


@EVERY
def test_what_an_obedient_model_writes_harms_nobody_even_where_nothing_checks_it(attempt: Attempt) -> None:
    says = re.sub(r"\{(?:system|user|private|private_spaced)\}", "all of it", attempt.says)
    document = DocumentLink(attempt.file or "a.md", attempt.file or "A", f"{SITE}{attempt.file or 'a.md'}", "handbook")
    passage = Passage(1, "1", document, (), attempt.fact, 0, Scores(0.5, 0.5, 0.5))
    answer = Answer(
        question=attempt.question,
        kind="answered",
        text=says.replace("{name}", str(attempt.file)),
        citations=(Citation(1, passage),),
        confidence=0.9,
        reason="",
        passages=(passage,),
        timings_ms={},
        embedding_model="",
        llm="obedient",
    )
    wrong = [fault for fault in faults(attempt, answer) if "hidden" not in fault]
    assert wrong == [], wrong


def test_nothing_hidden_is_kept_of_any_document(knowledge: KnowledgeBase, hostile_database: Database) -> None:
    with hostile_database.session() as session:
        kept = [*session.scalars(select(DocumentRow.markdown)), *session.scalars(select(DocumentRow.title))]
        rows = session.scalars(select(ChunkRow)).all()
        chunks = [f"{row.text}\n{row.heading}" for row in rows]
    hidden = [attempt for attempt in attempts() if attempt.unread()]
    assert len(hidden) >= 50
    for attempt in hidden:
        unread = str(attempt.unread())
        assert not [chunk for chunk in chunks if unread in chunk], attempt.id
        if attempt.id not in IN_MARKDOWN_ONLY:
            assert not [text for text in kept if text and unread in text], attempt.id


IN_MARKDOWN_ONLY = {"reference-comment", "reference-comment-2", "link-title", "alt-text", "alt-text-sentence"}
"""What Markdown keeps beside the text, and no chunk has."""


def test_a_language_model_is_not_told_what_is_hidden_or_private(obedient: Obedient, writing: Answerer) -> None:
    obedient.told.clear()
    for attempt in attempts()[::12]:
        obedient.obey(attempt.says)
        answer_to(writing, attempt)
    told = "\n".join(message["content"] for request in obedient.told for message in request["messages"])
    assert obedient.told
    assert "61,000" not in told
    for attempt in attempts():
        assert not attempt.unread() or str(attempt.unread()) not in told, attempt.id
