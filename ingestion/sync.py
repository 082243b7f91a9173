"""One source, made equal to what its connector lists now. Stopped at any point and run again, it converges."""

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from ingestion.chunk import chunk
from ingestion.connectors import Connector, ConnectorError, DocumentRef, RawDocument
from ingestion.holder import Holder
from ingestion.interruption import InterruptibleConnector, Interruption
from ingestion.lease import Lease, Leases, LeaseTakenError, NotDueError
from ingestion.parse import ParseError, parse
from ingestion.removal import Removed, remove_source
from ingestion.run_record import RunRecord
from ingestion.source_rows import ensure_source
from storage.database import Database
from storage.document import Audience, Document
from storage.knowledge import KnowledgeBase, WriteCounts
from storage.storable import storable
from storage.tables import DocumentRow

log = structlog.get_logger()

PIPELINE = "1"
"""Raise it when parsing or chunking changes: every document is then parsed again at its next sync."""

CHUNKS_AT_ONCE = 512
"""Chunks between two commits: some 20 seconds of embedding on two cores, which is what a kill can cost."""


class SyncError(Exception):
    """A sync could not be done; nothing was deleted. The message says what to do."""


@dataclass(frozen=True)
class Source:
    """A configured place that documents come from, ready to be listed."""

    name: str
    connector_name: str
    connector: Connector
    audience: Audience
    every: timedelta | None = None
    cron: str | None = None
    jitter: timedelta | None = None
    """The most by which a scheduled run is late, at random; None for a small share of the interval."""


@dataclass
class SyncReport:
    """What one sync of one source did. `error` says why it stopped or deleted nothing, None if all went well."""

    source: str
    listed: int = 0
    added: int = 0
    changed: int = 0
    removed: int = 0
    failed: int = 0
    chunks: WriteCounts = field(default_factory=WriteCounts)
    seconds: float = 0.0
    error: str | None = None


@dataclass(frozen=True)
class Progress:
    """How far a sync is: `done` of `total` changed documents (fractions count chunks), and chunks embedded so far."""

    source: str
    done: float
    total: int
    chunks: int


@dataclass(frozen=True)
class _Known:
    revision: str
    content_hash: str
    url: str
    audience: Audience
    error: str | None


class Syncs:
    """Syncs sources into a knowledge base, never one source twice at the same time, in whichever process.

    `leases` say which process has a source; without them, this one is named Lore to the others.
    """

    def __init__(self, database: Database, knowledge: KnowledgeBase, leases: Leases | None = None) -> None:
        self._database = database
        self._knowledge = knowledge
        self._leases = leases or Leases(database, Holder("Lore"))

    def sync(
        self,
        source: Source,
        on_progress: Callable[[Progress], None] = lambda progress: None,
        allow_removals: bool = False,
    ) -> SyncReport:
        """Make one source equal to what its connector lists.

        `allow_removals` lets it delete more than half of the source at once. What goes wrong with the source stands
        in the report's `error`, and nothing is deleted then. Raises SyncError where the source is being synced
        already, by any process, and what the database, the index or the embedder raise.
        """
        source_id = ensure_source(self._database, source.name, source.connector_name, source.audience)
        try:
            with self._leases.hold(source_id) as lease:
                return self._sync(source, lease, on_progress, allow_removals, lambda: None)
        except LeaseTakenError as error:
            raise SyncError(str(error)) from error

    def sync_due(self, source: Source, next_run: datetime, go_on: Callable[[], None]) -> SyncReport | None:
        """The same, where the source is due, which it is next at `next_run` then; None where it is not due (any more).

        `go_on` is called between any two documents, and raises Interruption to end the sync there.
        """
        source_id = ensure_source(self._database, source.name, source.connector_name, source.audience)
        try:
            with self._leases.hold(source_id, next_run) as lease:
                return self._sync(source, lease, lambda progress: None, False, go_on)
        except NotDueError:
            return None

    def remove(self, name: str) -> Removed:
        """Forget a source with its documents. Raises UnknownSourceError, and SyncError where it is being synced."""
        try:
            return remove_source(self._database, self._knowledge, self._leases, name)
        except (LeaseTakenError, Interruption) as error:
            raise SyncError(str(error)) from error

    def _sync(
        self,
        source: Source,
        lease: Lease,
        on_progress: Callable[[Progress], None],
        allow_removals: bool,
        go_on: Callable[[], None],
    ) -> SyncReport:
        begun = time.monotonic()
        report = SyncReport(source.name)
        run = RunRecord(self._database, lease.source_id)

        def check() -> None:
            go_on()
            lease.check()

        def tell(progress: Progress) -> None:
            check()
            run.progress(progress, report)
            on_progress(progress)

        watched = replace(source, connector=InterruptibleConnector(source.connector, check))
        try:
            _OneSync(self._database, self._knowledge, watched, lease.source_id, report, tell).run(allow_removals)
        except (ConnectorError, SyncError, Interruption) as error:
            report.error = str(error)
            log.warning("sync stopped", source=source.name, reason=report.error)
        except BaseException as error:
            report.error = f"{type(error).__name__}: {error}"
            raise
        finally:
            report.seconds = time.monotonic() - begun
            run.end(report)
        return report


