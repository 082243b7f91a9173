"""The embedder of whichever version serves at the moment, for those who keep one embedder for good."""

from collections.abc import Callable, Sequence

from storage.embedder import Vectors
from storage.versions import Version


class ServingEmbedder:
    """An Embedder that asks, at each call, the version that `now` returns: its documents' side, or its questions'."""

    def __init__(self, now: Callable[[], Version]) -> None:
        self._now = now

    @property
    def name(self) -> str:
        return self._now().name

    @property
    def dimension(self) -> int:
        return self._now().document_embedder.dimension

    @property
    def max_tokens(self) -> int:
        return self._now().document_embedder.max_tokens

    def embed(self, texts: Sequence[str], on_progress: Callable[[int], None] | None = None) -> Vectors:
        return self._now().document_embedder.embed(texts, on_progress)

    def embed_question(self, text: str) -> Vectors:
        return self._now().questions.embed_question(text)

    def embed_sentences(self, texts: Sequence[str]) -> Vectors:
        return self._now().document_embedder.embed_sentences(texts)

    def piece_vectors(self, pieces: Sequence[str]) -> Vectors:
        return self._now().document_embedder.piece_vectors(pieces)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return self._now().document_embedder.count_tokens(texts)

    def word_pieces(self, text: str) -> list[str]:
        return self._now().document_embedder.word_pieces(text)
