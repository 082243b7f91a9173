"""Text into sparse BM25 vectors, by Qdrant's own encoder; the index itself multiplies with the terms' idf."""

from collections.abc import Sequence

from qdrant_edge import Bm25, Bm25Config

from storage.index import SparseVector
from storage.storable import storable

AVERAGE_LENGTH = 160
"""Terms in an average chunk, stop words left out (docs/decisions/fusion.md)."""

AVERAGE_LENGTH_AROUND = 300
"""The same of a chunk together with those around it (docs/decisions/retrieval.md)."""

SHARE_OF_AROUND = 0.3
"""What a term weighs by the chunk with those around it; by the chunk alone it weighs the rest of one."""


class Bm25Encoder:
    """Stems, drops stop words and weighs terms for one language; `language` is a name such as "english"."""

    def __init__(self, language: str = "english") -> None:
        self._alone = Bm25(Bm25Config(avg_len=AVERAGE_LENGTH, language=language))
        self._around = Bm25(Bm25Config(avg_len=AVERAGE_LENGTH_AROUND, language=language))

    def document(self, text: str, around: Sequence[str] = ()) -> SparseVector:
        """The saturated, length-normalised term frequencies of a chunk, 0 to 2.2 (k + 1) each.

        `around` are the texts of the chunks before and after it in its document: what they say tells what it is about,
        so that a passage is found by a question of which only they have a word.
        """
        alone = self._alone.embed_document(storable(text))
        with_others = self._around.embed_document(storable("\n".join((*around, text))))
        weights = {
            term: SHARE_OF_AROUND * weight for term, weight in zip(with_others.indices, with_others.values, strict=True)
        }
        for term, weight in zip(alone.indices, alone.values, strict=True):
            weights[term] = weights.get(term, 0.0) + (1 - SHARE_OF_AROUND) * weight
        return SparseVector(tuple(weights), tuple(weights.values()))

    def question(self, text: str) -> SparseVector:
        """Each term of a question once, with weight 1."""
        vector = self._alone.embed_query(storable(text))
        return SparseVector(tuple(vector.indices), tuple(vector.values))
