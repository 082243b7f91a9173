"""What every index does, on both engines: points in and out, who sees what, and how scores are fused."""

import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from qdrant_client import QdrantClient

from storage.document import PUBLIC, Audience
from storage.embedder import Vectors
from storage.index import (
    Hit,
    KnowledgeIndex,
    KnowledgeIndexError,
    SparseVector,
    bm25_most,
    collection_name,
    fuse,
    highest_idf,
)
from storage.qdrant_edge import EdgeIndex
from storage.qdrant_server import ServerIndex
from tests.storage.index_points import BM25, NOTHING, point, point_id, scattered, towards, unit

pytestmark = pytest.mark.filterwarnings("ignore:Payload indexes have no effect:UserWarning")

HR = frozenset({"#hr"})
AXIS = towards(1.0)


@pytest.fixture(params=["edge", "server"])
def index(request: pytest.FixtureRequest, index_folder: Path) -> Iterator[KnowledgeIndex]:
    opened = open_edge(index_folder) if request.param == "edge" else open_server()
    yield opened
    opened.close()


def open_edge(folder: Path) -> KnowledgeIndex:
    index = EdgeIndex(folder, "the tests")
    index.activate("a model", 8)
    return index


def open_server() -> KnowledgeIndex:
    index = ServerIndex(QdrantClient(":memory:"))
    index.activate("a model", 8)
    return index


def search(
    index: KnowledgeIndex,
    question: str = "",
    dense: Vectors = AXIS,
    audience: Audience = PUBLIC,
    limit: int = 10,
    dense_weight: float = 0.5,
    also: Sequence[str] = (),
) -> list[Hit]:
    return index.search(dense, BM25.question(question) if question else NOTHING, audience, limit, dense_weight, also)


def test_a_new_index_is_empty_and_finds_nothing(index: KnowledgeIndex) -> None:
    assert (index.count(), list(index.ids()), search(index, "leave")) == (0, [], [])


def test_what_was_put_in_is_found_nearest_first(index: KnowledgeIndex) -> None:
    index.upsert([point(1, dense=towards(0.5)), point(2, dense=towards(0.9)), point(3, dense=towards(-0.2))])
    assert index.count() == 3
    assert [(hit.id, pytest.approx(hit.dense, abs=1e-6)) for hit in search(index)] == [
        (point_id(2), 0.9),
        (point_id(1), 0.5),
        (point_id(3), -0.2),
    ]


def test_only_as_many_are_found_as_were_asked_for(index: KnowledgeIndex) -> None:
    index.upsert([point(number, "leave") for number in range(130)])
    assert len(search(index, "leave", limit=3)) == 3
    assert len(search(index, "leave", limit=120)) == 120


def test_a_point_put_in_again_replaces_its_vectors_and_audience(index: KnowledgeIndex) -> None:
    index.upsert([point(1, "holiday", towards(0.1))])
    index.upsert([point(1, "salary", towards(0.7), HR)])
    assert index.count() == 1
    assert search(index, "salary") == []
    (hit,) = search(index, "salary", audience=HR)
    assert hit.dense == pytest.approx(0.7, abs=1e-6)
    assert hit.bm25 > 0
    assert search(index, "holiday", audience=HR)[0].bm25 == 0


def test_a_deleted_point_is_gone(index: KnowledgeIndex) -> None:
    index.upsert([point(1, "leave"), point(2, "leave"), point(3, "leave")])
    index.delete([point_id(1), point_id(3), point_id(77)])
    assert index.count() == 1
    assert list(index.ids()) == [point_id(2)]
    assert [hit.id for hit in search(index, "leave")] == [point_id(2)]


def test_only_the_chosen_sources_are_searched_however_many_others_are_nearer(index: KnowledgeIndex) -> None:
    index.upsert([point(number, "leave", AXIS, source="wiki") for number in range(40)])
    index.upsert([point(50, "leave", towards(0.3)), point(51, "leave", towards(0.4), HR), point(52, source="mail")])
    found = index.search(AXIS, BM25.question("leave"), PUBLIC, 5, 0.5, sources=frozenset({"handbook", "mail"}))
    assert [hit.id for hit in found] == [point_id(50), point_id(52)]


