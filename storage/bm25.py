"""Text into sparse BM25 vectors, by Qdrant's own encoder; the index itself multiplies with the terms' idf."""

from qdrant_edge import Bm25, Bm25Config

from storage.index import SparseVector
from storage.storable import storable

AVERAGE_LENGTH = 160
"""Terms in an average chunk, stop words left out (docs/decisions/fusion.md)."""


class Bm25Encoder:
    """Stems, drops stop words and weighs terms for one language; `language` is a name such as "english"."""

    def __init__(self, language: str = "english") -> None:
        self._bm25 = Bm25(Bm25Config(avg_len=AVERAGE_LENGTH, language=language))

    def document(self, text: str) -> SparseVector:
        """The saturated, length-normalised term frequencies of a chunk."""
        vector = self._bm25.embed_document(storable(text))
        return SparseVector(tuple(vector.indices), tuple(vector.values))

    def question(self, text: str) -> SparseVector:
        """Each term of a question once, with weight 1."""
        vector = self._bm25.embed_query(storable(text))
        return SparseVector(tuple(vector.indices), tuple(vector.values))
