"""An embedder that is loaded when it is first used: `lore --help` and a sync without news do not wait for it."""

import threading
from collections.abc import Callable, Sequence

from storage.embedder import Embedder, Vectors


class LazyEmbedder:
    """An embedder that is loaded when it is first used: a sync that finds nothing new does not wait for it.

    `load` makes the embedder, and raises EmbedderError where that cannot be done.
    """

    def __init__(self, name: str, load: Callable[[], Embedder]) -> None:
        self.name = name
        self._load = load
        self._loading = threading.Lock()
        self._loaded: Embedder | None = None

    @property
    def dimension(self) -> int:
        return self._embedder().dimension

    @property
    def max_tokens(self) -> int:
        return self._embedder().max_tokens

    def embed(self, texts: Sequence[str], on_progress: Callable[[int], None] | None = None) -> Vectors:
        return self._embedder().embed(texts, on_progress)

    def embed_question(self, text: str) -> Vectors:
        return self._embedder().embed_question(text)

    def embed_sentences(self, texts: Sequence[str]) -> Vectors:
        return self._embedder().embed_sentences(texts)

    def piece_vectors(self, pieces: Sequence[str]) -> Vectors:
        return self._embedder().piece_vectors(pieces)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return self._embedder().count_tokens(texts)

    def word_pieces(self, text: str) -> list[str]:
        return self._embedder().word_pieces(text)

    def _embedder(self) -> Embedder:
        with self._loading:
            if self._loaded is None:
                self._loaded = self._load()
            return self._loaded