def test_what_votes_lift_is_found_in_the_chosen_sources_alone(index: KnowledgeIndex) -> None:
    index.upsert([point(1, "leave", source="wiki"), point(2, "leave")])
    lifted = [point_id(1), point_id(2)]
    found = index.search(AXIS, BM25.question("leave"), PUBLIC, 5, 0.5, lifted, frozenset({"handbook"}))
    assert [hit.id for hit in found] == [point_id(2)]


def test_a_change_of_the_audience_leaves_the_source(index: KnowledgeIndex) -> None:
    index.upsert([point(1, "leave")])
    index.set_audience([point_id(1)], HR)
    assert index.search(AXIS, NOTHING, HR, 5, 0.5, sources=frozenset({"handbook"}))
    assert not index.search(AXIS, NOTHING, PUBLIC, 5, 0.5, sources=frozenset({"handbook"}))


def test_a_source_can_be_written_to_what_is_there(index: KnowledgeIndex) -> None:
    index.upsert([point(1, "leave", source="old"), point(2, "leave", source="old")])
    index.set_source([point_id(1), point_id(77)], "new")
    assert not index.lacks_sources()
    assert [hit.id for hit in index.search(AXIS, NOTHING, PUBLIC, 5, 0.5, sources=frozenset({"new"}))] == [point_id(1)]


def test_writing_nothing_changes_nothing(index: KnowledgeIndex) -> None:
    index.upsert([])
    index.delete([])
    index.set_audience([], HR)
    assert index.count() == 0


def test_ids_are_all_listed_however_many_there_are(index: KnowledgeIndex) -> None:
    index.upsert([point(number) for number in range(2_100)])
    assert sorted(index.ids()) == sorted(point_id(number) for number in range(2_100))


def test_vectors_are_given_back_as_they_were_put_in_however_many_there_are(index: KnowledgeIndex) -> None:
    index.upsert([point(number) for number in range(2_100)])
    ids = [point_id(number) for number in range(2_100)]
    vectors = index.vectors([*ids, point_id(9_999)])
    assert list(vectors) == ids
    assert np.stack(list(vectors.values())) == pytest.approx(np.stack([scattered(n) for n in range(2_100)]), abs=1e-6)
    assert {vector.dtype for vector in vectors.values()} == {np.dtype(np.float32)}
    assert index.vectors([]) == {}


def test_a_longer_question_has_longer_cosines(index: KnowledgeIndex) -> None:
    index.upsert([point(1, dense=towards(0.9)), point(2, dense=towards(1.0))])
    question = AXIS * np.float32(2.5)
    assert [hit.dense for hit in search(index, dense=question)] == pytest.approx([2.5, 2.25], abs=1e-5)


def test_two_collections_are_open_side_by_side(index: KnowledgeIndex) -> None:
    index.upsert([point(1, "leave")])
    other = index.beside("another model", 4)
    assert other.count() == 0
    other.upsert([point(2, "leave", towards(0.6, 4))])
    index.upsert([point(3, "leave")])
    assert [hit.id for hit in search(other, "leave", towards(1.0, 4))] == [point_id(2)]
    assert sorted(index.ids()) == [point_id(1), point_id(3)]
    other.close()
    assert index.count() == 2
    assert list(index.beside("another model", 4).ids()) == [point_id(2)]


def test_a_collection_that_is_dropped_is_empty_when_it_is_made_again(index: KnowledgeIndex) -> None:
    index.upsert([point(1)])
    other = index.beside("another model", 8)
    other.upsert([point(2)])
    other.close()
    index.drop("another model")
    index.drop("no such model")
    assert index.beside("another model", 8).count() == 0
    assert index.count() == 1


def test_a_point_without_any_term_is_found_by_its_meaning(index: KnowledgeIndex) -> None:
    index.upsert([point(1, "", towards(0.8))])
    assert [hit.id for hit in search(index, "leave")] == [point_id(1)]


