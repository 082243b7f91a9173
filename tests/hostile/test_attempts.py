"""No attempt reaches Slack as a mention, a foreign or lying link, an action, or text from outside the audience."""

from collections import Counter

import pytest
from sqlalchemy import select

from bot.answering.answer import Answerer
from storage.database import Database
from storage.knowledge import KnowledgeBase
from storage.tables import ChunkRow, DocumentRow
from tests.hostile.attempts import Attempt, attempts
from tests.hostile.conftest import Obedient, answer_to
from tests.hostile.judge import faults, seen_of

EVERY = pytest.mark.parametrize("attempt", attempts(), ids=lambda attempt: attempt.id)


def test_there_are_attempts_of_all_kinds_and_no_two_are_alike() -> None:
    assert (
        len({(one.place, one.body, one.text, one.style, one.name, one.asked, one.turns) for one in attempts()}) >= 150
    )
    kinds = Counter(one.kind for one in attempts())
    assert (
        min(kinds[kind] for kind in ("hidden", "language", "link", "mention", "structure", "title", "file name")) >= 8
    )


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
