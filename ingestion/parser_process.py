"""Documents parsed in a process of their own, which a document may hang, crash or bloat without harm to Lore."""

import os
import selectors
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ingestion.connectors import RawDocument
from ingestion.moments import moment
from ingestion.parse import MOST_CHARACTERS, is_small_text, parse
from ingestion.parsed_document import ParsedDocument, ParseError, ScannedError
from ingestion.parser_wire import LENGTHS, Header, WireError, lengths, packed, read_anchors, unpacked

PROGRAM_FOLDERS = ("/usr/local/bin", "/usr/bin", "/bin", "/opt/homebrew/bin", "/opt/local/bin")
"""Where a program for text recognition is looked for."""

CLOCK_FACTOR = 4
"""By which a document's time by the clock is longer than its time of a core: embedding uses the cores too."""

MOST_ANSWER = 4 * MOST_CHARACTERS
"""Bytes of Markdown that are taken from a process."""

_START = """
import os, sys
sys.path += [folder for folder in sys.argv.pop(1).split(os.pathsep) if folder not in sys.path]
from ingestion.parser_child import main
main()
"""


@dataclass(frozen=True)
class Limits:
    """What one document may take.

    `seconds` of one core, and more for each megabyte that it has and for each scanned page of it, at most
    `most_scanned_pages`; by the clock, CLOCK_FACTOR times that. `memory` is in bytes beyond
    what the process begins with. A process is replaced after so many `documents`, and ends when it was idle.
    """

    seconds: float = 60.0
    seconds_per_megabyte: float = 2.0
    seconds_per_scanned_page: float = 10.0
    most_scanned_pages: int = 200
    memory: int = 1_000_000_000
    documents: int = 500
    idle_seconds: float = 60.0


class ParserProcesses:
    """Processes that parse, one for each caller at a time; they are started when needed and used again."""

    def __init__(self, limits: Limits | None = None, program_folders: tuple[str, ...] = PROGRAM_FOLDERS) -> None:
        self._limits = limits or Limits()
        self._program_folders = program_folders
        self._idle: list[_ParserProcess] = []
        self._guard = threading.Lock()

    def parse(self, raw: RawDocument) -> ParsedDocument:
        """As `ingestion.parse.parse`, within the limits. Raises ParseError where the document is beyond them.

        Plain text and Markdown that are small are parsed here: that is linear in their length, and a process would
        take longer to be told. Raises RuntimeError where the parser has a fault.
        """
        if is_small_text(raw):
            return parse(raw)
        limits = self._limits
        seconds = limits.seconds + limits.seconds_per_megabyte * len(raw.content) / 1_000_000
        try:
            return self._parsed(raw, seconds, recognise_text=False)
        except ScannedError as scanned:
            if not any(Path(folder, "tesseract").is_file() for folder in self._program_folders):
                raise
            if scanned.pages > limits.most_scanned_pages:
                raise ParseError(
                    f"{raw.name} was scanned and has {scanned.pages} pages, more than the {limits.most_scanned_pages} "
                    "whose text is recognised here: run it through text recognition (OCR), or split it."
                ) from None
            seconds += limits.seconds_per_scanned_page * scanned.pages
        return self._parsed(raw, seconds, recognise_text=True)

    def close(self) -> None:
        """End the processes that wait. They end by themselves too: when idle, and with this process."""
        with self._guard:
            idle, self._idle = self._idle, []
        for process in idle:
            process.end()

    def _parsed(self, raw: RawDocument, seconds: float, *, recognise_text: bool) -> ParsedDocument:
        while True:
            process = self._take()
            try:
                header, body = process.ask(raw, seconds, recognise_text=recognise_text)
            except _IdleEndError:
                continue  # it had been idle and ended as it was asked
            except BaseException:
                process.end()
                raise
            break
        if header.get("last") or process.documents >= self._limits.documents:
            process.end()
        else:
            with self._guard:
                self._idle.append(process)
        return self._read(raw.name, header, body)

    def _take(self) -> "_ParserProcess":
        with self._guard:
            while self._idle:
                process = self._idle.pop()
                if process.is_running():
                    return process
        return _ParserProcess(self._limits, self._program_folders)

    def _read(self, name: str, header: Header, body: bytes) -> ParsedDocument:
        kind, message = header.get("kind"), str(header.get("message"))
        if kind == "parsed":
            title = header.get("title")
            text = body.decode("utf-8", "surrogatepass")
            anchors, changed = read_anchors(header.get("anchors")), moment(header.get("changed_at"))
            return ParsedDocument(None if title is None else str(title), text, anchors, changed)
        if kind == "scanned":
            raise ScannedError(message, int(header.get("pages") or 0))
        if kind == "refused":
            raise ParseError(message)
        if kind == "memory":
            raise ParseError(
                f"{name} takes more than {self._limits.memory // 1_000_000} MB of memory to read, and reading it was "
                "stopped: split it, or exclude it."
            )
        raise RuntimeError(f"{name}: {message}")


