"""What of the passages a language model is shown: what fits, the best first and last, and what stands around them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from bot.answering.answer import Answerer
from bot.answering.openai_llm import OpenAICompatible
from bot.answering.pack import pack
from bot.answering.write import LanguageModelError
from storage.document import PUBLIC
from storage.knowledge import DocumentLink, KnowledgeBase, Passage, Scores
from storage.neighbours import Neighbour, Neighbours
from tests.answering.llm_server import LlmServer
from tests.answering.test_endpoint_tokens import llama_cpp, words
from tests.answering.test_writing import LEAVE

QUESTION = "How many days?"
LINK = DocumentLink("rules.md", "Rules", "https://handbook.example/rules", "handbook")


def passage(rank: int, text: str) -> Passage:
    link = replace(LINK, id=f"{rank}.md")
    return Passage(rank, f"chunk-{rank}", link, ("Rules",), text, 5, Scores(1 / rank, 1 / rank, 1 / rank))


def long_text(rank: int, sentences: int) -> str:
    return " ".join(f"Rule {rank} has a part of number {n} that says no more." for n in range(sentences))


def nothing_around(passages: Sequence[Passage]) -> dict[str, Neighbours]:
    return {}


def around(side: Mapping[int, Neighbours]) -> object:
    return lambda passages: {f"chunk-{rank}": near for rank, near in side.items()}


def neighbour(name: str, text: str, heading: tuple[str, ...] = ("Rules",)) -> Neighbour:
    return Neighbour(name, heading, text)


def model(server: LlmServer, window: int) -> OpenAICompatible:
    """A model of this window behind a server that counts words as tokens. A third of the window is for the reply."""
    llama_cpp(server, window)
    return OpenAICompatible(server.url, "scripted", None, timeout=1.0, window=window)


def ranks(shown: Sequence[Passage]) -> list[int]:
    return [one.rank for one in shown]


def test_the_best_passages_stand_first_and_last(llm: LlmServer) -> None:
    passages = [passage(rank, long_text(rank, 2)) for rank in range(1, 7)]
    shown = pack(model(llm, 4_000), QUESTION, passages, None, nothing_around)
    assert ranks(shown) == [1, 3, 5, 6, 4, 2]
    assert sorted(shown, key=lambda one: one.rank) == passages


@pytest.mark.parametrize("window", [700, 900, 1_200, 2_000])
def test_what_the_model_reads_leaves_room_for_its_reply(knowledge: KnowledgeBase, llm: LlmServer, window: int) -> None:
    script = llm.says("NOT_IN_DOCUMENTS")
    Answerer(knowledge, model(llm, window)).answer(LEAVE, PUBLIC)
    read = sum(len(words(message["content"])) for message in script.requests[0]["messages"])
    assert read <= window - min(512, window // 3)
    assert "27 days" in script.requests[0]["messages"][1]["content"]


def test_passages_that_do_not_fit_are_left_out_the_worst_first(llm: LlmServer) -> None:
    passages = [passage(rank, long_text(rank, 12)) for rank in range(1, 9)]
    shown = pack(model(llm, 1_200), QUESTION, passages, None, nothing_around)
    assert 1 < len(shown) < 8
    assert sorted(ranks(shown)) == list(range(1, len(shown) + 1))


def test_a_passage_that_is_too_long_is_cut_at_the_end_of_a_sentence(llm: LlmServer) -> None:
    whole = long_text(1, 200)
    (shown,) = pack(model(llm, 900), QUESTION, [passage(1, whole)], None, nothing_around)
    assert 100 < len(shown.text) < len(whole)
    assert whole.startswith(shown.text)
    assert shown.text.endswith("that says no more.")


def test_a_question_that_leaves_no_room_for_a_passage_is_told(llm: LlmServer) -> None:
    with pytest.raises(LanguageModelError, match="too few for this question with a passage"):
        pack(model(llm, 600), "Is this so? " * 200, [passage(1, "It is so.")], None, nothing_around)


def test_what_stands_around_a_passage_is_shown_as_part_of_it(llm: LlmServer) -> None:
    near = Neighbours(
        before=(neighbour("b1", "One before."), neighbour("b2", "Two before.", ("Scope",))),
        after=(neighbour("a1", "One after."), neighbour("a2", "Two after.")),
    )
    (shown,) = pack(model(llm, 4_000), QUESTION, [passage(1, "It is so.")], None, around({1: near}))  # type: ignore[arg-type]
    assert shown.text == "Scope\nTwo before.\n\nOne before.\n\nIt is so.\n\nOne after.\n\nTwo after."
    assert shown.chunk_id == "chunk-1"


def test_the_nearest_of_the_best_are_shown_where_not_all_fit(llm: LlmServer) -> None:
    near = {
        rank: Neighbours(
            before=(neighbour(f"b{rank}", long_text(100 + rank, 8)),),
            after=(neighbour(f"a{rank}", long_text(200 + rank, 8)), neighbour(f"c{rank}", long_text(300 + rank, 8))),
        )
        for rank in (1, 2, 3)
    }
    passages = [passage(rank, long_text(rank, 2)) for rank in (1, 2, 3)]
    shown = {one.rank: one.text for one in pack(model(llm, 1_100), QUESTION, passages, None, around(near))}  # type: ignore[arg-type]
    assert "Rule 201 " in shown[1]
    assert "Rule 301 " not in shown[1]
    assert "Rule 203 " not in shown[3]


def test_no_text_is_shown_twice(llm: LlmServer) -> None:
    near = Neighbours(after=(Neighbour("chunk-2", ("Rules",), "The second."),))
    both = Neighbours(before=(Neighbour("chunk-1", ("Rules",), "The first."),), after=(neighbour("x", "The first."),))
    shown = pack(
        model(llm, 4_000),
        QUESTION,
        [passage(1, "The first."), passage(2, "The second.")],
        None,
        around({1: near, 2: both}),  # type: ignore[arg-type]
    )
    assert [one.text for one in shown] == ["The first.", "The second."]


def test_a_sentence_from_around_a_passage_is_cited_with_that_passage(knowledge: KnowledgeBase, llm: LlmServer) -> None:
    """Its page alone has the answer; whatever is found, the model may read on in the same document."""
    llm.says("The leave year starts on 1 January. You may carry over up to 5 days to the next year. [1]")
    answer = Answerer(knowledge, model(llm, 8_000)).answer("When does the leave year start?", PUBLIC)
    assert answer.kind == "answered"
    citation = answer.citations[-1]
    assert citation.passage.document.id == "leave.md"
    assert "carry over up to 5 days" in citation.passage.text
    assert citation.passage.chunk_id in {one.chunk_id for one in answer.passages}