def test_an_audience_that_is_changed_decides_at_once(index: KnowledgeIndex) -> None:
    index.upsert([point(1, "leave"), point(2, "leave")])
    index.set_audience([point_id(77), point_id(1), point_id(78)], HR)
    assert [hit.id for hit in search(index, "leave")] == [point_id(2)]
    assert [hit.id for hit in search(index, "leave", audience=HR)] == [point_id(1)]
    assert len(search(index, "leave", audience=HR | PUBLIC)) == 2


def test_an_audience_of_several_is_any_of_them(index: KnowledgeIndex) -> None:
    index.upsert([point(1, audience=frozenset({"#hr", "@leads"}))])
    assert [len(search(index, audience=frozenset(who))) for who in ({"@leads"}, {"#hr", "#other"}, {"#other"})] == [
        1,
        1,
        0,
    ]


def test_nobody_sees_nothing(index: KnowledgeIndex) -> None:
    index.upsert([point(1, "leave")])
    assert search(index, "leave", audience=frozenset()) == []


def test_a_thousand_better_private_points_neither_show_nor_hide_a_public_one(index: KnowledgeIndex) -> None:
    private = [point(number, "salary salary salary", towards(0.99), HR) for number in range(1_000)]
    index.upsert([*private, point(5_000, "a salary is among many other words of this long text", towards(0.05))])
    (hit,) = search(index, "salary")
    assert hit.id == point_id(5_000)
    assert hit.dense == pytest.approx(0.05, abs=1e-6)
    assert hit.bm25 > 0
    assert [hit.id for hit in search(index, "salary", dense_weight=0.0)] == [point_id(5_000)]
    assert [hit.id for hit in search(index, "", dense_weight=1.0)] == [point_id(5_000)]


def test_two_models_keep_their_vectors_apart_and_whole(index: KnowledgeIndex) -> None:
    index.upsert([point(1, "leave"), point(2, "leave")])
    index.activate("another model", 4)
    assert index.count() == 0
    index.upsert([point(3, "leave", towards(0.6, 4))])
    assert [hit.id for hit in search(index, "leave", towards(1.0, 4))] == [point_id(3)]
    index.activate("a model", 8)
    assert sorted(hit.id for hit in search(index, "leave")) == [point_id(1), point_id(2)]
    index.activate("another model", 4)
    assert list(index.ids()) == [point_id(3)]


def test_a_model_whose_vectors_have_another_length_is_sent_to_reindex(index: KnowledgeIndex) -> None:
    index.upsert([point(1)])
    with pytest.raises(KnowledgeIndexError, match="lore reindex"):
        index.activate("a model", 4)
    index.reset("a model", 4)
    index.upsert([point(1, dense=towards(0.3, 4))])
    assert index.count() == 1


def test_reset_empties_this_model_and_no_other(index: KnowledgeIndex) -> None:
    index.upsert([point(1)])
    index.activate("another model", 8)
    index.upsert([point(2)])
    index.reset("a model", 8)
    assert index.count() == 0
    index.activate("another model", 8)
    assert list(index.ids()) == [point_id(2)]


def test_optimizing_changes_no_answer(index: KnowledgeIndex) -> None:
    index.upsert([point(number, f"leave number{number}") for number in range(50)])
    before = search(index, "leave number7", scattered(7))
    index.optimize()
    assert search(index, "leave number7", scattered(7)) == before


@pytest.mark.parametrize("question", ["leave", ""])
def test_what_is_wanted_as_well_is_scored_though_neither_search_found_it(index: KnowledgeIndex, question: str) -> None:
    index.upsert([point(number, "leave", towards(0.9 - number / 1_000)) for number in range(100)])
    index.upsert([point(100, "a day of leave", towards(-0.5)), point(101, "office", towards(-0.6))])
    far = [point_id(100), point_id(101), point_id(50), point_id(999)]
    found = search(index, question, limit=3, also=far)
    assert [hit.id for hit in found] == [point_id(number) for number in (0, 1, 2, 50, 100, 101)]
    assert [hit.dense for hit in found[-3:]] == pytest.approx([0.85, -0.5, -0.6], abs=1e-6)
    assert [hit.bm25 > 0 for hit in found[-3:]] == [bool(question), bool(question), False]
    assert [hit.fused for hit in found[-3:]] == pytest.approx(
        [0.5 * hit.dense + 0.5 * hit.bm25 for hit in found[-3:]], abs=1e-6
    )
    assert found[:3] == search(index, question, limit=3)