class _OneSync:
    """One run: list, compare, fetch and write what changed, delete what is gone."""

    def __init__(
        self,
        database: Database,
        knowledge: KnowledgeBase,
        source: Source,
        source_id: int,
        report: SyncReport,
        on_progress: Callable[[Progress], None],
    ) -> None:
        self._database = database
        self._knowledge = knowledge
        self._source = source
        self._source_id = source_id
        self._report = report
        self._on_progress = on_progress
        self._pipeline = f"{PIPELINE}/{knowledge.max_tokens}"
        self._known: dict[str, _Known] = {}
        self._changed: set[str] = set()
        self._total = 0
        self._done = 0

    def run(self, allow_removals: bool) -> None:
        report = self._report
        self._knowledge.reconcile()
        refs = self._list()
        report.listed = len(refs)
        self._known = self._read_known()
        self._share(refs.values())
        changed = [ref for ref in refs.values() if not self._unchanged(ref)]
        self._total = len(changed)
        self._tell(0.0, 0)
        for documents in self._batches(changed):
            self._write(documents)
        gone = self._known.keys() - refs.keys()
        if len(gone) * 2 > len(self._known) and not allow_removals:
            report.error = (
                f"{len(gone)} of {len(self._known)} documents of {self._source.name!r} are no longer listed. That is "
                "more than half, so none was deleted. If they are really gone: "
                f"lore sync {self._source.name} --allow-removals"
            )
            log.warning("sync deleted nothing", source=self._source.name, reason=report.error)
        elif gone:
            report.chunks.removed += self._knowledge.remove(self._source_id, sorted(gone))
            report.removed = len(gone)
        self._knowledge.optimize()

    def _list(self) -> dict[str, DocumentRef]:
        refs: dict[str, DocumentRef] = {}
        for ref in self._source.connector.list():
            refs[ref.id] = ref
        return refs

    def _read_known(self) -> dict[str, _Known]:
        columns = (
            DocumentRow.external_id,
            DocumentRow.revision,
            DocumentRow.content_hash,
            DocumentRow.url,
            DocumentRow.audience,
            DocumentRow.error,
        )
        with self._database.session() as session:
            rows = session.execute(select(*columns).where(DocumentRow.source_id == self._source_id))
            return {
                id: _Known(revision, hash, url, frozenset(audience), error)
                for id, revision, hash, url, audience, error in rows
            }

    def _share(self, refs: Iterable[DocumentRef]) -> None:
        """Let those see the documents who may now: at once, whether or not they can be fetched and read again."""
        moved: dict[Audience, list[str]] = {}
        for ref in refs:
            known, audience = self._known.get(ref.id), self._audience(ref)
            if known is not None and known.audience != audience:
                moved.setdefault(audience, []).append(ref.id)
        for audience, ids in moved.items():
            self._knowledge.set_audience(self._source_id, ids, audience)
            self._changed.update(ids)
        self._report.changed = len(self._changed)

    def _audience(self, ref: DocumentRef) -> Audience:
        return self._source.audience if ref.audience is None else ref.audience

    def _revision(self, ref: DocumentRef) -> str:
        return f"{ref.revision} {self._pipeline}"

    def _unchanged(self, ref: DocumentRef) -> bool:
        known = self._known.get(ref.id)
        return (
            known is not None and known.error is None and known.revision == self._revision(ref) and known.url == ref.url
        )

    def _batches(self, refs: Sequence[DocumentRef]) -> Iterator[list[Document]]:
        """The changed documents, parsed and chunked, some `CHUNKS_AT_ONCE` chunks at a time."""
        batch: list[Document] = []
        for ref in refs:
            document = self._read(ref)
            if document is None:
                self._done += 1
                continue
            batch.append(document)
            if sum(len(document.chunks) for document in batch) >= CHUNKS_AT_ONCE:
                yield batch
                batch = []
        if batch:
            yield batch

    def _read(self, ref: DocumentRef) -> Document | None:
        """The document, or None where its bytes are as before or it cannot be read (which is then on record)."""
        known = self._known.get(ref.id)
        document = None
        try:
            raw = self._source.connector.fetch(ref)
            content_hash = self._content_hash(ref, raw.content)
            if known is None or known.error or (known.content_hash, known.url) != (content_hash, ref.url):
                document = self._parsed(ref, raw, content_hash)
        except (ConnectorError, ParseError) as error:
            self._note_failure(ref, str(error))
        except Exception as error:  # whatever one document does to a parser, the others go on
            log.exception("document failed", source=self._source.name, document=ref.id)
            self._note_failure(ref, f"Lore failed to read it, by a fault of its own: {type(error).__name__}: {error}")
        else:
            if document is None:
                self._touch(ref)
        return document

    def _content_hash(self, ref: DocumentRef, content: bytes) -> str:
        """Of all that the document is made from: a source may change a title and leave the bytes as they are."""
        parts = (self._pipeline.encode(), storable(ref.title).encode(), content)
        return hashlib.sha256(b"\0".join(parts)).hexdigest()

    def _parsed(self, ref: DocumentRef, raw: RawDocument, content_hash: str) -> Document:
        parsed = parse(raw)
        title = parsed.title or ref.title
        embedder = self._knowledge.embedder
        return Document(
            id=ref.id,
            title=title,
            url=ref.url,
            revision=self._revision(ref),
            content_hash=content_hash,
            markdown=parsed.markdown,
            audience=self._audience(ref),
            chunks=tuple(chunk(title, parsed.markdown, embedder.count_tokens, embedder.max_tokens)),
        )

    def _write(self, documents: Sequence[Document]) -> None:
        total = sum(len(document.chunks) for document in documents)
        embedded = 0
        already = self._report.chunks.embedded

        def on_chunks(count: int) -> None:
            nonlocal embedded
            embedded += count
            self._tell(self._done + len(documents) * embedded / total, already + embedded)

        self._report.chunks += self._knowledge.write(self._source_id, documents, on_chunks)
        ids = {document.id for document in documents}
        self._changed |= ids & self._known.keys()
        self._report.added += len(ids - self._known.keys())
        self._report.changed = len(self._changed)
        self._done += len(documents)
        self._tell(self._done, self._report.chunks.embedded)

    def _tell(self, done: float, chunks: int) -> None:
        self._on_progress(Progress(self._source.name, done, self._total, chunks))

    def _touch(self, ref: DocumentRef) -> None:
        with self._database.session() as session:
            self._row(session, ref).revision = self._revision(ref)

    def _note_failure(self, ref: DocumentRef, error: str) -> None:
        self._report.failed += 1
        error = storable(error)
        log.warning("document failed", source=self._source.name, document=ref.id, reason=error)
        with self._database.session() as session:
            if ref.id in self._known:
                self._row(session, ref).error = error
            else:
                session.add(
                    DocumentRow(
                        source_id=self._source_id,
                        external_id=ref.id,
                        title=storable(ref.title),
                        url=storable(ref.url),
                        revision="",
                        content_hash="",
                        markdown="",
                        audience=sorted(self._audience(ref)),
                        error=error,
                    )
                )

    def _row(self, session: Session, ref: DocumentRef) -> DocumentRow:
        query = select(DocumentRow).where(DocumentRow.source_id == self._source_id, DocumentRow.external_id == ref.id)
        return session.scalars(query).one()
