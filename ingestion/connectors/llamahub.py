"""What any reader of LlamaIndex loads: hundreds of kinds of sources, by the reader's import path."""

import hashlib
import importlib
import json
import re
import shutil
import tempfile
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from itertools import chain
from pathlib import Path, PurePosixPath
from typing import Any

from ingestion.connectors import ConnectorError, DocumentRef, RawDocument
from ingestion.moments import moment
from storage.storable import storable

SHORTEST_SECRET = 6
"""Characters: shorter texts are no secrets, and stand in many messages by chance."""

_LOCATORS = ("file_path", "url", "source_url", "link", "source", "path")
"""Metadata that tell where a document is, most telling first."""

_PARTS = ("page_label", "page", "page_number", "sheet_name")
"""Metadata that tell which part of it a document is."""

_TITLES = ("title", "page_title", "file_name", "name")
_CHANGED = ("last_modified_date", "last_modified", "modified_at", "updated_at", "last_edited_time", "modified_time")
"""In a document's metadata, as readers name it."""
_PLAIN_TEXT = frozenset({".txt", ".text", ".log"})
_RANDOM = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.IGNORECASE)
_SECRET = re.compile(r"token|key|secret|password|credential|auth", re.IGNORECASE)


class LlamaHubConnector:
    """All that the LlamaIndex reader at the import path `reader` loads.

    It is constructed with `arguments`, and its `load_data` is called with those in `load`. A reader loads all each
    time: what it loaded waits in a temporary folder until the next listing. All is for the source's audience.
    """

    def __init__(
        self,
        reader: str,
        arguments: Mapping[str, Any] | None = None,
        load: Mapping[str, Any] | None = None,
    ) -> None:
        self.reader = reader
        self._class = _imported(reader)
        self._arguments = dict(arguments or {})
        self._load = dict(load or {})
        self._folder: Path | None = None
        self._cleared: Callable[[], object] = lambda: None

    def list(self) -> Iterator[DocumentRef]:
        """Every document that has text, once. Raises ConnectorError where the reader fails, before the end or at it."""
        folder = self._emptied()
        texts: dict[str, str] = {}
        for document in self._documents():
            text, metadata = str(document.text or ""), dict(document.metadata or {})
            if not text.strip():
                continue
            digest = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
            id = storable(_id(document.id_, metadata) or digest)
            if texts.get(id, digest) != digest:
                id = f"{id}#{digest[:16]}"  # several documents of one place, which nothing else tells apart
            if id in texts:
                continue
            texts[id] = digest
            _file(folder, id).write_bytes(text.encode("utf-8", "replace"))
            described = json.dumps(metadata, sort_keys=True, default=str)
            revision = hashlib.sha256(f"{digest}{described}".encode("utf-8", "replace")).hexdigest()
            yield DocumentRef(id, _url(metadata), _title(metadata, text), revision, changed_at=_changed(metadata))

    def fetch(self, ref: DocumentRef) -> RawDocument:
        """The text that was loaded for the listing, as Markdown unless it came from a plain text file."""
        try:
            content = _file(self._folder or Path(), ref.id).read_bytes()
        except OSError as error:
            raise ConnectorError(f"What {self.reader} loaded is gone: sync again.") from error
        plain = PurePosixPath(ref.id.partition("#")[0]).suffix.lower() in _PLAIN_TEXT
        return RawDocument(content, "loaded.txt" if plain else "loaded.md")

    def _documents(self) -> Iterator[Any]:
        """What the reader loads, one at a time where it can do so. What it raises becomes a ConnectorError."""
        try:
            reader = self._class(**self._arguments)
            loaded: Iterable[Any]
            if _is_lazy(reader):
                loaded = reader.lazy_load_data(**self._load)
            elif hasattr(reader, "iter_data") and not self._load:
                loaded = chain.from_iterable(reader.iter_data())
            else:
                loaded = _consumed(reader.load_data(**self._load))
            yield from loaded
        except Exception as error:
            reason = self._without_secrets(f"{type(error).__name__}: {error}")
            raise ConnectorError(f"{self.reader} failed: {reason}. Check `arguments` and `load`.") from error

    def _without_secrets(self, reason: str) -> str:
        for secret in sorted(_secrets({**self._arguments, **self._load}), key=len, reverse=True):
            reason = reason.replace(secret, "•••")
        return reason

    def _emptied(self) -> Path:
        """A folder for what is loaded, which only this process's user can read, and which goes with the connector."""
        self._cleared()
        self._folder = Path(tempfile.mkdtemp(prefix="lore-llamahub-"))
        self._cleared = weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        return self._folder


