"""Whether a drafted sentence, true as it may be, answers what was asked."""

import pytest

from bot.answering.evidence import EvidenceReader
from bot.answering.gist import Gist
from storage.embedder import SentenceTransformerEmbedder
from storage.knowledge import DocumentLink, Passage, Scores

PAY = "You will receive your first paycheck about three weeks after your start date."
DUE = "The self-assessment is due on October 17, 2025."


@pytest.mark.parametrize(
    ("question", "source", "drafted", "answers"),
    [
        ("When does my first salary arrive?", PAY, "The first paycheck comes about three weeks after you start.", True),
        ("When does my first salary arrive?", PAY, "The first paycheck is your first paycheck.", False),
        ("When is the self assessment due in October 2025?", DUE, "It is due on October 17, 2025.", True),
        ("When is the self assessment due in October 2025?", DUE, "The self-assessment is due in October 2025.", False),
        ("Is the self assessment due?", DUE, "The self-assessment is due in October 2025.", True),
    ],
)
def test_what_says_the_question_again_or_nothing_is_no_answer(
    embedder: SentenceTransformerEmbedder, question: str, source: str, drafted: str, *, answers: bool
) -> None:
    page = DocumentLink("page.md", "Page", "https://handbook.example/page", "handbook")
    passage = Passage(1, "chunk", page, (), source, 0, Scores(0.6, 0.6, 0.6))
    gist = Gist(question, EvidenceReader(embedder).read(question, [passage]))
    assert gist.is_in(drafted, [source]) == answers
