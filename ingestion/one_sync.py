"""One run of a source's sync: list, compare, fetch and write what changed, delete what is gone."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy import select, update

from ingestion.connectors import ConnectorError, DocumentRef, RawDocument
from ingestion.failures import note_failure
from ingestion.listing import AT_ONCE, Listed, Listing
from ingestion.reading import Fetched, Read, Reading, Text, why_unread
from ingestion.source import Source
from ingestion.sync_report import Progress, SyncReport
from storage.database import Database
from storage.document import Audience, Document
from storage.knowledge import KnowledgeBase
from storage.projection import ReadyVectors
from storage.storable import storable
from storage.tables import DocumentRow

log = structlog.get_logger()

PIPELINE = "4"
"""Raise it when parsing or chunking changes: every document is then parsed again at its next sync."""

CHUNKS_AT_ONCE = 512
"""Chunks between two commits: some 20 seconds of embedding on two cores, which is what a kill can cost."""

LETTERS_AT_ONCE = 4_000_000
"""Letters of Markdown between two commits, so that what waits to be written stays small in memory."""

OPTIMIZE_EVERY = 25_000
"""Chunks embedded, some 15 minutes on two cores, after which the index is optimized in the midst of a sync: until then
it keeps 1.5 kB of each in memory, and compares with each of them one by one."""

NOBODY: Audience = frozenset()


@dataclass(frozen=True)
class _Known:
    """What the tables say of a document."""

    revision: str
    content_hash: str
    url: str
    audience: Audience
    error: str | None
    failed_revision: str | None
    retry_at: datetime | None
    changed_at: datetime | None


class OneSync:
    """Makes a source equal to what it lists, once. Its memory does not grow with the source: see Listing."""

    def __init__(
        self,
        database: Database,
        knowledge: KnowledgeBase,
        source: Source,
        source_id: int,
        reading: Reading,
        report: SyncReport,
        on_progress: Callable[[Progress], None],
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._knowledge = knowledge
        self._source = source
        self._source_id = source_id
        self._reading = reading
        self._report = report
        self._on_progress = on_progress
        self._now = now
        self._pipeline = f"{PIPELINE}/{knowledge.max_tokens}"
        self._total = 0
        self._done = 0

    def run(self, allow_removals: bool) -> None:
        """Raises ConnectorError where the source could not be listed whole; nothing was changed then."""
        self._knowledge.reconcile()
        with Listing() as listing:
            self._report.listed = listing.take(iter(self._source.connector.list()))
            self._compare(listing)
            may_remove = self._find_gone(listing, allow_removals)
            self._total = listing.count_to_read()
            self._tell(0.0, 0)
            optimized = 0
            for documents in self._batches(listing):
                self._write(documents)
                if self._report.chunks.embedded - optimized >= OPTIMIZE_EVERY:
                    self._knowledge.optimize()
                    optimized = self._report.chunks.embedded
            if may_remove:
                # Last, so that a document that moved finds its vectors.
                for ids in listing.gone():
                    self._report.chunks.removed += self._knowledge.remove(self._source_id, ids)
                    self._report.removed += len(ids)
        self._knowledge.optimize()

    def _compare(self, listing: Listing) -> None:
        """Note what is to be read, and let those see the documents who may now: at once, before anything is read."""
        for refs in listing.batches():
            known = self._known([ref.id for ref in refs])
            moved: dict[Audience, list[str]] = {}
            for ref in refs:
                if ref.id in known and known[ref.id].audience != self._audience(ref):
                    moved.setdefault(self._audience(ref), []).append(ref.id)
            for audience, ids in moved.items():
                self._knowledge.set_audience(self._source_id, ids, audience)
                self._report.changed += len(ids)
            self._date([ref for ref in refs if ref.id in known and known[ref.id].changed_at is None])
            listing.mark(
                to_read=[ref.id for ref in refs if self._is_to_read(ref, known.get(ref.id))],
                counted=[id for ids in moved.values() for id in ids],
            )

    def _date(self, refs: Sequence[DocumentRef]) -> None:
        """Note when these documents were last changed, which is not known, as far as the source says it now."""
        dated = [ref for ref in refs if ref.changed_at is not None]
        if not dated:
            return
        with self._database.session() as session:
            for ref in dated:
                these = (DocumentRow.source_id == self._source_id, DocumentRow.external_id == ref.id)
                session.execute(update(DocumentRow).where(*these).values(changed_at=ref.changed_at))

    def _is_to_read(self, ref: DocumentRef, known: _Known | None) -> bool:
        if known is None:
            return True
        if known.error is None:
            return known.revision != self._revision(ref) or known.url != ref.url
        is_due = known.failed_revision != self._revision(ref) or known.retry_at is None or known.retry_at <= self._now()
        if not is_due:
            self._report.failed += 1
        return is_due

    def _find_gone(self, listing: Listing, allow_removals: bool) -> bool:
        """Note what is not listed any more, and hide it at once. Returns whether it may be deleted."""
        known = 0
        for ids in self._known_ids():
            known += len(ids)
            listing.note_gone(ids)
        gone = listing.count_gone()
        if gone * 2 > known and not allow_removals:
            what = (
                f"{gone} of {known} documents of {self._source.name!r} are no longer listed. That is more than half"
                if self._report.listed
                else f"{self._source.name!r} lists nothing any more, and it had {known} documents"
            )
            self._report.error = (
                f"{what}, so none was deleted. If they are really gone: lore sync {self._source.name} --allow-removals"
            )
            log.warning("sync deleted nothing", source=self._source.name, reason=self._report.error)
            return False
        for ids in listing.gone():
            # What may not be seen any more must not answer for the hours that reading the rest can take.
            self._knowledge.set_audience(self._source_id, ids, NOBODY)
        return True

    def _known_ids(self) -> Iterator[Sequence[str]]:
        """The ids of the source's documents in the tables, some at a time."""
        last = 0
        while True:
            query = (
                select(DocumentRow.id, DocumentRow.external_id)
                .where(DocumentRow.source_id == self._source_id, DocumentRow.id > last)
                .order_by(DocumentRow.id)
                .limit(AT_ONCE)
            )
            with self._database.session() as session:
                rows = session.execute(query).all()
            if not rows:
                return
            yield [row.external_id for row in rows]
            last = rows[-1].id

    def _known(self, ids: Sequence[str]) -> dict[str, _Known]:
        query = select(
            DocumentRow.external_id,
            DocumentRow.revision,
            DocumentRow.content_hash,
            DocumentRow.url,
            DocumentRow.audience,
            DocumentRow.error,
            DocumentRow.failed_revision,
            DocumentRow.retry_at,
            DocumentRow.changed_at,
        ).where(DocumentRow.source_id == self._source_id, DocumentRow.external_id.in_(ids))
        with self._database.session() as session:
            return {
                id: _Known(revision, hash, url, frozenset(audience), error, failed_revision, retry_at, changed_at)
                for id, revision, hash, url, audience, error, failed_revision, retry_at, changed_at in session.execute(
                    query
                )
            }

    def _audience(self, ref: DocumentRef) -> Audience:
        return self._source.audience if ref.audience is None else ref.audience

    def _revision(self, ref: DocumentRef) -> str:
        return f"{ref.revision} {self._pipeline}"

    def _batches(self, listing: Listing) -> Iterator[list[tuple[Read, Text]]]:
        """The documents to be read, parsed and chunked, as many at a time as are written at once."""
        batch: list[tuple[Read, Text]] = []
        chunks = letters = 0
        for read in self._reading.read(self._source.name, self._fetched(listing)):
            if read.text is None:
                self._done += 1
                self._note_failure(read.fetched.listed.ref, str(read.error))
                continue
            batch.append((read, read.text))
            chunks += len(read.text.chunks)
            letters += len(read.text.markdown)
            if chunks >= CHUNKS_AT_ONCE or letters >= LETTERS_AT_ONCE:
                yield batch
                batch, chunks, letters = [], 0, 0
        if batch:
            yield batch

    def _fetched(self, listing: Listing) -> Iterator[Fetched]:
        """The documents to be read, fetched, but for those whose bytes are as before or cannot be had."""
        for some in listing.to_read():
            known = self._known([listed.ref.id for listed in some])
            for listed in some:
                fetched = self._fetch(listed, known.get(listed.ref.id))
                if fetched is None:
                    self._done += 1
                else:
                    yield fetched

    def _fetch(self, listed: Listed, known: _Known | None) -> Fetched | None:
        ref = listed.ref
        try:
            raw = self._source.connector.fetch(ref)
            content_hash = self._content_hash(ref, raw)
        except ConnectorError as error:
            self._note_failure(ref, str(error))
            return None
        except Exception as error:  # noqa: BLE001  # whatever one document does to a connector, the others go on
            self._note_failure(ref, why_unread(error, self._source.name, ref.id))
            return None
        if known is None or known.error or (known.content_hash, known.url) != (content_hash, ref.url):
            return Fetched(listed, raw, content_hash, known is not None)
        self._touch(ref)
        return None

    def _content_hash(self, ref: DocumentRef, raw: RawDocument) -> str:
        """Of all that the document is made from: a source may change a title and leave the bytes as they are."""
        digest = hashlib.sha256()
        for part in (self._pipeline, "\0", storable(ref.title), "\0", raw.heading_ids, "\0"):
            digest.update(part.encode())
        digest.update(raw.content)
        return digest.hexdigest()

    def _document(self, fetched: Fetched, text: Text) -> Document:
        ref = fetched.listed.ref
        return Document(
            id=ref.id,
            title=text.title,
            url=ref.url,
            revision=self._revision(ref),
            content_hash=fetched.content_hash,
            markdown=text.markdown,
            audience=self._audience(ref),
            chunks=text.chunks,
            changed_at=text.changed_at or ref.changed_at,
        )

    def _write(self, batch: Sequence[tuple[Read, Text]]) -> None:
        documents = [self._document(read.fetched, text) for read, text in batch]
        total = sum(len(document.chunks) for document in documents)
        embedded = 0
        already = self._report.chunks.embedded

        def on_chunks(count: int) -> None:
            nonlocal embedded
            embedded += count
            self._tell(self._done + len(batch) * embedded / total, already + embedded)

        ready = ReadyVectors.joined([read.ready for read, _ in batch if read.ready is not None])
        self._report.chunks += self._knowledge.write(self._source_id, documents, on_chunks, ready)
        fetched = [read.fetched for read, _ in batch]
        self._report.added += sum(not one.is_known for one in fetched)
        self._report.changed += sum(one.is_known and not one.listed.is_counted for one in fetched)
        self._done += len(batch)
        self._tell(self._done, self._report.chunks.embedded)

    def _tell(self, done: float, chunks: int) -> None:
        self._on_progress(Progress(self._source.name, done, self._total, chunks))

    def _touch(self, ref: DocumentRef) -> None:
        these = (DocumentRow.source_id == self._source_id, DocumentRow.external_id == ref.id)
        with self._database.session() as session:
            session.execute(update(DocumentRow).where(*these).values(revision=self._revision(ref)))

    def _note_failure(self, ref: DocumentRef, error: str) -> None:
        self._report.failed += 1
        log.warning("document failed", source=self._source.name, document=ref.id, reason=storable(error))
        note_failure(self._database, self._source_id, ref, self._audience(ref), self._revision(ref), error, self._now())
