"""A model for natural language inference that the settings name has the last word on what a passage says.

The models are real CrossEncoders, small, with random weights: they show the wiring and the labels' order, not how good
such a model is.
"""

from pathlib import Path

import numpy as np
import pytest

from bot.answering.answer import Answerer
from bot.answering.entailment import CrossEncoderEntailment, GroundingModelError, entailment_label
from bot.answering.openai_llm import OpenAICompatible
from storage.document import PUBLIC
from storage.embedder import Vectors
from storage.knowledge import KnowledgeBase
from tests.answering.llm_server import LlmServer
from tests.answering.test_writing import GIST, LEAVE, QUOTED

WORDS = "full time staff get 27 days of paid annual leave a year works who everyone gets".split()


def nli_model(folder: Path, labels: dict[int, str]) -> str:
    """A BERT of one layer with random weights and these labels, saved as a CrossEncoder; its folder."""
    import torch
    from sentence_transformers import CrossEncoder
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

    torch.manual_seed(1)
    folder.mkdir()
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS]
    (folder / "vocab.txt").write_text("\n".join(pieces))
    config = BertConfig(
        vocab_size=len(pieces), hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=64,
        max_position_embeddings=256, num_labels=len(labels), initializer_range=1.0, id2label=labels,
        label2id={name: at for at, name in labels.items()},
    )  # fmt: skip
    BertForSequenceClassification(config).save_pretrained(folder / "bare")
    BertTokenizerFast(vocab=str(folder / "vocab.txt")).save_pretrained(folder / "bare")
    CrossEncoder(str(folder / "bare"), device="cpu").save_pretrained(str(folder / "model"))
    return str(folder / "model")


@pytest.mark.parametrize(
    ("labels", "place"),
    [
        ({0: "contradiction", 1: "entailment", 2: "neutral"}, 1),
        ({0: "CONTRADICTION", 1: "NEUTRAL", 2: "ENTAILMENT"}, 2),
        ({0: "entailment", 1: "not_entailment"}, 0),
        ({0: "not entailment", 1: "Entailment"}, 1),
        ({0: "LABEL_0"}, None),
    ],
)
def test_the_label_for_entailment_is_found_wherever_it_stands(labels: dict[int, str], place: int | None) -> None:
    assert entailment_label(labels) == place


def test_the_probability_is_that_of_the_label_for_entailment(tmp_path: Path) -> None:
    one = CrossEncoderEntailment(
        nli_model(tmp_path / "one", {0: "contradiction", 1: "entailment", 2: "neutral"}), "cpu"
    )
    other = CrossEncoderEntailment(
        nli_model(tmp_path / "other", {0: "entailment", 1: "neutral", 2: "contradiction"}), "cpu"
    )
    pair = (["everyone gets 27 days", "27 days of leave"], "staff get 27 days of leave")
    likely = one.entails(*pair)
    assert likely.shape == (2,)
    assert likely.dtype == np.float32
    assert (likely > 0).all()
    assert (likely < 1).all()
    assert not np.allclose(likely, other.entails(*pair))
    assert one.entails([], "staff").shape == (0,)


def test_a_model_of_one_score_is_read_by_its_sigmoid(tmp_path: Path) -> None:
    model = CrossEncoderEntailment(nli_model(tmp_path / "one", {0: "LABEL_0"}), "cpu")
    assert 0 < float(model.entails(["everyone gets 27 days"], "staff get 27 days")[0]) < 1


def test_a_model_without_a_label_for_entailment_is_named_with_what_to_do(tmp_path: Path) -> None:
    model = nli_model(tmp_path / "sentiment", {0: "negative", 1: "positive"})
    with pytest.raises(GroundingModelError, match=r"negative, positive.*GROUNDING_MODEL"):
        CrossEncoderEntailment(model, "cpu").entails(["a"], "b")
    with pytest.raises(GroundingModelError, match=r"no-such-model.*GROUNDING_MODEL"):
        CrossEncoderEntailment(str(tmp_path / "no-such-model"), "cpu").entails(["a"], "b")


class Fixed:
    """Says the same of every pair."""

    def __init__(self, likely: float) -> None:
        self._likely = likely
        self.asked: list[str] = []

    def entails(self, premises: list[str], hypothesis: str) -> Vectors:
        self.asked.append(hypothesis)
        return np.full(len(premises), self._likely, dtype=np.float32)


def test_what_the_model_does_not_find_entailed_is_not_shown(knowledge: KnowledgeBase, llm: LlmServer) -> None:
    for likely, shown in ((0.9, GIST), (0.1, QUOTED)):
        model = Fixed(likely)
        llm.says(GIST)
        writing = Answerer(knowledge, OpenAICompatible(llm.url, "scripted", "k", timeout=1.0), entailment=model)  # type: ignore[arg-type]
        assert shown in writing.answer(LEAVE, PUBLIC).text
        assert "Full-time staff get 27 days of paid annual leave a year." in model.asked


def test_figures_are_judged_before_the_model_is_asked(knowledge: KnowledgeBase, llm: LlmServer) -> None:
    model = Fixed(1.0)
    llm.says("Full-time staff get 40 days of paid annual leave a year. [1]")
    writing = Answerer(knowledge, OpenAICompatible(llm.url, "scripted", "k", timeout=1.0), entailment=model)  # type: ignore[arg-type]
    assert QUOTED in writing.answer(LEAVE, PUBLIC).text
    assert model.asked == []
