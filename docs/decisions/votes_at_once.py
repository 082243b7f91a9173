"""What votes felt at once do to paraphrases of the voted questions and to all other questions, and what they cost.

On a copy of a LORE_HOME whose knowledge base is the handbook, as it adds votes and takes all votes away:

    export LORE_HOME=copy
    python docs/decisions/votes_at_once.py tests/data/handbook_questions.jsonl tests/data/handbook_paraphrases.jsonl
    python docs/decisions/votes_at_once.py cost
"""

import json
import random
import sys
import time
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
from sqlalchemy import delete, update

from bot.app import bm25_encoder, load_embedder, open_index
from bot.settings import load_settings
from learning.felt import FeltVotes
from learning.question_vectors import save_vectors, text_digest
from learning.voted_questions import votes_standing
from learning.votes import WRONG_SOURCE
from storage.database import Database
from storage.document import PUBLIC
from storage.embedder import Embedder
from storage.knowledge import KnowledgeBase
from storage.questions import Answer, Asked, Citation, QuestionLog
from storage.tables import AnswerRow, FeedbackRow, PassageRow, QuestionRow

Json = dict[str, Any]

SEEDS = 5
VOTES = (3, 20, 100)
VOTED_QUESTIONS = (0, 1_000, 20_000)


class Polls:
    """A knowledge base, and votes cast on it and counted."""

    def __init__(self, database: Database, knowledge: KnowledgeBase, votes: FeltVotes, embedder: Embedder) -> None:
        self.database = database
        self.knowledge = knowledge
        self.votes = votes
        self.embedder = embedder
        self._log = QuestionLog(database)

    def ranks(self, questions: Iterable[str]) -> dict[str, list[str]]:
        """For each question the ids of the documents that it finds, best first, of 50 passages."""
        return {question: self._pages(question) for question in questions}

    def vote(self, asked: Json) -> None:
        """👍 on an answer from the first passage where that is right, else 👎 for a wrong source and the right page."""
        passages = self.knowledge.search(asked["question"], PUBLIC).passages
        number = self._log.accept(Asked("terminal", "", "", str(time.time_ns()), "U1", asked["question"]))
        assert number is not None
        cited = (Citation(1, passages[0]),)
        answer = Answer(asked["question"], "answered", "", cited, None, "", passages, {}, self.embedder.name, None)
        right = passages[0].document.id in asked["pages"]
        id = self._log.record(number, answer)
        self._log.vote(id, "U1", 1 if right else -1)
        if not right:
            with self.database.session() as session:
                values = {"reason": WRONG_SOURCE, "correction": asked["pages"][0]}
                session.execute(update(FeedbackRow).where(FeedbackRow.answer_id == id).values(**values))

    def count(self) -> None:
        """Have the votes felt from now on."""
        self.votes.catch_up(self.embedder)

    def withdraw_all(self) -> None:
        """Leave no vote and no question."""
        with self.database.session() as session:
            for table in (FeedbackRow, PassageRow, AnswerRow, QuestionRow):
                session.execute(delete(table))
        self.count()

    def _pages(self, question: str) -> list[str]:
        passages = self.knowledge.search(question, PUBLIC, 50).passages
        return list(dict.fromkeys(passage.document.id for passage in passages))


def paraphrases(polls: Polls, asked: dict[str, Json], groups: Sequence[Json]) -> None:
    """Before and after one vote on each group's question."""
    texts = [text for group in groups for text in group["paraphrases"]]
    before = polls.ranks(texts)
    for group in groups:
        polls.vote(asked[group["question"]])
    polls.count()
    after = polls.ranks(texts)
    for name, some in (("tuned on (even lines)", groups[::2]), ("reported (odd lines)", groups[1::2])):
        pairs = [(text, asked[group["question"]]["pages"]) for group in some for text in group["paraphrases"]]
        shares = [fmean(found[text][0] in pages for text, pages in pairs) for found in (before, after)]
        lost = sum(before[text][0] in pages and after[text][0] not in pages for text, pages in pairs)
        print(f"paraphrases, {name}: right page first {shares[0]:.1%} -> {shares[1]:.1%} of {len(pairs)}, lost {lost}")
    polls.withdraw_all()


