"""Documents in a folder of this machine."""

import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from urllib.parse import quote

from ingestion.connectors import ConnectorError, DocumentRef, RawDocument
from ingestion.connectors.heading_ids import heading_ids
from ingestion.connectors.paths import WantedPaths, is_hidden, title_of
from ingestion.moments import moment
from ingestion.parse import MARKDOWN_SUFFIXES

READS = 3
"""Of one file, at most, for its content to be that of one moment."""

PAUSE_SECONDS = 0.2


class FilesConnector:
    """The readable files in a folder and the folders below it, as far as the globs choose them (see `WantedPaths`).

    `url` is where the folder is published. A page's link is `url`, then its id without a Markdown suffix and without
    a last `index`; where `url` has `{path}` in it, the whole id stands there instead. Without `url`, links are
    `file://` addresses. `anchors`, "github" or "gitlab", says how the site at `url` makes ids of the headings of
    Markdown, so that links lead to them. `max_megabytes` is the size of the largest file that is fetched. With
    `watch`, the source is synced as soon as something in the folder changes, besides its schedule.
    """

    def __init__(
        self,
        path: Path | str,
        include: Sequence[str] | str = (),
        exclude: Sequence[str] | str = (),
        url: str | None = None,
        max_megabytes: float = 50,
        watch: bool = False,
        anchors: str | None = None,
    ) -> None:
        self._heading_ids = heading_ids(url or "", anchors, "own")
        self.path = Path(path)
        self._paths = WantedPaths(include, exclude)
        self.url = url
        self.max_megabytes = max_megabytes
        self.watch = watch
        self._undecodable: dict[str, str] = {}
        """The file names of the ids whose bytes are not text, which an id has to be."""

    def list(self) -> Iterator[DocumentRef]:
        """Every readable file, folder by folder, in the order of their names. Hidden files and folders are left out.

        A link is followed if it leads to something else inside the source's folder. Raises ConnectorError where any
        folder cannot be listed: what is in it would look deleted.
        """
        if not self.path.exists():
            raise ConnectorError(f"The folder {self.path} does not exist: make it, or correct `path` in lore.toml.")
        if not self.path.is_dir():
            raise ConnectorError(f"{self.path} is not a folder: set `path` in lore.toml to the folder that holds it.")
        root = os.path.realpath(self.path)
        yield from self._below(str(self.path), root, "", (root,))
        if not self.path.is_dir():
            raise ConnectorError(f"The folder {self.path} went away while it was listed: sync again when it is back.")

    def fetch(self, ref: DocumentRef) -> RawDocument:
        """The file's bytes. Raises ConnectorError where it is gone, unreadable, too large, or being written to."""
        name = self._undecodable.get(ref.id, ref.id)
        path = self.path / name
        if not _is_inside(os.path.realpath(path), os.path.realpath(self.path)):
            raise ConnectorError(f"{path} is outside of the source's folder and was not read.")
        most = int(self.max_megabytes * 1_000_000)
        try:
            for attempt in range(READS):
                if attempt:
                    time.sleep(PAUSE_SECONDS)
                with path.open("rb") as file:
                    before = os.fstat(file.fileno())
                    content = file.read(most + 1)
                # Of the path: who saves a file often writes another, and gives it the name.
                if _version(before) == _version(path.stat()):
                    break
            else:
                raise ConnectorError(f"{path} is being written to: the next sync reads it again.")
        except FileNotFoundError as error:
            raise ConnectorError(f"{path} was removed after it was listed: the next sync will notice.") from error
        except OSError as error:
            raise ConnectorError(
                f"{path} cannot be read ({error.strerror}): let the user that runs Lore read it, or exclude it."
            ) from error
        if len(content) > most:
            raise ConnectorError(
                f"{path} is larger than {self.max_megabytes:g} MB: split it, exclude it, or raise `max_megabytes`."
            )
        return RawDocument(content, PurePosixPath(ref.id).name, heading_ids=self._heading_ids)

    def _below(self, folder: str, real: str, prefix: str, above: tuple[str, ...]) -> Iterator[DocumentRef]:
        """The documents in a folder, their ids beginning with `prefix`; `above` are its real path and its parents'."""
        try:
            with os.scandir(folder) as scan:
                entries = sorted(scan, key=lambda entry: entry.name)
        except OSError as error:
            raise ConnectorError(
                f"The folder {folder} cannot be listed ({error.strerror}): let the user that runs Lore read it, "
                "or exclude it."
            ) from error
        for entry in entries:
            id = prefix + entry.name
            if is_hidden(entry.name):
                continue
            target = f"{real.rstrip(os.sep)}{os.sep}{entry.name}"
            if entry.is_symlink():
                target = os.path.realpath(entry.path)
                if not _is_inside(target, above[0]) or target in above or not Path(target).exists():
                    continue
            if entry.is_dir():
                if self._paths.enters(id):
                    yield from self._below(entry.path, target, f"{id}/", (*above, target))
            elif self._paths.wants(id) and entry.is_file():
                try:
                    status = entry.stat()
                except FileNotFoundError:
                    continue  # removed since the folder was read, so it is not in the source now
                yield self._reference(id, status)

    def _reference(self, path: str, status: os.stat_result) -> DocumentRef:
        id = os.fsencode(path).decode("utf-8", "backslashreplace")
        if id != path:
            self._undecodable[id] = path
        return DocumentRef(id, self._address(path), title_of(id), _version(status), changed_at=moment(status.st_mtime))

    def _address(self, path: str) -> str:
        if self.url is None:
            return (self.path / path).as_uri()
        if "{path}" in self.url:
            return self.url.replace("{path}", quote(os.fsencode(path)))
        suffix = PurePosixPath(path).suffix
        stem = path.removesuffix(suffix)
        page = stem if suffix.lower() in MARKDOWN_SUFFIXES else path
        if stem.rpartition("/")[2].lower() == "index":
            page = stem.rpartition("/")[0]
        return f"{self.url.rstrip('/')}/{quote(os.fsencode(page))}"


def _version(status: os.stat_result) -> str:
    return f"{status.st_size}-{status.st_mtime_ns}"


def _is_inside(path: str, folder: str) -> bool:
    return path.startswith(folder.rstrip(os.sep) + os.sep)
