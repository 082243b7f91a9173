"""Which version of the embedding model serves: opened, loaded, switched to and left, one whole version at a time."""

import threading
from collections.abc import Callable
from weakref import WeakValueDictionary

import numpy as np

from storage.embedder import Embedder, EmbedderError, QuestionEmbedder
from storage.index import KnowledgeIndex
from storage.lazy_embedder import LazyEmbedder
from storage.scope import ScopedQuestions
from storage.tables import EmbeddingModelRow
from storage.version_rows import DENSE_WEIGHT, VersionRows
from storage.versions import LoadVersion, Version, VersionError


def no_versions(base: str, tensors: bytes, name: str) -> Embedder:
    """Stands in for a LoadVersion where only the model of the settings is to serve."""
    raise EmbedderError(f"The version {name!r} of {base!r} cannot be loaded here: no way to load versions was given.")


class Serving:
    """Holds the version that serves, `now`, and replaces it in one assignment. Safe to share between threads.

    `base` is the model of the settings. It is the documents' side of each version that was trained on its question
    side alone, and is loaded once for all of them.
    """

    def __init__(self, rows: VersionRows, index: KnowledgeIndex, base: Embedder, load: LoadVersion) -> None:
        self._rows = rows
        self._primary = index
        self.base = base
        self._load = load
        self._switching = threading.RLock()
        self._indexes: dict[str, KnowledgeIndex] = {}
        # Weak: what no version needs any more is freed, and two versions that need the same share it.
        self._embedders: WeakValueDictionary[str, Embedder] = WeakValueDictionary()
        self.now = Version(0, base.name, base.name, base.name, DENSE_WEIGHT, 0, 0, base, base, index)

    def open(self) -> bool:
        """Serve the active version of the settings' model, from its collection. No model is loaded yet.

        Returns whether another version was active until now, so that this one's collection may be behind.
        """
        with self._switching:
            active = self._rows.active()
            row = self._rows.settle(self.base)
            for index in self._indexes.values():
                if index is not self._primary:
                    index.close()
            self._indexes = {}
            self._primary.activate(row.documents, row.dimension)
            self._indexes[row.documents] = self._primary
            self.now = self._version(row)
            return active is not None and active.id != row.id

    def empty(self) -> Version:
        """Make the collection of the version that serves anew, empty, whatever state it is in."""
        with self._switching:
            row = self._rows.settle(self.base)
            index = self._index(row) if self._indexes else self._primary
            documents = self._embedder(row.documents)
            index.reset(row.documents, documents.dimension)
            self._indexes[row.documents] = index
            if row.documents == self.base.name:
                self._rows.measure(self.base)
            self.now = self._version(self._rows.get(row.id))
            return self.now

    def load(self, version_id: int) -> Version:
        """The version, its models loaded. Raises VersionError where there is none such, EmbedderError where its weights
        cannot be loaded."""
        version = self._version(self._rows.get(version_id))
        for embedder in (self._embedder(version.name), version.questions):
            self._warm(version, embedder)
        _ = version.document_embedder.dimension  # loads it, which the first question need not wait for then
        return version

    def _warm(self, version: Version, embedder: QuestionEmbedder) -> None:
        vector = embedder.embed_question("Is everything warm?")
        if vector.shape != (version.dimension,) or not np.isfinite(vector).all():
            raise EmbedderError(
                f"The version {version.name!r} of the embedding model makes no vectors of {version.dimension} numbers. "
                "Learn anew with `lore learn`."
            )

    def switch(self, version: Version, commit: Callable[[], None]) -> None:
        """Serve this version from now on, once `commit` has said so in the tables."""
        with self._switching:
            commit()
            self.now = version

    def discard(self, row: EmbeddingModelRow) -> None:
        """Let go of a version that does not serve, and delete the collection that is its own."""
        with self._switching:
            self._embedders.pop(row.name, None)
            if row.documents != row.name:
                return
            index = self._indexes.pop(row.name, None)
            if index is not None and index is not self._primary:
                index.close()
            self._primary.drop(row.name)

    def elsewhere(self) -> int | None:
        """The version that another process switched to, where that is another than serves here."""
        active = self._rows.active()
        if active is None or active.id == self.now.id or active.base != self.base.name:
            return None
        return active.id

    def _version(self, row: EmbeddingModelRow) -> Version:
        if row.base != self.base.name:
            raise VersionError(
                f"The version {row.name!r} was made of {row.base!r}, and the settings name {self.base.name!r}. "
                f"Set EMBEDDING_MODEL to {row.base!r} to use it."
            )
        documents = self._embedder(row.documents)
        return Version(
            id=row.id,
            name=row.name,
            base=row.base,
            documents=row.documents,
            fusion_weight=row.fusion_weight,
            dimension=row.dimension,
            max_tokens=row.max_tokens,
            questions=documents if row.name == row.base else self._questions(row, documents),
            document_embedder=documents,
            index=self._index(row),
        )

    def _questions(self, row: EmbeddingModelRow, documents: Embedder) -> ScopedQuestions:
        return ScopedQuestions(
            documents, self._embedder(row.name), lambda: self._rows.scope(row.name, row.dimension), row.dense_scale
        )

    def _embedder(self, name: str) -> Embedder:
        if name == self.base.name:
            return self.base
        with self._switching:
            embedder = self._embedders.get(name)
            if embedder is None:
                embedder = LazyEmbedder(name, lambda: self._load(self.base.name, self._rows.tensors(name), name))
                self._embedders[name] = embedder
            return embedder

    def _index(self, row: EmbeddingModelRow) -> KnowledgeIndex:
        with self._switching:
            if row.documents not in self._indexes:
                self._indexes[row.documents] = self._primary.beside(row.documents, row.dimension)
            return self._indexes[row.documents]
