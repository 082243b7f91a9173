"""Documents in folders of Google Drive and in shared drives, for those with whom they are shared."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

import structlog

from ingestion.connectors import ConnectorError, DocumentRef, RawDocument
from ingestion.connectors.google_drive_service import DriveService, File
from ingestion.connectors.group_map import GroupMap
from ingestion.moments import moment
from ingestion.parse import READABLE_SUFFIXES
from storage.document import Audience

log = structlog.get_logger()

FOLDERS_AT_ONCE = 10
"""Of which one request asks what is in them: with more, its address passes the 2,048 characters of a GET."""

SHORTCUTS_DEEP = 3
"""Shortcuts followed one after the other: a folder behind a shortcut may hold shortcuts to others."""

NOBODY: Audience = frozenset()

_FOLDER = "application/vnd.google-apps.folder"
_SHORTCUT = "application/vnd.google-apps.shortcut"
_OFFICE = "application/vnd.openxmlformats-officedocument"
_EXPORTS = {
    "application/vnd.google-apps.document": ("text/markdown", ".md"),
    "application/vnd.google-apps.spreadsheet": (f"{_OFFICE}.spreadsheetml.sheet", ".xlsx"),
    "application/vnd.google-apps.presentation": (f"{_OFFICE}.presentationml.presentation", ".pptx"),
}
"""What Google's own kinds are exported as: https://developers.google.com/workspace/drive/api/guides/ref-export-formats."""

_READABLE = frozenset(
    {
        "application/pdf",
        f"{_OFFICE}.wordprocessingml.document",
        f"{_OFFICE}.spreadsheetml.sheet",
        f"{_OFFICE}.presentationml.presentation",
        "text/markdown",
        "text/html",
        "text/csv",
    }
)
_PICTURE = re.compile(r"^\[[^\]\n]+\]:\s*<?data:[^\n]*$\n?|!\[([^\]\n]*)\]\[image\d+\]", re.MULTILINE)
"""A picture of an exported document: at its end in base64, which is long and no text, and where it belongs."""


@dataclass(frozen=True)
class _Folder:
    """A folder to be listed. `audience` is that of what is in it and has no permissions of its own.

    `shortcuts` is the number of shortcuts that led to it.
    """

    id: str
    drive: str | None
    audience: Audience | None
    shortcuts: int = 0


class GoogleDriveConnector:
    """The readable files in `folders` and `drives` (ids, or the addresses that a browser shows), and all below.

    `credentials` is the path of a service account's JSON key file, or its content; `subject` is the user for whom it
    acts, where an administrator lets it. `groups` maps Google groups to Slack's. A file that is shared with anyone
    or with a whole domain (one of `domains`, where they are given) is for the source's audience, one that is shared
    with groups is for theirs, and one that only people see is for nobody. `max_megabytes` is the size of the largest
    file that is fetched.
    """

    def __init__(
        self,
        credentials: str,
        folders: Sequence[str] | str = (),
        drives: Sequence[str] | str = (),
        subject: str | None = None,
        groups: Mapping[str, str | Sequence[str]] | None = None,
        domains: Sequence[str] | str = (),
        max_megabytes: float = 50,
        endpoint: str = "https://www.googleapis.com/drive/v3/",
    ) -> None:
        self._roots = list(dict.fromkeys(_id(place) for place in (*_listed(folders), *_listed(drives))))
        if not self._roots:
            raise ValueError("it names no place to read: set `folders` or `drives` to their ids")
        self._groups = GroupMap(groups or {})
        self._domains = frozenset(domain.casefold() for domain in _listed(domains))
        self.max_megabytes = max_megabytes
        self._service = DriveService(credentials, subject, endpoint)

    def list(self) -> Iterator[DocumentRef]:
        """Every readable file, each once, whatever number of ways lead to it. Trash is left out.

        A shortcut stands for what it leads to. Raises ConnectorError where a folder cannot be listed, and where
        Drive does not tell who may see a folder or drive of the settings.
        """
        level = [self._root(id) for id in self._roots]
        seen = set(self._roots)
        hidden = 0
        while level:
            below: list[_Folder] = []
            for folders in _together(level):
                for listed in self._service.children([*folders], folders[next(iter(folders))].drive):
                    parent = next((folders[id] for id in listed.get("parents", ()) if id in folders), None)
                    shortcuts = SHORTCUTS_DEEP if parent is None else parent.shortcuts
                    file, parent, shortcuts = self._followed(listed, parent, shortcuts, seen)
                    if file is None or file["id"] in seen or not (_is_folder(file) or _is_readable(file)):
                        continue
                    seen.add(file["id"])
                    known, audience = self._audience(file, parent)
                    hidden += not known
                    if _is_folder(file):
                        below.append(_Folder(file["id"], file.get("driveId"), audience, shortcuts))
                    else:
                        yield _reference(file, audience)
            level = below
        if hidden:
            log.warning(
                "Google Drive does not tell who may see some of it, so nobody does: make the account an editor there",
                account=self._service.account,
                places=hidden,
            )

    def fetch(self, ref: DocumentRef) -> RawDocument:
        """The file as it is, or what Google exports of it: Markdown, .xlsx or .pptx.

        Raises ConnectorError where it is gone, too large, or may not be downloaded.
        """
        file = self._service.file(ref.id)
        if file is None or file.get("trashed"):
            raise ConnectorError(f"{ref.title} was removed after it was listed: the next sync will notice.")
        try:
            return self._content(file)
        except ConnectorError as error:
            raise ConnectorError(f"{file['name']} cannot be read. {error}") from error

    def _content(self, file: File) -> RawDocument:
        name, media_type = file["name"], file["mimeType"]
        if media_type in _EXPORTS:
            media_type, suffix = _EXPORTS[media_type]
            content = self._service.export(file["id"], media_type)
            if suffix == ".md":
                content = _PICTURE.sub(r"\1", content.decode("utf-8", "replace")).encode()
            return RawDocument(content, name + suffix, media_type)
        if int(file.get("size", 0)) > self.max_megabytes * 1_000_000:
            raise ConnectorError(f"It is larger than {self.max_megabytes:g} MB: split it, or raise `max_megabytes`.")
        return RawDocument(self._service.download(file["id"]), name, media_type)

    def _root(self, id: str) -> _Folder:
        file = self._service.file(id)
        account = self._service.account
        if file is None:
            raise ConnectorError(
                f"Google Drive shows {account} no folder or shared drive {id}: share it with {account} as editor, or "
                "correct `folders` and `drives` in lore.toml."
            )
        if file.get("trashed") or not _is_folder(file):
            what = "is in the trash" if file.get("trashed") else "is not a folder"
            raise ConnectorError(f"{file['name']} ({id}) {what}: correct `folders` in lore.toml.")
        known, audience = self._audience(file, None)
        if not known:
            raise ConnectorError(
                f"Google Drive does not tell {account} who may see {file['name']} ({id}): make {account} an editor "
                "of the folder, or a contributor of the shared drive."
            )
        return _Folder(id, file.get("driveId"), audience)

    def _followed(
        self, file: File, parent: _Folder | None, shortcuts: int, seen: set[str]
    ) -> tuple[File | None, _Folder | None, int]:
        """The file, or what a shortcut leads to: None where that is nothing new, nothing at all, or too far."""
        if file["mimeType"] != _SHORTCUT:
            return file, parent, shortcuts
        target = file.get("shortcutDetails", {}).get("targetId")
        if target is None or target in seen or shortcuts >= SHORTCUTS_DEEP:
            return None, None, shortcuts
        found = self._service.file(target)
        return None if found is None or found.get("trashed") else found, None, shortcuts + 1

    def _audience(self, file: File, parent: _Folder | None) -> tuple[bool, Audience | None]:
        """Whether Drive tells who may see it, and who that is: nobody, where it does not.

        In a shared drive, what has no permissions of its own has those of its folder.
        """
        if "driveId" not in file:
            permissions = file.get("permissions")
        elif (
            parent is not None
            and file.get("hasAugmentedPermissions") is False
            and not file.get("inheritedPermissionsDisabled")
        ):
            return True, parent.audience
        else:
            permissions = self._service.permissions(file["id"])
        return permissions is not None, self._allowed(permissions or [])

    def _allowed(self, permissions: Sequence[File]) -> Audience | None:
        holding = [permission for permission in permissions if _gives_access(permission)]
        if any(self._is_for_all(permission) for permission in holding):
            return None
        return self._groups.audience(permission.get("emailAddress", "") for permission in holding)

    def _is_for_all(self, permission: File) -> bool:
        if permission["type"] == "domain":
            return not self._domains or permission.get("domain", "").casefold() in self._domains
        return bool(permission["type"] == "anyone")