@pytest.mark.parametrize("question", ["leave", ""])
def test_what_is_wanted_as_well_is_shown_to_its_audience_only(index: KnowledgeIndex, question: str) -> None:
    index.upsert([point(1, "leave"), point(2, "leave", audience=HR), point(3, "leave", towards(-0.9), HR)])
    wanted = [point_id(2), point_id(3)]
    assert [hit.id for hit in search(index, question, also=wanted)] == [point_id(1)]
    assert search(index, question, audience=frozenset(), also=wanted) == []
    assert {hit.id for hit in search(index, question, audience=HR, limit=1, also=wanted)} == set(wanted)


def test_both_engines_give_the_same_scores(index_folder: Path) -> None:
    words = ("leave", "holiday", "salary", "laptop", "travel", "office", "badge", "pension")
    texts = [" ".join(words[(number * step) % 8] for step in range(1, 2 + number % 7)) for number in range(60)]
    points = [
        point(number, text, scattered(number), HR if number % 3 == 0 else PUBLIC) for number, text in enumerate(texts)
    ]
    edge, server = open_edge(index_folder), open_server()
    for index in (edge, server):
        index.upsert(points)
    for question in ("how much leave and holiday do I get", "pension", "a laptop for travel, zebra"):
        for dense_weight in (0.0, 0.3, 1.0):
            ours, theirs = (
                {hit.id: hit for hit in search(index, question, scattered(99), PUBLIC, 60, dense_weight)}
                for index in (edge, server)
            )
            assert ours.keys() == theirs.keys()
            for id, hit in ours.items():
                assert (hit.dense, hit.bm25, hit.fused) == pytest.approx(
                    (theirs[id].dense, theirs[id].bm25, theirs[id].fused), abs=1e-5
                )
    edge.close()
    server.close()


def test_the_bm25_share_is_what_the_formula_says(index: KnowledgeIndex) -> None:
    # Four points; "leave" is in three of them, "zebra" in none. All weights are the encoder's own.
    index.upsert([point(1, "leave leave"), point(2, "leave salary"), point(3, "leave"), point(4, "office")])
    leave = math.log((4 - 3 + 0.5) / (3 + 0.5) + 1)  # ln(1.5 / 3.5 + 1) = 0.3567
    zebra = math.log((4 - 0 + 0.5) / (0 + 0.5) + 1)  # ln(4.5 / 0.5 + 1) = 2.3026
    assert (leave, zebra) == pytest.approx((0.3567, 2.3026), abs=1e-4)
    (weight,) = BM25.document("leave leave").values
    share = {hit.id: hit.bm25 for hit in search(index, "leave")}
    assert share[point_id(1)] == pytest.approx(leave * weight / (2.2 * leave), abs=1e-5)
    share = {hit.id: hit.bm25 for hit in search(index, "leave zebra")}
    assert share[point_id(1)] == pytest.approx(leave * weight / (2.2 * (leave + zebra)), abs=1e-5)


def test_terms_that_no_document_has_lower_the_share(index: KnowledgeIndex) -> None:
    index.upsert([point(1, "parental leave"), point(2, "office plants")])
    shares = [search(index, question)[0].bm25 for question in ("leave", "leave zebra", "leave zebra giraffe")]
    assert shares[0] > shares[1] > shares[2] > 0


def test_the_share_follows_what_is_written_and_deleted(index: KnowledgeIndex) -> None:
    index.upsert([point(1, "leave"), point(2, "office")])
    before = search(index, "leave zebra")[0].bm25
    index.upsert([point(number, "leave") for number in range(10, 40)])
    common = search(index, "leave zebra")[0].bm25
    assert common < before
    index.delete([point_id(number) for number in range(10, 40)])
    assert 0 < search(index, "leave zebra")[0].bm25 <= 1


