"""The last commit that changed each file of a branch, remembered from one sync to the next."""

import json
from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from ingestion.connectors.git_command import Git, GitError

PIECE = 1 << 16

_COMMITS_AT_ONCE = 500
"""Named on one command line."""


def last_commits(git: Git, clone: Path, head: str, paths: Collection[str], remembered: Path) -> dict[str, str]:
    """For each of the paths, which are files at `head`, the commit that last changed it on the branch's own line.

    That line is the first parents of `head`: what a merge brought was changed by the merge. It depends on the branch
    alone, not on what is remembered in the file `remembered`, which only saves walking. Raises GitError.
    """
    before, known = _read(remembered)
    found: dict[str, str] = {}
    since = None if before is None else _since(git, clone, before, head)
    if since is not None:
        known |= since
        found = {path: known[path] for path in paths if path in known}
    missing = set(paths) - found.keys()
    for commit, _, changed in _walk(git, clone, head) if missing else ():
        found.update(dict.fromkeys(missing & changed, commit))
        missing -= changed
        if not missing:
            break
    found.update(dict.fromkeys(missing, head))
    _write(remembered, head, found)
    return found


def commit_dates(git: Git, clone: Path, commits: Collection[str]) -> dict[str, datetime]:
    """When each of these commits was made, by the clock of whoever made it. Raises GitError."""
    found: dict[str, datetime] = {}
    names = sorted(set(commits))
    for start in range(0, len(names), _COMMITS_AT_ONCE):
        some = names[start : start + _COMMITS_AT_ONCE]
        for line in git.local(clone, "log", "--no-walk", "--format=%H %ct", *some).splitlines():
            commit, _, seconds = line.partition(" ")
            found[commit] = datetime.fromtimestamp(int(seconds), UTC)
    return found


def _since(git: Git, clone: Path, before: str, head: str) -> dict[str, str] | None:
    """The last commits of what was changed after `before`; None where that is not on the line that leads to `head`."""
    found: dict[str, str] = {}
    parent: str | None = before if before == head else None
    try:
        for commit, parent, changed in _walk(git, clone, f"{before}..{head}"):  # noqa: B007
            for path in changed:
                found.setdefault(path, commit)
    except GitError:
        return None  # a clone made anew, of a branch that was rewritten, does not know `before`
    return found if parent == before else None


def _walk(git: Git, clone: Path, commits: str) -> Iterator[tuple[str, str | None, set[str]]]:
    """The commits from the last to the first, each with its first parent and the paths that it changed."""
    arguments = ("log", "--first-parent", "-m", "--raw", "-z", "--no-renames", "--no-abbrev", "--format=%H %P", commits)
    commit, parent, changed = "", None, set[str]()
    with git.reading(clone, *arguments) as output:
        fields = _fields(output)
        for field in fields:
            field = field.removeprefix(b"\n")
            if not field:
                continue
            if field.startswith(b":"):
                changed.add(next(fields).decode("utf-8", "surrogateescape"))
                continue
            if commit:
                yield commit, parent, changed
            commit, *parents = field.decode("ascii").split()
            parent, changed = parents[0] if parents else None, set()
        if commit:
            yield commit, parent, changed


def _fields(output: IO[bytes]) -> Iterator[bytes]:
    """What stands between zero bytes."""
    rest = b""
    while piece := output.read(PIECE):
        *whole, rest = (rest + piece).split(b"\0")
        yield from whole
    yield rest


def _read(file: Path) -> tuple[str | None, dict[str, str]]:
    try:
        content = json.loads(file.read_text("ascii"))
        return str(content["head"]), {str(path): str(commit) for path, commit in content["commits"].items()}
    except (OSError, ValueError, KeyError, AttributeError, TypeError):
        return None, {}


def _write(file: Path, head: str, commits: dict[str, str]) -> None:
    new = file.with_suffix(".new")
    new.write_text(json.dumps({"head": head, "commits": commits}), "ascii")
    new.replace(file)
