"""A bare clone of one branch, kept up with its repository, and made anew where it was damaged."""

import hashlib
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import structlog

from ingestion.connectors import ConnectorError
from ingestion.connectors.git_command import Git, GitError

log = structlog.get_logger()

HEAD = "refs/lore/head"
"""Where the clone keeps the branch's last commit. No other ref is fetched."""

FETCH_SECONDS = 3600.0

_LINE = re.compile(r"(?P<mode>\d+) (?P<kind>\w+) (?P<id>[0-9a-f]+)\t(?P<path>.*)", re.DOTALL)
_SYMBOLIC_LINK = "120000"

T = TypeVar("T")


@dataclass(frozen=True)
class Tip:
    """What a branch leads to."""

    branch: str
    commit: str


class GitClone:
    """The clone of `branch` (None: the repository's default) in a folder of `state`, where nothing else is kept.

    With `whole`, it has all commits that led to the branch's last; else that one alone. Every method raises
    ConnectorError, which says what to do.
    """

    def __init__(self, git: Git, branch: str | None, state: Path, whole: bool) -> None:
        self._git = git
        self._branch = branch
        self._state = state
        name = hashlib.sha256(f"{git.url}\n{branch or ''}".encode()).hexdigest()[:16]
        self.folder = state / f"{name}-{'whole' if whole else 'last'}.git"
        self._whole = whole
        self._made_anew = False

    def update(self) -> Tip:
        """Fetch what the branch leads to now. A branch that was rewritten is taken as it is."""
        self._made_anew = False
        return self._update()

    def _update(self) -> Tip:
        tip = self._remote_tip()
        if self._head() != tip.commit:
            self._make_room()
            try:
                self._fetch(tip.branch)
            except ConnectorError as error:
                if not self._is_damaged():
                    raise
                log.warning("git clone made anew", repository=self._git.url, reason=str(error))
                self.remove()
                self._fetch(tip.branch)
        head = self._head()
        if head is None:
            raise ConnectorError(f"{self._git.url} was fetched and is not there: sync again.")
        return Tip(tip.branch, head)

    def read(self, reading: Callable[[], T]) -> T:
        """What `reading` gives, which reads the clone; that is made anew, once, where it raises GitError."""
        while True:
            try:
                return reading()
            except GitError as error:
                if self._made_anew:
                    raise ConnectorError(
                        f"The clone of {self._git.url} cannot be read: {error}. Sync again."
                    ) from error
                log.warning("git clone made anew", repository=self._git.url, reason=str(error))
                self._made_anew = True  # also where it fails, for not every document to try
                self.remove()
                self._update()

    def files(self) -> dict[str, str]:
        """The ids of the files' contents by their paths: neither links nor submodules. Raises GitError."""
        lines = self._git.local(self.folder, "ls-tree", "-r", "-z", "--full-tree", HEAD).split("\0")
        entries = (_LINE.fullmatch(line) for line in lines if line)
        return {entry["path"]: entry["id"] for entry in entries if entry and _is_file(entry)}

    def head(self) -> str:
        """The last commit that was fetched. Raises GitError."""
        return self._git.local(self.folder, "rev-parse", "--verify", "--quiet", f"{HEAD}^{{commit}}").strip()

    def content(self, id: str, most: int) -> bytes:
        """The first `most` bytes of a content. Raises GitError where the clone does not have it."""
        with self._git.reading(self.folder, "cat-file", "blob", id) as output:
            return output.read(most)

    def remove(self) -> None:
        """Forget the clone; the next update makes it anew."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _remote_tip(self) -> Tip:
        wanted = f"refs/heads/{self._branch}" if self._branch else "HEAD"
        answer = self._git.remote("ls-remote", "--symref", "--", self._git.url, wanted)
        rows = [line.split("\t", 1) for line in answer.splitlines()]
        commits = {name: value for value, name in rows if not value.startswith("ref: ")}
        ref = "ref: refs/heads/"
        branches = [value[len(ref) :] for value, name in rows if value.startswith(ref) and name == "HEAD"]
        branch = self._branch or next(iter(branches), None)
        if wanted not in commits or branch is None:
            there = self._git.remote("ls-remote", "--heads", "--", self._git.url).split("refs/heads/")[1:]
            known = ", ".join(name.split("\n", 1)[0] for name in there[:20]) or "none"
            missing = f"no branch {self._branch}" if self._branch else "no default branch"
            raise ConnectorError(f"{self._git.url} has {missing}; set `branch` to one that it has: {known}.")
        return Tip(branch, commits[wanted])

    def _head(self) -> str | None:
        """The last commit of the clone; None where there is no clone, or a damaged one."""
        try:
            return self.head()
        except GitError:
            return None

    def _is_damaged(self) -> bool:
        try:
            self._git.local(self.folder, "fsck", "--connectivity-only", "--no-dangling", "--no-progress")
        except GitError:
            return True
        return False

    def _make_room(self) -> None:
        """Clear what a killed command left, and clones of what the source was set to before."""
        for other in self._state.glob("*-*.git"):
            if other != self.folder:
                shutil.rmtree(other, ignore_errors=True)
        if self.folder.exists() and self._head() is None:
            self.remove()
        for left in (*self.folder.rglob("*.lock"), *self.folder.glob("objects/pack/tmp_*")):
            left.unlink(missing_ok=True)

    def _fetch(self, branch: str) -> None:
        try:
            self._state.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._git.local(self.folder, "init", "--quiet", "--bare", "--template=")
        except (OSError, GitError) as error:
            raise ConnectorError(f"No clone can be kept in {self._state} ({error}): make room for it.") from error
        depth = () if self._whole else ("--depth=1",)
        self._git.remote(
            "fetch",
            "--quiet",
            "--no-tags",
            "--no-write-fetch-head",
            "--no-recurse-submodules",
            *depth,
            "--",
            self._git.url,
            f"+refs/heads/{branch}:{HEAD}",
            folder=self.folder,
            seconds=FETCH_SECONDS,
        )


def _is_file(entry: re.Match[str]) -> bool:
    return entry["kind"] == "blob" and entry["mode"] != _SYMBOLIC_LINK
