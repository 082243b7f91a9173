"""What the knowledge base holds, as training and judging need it: vectors, documents and headings of its chunks."""

import random
import uuid
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Protocol, TypeAlias

import numpy as np
from sqlalchemy import Select, func, select

from learning.votes import DocumentKey
from storage.database import Database
from storage.embedder import Vectors
from storage.tables import ChunkRow, DocumentRow, SourceRow

MOST_CHUNKS = 20_000
"""Of a larger knowledge base, the chunks that matter to the lessons and a sample of the others stand for all."""

SAMPLE_RUN = 20
"""Chunks that are taken in a row from each random place: ids are random, so a run of them is a sample too."""

_AT_ONCE = 500

ChunkSelect: TypeAlias = Select[str, list[str], str, str, str, str, str]


class VectorSource(Protocol):
    """Where the documents' vectors are (storage.knowledge.KnowledgeBase)."""

    def vectors(self, ids: Sequence[str]) -> dict[str, Vectors]:
        """The vectors of these chunks, (d,) each, without those that are not there."""
        ...


@dataclass(frozen=True)
class CorpusChunk:
    """A chunk, without its vector. `embedded` is its text as the model reads it, its title and headings included."""

    id: str
    document: DocumentKey
    title: str
    heading: tuple[str, ...]
    text: str
    embedded: str

    @property
    def headings(self) -> tuple[str, ...]:
        """What the chunk could be asked for by: the document's title, and with it the heading right above."""
        below = [part for part in self.heading[-1:] if part != self.title]
        return tuple(filter(None, (self.title, *(f"{self.title}: {part}" for part in below))))


@dataclass(frozen=True)
class Corpus:
    """Chunks, in an order that does not depend on the index, and their vectors: row i of (n, d) is chunk i's."""

    chunks: tuple[CorpusChunk, ...]
    vectors: Vectors


def read_corpus(
    database: Database, source: VectorSource, wanted: Callable[[], Collection[str]], seed: int, most: int = MOST_CHUNKS
) -> Corpus:
    """All chunks, or, of more than `most`, the `wanted` ones and others, drawn at random, that make it `most`."""
    with database.session() as session:
        count = session.scalar(select(func.count()).select_from(ChunkRow)) or 0
    if count <= most:
        chunks = {chunk.id: chunk for chunk in _read(database, [_chunks()])}
    else:
        chunks = {chunk.id: chunk for chunk in _read(database, map(_of, _parts(sorted(wanted()), _AT_ONCE)))}
        for chunk in islice(_drawn(database, seed), 20 * most):
            if len(chunks) >= most:
                break
            chunks.setdefault(chunk.id, chunk)
    ids = sorted(chunks)
    vectors: dict[str, Vectors] = {}
    for some in _parts(ids, _AT_ONCE):
        vectors |= source.vectors(some)
    # A chunk whose vector is missing is one whose sync was stopped: the next one writes it.
    ids = [id for id in ids if id in vectors]
    rows = [vectors[id] for id in ids]
    return Corpus(tuple(chunks[id] for id in ids), np.stack(rows) if rows else np.empty((0, 0), dtype=np.float32))


def _chunks() -> ChunkSelect:
    return (
        select(
            ChunkRow.id,
            ChunkRow.heading,
            ChunkRow.text,
            ChunkRow.embedded,
            DocumentRow.external_id,
            DocumentRow.title,
            SourceRow.name,
        )
        .join(DocumentRow, ChunkRow.document_id == DocumentRow.id)
        .join(SourceRow, DocumentRow.source_id == SourceRow.id)
    )


def _of(ids: Sequence[str]) -> ChunkSelect:
    return _chunks().where(ChunkRow.id.in_(ids))


def _from(id: str) -> ChunkSelect:
    return _chunks().where(ChunkRow.id >= id).order_by(ChunkRow.id).limit(SAMPLE_RUN)


def _read(database: Database, queries: Iterable[ChunkSelect]) -> Iterator[CorpusChunk]:
    for query in queries:
        with database.session() as session:
            rows = session.execute(query).all()
        for id, heading, text, embedded, document, title, source in rows:
            yield CorpusChunk(id, (source, document), title, tuple(heading), text, embedded)


def _drawn(database: Database, seed: int) -> Iterator[CorpusChunk]:
    """Runs of chunks from random places. One that comes to the end goes on at the beginning, so that none is rare."""
    for id in _random_ids(seed):
        run = list(_read(database, [_from(id)]))
        yield from run
        if len(run) < SAMPLE_RUN:
            yield from islice(_read(database, [_from("")]), SAMPLE_RUN - len(run))


def _random_ids(seed: int) -> Iterator[str]:
    drawn = random.Random(seed)
    while True:
        yield str(uuid.UUID(int=drawn.getrandbits(128)))


def _parts(ids: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    return (ids[start : start + size] for start in range(0, len(ids), size))
