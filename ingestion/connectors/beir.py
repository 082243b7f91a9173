"""A corpus in BEIR's format (corpus.jsonl) as a source: for measuring, through the same path as any other source."""

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from ingestion.connectors import ConnectorError, DocumentRef, RawDocument
from storage.storable import storable


class BeirConnector:
    """The documents of `path`/corpus.jsonl; only those of the ids in `only`, where it is given."""

    def __init__(self, path: Path, only: Collection[str] | None = None) -> None:
        self._file = path / "corpus.jsonl"
        self._only = None if only is None else frozenset(only)
        self._offsets: dict[str, int] = {}

    def list(self) -> Iterator[DocumentRef]:
        try:
            with self._file.open("rb") as corpus:
                offset = 0
                for number, line in enumerate(corpus, start=1):
                    start, offset = offset, offset + len(line)
                    if not line.strip():
                        continue
                    document = _document(line, self._file, number)
                    id = _id(document)
                    if self._only is None or id in self._only:
                        self._offsets[id] = start
                        yield DocumentRef(id, "", _text(document, "title"), hashlib.sha256(line).hexdigest())
        except OSError as error:
            raise ConnectorError(f"{self._file} cannot be read: {error.strerror}.") from error

    def fetch(self, ref: DocumentRef) -> RawDocument:
        try:
            with self._file.open("rb") as corpus:
                corpus.seek(self._offsets[ref.id])
                line = corpus.readline()
        except OSError as error:
            raise ConnectorError(f"{self._file} cannot be read: {error.strerror}.") from error
        if hashlib.sha256(line).hexdigest() != ref.revision:
            raise ConnectorError(f"{self._file} was changed after it was listed: sync again.")
        document = _document(line, self._file, 0)
        text = _text(document, "text")
        # A document of a title alone can be found by it.
        content = text if text.strip() else _text(document, "title")
        return RawDocument(content.encode(), f"{ref.id}.txt", "text/plain; charset=utf-8")


def _id(document: Mapping[str, object]) -> str:
    return storable(str(document["_id"]))


def _text(document: Mapping[str, object], key: str) -> str:
    return storable(str(document.get(key) or ""))


def _document(line: bytes, file: Path, number: int) -> dict[str, object]:
    try:
        document = json.loads(line)
        if not isinstance(document, dict) or "_id" not in document or "text" not in document:
            raise ValueError("it has no _id or no text")
    except ValueError as error:
        raise ConnectorError(f"{file}, line {number}, is no BEIR document: {error}.") from error
    return document
