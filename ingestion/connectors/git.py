"""Documents in a Git repository: the readable files of one branch."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path, PurePosixPath
from urllib.parse import quote, urlsplit

from ingestion.connectors import ConnectorError, DocumentRef, RawDocument
from ingestion.connectors.git_clone import GitClone
from ingestion.connectors.git_command import Git
from ingestion.connectors.git_history import commit_dates, last_commits
from ingestion.connectors.heading_ids import heading_ids
from ingestion.connectors.paths import WantedPaths, title_of
from ingestion.moments import moment

LFS_POINTER = b"version https://git-lfs.github.com/spec/v1\n"
"""How a file begins that stands for another: https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md"""

_HOSTS = {
    "github": "/blob/{commit}/{path}",
    "gitlab": "/-/blob/{commit}/{path}",
    "bitbucket": "/src/{commit}/{path}",
    "codeberg": "/src/commit/{commit}/{path}",
    "gitea": "/src/commit/{commit}/{path}",
    "forgejo": "/src/commit/{commit}/{path}",
}


class GitConnector:
    """The files of `branch` that the globs choose (see `WantedPaths`), by their paths, from a clone kept in `state`.

    `link` is what a document's link is made of: `{commit}` is the last commit that changed the file, `{branch}` the
    branch, `{path}` the file's path, `{page}` the path without its suffix. Without `link`, it is the file at its commit
    where the host is a well-known one, else there is none.

    With `dates`, each file is known to have been changed when the last commit that changed it was made. For this, and
    for `{commit}`, all commits are fetched; for neither, the last one alone.

    `anchors`, "github" or "gitlab", says for another site how it makes ids of a page's headings, so that links lead to
    them.
    """

    def __init__(
        self,
        url: str,
        state: Path,
        branch: str | None = None,
        include: Sequence[str] | str = (),
        exclude: Sequence[str] | str = (),
        token: str | None = None,
        link: str | None = None,
        max_megabytes: float = 50,
        anchors: str | None = None,
        dates: bool = True,
    ) -> None:
        self._git = Git(url, token)
        self._paths = WantedPaths(include, exclude)
        self._link = default_link(url) if link is None else link
        self._heading_ids = heading_ids(self._link, anchors, "unknown")
        self._state = state
        self._has_history = dates or "{commit}" in self._link
        self._dates = dates
        self._clone = GitClone(self._git, branch, state, whole=self._has_history)
        self._max_megabytes = max_megabytes

    def list(self) -> Iterator[DocumentRef]:
        """Every readable file of the branch's last commit. Hidden files, links and submodules are left out."""
        tip = self._clone.update()
        files, commits, dates = self._clone.read(self._files_and_commits)
        for path, id in files.items():
            commit = commits.get(path, "")
            address = self._address(path, tip.branch, commit)
            changed = moment(dates.get(commit))
            yield DocumentRef(_id(path), address, title_of(_id(path)), id, changed_at=changed)

    def fetch(self, ref: DocumentRef) -> RawDocument:
        """The file's content. Raises ConnectorError where it is gone, is too large, or is kept in Git LFS."""
        most = int(self._max_megabytes * 1_000_000)
        content = self._clone.read(lambda: self._clone.content(ref.revision, most + 1))
        if len(content) > most:
            raise ConnectorError(
                f"{ref.id} is larger than {self._max_megabytes:g} MB: split it, exclude it, or raise `max_megabytes`."
            )
        if content.startswith(LFS_POINTER):
            raise ConnectorError(f"{ref.id} is kept in Git LFS, which Lore does not read: exclude it.")
        return RawDocument(content, PurePosixPath(ref.id).name, heading_ids=self._heading_ids)

    def _files_and_commits(self) -> tuple[dict[str, str], dict[str, str], dict[str, datetime]]:
        """The files' contents, the last commit of each as far as commits are wanted, and when these were made."""
        clone = self._clone
        files = {path: id for path, id in clone.files().items() if self._paths.wants(path)}
        if not self._has_history:
            return files, {}, {}
        remembered = clone.folder / "lore-last-commits.json"
        commits = last_commits(self._git, clone.folder, clone.head(), files, remembered)
        dates = commit_dates(self._git, clone.folder, commits.values()) if self._dates else {}
        return files, commits, dates

    def _address(self, path: str, branch: str, commit: str) -> str:
        parts = {
            "commit": commit,
            "branch": quote(branch),
            "path": _quoted(path),
            "page": _quoted(str(PurePosixPath(path).with_suffix(""))),
        }
        return re.sub(r"\{(commit|branch|path|page)\}", lambda match: parts[match[1]], self._link)


def default_link(url: str) -> str:
    """The link to a file at its commit, where the repository's host is known to have such pages; else empty."""
    address = re.fullmatch(r"(?:[^/@]+@)?(?P<host>[^/:@]+):(?P<path>[^/].*)", url)  # git@github.com:acme/handbook.git
    if "://" in url:
        parts = urlsplit(url)
        host, path = parts.hostname or "", parts.path
        port = f":{parts.port}" if parts.port and parts.scheme.startswith("http") else ""
        scheme = parts.scheme if parts.scheme == "http" else "https"
    elif address:
        host, path, port, scheme = address["host"], address["path"], "", "https"
    else:
        return ""
    form = next((form for name, form in _HOSTS.items() if name in host), None)
    return f"{scheme}://{host}{port}/{path.strip('/').removesuffix('.git')}{form}" if form else ""


def _id(path: str) -> str:
    """The path, as a document's id: text, whatever its bytes are."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _quoted(path: str) -> str:
    return quote(path.encode("utf-8", "surrogateescape"))
