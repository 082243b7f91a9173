"""The git command, run so that it asks nobody, executes nothing of a repository, and tells no token."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from ingestion.connectors import ConnectorError

TRIES = 4
"""Of a request to a server that stumbles."""

WAIT_SECONDS = 1.0
"""Before the second try, and then twice as long each time."""

LOCAL_SECONDS = 900.0
"""A command that works on the clone alone gets this long."""

STALLED = (("http.lowSpeedLimit", "1"), ("http.lowSpeedTime", "120"))
"""A transfer without a byte a second for two minutes is given up: a server that is still counting sends as much."""

_OF_ANOTHER_REPOSITORY = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR")
_TOKEN = "LORE_GIT_TOKEN"
_REFUSALS = (
    "authentication failed",
    "could not read username",
    "could not read password",
    "permission denied",
    "host key verification failed",
    "returned error: 401",
    "returned error: 403",
)
_ABSENCES = (
    "not found",
    "could not be found",
    "does not appear to be a git repository",
    "does not exist",
    "returned error: 404",
)


class GitError(Exception):
    """The git command failed; the message is its last word."""


class GitTimeoutError(GitError):
    """It did not end in time."""


class RepositoryMissingError(ConnectorError):
    """There is no repository at the address, as far as this token may see."""


def installed_git() -> str:
    """The path of the command. Raises ValueError where there is none."""
    command = shutil.which("git")
    if command is None:
        raise ValueError("it needs the command git (2.31 or newer), which is not installed")
    return command


class Git:
    """The git command for one repository, `url`, which is read with `token` where it asks for one.

    Raises ValueError where git is not installed, or the address is none that Lore reads.
    """

    def __init__(self, url: str, token: str | None = None) -> None:
        self._command = installed_git()
        self.url = url
        _check(url, token)
        self._token = token

    def remote(self, *arguments: str, folder: Path | None = None, seconds: float = 120.0) -> str:
        """What a command that speaks with the repository answers. Raises ConnectorError, which says what to do."""
        for attempt in range(TRIES):
            if attempt:
                time.sleep(WAIT_SECONDS * 2 ** (attempt - 1))
            try:
                return self._run(arguments, folder, seconds).decode("utf-8", "surrogateescape")
            except GitError as error:
                said = str(error)
                if any(word in said.lower() for word in _REFUSALS):
                    raise ConnectorError(
                        f"{self.url} does not let Lore in ({said}): give it a `token` that may read the repository, or "
                        "a key of the user that runs Lore where the address is one of ssh."
                    ) from error
                if any(word in said.lower() for word in _ABSENCES):
                    raise RepositoryMissingError(
                        f"There is no repository at {self.url} ({said}): correct `url`, or give it a `token` that may "
                        "read it."
                    ) from error
                if isinstance(error, GitTimeoutError):
                    break
        raise ConnectorError(f"{self.url} cannot be read ({said}): check the address, the network and the disk.")

    def local(self, folder: Path, *arguments: str) -> str:
        """What a command that works on the clone in `folder` answers. Raises GitError."""
        return self._run(arguments, folder, LOCAL_SECONDS).decode("utf-8", "surrogateescape")

    @contextmanager
    def reading(self, folder: Path, *arguments: str) -> Iterator[IO[bytes]]:
        """What a command says, to be read as far as it is of use. Raises GitError where it fails before."""
        with subprocess.Popen(
            self._line(arguments, folder),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=self._environment(),
            start_new_session=True,
        ) as process:
            assert process.stdout is not None
            try:
                yield process.stdout
                if process.stdout.read(1) == b"" and process.wait(LOCAL_SECONDS):
                    raise GitError(f"git {arguments[0]} ended with {process.returncode}")
            finally:
                process.kill()

    def _run(self, arguments: Sequence[str], folder: Path | None, seconds: float) -> bytes:
        try:
            done = subprocess.run(
                self._line(arguments, folder),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                env=self._environment(),
                timeout=seconds,
                check=False,
                start_new_session=True,  # without a terminal, neither git nor ssh asks anything
            )
        except subprocess.TimeoutExpired as error:
            raise GitTimeoutError(f"no end after {seconds:g} seconds") from error
        if done.returncode:
            raise GitError(self._last_word(done.stderr) or f"git {arguments[0]} ended with {done.returncode}")
        return done.stdout

    def _line(self, arguments: Sequence[str], folder: Path | None) -> list[str]:
        return [self._command, *(() if folder is None else ("--git-dir", str(folder))), *arguments]

    def _last_word(self, stderr: bytes) -> str:
        lines = [line.strip() for line in stderr.decode("utf-8", "replace").splitlines() if line.strip()]
        told = [line for line in lines if line.startswith(("fatal:", "error:", "remote:"))] or lines
        said = "; ".join(line.partition(": ")[2] if ": " in line else line for line in told[-2:])[:500]
        return said.replace(self._token, "…") if self._token else said

    def _environment(self) -> dict[str, str]:
        """This process's, so that proxies, keys and settings of its user hold, and what makes git quiet and tame."""
        settings: list[tuple[str, str]] = [
            ("core.hooksPath", os.devnull),
            ("gc.autoDetach", "false"),
            ("maintenance.autoDetach", "false"),
            *STALLED,
        ]
        inherited = {key: value for key, value in os.environ.items() if key not in _OF_ANOTHER_REPOSITORY}
        if self._token:
            address = urlsplit(self.url)
            # By a helper for this host alone: a redirection to another gets nothing, and no list of processes shows it.
            settings += [
                ("credential.helper", ""),
                (f"credential.{address.scheme}://{address.netloc.rpartition('@')[2]}.helper", _helper(self.url)),
            ]
            inherited[_TOKEN] = self._token
        numbered = enumerate(settings)
        return {
            **inherited,
            **{f"GIT_CONFIG_{part}_{n}": text for n, pair in numbered for part, text in zip(_PARTS, pair, strict=True)},
            "GIT_CONFIG_COUNT": str(len(settings)),
            "GIT_ALLOW_PROTOCOL": "file:git:http:https:ssh",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_ASKPASS": "",
            "SSH_ASKPASS_REQUIRE": "never",
            "LC_ALL": "C",  # what it says is looked into
        }


_PARTS = ("KEY", "VALUE")


def _check(url: str, token: str | None) -> None:
    """Raises ValueError for an address that git would take for something else, or that holds a secret."""
    address = urlsplit(url)
    if "://" in url:
        if address.scheme not in ("https", "http", "ssh", "git", "file"):
            raise ValueError(f"`url` begins with {address.scheme}:// and Lore reads https, ssh, git and file addresses")
        if address.password:
            raise ValueError("`url` has a password in it: put it in `token`, which no message shows")
    elif not url.startswith("/") and (url.startswith("-") or "::" in url or ":" not in url):
        raise ValueError(f"`url` is {url!r}: write a whole address, or the whole path of a repository's folder")
    if token and address.scheme not in ("https", "http"):
        raise ValueError("`token` is for https addresses; ssh takes the keys of the user that runs Lore")


def _helper(url: str) -> str:
    """The shell function that tells git the token: with the user of the address, or the one that the host expects."""
    host = urlsplit(url).hostname or ""
    user = "x-token-auth" if "bitbucket" in host else "oauth2" if "gitlab" in host else "x-access-token"
    name = "" if urlsplit(url).username else f"echo username={user}; "
    return f'!f() {{ if test "$1" = get; then {name}echo "password=${_TOKEN}"; fi; }}; f'
