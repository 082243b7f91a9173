"""The process that parses documents one after the other, under limits that the operating system holds it to.

Started by ParserProcesses, with its parent's process id, the bytes of memory that a document may take, the seconds to
wait for one, and the folders of programs. It ends when its input does, when it has waited, and within seconds of its
parent's death, whatever it is at.
"""

import os
import resource
import select
import signal
import sys
import threading
import time
from pathlib import Path
from typing import BinaryIO

from ingestion.connectors import RawDocument
from ingestion.parse import parse
from ingestion.parsed_document import ParseError, ScannedError
from ingestion.parser_wire import Header, heading_ids, receive, send, written_anchors

GRACE = 5.0
"""Seconds after which the process ends itself where its parent did not end it at the limit: it may be gone."""


def main() -> None:
    """Answer requests until there are no more."""
    parent, memory, idle, programs = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), sys.argv[4]
    os.environ["PATH"] = programs
    # What a library prints must not get into the answers.
    requests, answers = os.fdopen(os.dup(0), "rb", 0), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_AS, _address_space() + memory)
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    while select.select([requests], [], [], idle)[0]:
        request = receive(_Whole(requests))
        if request is None:
            return
        if not _answer(*request, answers, memory):
            return


class _Whole:
    """An unbuffered stream whose reads give all that was asked for, so that `select` sees what is left."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def read(self, size: int) -> bytes:
        content = bytearray()
        while len(content) < size and (part := self._stream.read(min(size - len(content), 1 << 20))):
            content += part
        return bytes(content)


def _answer(header: Header, content: bytes, answers: BinaryIO, memory: int) -> bool:
    """Answers one request; returns whether this process is fit for another one."""
    media_type = None if header["media_type"] is None else str(header["media_type"])
    raw = RawDocument(content, str(header["name"]), media_type, heading_ids(header["heading_ids"]))
    seconds = float(header["seconds"] or 0)
    used = resource.getrusage(resource.RUSAGE_SELF)
    _limit(resource.RLIMIT_CPU, int(used.ru_utime + used.ru_stime + seconds) + 1)
    # The default action of the signal is to end the process, which no loop in C can put off.
    signal.setitimer(signal.ITIMER_REAL, float(header["wall_seconds"] or 0) + GRACE)
    fit = True
    try:
        parsed = parse(raw, recognise_text=bool(header["recognise_text"]))
        reply: Header = {
            "kind": "parsed",
            "title": parsed.title,
            "anchors": written_anchors(parsed.anchors),
            "changed_at": parsed.changed_at and parsed.changed_at.isoformat(),
        }
        body = parsed.markdown.encode("utf-8", "surrogatepass")
    except ScannedError as error:
        reply, body = {"kind": "scanned", "message": str(error), "pages": error.pages}, b""
    except (ParseError, MemoryError) as error:
        fit = not _for_want_of_memory(error)
        reply, body = {"kind": "refused" if fit else "memory", "message": str(error)}, b""
    except Exception as error:  # noqa: BLE001 - told to the parent, which raises it
        fit = not _for_want_of_memory(error)
        reply, body = {"kind": "fault" if fit else "memory", "message": f"{type(error).__name__}: {error}"}, b""
    signal.setitimer(signal.ITIMER_REAL, 0)
    # Not all of the memory that a document took is given back.
    fit = fit and _resident() < memory // 2
    send(answers, {**reply, "last": not fit}, body)
    return fit


def _for_want_of_memory(error: BaseException | None) -> bool:
    """Whether an error is, or comes of, memory that could not be had."""
    while error is not None:
        if isinstance(error, MemoryError) or "emory allocation failed" in str(error):
            return True
        error = error.__cause__ or error.__context__
    return False


def _limit(kind: int, most: int) -> None:
    _, hard = resource.getrlimit(kind)
    try:
        resource.setrlimit(kind, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))
    except (ValueError, OSError):  # macOS knows some limits and holds nobody to them
        return


def _address_space() -> int:
    """The bytes of addresses that this process has now: what it needs to stand, not what it uses."""
    return _pages(0) or 200_000_000


def _resident() -> int:
    """The bytes of memory that this process has now."""
    # Not what `getrusage` says: on Linux that is at least what the parent had.
    return _pages(1) or resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _pages(field: int) -> int:
    try:
        return int(Path("/proc/self/statm").read_bytes().split()[field]) * resource.getpagesize()
    except OSError:
        return 0


def _end_with(parent: int) -> None:
    """Ends this process, and the programs that it started, when its parent is gone."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os.killpg(0, signal.SIGKILL)