def _imported(path: str) -> Any:
    """The reader's class. Raises ValueError where it cannot be imported, with what to install."""
    module, _, name = path.rpartition(".")
    if not module:
        raise ValueError(f"{path!r} is no import path: write it as in llama_index.readers.file.MarkdownReader")
    try:
        importlib.import_module("llama_index.core")
    except ImportError as error:
        raise ValueError("it needs LlamaIndex: pip install 'lore[llamahub]'") from error
    try:
        found = getattr(importlib.import_module(module), name)
    except ImportError as error:
        parts = module.split(".")
        package = "-".join(parts[:3]).replace("_", "-") if parts[:2] == ["llama_index", "readers"] else "its package"
        raise ValueError(f"{module} cannot be imported ({error}): pip install {package}") from error
    except AttributeError as error:
        raise ValueError(f"{module} has no {name}: correct `reader`") from error
    if not (hasattr(found, "load_data") or hasattr(found, "lazy_load_data")):
        raise ValueError(f"{path} is no reader: it has no load_data")
    return found


def _is_lazy(reader: Any) -> bool:
    """Whether it brings its own lazy_load_data: the one of LlamaIndex's base class only raises."""
    from llama_index.core.readers.base import BaseReader

    own = getattr(type(reader), "lazy_load_data", None)
    return own is not None and own is not BaseReader.lazy_load_data


def _consumed(documents: list[Any]) -> Iterator[Any]:
    """The documents in their order, each let go of when the next is asked for."""
    documents.reverse()
    while documents:
        yield documents.pop()


def _id(given: str, metadata: Mapping[str, Any]) -> str | None:
    """An id that is the same next time: the reader's own, unless it is random; else the place in the metadata."""
    if not _RANDOM.fullmatch(given) or given in map(str, metadata.values()):
        return given
    place = next((str(metadata[key]) for key in _LOCATORS if _is_place(metadata.get(key))), None)
    part = next((str(metadata[key]) for key in _PARTS if metadata.get(key) not in (None, "")), None)
    return place if place is None or part is None else f"{place}#{part}"


def _is_place(value: object) -> bool:
    """Whether it is an address or a path: `source` is just a service's name with some readers."""
    return isinstance(value, str | Path) and bool(re.search(r"[/\\]|\.\w+\Z", str(value)))


def _url(metadata: Mapping[str, Any]) -> str:
    places = [str(metadata[key]) for key in ("url", "source_url", "link", "source", "file_path") if metadata.get(key)]
    for place in places:
        if place.startswith(("https://", "http://")):
            return place
    return next((Path(place).as_uri() for place in places if Path(place).is_absolute()), "")


def _title(metadata: Mapping[str, Any], text: str) -> str:
    """From the metadata; else the beginning of the first line, without a heading's marks."""
    for key in _TITLES:
        if title := str(metadata.get(key) or "").strip():
            return PurePosixPath(title).stem if key == "file_name" else title
    return text.strip().splitlines()[0].lstrip("# ").strip()[:100] or "Untitled"


def _changed(metadata: Mapping[str, Any]) -> datetime | None:
    return next((found for key in _CHANGED if (found := moment(metadata.get(key)))), None)


def _file(folder: Path, id: str) -> Path:
    return folder / hashlib.sha256(id.encode("utf-8", "replace")).hexdigest()


def _secrets(value: object, is_secret: bool = False) -> Iterator[str]:
    """The texts in the arguments whose names say that they are secret."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _secrets(inner, is_secret or bool(_SECRET.search(str(key))))
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _secrets(inner, is_secret)
    elif is_secret and isinstance(value, str) and len(value) >= SHORTEST_SECRET:
        yield value