class _IdleEndError(Exception):
    """The process had ended in order before it was asked."""


class _ParserProcess:
    """One child process and what was asked of it."""

    def __init__(self, limits: Limits, program_folders: tuple[str, ...]) -> None:
        self.documents = 0
        # What is imported here can be imported there, from the same places, after the standard library.
        folders = os.pathsep.join(str(Path(folder).resolve()) for folder in sys.path)
        programs = os.pathsep.join(program_folders)
        arguments = (folders, os.getpid(), limits.memory, limits.idle_seconds, programs)
        # Nothing of our environment, which may hold tokens; one thread, as a document is not worth more.
        environment = {
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
            "OMP_THREAD_LIMIT": "1",
            "LC_ALL": "C.UTF-8",
        }
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", _START, *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            env=environment,
            cwd=os.sep,
            start_new_session=True,
        )

    def is_running(self) -> bool:
        """Whether it may be asked; one that has ended is cleaned up."""
        if self._process.poll() is None:
            return True
        self.end()
        return False

    def ask(self, raw: RawDocument, seconds: float, *, recognise_text: bool) -> tuple[Header, bytes]:
        """What it answers, a header and a body. Raises ParseError where it crashed or took too long."""
        self.documents += 1
        wall_seconds = CLOCK_FACTOR * seconds
        header: Header = {
            "name": raw.name,
            "media_type": raw.media_type,
            "seconds": seconds,
            "wall_seconds": wall_seconds,
            "recognise_text": recognise_text,
            "heading_ids": raw.heading_ids,
        }
        start, body = packed(header, raw.content)
        slow = ParseError(
            f"{raw.name} took more than {seconds:.0f} seconds to read, and reading it was stopped: split it, or "
            "exclude it."
        )
        try:
            exchange = _Exchange(self._process, time.monotonic() + wall_seconds)
            exchange.write(start)
            exchange.write(body)
            header_length, body_length = lengths(exchange.read(LENGTHS.size))
            if body_length > MOST_ANSWER:
                raise WireError
            return unpacked(exchange.read(header_length)), exchange.read(body_length)
        except TimeoutError:
            raise slow from None
        except (EOFError, BrokenPipeError, WireError):
            code = self.end()
            if code == 0 and self.documents > 1:
                raise _IdleEndError from None
            if code == -signal.SIGXCPU or code == -signal.SIGALRM:
                raise slow from None
            raise ParseError(
                f"{raw.name} made the program that reads it crash: it is damaged, or too large for it. Save it again, "
                "or exclude it."
            ) from None

    def end(self) -> int:
        """End it, and the programs that it started; returns its exit status."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        if self._process.stdin.closed:
            return self._process.wait()
        self._process.stdin.close()
        try:
            # One that has crashed or ends in order is let: its status says which it was.
            code = self._process.wait(0.2)
        except subprocess.TimeoutExpired:
            code = None
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.stdout.close()
        return self._process.wait() if code is None else code


class _Exchange:
    """Writes to and reads from a process, both until a moment of the monotonic clock."""

    def __init__(self, process: subprocess.Popen[bytes], deadline: float) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._input, self._output = process.stdin.fileno(), process.stdout.fileno()
        os.set_blocking(self._input, False)
        self._deadline = deadline

    def write(self, content: bytes) -> None:
        left = memoryview(content)
        while left:
            self._wait(self._input, selectors.EVENT_WRITE)
            left = left[os.write(self._input, left[: 1 << 20]) :]

    def read(self, size: int) -> bytes:
        """So many bytes. Raises EOFError where there are no more to come, TimeoutError where they come too late."""
        content = bytearray()
        while len(content) < size:
            self._wait(self._output, selectors.EVENT_READ)
            part = os.read(self._output, min(size - len(content), 1 << 20))
            if not part:
                raise EOFError
            content += part
        return bytes(content)

    def _wait(self, file: int, event: int) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(file, event)
            if not selector.select(max(self._deadline - time.monotonic(), 0.0)):
                raise TimeoutError
