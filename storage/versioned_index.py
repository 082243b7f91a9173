"""The index under versions of the embedding model: equal to the tables, switched whole, and filled beside the old."""

import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import func, select

from storage.bm25 import Bm25Encoder
from storage.database import Database
from storage.embedder import Embedder, EmbedderError, Vectors
from storage.index import KnowledgeIndex
from storage.nudge import VoteMemory
from storage.projection import Projection, WriteCounts
from storage.scope import Scope
from storage.serving import Serving, no_versions
from storage.serving_embedder import ServingEmbedder
from storage.tables import ChunkRow, EmbeddingModelRow, utc_now
from storage.version_rows import VersionRows, info
from storage.versions import LoadVersion, Sides, State, Version, VersionError, VersionInfo


class VersionedIndex:
    """What a KnowledgeBase searches and fills, whichever version of the model serves. Safe to share between threads.

    `load` makes the embedder of a version of the model, from `embedder`'s name and the version's tensors.
    """

    def __init__(
        self,
        database: Database,
        index: KnowledgeIndex,
        embedder: Embedder,
        bm25: Bm25Encoder,
        load: LoadVersion = no_versions,
        votes: VoteMemory | None = None,
    ) -> None:
        """Without `votes`, none are felt before a version is trained on them."""
        self._database = database
        self._bm25 = bm25
        self._votes = votes
        self._rows = VersionRows(database)
        self._serving = Serving(self._rows, index, embedder, load)
        self._projection = Projection(database, bm25)
        self.embedder: Embedder = ServingEmbedder(lambda: self._serving.now)
        # Held while the index and the tables are apart, so that no other source's sync takes that for a crash. The
        # database's lock, which is taken with it, does the same between the processes that share an index.
        self._changing = threading.RLock()
        self._promoting = threading.Lock()
        self._compared = False

    def open(self) -> None:
        """Serve the active version of the settings' model. No model is loaded before it is needed.

        An index whose BM25 vectors are an earlier Lore's, or another language's, is given today's first.
        """
        if self._serving.open():
            self._projection.match_audiences(self._serving.now, None)
        self._projection.match_sources(self._serving.now)
        self._compared = False
        if self._projection.has_other_words(self._serving.now):
            with self._changing, self._database.locked(alone=True):
                self._projection.renew_words(self._serving.now)

    @property
    def serving(self) -> Version:
        """The version of the embedding model that serves at this moment."""
        return self._serving.now

    def tensors_of_documents(self) -> bytes | None:
        """What training changed of the model that the documents are embedded with, as a safetensors file; or None."""
        version = self._serving.now
        return None if version.documents == version.base else self._rows.tensors(version.documents)

    @property
    def dense_weight(self) -> float:
        """The share of the cosine in the fused score, fitted for the version that serves."""
        return self._serving.now.fusion_weight

    @property
    def max_tokens(self) -> int:
        """The most word pieces that the embedding model sees of a chunk."""
        return self._serving.now.max_tokens

    def reconcile(self, on_progress: Callable[[int], None] | None = None) -> WriteCounts:
        """Make the index hold just the chunks of the tables, where a killed process left them apart.

        The first time in a process, or with a version's collection, it compares every id, later only how many there
        are. A version that another process switched to is served first.
        """
        self.follow()
        with self._changing, self._database.locked(alone=True):
            version = self._serving.now
            if self._compared and self.count_chunks() == version.index.count():
                return WriteCounts()
            counts = self._projection.reconcile(version, on_progress)
            self._compared = True
        return counts

    def rebuild(self, on_total: Callable[[int], None], on_progress: Callable[[int], None]) -> int:
        """Make the index anew from the tables; returns how many chunks it holds then."""
        with self._changing, self._database.locked(alone=True):
            version = self._serving.empty()
            on_total(self.count_chunks())
            chunks = self._projection.reconcile(version, on_progress).embedded
            self._compared = True
            version.index.optimize()
        return chunks

    def optimize(self) -> None:
        """Put the index into shape for searching after many writes."""
        self._serving.now.index.optimize()

    def count_chunks(self) -> int:
        """How many chunks the tables hold."""
        with self._database.session() as session:
            return session.scalar(select(func.count()).select_from(ChunkRow)) or 0

    def document_vectors(self) -> tuple[list[str], Vectors]:
        """The ids of the chunks, and their vectors in the collection that serves, (n, dimension) float32."""
        version = self._serving.now
        vectors = version.index.vectors(self._projection.chunk_ids())
        ids = list(vectors)
        return ids, np.stack([vectors[id] for id in ids]) if ids else np.empty((0, version.dimension), np.float32)

    def add_version(
        self,
        *,
        name: str,
        sides: Sides,
        tensors: bytes,
        fusion_weight: float,
        dense_scale: float,
        state: State,
        reason: str,
        figures: dict[str, Any],
        scope: Scope | None = None,
    ) -> int:
        """Keep a version of the embedding model; returns its id. It serves once it is activated, or promoted.

        `tensors` are what training changed of the settings' model, as a safetensors file. A version of the question
        side was trained towards the documents' vectors that serve now; it is used within its `scope`, or, with none,
        for every question. Raises VersionError where the name is taken.
        """
        if sides == "both" and state == "ready":
            raise ValueError("A version of both sides is ready once promote() has embedded the documents with it.")
        now = self._serving.now
        row = EmbeddingModelRow(
            name=name,
            base=now.base,
            documents=now.documents if sides == "question" else name,
            dimension=now.dimension,
            max_tokens=now.max_tokens,
            fusion_weight=fusion_weight,
            dense_scale=dense_scale,
            state=state,
            reason=reason,
            figures=figures,
        )
        return self._rows.add(row, tensors, scope)

    def versions(self) -> list[VersionInfo]:
        """Every version of the embedding model, the newest first."""
        return self._rows.all()

    def load(self, version_id: int) -> Version:
        """A version, its models loaded, whether or not it serves. Raises VersionError, EmbedderError."""
        return self._serving.load(version_id)

    def activate(self, version_id: int) -> None:
        """Serve this version from now on. It is loaded first, then switched to at once; nothing is embedded.

        Raises VersionError where it was refused or its documents are not embedded yet, EmbedderError where it cannot
        be loaded; what served before goes on then.
        """
        row = self._rows.get(version_id)
        if row.state == "refused":
            raise VersionError(
                f"The version {row.name!r} was refused: {row.reason} Choose another; `lore models` lists them."
            )
        if row.documents == row.name and row.state != "ready":
            raise VersionError(f"No documents are embedded with the version {row.name!r} yet: promote it instead.")
        if not row.active or row.id != self._serving.now.id:
            self._switch(self._serving.load(version_id), lambda: self._rows.activate(version_id), None)

    def embed_documents(
        self,
        version_id: int,
        on_progress: Callable[[int], None] | None = None,
        on_total: Callable[[int], None] | None = None,
    ) -> Version:
        """Embed every document with this version, into a collection of its own, so that it can be judged as it would
        serve; returns it. It does not serve by that, and `resume` takes no notice of it.
        """
        with self._promoting:
            version = self._serving.load(version_id)
            if on_total is not None:
                on_total(max(0, self.count_chunks() - version.index.count()))
            self._projection.catch_up(version, on_progress)
            version.index.optimize()
            return version

    def promote(
        self,
        version_id: int,
        on_progress: Callable[[int], None] | None = None,
        on_total: Callable[[int], None] | None = None,
    ) -> None:
        """Embed every document with this version, into a collection of its own, then serve it.

        What served before serves meanwhile. Documents that are written, shared otherwise or removed meanwhile, by
        whichever process, are caught up with before the switch, which is one transaction. Killed or failing at any
        point, the old version or the new one serves whole, and `resume` does what is left. A version of the question
        side is just activated. `on_total` is told how many chunks are to be embedded first, `on_progress` how many
        each batch finished. Raises VersionError, EmbedderError, KnowledgeIndexError.
        """
        row = self._rows.get(version_id)
        if row.documents != row.name or row.state == "refused" or row.id == self._serving.now.id:
            self.activate(version_id)
            return
        with self._promoting:
            begun = utc_now()
            version = self._serving.load(version_id)
            self._rows.set_state(version_id, "preparing")
            self._projection.renew_words(version)
            if on_total is not None:
                on_total(max(0, self.count_chunks() - version.index.count()))
            self._projection.catch_up(version, on_progress)
            version.index.optimize()
            with self._changing, self._database.locked(alone=True):
                self._projection.reconcile(version, on_progress)
                self._projection.match_audiences(version, None)
                self._projection.renew_words(version, begun)
                self._serving.switch(version, lambda: self._rows.activate(version_id))
                self._compared = True

    def resume(self, on_progress: Callable[[int], None] | None = None) -> VersionInfo | None:
        """Finish the promotion that a killed process began, embedding what is missing; returns what serves by it.

        A version whose weights cannot be loaded any more is refused, and its collection deleted.
        """
        promoted = None
        begun = self._rows.preparing(self._serving.base.name)
        if begun:
            _ = self._serving.base.dimension  # where this cannot be loaded, it is no fault of the versions
        for row in begun:
            try:
                self.promote(row.id, on_progress)
                promoted = info(self._rows.get(row.id))
            except EmbedderError as error:
                self._rows.set_state(row.id, "refused", str(error))
                self._serving.discard(row)
        return promoted

    def rollback(self) -> VersionInfo:
        """Serve the version again that served before, in seconds; returns which one that is. Embeds nothing.

        The version that is left is forgotten as one that ever served (`activated_at` becomes NULL), so that a second
        rollback goes further back and not forth; `activate` serves it again. Where the documents' vectors are other
        ones, documents that came meanwhile are found once the next `reconcile`, with which each sync begins, has
        embedded them. Raises VersionError where no version served before.
        """
        before = self._rows.before(self._serving.now.base)
        left = self._rows.active()
        version = self._serving.load(before.id)
        self._switch(version, lambda: self._rows.roll_back(before.id), left.activated_at if left else None)
        return info(self._rows.get(before.id))

    def follow(self) -> None:
        """Serve the version that another process switched to, if any did: one small query where none did."""
        elsewhere = self._serving.elsewhere()
        if elsewhere is not None:
            self._switch(self._serving.load(elsewhere), lambda: None, None)

    def drop_documents(self, version_id: int) -> None:
        """Delete the collection that a version which does not serve has to itself; the version stays in the list."""
        with self._promoting:
            self._serving.discard(self._rows.get(version_id))

    def forget_version(self, version_id: int) -> None:
        """Delete a version that does not serve, and the collection that is its own: it cannot be gone back to then.

        Raises VersionError where it serves, or where another version needs its vectors of the documents.
        """
        row = self._rows.get(version_id)
        with self._promoting:
            self._rows.forget(row)
            self._serving.discard(row)

    def _switch(self, version: Version, commit: Callable[[], None], since: datetime | None) -> None:
        """`since` is when the version's collection stopped being written to, where that is known."""
        if version.documents == self._serving.now.documents:
            self._serving.switch(version, commit)
            return
        with self._changing:
            self._projection.match_audiences(version, since)
            self._projection.match_sources(version)
            self._projection.renew_words(version, since)
            self._serving.switch(version, commit)
            self._compared = False
