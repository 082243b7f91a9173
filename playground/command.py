"""The program that the playground starts: the bot, pointed at it, with its output in a log file."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from playground.errors import PlaygroundError

LAST_LINES = 20


class CommandDiedError(Exception):
    """The program ended by itself; the message has its last words."""


class Command:
    """A program that runs."""

    def __init__(self, process: subprocess.Popen[bytes], words: Sequence[str], log: Path) -> None:
        self._process = process
        self._words = words
        self.log = log

    def check(self) -> None:
        """Raises CommandDiedError when the program has ended."""
        code = self._process.poll()
        if code is None:
            return
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-LAST_LINES:]
        shown = "\n".join(f"  {line}" for line in lines) or "  (nothing)"
        raise CommandDiedError(
            f"{' '.join(self._words)} ended with status {code}. The last lines of {self.log}:\n{shown}"
        )

    def wait_until(self, connected: Callable[[], bool], timeout: float) -> None:
        """Waits until `connected`. Raises CommandDiedError when the program ends first, TimeoutError when late."""
        deadline = time.monotonic() + timeout
        while not connected():
            self.check()
            if time.monotonic() > deadline:
                raise TimeoutError(f"{' '.join(self._words)} has not connected in {timeout:g} s. Its log: {self.log}")
            time.sleep(0.1)

    def stop(self) -> None:
        """Asks the program to end, then makes it."""
        if self._process.poll() is not None:
            return
        self._process.terminate()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


@contextmanager
def started(words: Sequence[str], environment: Mapping[str, str], log: Path) -> Iterator[Command]:
    """Starts a program with `environment` added to this one's, its output to `log`, and stops it in the end.

    Raises PlaygroundError when it cannot be started.
    """
    with log.open("wb") as output:
        try:
            process = subprocess.Popen(
                words,
                env={**os.environ, **environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                # Ctrl-C is for the playground, which then stops the program in order.
                start_new_session=True,
            )
        except OSError as error:
            raise PlaygroundError(f"{words[0]} cannot be started: {error.strerror}.") from error
    command = Command(process, words, log)
    try:
        yield command
    finally:
        command.stop()