def test_the_share_is_between_0_and_1_for_text_that_repeats_the_question(index: KnowledgeIndex) -> None:
    words = [f"word{number}" for number in range(30)]
    index.upsert([point(number, " ".join(words[: number + 1] * 40)) for number in range(30)])
    index.delete([point_id(number) for number in range(0, 30, 3)])
    for question in ("word0", "word29", "word1 word15", " ".join(words)):
        shares = [hit.bm25 for hit in search(index, question, limit=100)]
        assert max(shares) > 0.5
        assert all(0 <= share <= 1 for share in shares)


def test_a_question_of_stop_words_is_answered_by_meaning_alone(index: KnowledgeIndex) -> None:
    index.upsert([point(1, "to be or not to be", towards(0.4))])
    assert BM25.question("to be or not to be") == NOTHING
    (hit,) = search(index, "to be or not to be")
    assert (hit.bm25, hit.fused) == (0.0, pytest.approx(0.2, abs=1e-6))


def test_text_that_no_encoding_holds_has_terms_all_the_same() -> None:
    assert BM25.question("leave \ud800 \0holiday") == BM25.question("leave holiday")
    assert BM25.document("leave\ud83d") == BM25.document("leave?")


def test_fusing_is_the_weighted_mean_of_cosine_and_share() -> None:
    # most = 4.  a: 0.25 x 0.8 + 0.75 x 2/4 = 0.575;  b: 0.25 x 0 + 0.75 x 3/4 = 0.5625;  c: 0.25 x 0.6 + 0 = 0.15
    hits = fuse({"a": 0.8, "c": 0.6}, {"a": 2.0, "b": 3.0}, most=4.0, dense_weight=0.25, limit=10)
    assert [(hit.id, hit.dense, hit.bm25) for hit in hits] == [("a", 0.8, 0.5), ("b", 0.0, 0.75), ("c", 0.6, 0.0)]
    assert [hit.fused for hit in hits] == pytest.approx([0.575, 0.5625, 0.15])


def test_fusing_keeps_the_best_and_orders_equals_by_id() -> None:
    assert [hit.id for hit in fuse({"c": 0.5, "a": 0.5, "b": 0.5, "d": 0.4}, {}, 0.0, 1.0, 3)] == ["a", "b", "c"]


def test_fusing_nothing_is_nothing() -> None:
    assert fuse({}, {}, 0.0, 0.5, 10) == []


def test_the_most_is_idf_times_2_2_times_query_weight() -> None:
    # idf 1.5 for term 7 with weight 2: 2.2 x 3 = 6.6.  Term 9 is unknown in 10 points: ln(10.5 / 0.5 + 1) = ln 22
    assert bm25_most(SparseVector((7,), (2.0,)), {7: 1.5}, 10) == pytest.approx(6.6)
    assert bm25_most(SparseVector((7, 9), (2.0, 1.0)), {7: 1.5}, 10) == pytest.approx(6.6 + 2.2 * math.log(22))
    assert bm25_most(NOTHING, {}, 10) == 0


def test_the_highest_idf_is_that_of_a_term_in_no_document() -> None:
    assert highest_idf(100) == pytest.approx(math.log((100 - 0 + 0.5) / (0 + 0.5) + 1))
    assert highest_idf(0) == pytest.approx(math.log(2))


@given(st.text(), st.text())
def test_two_models_never_share_a_collection(one: str, other: str) -> None:
    one, other = (name.encode("utf-8", "replace").decode() for name in (one, other))
    assert (collection_name(one) == collection_name(other)) == (one == other)
    assert collection_name(one).replace("-", "").replace(".", "").isalnum()
    assert len(collection_name(one)) < 80


@pytest.fixture
def opened_at(index_folder: Path) -> Callable[[], EdgeIndex]:
    return lambda: EdgeIndex(index_folder, "the tests")


def test_the_embedded_index_keeps_its_points_when_it_is_closed(opened_at: Callable[[], EdgeIndex]) -> None:
    index = opened_at()
    index.activate("a model", 8)
    index.upsert([point(1, "leave", unit([1] * 8))])
    index.close()
    again = opened_at()
    again.activate("a model", 8)
    assert list(again.ids()) == [point_id(1)]
    again.close()
