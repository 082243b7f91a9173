"""The embedded index's folder: who holds it, whether its disk has room, and how one whole state replaces another."""

import json
import os
import shutil
import uuid
from pathlib import Path

from filelock import FileLock, Timeout

from storage.index import IndexInUseError, KnowledgeIndexError

ROOM = 64_000_000
"""Bytes that must be free before a write. The engine writes to files that are mapped into memory: where the disk is
full then, the system ends the process (SIGBUS), and no error can be raised any more."""

_BLOCK = 1 << 20
_ZEROS = bytes(_BLOCK)


def take(folder: Path, holder: str) -> FileLock:
    """The folder's lock, which names this process to the next. Raises IndexInUseError, KnowledgeIndexError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise KnowledgeIndexError(f"The folder {folder} cannot be made: {error}. Set LORE_HOME to another.") from error
    # Not a thread's own: the thread that closes the index may be another than the one that opened it.
    lock = FileLock(folder / "lock", blocking=False, thread_local=False)
    note = folder / "holder.json"
    try:
        lock.acquire()
        note.write_text(json.dumps({"holder": holder, "pid": os.getpid()}))
    except Timeout:
        raise IndexInUseError(
            f"The index in {folder} is in use by {_named(note)}. An embedded index has one process at a time: wait "
            "until that one ends or end it, or set QDRANT_URL to share a Qdrant server."
        ) from None
    except OSError as error:
        lock.release()
        raise KnowledgeIndexError(
            f"The index in {folder} cannot be locked: {error}. Check the folder's permissions and the disk's space."
        ) from error
    return lock


def require_room(folder: Path, more: int = 0) -> None:
    """Raise KnowledgeIndexError unless `more` bytes and the room for any write are free on the folder's disk."""
    free = shutil.disk_usage(folder).free
    if free < ROOM + more:
        raise KnowledgeIndexError(
            f"The disk of {folder} is full: {free / 1e6:.0f} MB are free, and {(ROOM + more) / 1e6:.0f} MB are needed "
            "to write the index safely. What was written before is safe. Free some space, then run this again."
        )


def bytes_on_disk(path: Path) -> int:
    """What the files below `path` take, their holes not counted."""
    return sum(file.stat().st_blocks * 512 for file in path.rglob("*") if file.is_file())


def workshop(path: Path) -> Path:
    """A new path beside `path` to make its next state in; never one that a killed process's child still writes to."""
    return path.with_name(f"{path.name}.{uuid.uuid4().hex[:8]}.making")


def copy(path: Path, target: Path) -> None:
    """Copy a state. Its files are mostly holes, which stay holes."""
    shutil.copytree(path, target, copy_function=_copy_file)


def swap(path: Path, made: Path) -> None:
    """Put `made`, which is whole, in the place of `path`. Wherever this is stopped, `settle` finishes it."""
    made.rename(_new(path))
    path.rename(_old(path))
    _new(path).rename(path)


def settle(path: Path) -> None:
    """Bring `path` to one whole state from wherever a swap was stopped, and sweep away what is left of others."""
    if not path.exists() and _old(path).exists():
        (_new(path) if _new(path).exists() else _old(path)).rename(path)
    for leftover in (_new(path), _old(path), *path.parent.glob(f"{path.name}.*.making")):
        shutil.rmtree(leftover, ignore_errors=True)


def _new(path: Path) -> Path:
    return path.with_name(path.name + ".new")


def _old(path: Path) -> Path:
    return path.with_name(path.name + ".old")


def _named(note: Path) -> str:
    try:
        other = json.loads(note.read_text())
        return f"{other['holder']} (process {other['pid']})"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"


def _copy_file(source: str, target: str) -> None:
    with Path(source).open("rb") as original, Path(target).open("wb") as copied:
        while block := original.read(_BLOCK):
            if block == _ZEROS[: len(block)]:
                copied.seek(len(block), os.SEEK_CUR)
            else:
                copied.write(block)
        copied.truncate()