def others(polls: Polls, asked: dict[str, Json], votes: int) -> None:
    """The questions that were not voted on, before and after votes on some, SEEDS times; figures a time."""
    before = polls.ranks(asked)
    lines = []
    for seed in range(SEEDS):
        voted = random.Random(seed).sample(sorted(asked), votes)
        for question in voted:
            polls.vote(asked[question])
        polls.count()
        rest = [question for question in asked if question not in voted]
        after = polls.ranks(rest)
        polls.withdraw_all()
        changed = [question for question in rest if before[question][0] != after[question][0]]
        lines.append(
            [
                fmean(_reciprocal(before[question], asked[question]["pages"]) for question in rest),
                fmean(_reciprocal(after[question], asked[question]["pages"]) for question in rest),
                len(changed),
                sum(after[question][0] in asked[question]["pages"] for question in changed),
                sum(before[question][0] in asked[question]["pages"] for question in changed),
            ]
        )
    mrr, mrr_after, changed_, right_now, right_before = np.mean(lines, axis=0)
    print(
        f"{votes} votes, {len(asked) - votes} others: MRR@10 {mrr:.4f} -> {mrr_after:.4f}, "
        f"first page changed {changed_:.1f}, right after {right_now:.1f}, right before {right_before:.1f}"
    )


def cost(polls: Polls) -> None:
    """Milliseconds of a search (embedding left out) with so many voted questions, far from the asked one and near it.

    Of 300 the fastest tenth's last: on a machine with other work the median tells of that.
    """
    asked = "How many hours of vacation do I earn per pay period in my first year?"
    vector = polls.embedder.embed_question(asked)
    page = polls.knowledge.search(asked, PUBLIC).passages[0].document
    for count in VOTED_QUESTIONS:
        polls.withdraw_all()
        generator = np.random.default_rng(0)
        texts = [f"question number {number}" for number in range(count)]
        vectors = generator.normal(size=(count, len(vector))).astype(np.float32)
        if count:
            vectors[-1] = vector + 0.3 * vectors[-1] / np.linalg.norm(vectors[-1])
        save_vectors(polls.database, polls.embedder.name, dict(zip(map(text_digest, texts), vectors, strict=True)))
        with polls.database.session() as session:
            for number, text in enumerate(texts):
                question = QuestionRow(
                    surface="terminal", team="", channel="", ts=str(number), user="U1", text=text, reply_to={}
                )
                answer = AnswerRow(
                    question=question, kind="answered", text="", reason="", embedding_model="", timings_ms={}
                )
                answer.passages = [
                    PassageRow(
                        rank=rank,
                        chunk_id="",
                        source=page.source,
                        document=page.id,
                        title="",
                        url="",
                        text="",
                        dense=0,
                        bm25=0,
                        fused=0,
                        citation=rank if rank < 3 else None,
                    )
                    for rank in range(1, 9)
                ]
                session.add(FeedbackRow(answer=answer, user="U1", vote=1))
        begun = time.perf_counter()
        polls.count()
        read = time.perf_counter() - begun
        times = {name: _search_ms(polls, question) for name, question in (("far", "zebra tax law"), ("near", asked))}
        begun = time.perf_counter()
        votes_standing(polls.database)
        look = (time.perf_counter() - begun) * 1e3
        print(
            f"{count} voted questions: far {times['far']:.2f} ms, near {times['near']:.2f} ms, "
            f"a look for changes {look:.2f} ms, read in {read:.2f} s"
        )
    polls.withdraw_all()


def _search_ms(polls: Polls, question: str) -> float:
    return sorted(polls.knowledge.search(question, PUBLIC).search_ms for _ in range(300))[30]


def _reciprocal(found: Sequence[str], pages: Sequence[str]) -> float:
    return next((1 / rank for rank, page in enumerate(found[:10], start=1) if page in pages), 0.0)


def _objects(file: str) -> list[Json]:
    return [json.loads(line) for line in Path(file).read_text(encoding="utf-8").splitlines()]


def main(what: str, file: str = "") -> None:
    settings = load_settings()
    with ExitStack() as stack:
        index = open_index(settings, "votes_at_once.py")
        stack.callback(index.close)
        database = Database.open(settings.sql_url)
        stack.callback(database.close)
        embedder, votes = load_embedder(settings), FeltVotes(database)
        stack.callback(votes.close)
        knowledge = KnowledgeBase(database, index, embedder, bm25_encoder(settings), votes)
        knowledge.open()
        polls = Polls(database, knowledge, votes, embedder)
        polls.withdraw_all()
        if what == "cost":
            cost(polls)
            return
        asked = {one["question"]: one for one in _objects(what) if one["pages"]}
        paraphrases(polls, asked, _objects(file))
        for number in VOTES:
            others(polls, asked, number)


if __name__ == "__main__":
    main(*sys.argv[1:])
