"""The embedding models of the tests: the real one, one that counts, and one for tests that no meaning matters to."""

import hashlib
import os
from collections.abc import Callable, Sequence
from functools import cache

import numpy as np

from storage.embedder import Embedder, EmbedderError, SentenceTransformerEmbedder, Vectors

# Nothing is downloaded in a test, on whatever machine; this is read when the library is first imported.
os.environ["HF_HUB_OFFLINE"] = "1"


@cache
def real_embedder() -> SentenceTransformerEmbedder:
    """all-MiniLM-L6-v2, loaded once for all tests of a run."""
    return SentenceTransformerEmbedder(device="cpu")


class HashEmbedder:
    """Unit vectors of 8 numbers that depend on each letter of a text and mean nothing. Words count as tokens."""

    max_tokens = 64

    def __init__(self, name: str = "hash", dimension: int = 8) -> None:
        self.name = name
        self.dimension = dimension

    def embed(self, texts: Sequence[str], on_progress: Callable[[int], None] | None = None) -> Vectors:
        vectors = np.stack([self.embed_question(text) for text in texts])
        if on_progress is not None:
            on_progress(len(texts))
        return vectors

    def embed_question(self, text: str) -> Vectors:
        seed = int.from_bytes(hashlib.sha256(text.encode("utf-8", "replace")).digest()[:8])
        vector = np.random.default_rng(seed).normal(size=self.dimension)
        return (vector / np.linalg.norm(vector)).astype(np.float32)

    def embed_sentences(self, texts: Sequence[str]) -> Vectors:
        return self.embed(texts)

    def piece_vectors(self, pieces: Sequence[str]) -> Vectors:
        return self.embed(pieces) if pieces else np.empty((0, self.dimension), dtype=np.float32)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(self.word_pieces(text)) for text in texts]

    def word_pieces(self, text: str) -> list[str]:
        return ["[CLS]", *text.split(), "[SEP]"]


class CountingEmbedder:
    """Another embedder, and the texts of documents that it was asked to embed."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self.embedded: list[str] = []
        self.name = embedder.name
        self.dimension = embedder.dimension
        self.max_tokens = embedder.max_tokens
        self.embed_question = embedder.embed_question
        self.embed_sentences = embedder.embed_sentences
        self.piece_vectors = embedder.piece_vectors
        self.count_tokens = embedder.count_tokens
        self.word_pieces = embedder.word_pieces

    def embed(self, texts: Sequence[str], on_progress: Callable[[int], None] | None = None) -> Vectors:
        self.embedded += texts
        return self._embedder.embed(texts, on_progress)

    def taken(self) -> list[str]:
        """What was embedded since this was last asked."""
        taken, self.embedded = self.embedded, []
        return taken


class SaltedEmbedder(HashEmbedder):
    """A HashEmbedder whose vectors depend on a salt too, as a version's do on its tensors."""

    def __init__(self, name: str, salt: bytes) -> None:
        super().__init__(name)
        self._salt = salt.decode()

    def embed_question(self, text: str) -> Vectors:
        return super().embed_question(self._salt + text)


def load_salted(base: str, tensors: bytes, name: str) -> Embedder:
    """Makes a version's embedder, with its tensors as the salt."""
    return SaltedEmbedder(name, tensors)


def make_hash_embedder(device: str | None) -> Embedder:
    """Makes the embedder that no meaning matters to, in whichever process."""
    return HashEmbedder()


def fail_to_load(device: str | None) -> Embedder:
    """A model that cannot be loaded."""
    raise EmbedderError("The model is away: bring it back.")