def _gives_access(permission: File) -> bool:
    """Whether it lets its holder read: not where it is for a view, or inherited where inheritance is disabled."""
    if permission.get("deleted") or permission.get("view"):
        return False
    if not permission.get("inheritedPermissionsDisabled") or permission.get("role") in ("owner", "organizer"):
        return True
    return any(not detail.get("inherited", True) for detail in permission.get("permissionDetails", []))


def _together(level: Sequence[_Folder]) -> Iterator[dict[str, _Folder]]:
    """The folders by their ids, in groups that one request can ask for: each of one drive."""
    drives: dict[str | None, list[_Folder]] = defaultdict(list)
    for folder in level:
        drives[folder.drive].append(folder)
    for folders in drives.values():
        for start in range(0, len(folders), FOLDERS_AT_ONCE):
            yield {folder.id: folder for folder in folders[start : start + FOLDERS_AT_ONCE]}


def _reference(file: File, audience: Audience | None) -> DocumentRef:
    name = file["name"]
    suffix = PurePosixPath(name).suffix
    title = name.removesuffix(suffix) if suffix.lower() in READABLE_SUFFIXES else name
    # A checksum changes exactly when the content does; what Google's own kinds have is the time of the last change.
    revision = f"{file.get('md5Checksum') or file.get('modifiedTime')} {name}"
    url = file.get("webViewLink") or f"https://drive.google.com/open?id={file['id']}"
    return DocumentRef(file["id"], url, title, revision, audience, moment(file.get("modifiedTime")))


def _is_folder(file: File) -> bool:
    return bool(file["mimeType"] == _FOLDER)


def _is_readable(file: File) -> bool:
    media_type = file["mimeType"]
    if media_type.startswith("application/vnd.google-apps."):
        return media_type in _EXPORTS
    return media_type in _READABLE or PurePosixPath(file["name"]).suffix.lower() in READABLE_SUFFIXES


def _listed(value: Sequence[str] | str) -> Sequence[str]:
    return [value] if isinstance(value, str) else value


def _id(place: str) -> str:
    """The id of a folder or drive, from itself or from the address that a browser shows."""
    id = place.strip().partition("?")[0].rstrip("/").rpartition("/")[2]
    if not re.fullmatch(r"[\w-]+", id):
        raise ValueError(f"{place!r} is no id of a folder or drive: it is the last part of the address in the browser")
    return id
