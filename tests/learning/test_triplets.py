"""Votes on both databases, and the triplets that they make."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from learning.triplets import HIGH_RANK, MOST_NEGATIVES, Triplet, mine, overlap, weights
from learning.votes import CastVote, Snapshot, Vote, read_votes
from storage.database import Database
from storage.knowledge import DocumentLink, Passage, Scores
from storage.questions import Answer, Asked, Citation, QuestionLog
from storage.tables import ChunkRow, DocumentRow, FeedbackRow, SourceRow

LEAVE = "Everyone gets 27 days of annual leave a year."
TRAVEL = "Book trains in the travel portal, never by yourself."
WIFI = "Guests use the network named Guest at reception."
PARKING = "The garage under the house opens with your badge."


def ask(log: QuestionLog, question: str, passages: Mapping[str, int | None], ts: str = "1.0", user: str = "U0") -> int:
    """An answer made from `passages`, text -> the number that it is cited by."""
    found = [
        Passage(
            rank,
            f"chunk-{text[:8]}-{len(text)}",
            DocumentLink(f"{text[:4]}.md", text[:4], f"https://handbook.example/{text[:4]}", "handbook"),
            (),
            text,
            0,
            Scores(0.8, 0.5, 0.65),
        )
        for rank, text in enumerate(passages, start=1)
    ]
    cited = tuple(Citation(n, passage) for passage, n in zip(found, passages.values(), strict=True) if n is not None)
    question_id = log.accept(Asked("mention", "T1", "C1", ts, user, question))
    assert question_id is not None
    return log.record(
        question_id,
        Answer(question, "answered", "So it is.", cited, 0.9, "", tuple(found), {}, "all-MiniLM-L6-v2", None),
    )


def give(database: Database, answer: int, user: str, reason: str | None, correction: str | None = None) -> None:
    """A 👎 with its reason and correction."""
    QuestionLog(database).vote(answer, user, -1)
    with database.session() as session:
        session.execute(
            update(FeedbackRow)
            .where(FeedbackRow.answer_id == answer, FeedbackRow.user == user)
            .values(reason=reason, correction=correction)
        )


def add_document(database: Database, id: str, *texts: str, source: str = "handbook") -> None:
    with database.session() as session:
        page = DocumentRow(
            source=SourceRow(name=source, connector="files", audience=["everyone"]),
            external_id=id,
            title=id,
            url=f"https://{source}.example/{id}",
            revision="1",
            content_hash="",
            markdown="",
            audience=["everyone"],
        )
        page.chunks = [
            ChunkRow(id=f"{source}-{id}-{n}", position=n, heading=[], text=text, embedded=text)
            for n, text in enumerate(texts)
        ]
        session.add(page)


def texts(triplets: Sequence[Triplet]) -> list[tuple[str, str]]:
    return [(triplet.positive.passage.text, triplet.negative.passage.text) for triplet in triplets]


def mined(database: Database) -> list[tuple[str, str]]:
    return texts(mine(read_votes(database)))


@pytest.fixture
def log(database: Database) -> QuestionLog:
    return QuestionLog(database)


def test_a_thumbs_up_makes_the_cited_passages_positives_and_the_others_negatives(
    log: QuestionLog, database: Database
) -> None:
    answer = ask(log, "How many days of leave?", {WIFI: None, LEAVE: 1, TRAVEL: None})
    log.vote(answer, "U1", 1)
    triplets = mine(read_votes(database))
    assert texts(triplets) == [(LEAVE, WIFI), (LEAVE, TRAVEL)]
    first = triplets[0]
    assert (first.anchor, first.asked_by) == ("How many days of leave?", "U0")
    assert first.positive.passage == Snapshot(LEAVE, "handbook", "Ever.md", f"chunk-Everyone-{len(LEAVE)}", 2)
    assert (first.positive.why, first.negative.why, first.negative.vote) == ("cited", "retrieved", None)
    vote = first.positive.vote
    assert (vote.user, vote.answer, vote.vote, vote.reason) == ("U1", answer, 1, None)
    assert vote.embedding_model == "all-MiniLM-L6-v2"
    assert abs(datetime.now(UTC) - vote.at) < timedelta(minutes=5)


def test_a_withdrawn_vote_leaves_no_triplet(log: QuestionLog, database: Database) -> None:
    answer = ask(log, "How many days of leave?", {LEAVE: 1, WIFI: None})
    log.vote(answer, "U1", 1)
    assert mined(database) == [(LEAVE, WIFI)]
    log.withdraw(answer, "U1", 1)
    assert mined(database) == []


def test_a_changed_vote_changes_the_evidence(log: QuestionLog, database: Database) -> None:
    answer = ask(log, "How many days of leave?", {WIFI: 1, LEAVE: None})
    log.vote(answer, "U1", 1)
    assert mined(database) == [(WIFI, LEAVE)]
    give(database, answer, "U1", "wrong_source", "All of us have 27 days of leave.")
    assert mined(database) == [("All of us have 27 days of leave.", WIFI)]


def test_contradictory_votes_cancel(log: QuestionLog, database: Database) -> None:
    answer = ask(log, "How many days of leave?", {LEAVE: 1, WIFI: None})
    log.vote(answer, "U1", 1)
    give(database, answer, "U2", "wrong_source")
    assert mined(database) == []
    log.vote(answer, "U3", 1)
    assert mined(database) == [(LEAVE, WIFI)]


def test_a_person_who_votes_both_ways_on_a_question_says_nothing(log: QuestionLog, database: Database) -> None:
    log.vote(ask(log, "How many days of leave?", {LEAVE: 1, WIFI: None}), "U1", 1)
    give(database, ask(log, "how many days of LEAVE", {LEAVE: 1, WIFI: None}, "2.0"), "U1", "wrong_source")
    assert mined(database) == []


@pytest.mark.parametrize("reason", [None, "outdated", "incomplete", "tone"])
def test_other_reasons_and_none_train_nothing(log: QuestionLog, database: Database, reason: str | None) -> None:
    give(database, ask(log, "How many days of leave?", {WIFI: 1, LEAVE: None}), "U1", reason)
    assert mined(database) == []


def test_a_wrong_source_is_a_negative_to_what_another_vote_calls_right(log: QuestionLog, database: Database) -> None:
    log.vote(ask(log, "How many days of leave?", {LEAVE: 1}), "U1", 1)
    give(database, ask(log, "how many days of leave", {WIFI: 1}, "2.0"), "U2", "wrong_source")
    [triplet] = mine(read_votes(database))
    assert texts([triplet]) == [(LEAVE, WIFI)]
    assert triplet.negative.why == "wrong_source"
    assert triplet.voters == {"U1", "U2"}


@pytest.mark.parametrize("name", ["leave.md", "https://handbook.example/leave.md"])
def test_a_correction_that_names_a_document_makes_its_chunks_positives(
    log: QuestionLog, database: Database, name: str
) -> None:
    add_document(database, "leave.md", LEAVE, "Ask your manager early.")
    give(database, ask(log, "How many days of leave?", {WIFI: 1, TRAVEL: None}), "U1", "wrong_source", name)
    triplets = mine(read_votes(database))
    assert texts(triplets) == [
        (LEAVE, WIFI),
        (LEAVE, TRAVEL),
        ("Ask your manager early.", WIFI),
        ("Ask your manager early.", TRAVEL),
    ]
    assert triplets[0].positive.passage == Snapshot(LEAVE, "handbook", "leave.md", "handbook-leave.md-0")
    assert triplets[0].positive.why == "correction"


def test_of_a_long_document_the_chunks_that_share_words_with_the_question_are_taken(
    log: QuestionLog, database: Database
) -> None:
    add_document(database, "all.md", PARKING, WIFI, "Our soup is hot.", LEAVE)
    give(database, ask(log, "How many days of leave?", {TRAVEL: 1}), "U1", "wrong_source", "all.md")
    assert mined(database) == [(LEAVE, TRAVEL), (PARKING, TRAVEL), (WIFI, TRAVEL)]


def test_passages_of_the_document_that_a_correction_names_are_no_negatives(
    log: QuestionLog, database: Database
) -> None:
    add_document(database, "Gues.md", LEAVE)
    give(database, ask(log, "How many days?", {WIFI: 1, TRAVEL: None}), "U1", "wrong_source", "Gues.md")
    assert mined(database) == [(LEAVE, TRAVEL)]


def test_a_name_that_two_documents_have_and_one_that_none_has_teach_nothing(
    log: QuestionLog, database: Database
) -> None:
    add_document(database, "leave.md", LEAVE)
    add_document(database, "leave.md", PARKING, source="wiki")
    answer = ask(log, "How many days of leave?", {WIFI: 1})
    give(database, answer, "U1", "wrong_source", "leave.md")
    assert mined(database) == []
    give(database, answer, "U1", "wrong_source", "holidays.md")
    assert mined(database) == []


def test_near_duplicates_of_a_positive_are_never_negatives(log: QuestionLog, database: Database) -> None:
    copy = "Everyone gets 27 days of annual leave a year. (HR)"
    log.vote(ask(log, "How many days of leave?", {LEAVE: 1, copy: None, WIFI: None}), "U1", 1)
    assert mined(database) == [(LEAVE, WIFI)]
    give(database, ask(log, "How many days of leave?", {copy: 1}, "2.0"), "U2", "wrong_source")
    assert mined(database) == [(LEAVE, WIFI)]


def test_overlap_is_the_share_of_the_shorter_texts_words() -> None:
    # {brand, a, cola, soda} and {brand, b, cola, soda}: 3 of 4.
    assert overlap("Brand A Cola Soda", "brand b cola soda!") == 0.75
    # All 3 words of the first are in the second.
    assert overlap("annual leave: 27", "You get 27 days of annual leave.") == 1
    assert (overlap("one two", "three"), overlap("", "three"), overlap("🏖", "🏖"), overlap("🏖", "🍲")) == (0, 0, 1, 0)


def test_only_what_was_retrieved_high_is_a_hard_negative_and_only_so_many(log: QuestionLog, database: Database) -> None:
    # Words that no two of them share.
    others = [f"alpha{n} beta{n} gamma{n}" for n in range(HIGH_RANK + 5)]
    log.vote(ask(log, "How many days of leave?", {LEAVE: 1, **dict.fromkeys(others)}), "U1", 1)
    assert mined(database) == [(LEAVE, other) for other in others[:MOST_NEGATIVES]]
    low = {**{text: n for n, text in enumerate(others[:HIGH_RANK], start=1)}, others[-1]: None}
    log.vote(ask(log, "What else?", low, "2.0"), "U1", 1)
    assert len(mined(database)) == MOST_NEGATIVES


def test_a_question_without_words_makes_no_triplet(log: QuestionLog, database: Database) -> None:
    log.vote(ask(log, "🏖?", {LEAVE: 1, WIFI: None}), "U1", 1)
    assert mined(database) == []


NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def cast(user: str, number: int, question: str | None = None) -> CastVote:
    return CastVote(
        vote=Vote(user, NOON + timedelta(seconds=number), number, 1, None, "all-MiniLM-L6-v2"),
        question=question or f"question {number}",
        asked_by=user,
        cited=(Snapshot(LEAVE, "handbook", "leave.md", "1", 1),),
        not_cited=(Snapshot(WIFI, "handbook", "wifi.md", "2", 2),),
    )


def shares(triplets: Sequence[Triplet], each: Sequence[float]) -> dict[str, float]:
    held: dict[str, float] = {}
    for triplet, weight in zip(triplets, each, strict=True):
        for user in triplet.voters:
            held[user] = held.get(user, 0) + weight / len(triplet.voters)
    return {user: weight / sum(each) for user, weight in held.items()}


def test_one_person_voting_500_times_stays_below_the_share() -> None:
    votes = [cast("U1", n) for n in range(500)] + [cast(f"U{2 + n % 9}", 500 + n) for n in range(40)]
    triplets = mine(votes)
    assert len(triplets) == 540
    each = weights(triplets, most_share=0.2)
    # U1 is cut to c of c + 40 with c = 0.2 × (c + 40), so c = 10: a fifth of 50.
    assert each == pytest.approx([10 / 500] * 500 + [1] * 40)
    assert shares(triplets, each)["U1"] == pytest.approx(0.2)


def test_one_question_asked_500_times_by_one_person_is_one_piece_of_evidence() -> None:
    assert len(mine([cast("U1", n, "how many days?") for n in range(500)])) == 1


def test_of_two_people_neither_weighs_more_and_one_alone_has_all_the_weight() -> None:
    # No two can both weigh a quarter at most: they weigh a half each.
    triplets = mine([cast("U1", n) for n in range(4)] + [cast("U2", 4)])
    assert weights(triplets) == [0.25, 0.25, 0.25, 0.25, 1]
    assert weights(mine([cast("U1", 1), cast("U1", 2)])) == [1, 1]
    assert weights([]) == []


@given(st.lists(st.integers(1, 60), min_size=1, max_size=8), st.sampled_from([0.05, 0.1, 0.25, 0.5, 1]))
def test_nobody_ever_weighs_more_than_the_share(sizes: list[int], share: float) -> None:
    users = [f"U{person}" for person, size in enumerate(sizes) for _ in range(size)]
    triplets = mine([cast(user, number) for number, user in enumerate(users)])
    each = weights(triplets, share)
    assert all(0 < weight <= 1 for weight in each)
    assert max(shares(triplets, each).values()) <= max(share, 1 / len(sizes)) + 1e-9


def test_a_triplet_of_two_people_counts_half_for_each() -> None:
    right = cast("U1", 1, "how many days?")
    wrong = replace(
        right,
        vote=Vote("U2", NOON, 2, -1, "wrong_source", "all-MiniLM-L6-v2"),
        cited=(Snapshot(TRAVEL),),
        not_cited=(),
    )
    triplets = mine([right, wrong])
    assert texts(triplets) == [(LEAVE, TRAVEL), (LEAVE, WIFI)]
    # U1 has 1.5 of the two, U2 0.5; both are cut to 0.5: factors 1/3 and 1.
    assert weights(triplets) == pytest.approx([(1 / 3 + 1) / 2, 1 / 3])
