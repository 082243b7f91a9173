"""Git repositories in folders, and dulwich's HTTP server for them."""

import base64
import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from dulwich.repo import Repo
from dulwich.server import Backend
from dulwich.web import make_wsgi_chain

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Repository:
    """A repository with a working tree, on the branch `main`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True)
        self.git("init", "--quiet", "--initial-branch", "main")

    def git(self, *arguments: str) -> str:
        who = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "protocol.file.allow=always")
        done = subprocess.run(
            ["git", *who, *arguments],
            cwd=self.folder,
            check=True,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
        )
        return done.stdout.strip()

    def commit(self, files: dict[str, str | None], message: str = "A change") -> str:
        """Write these files, None removing one; the id of the commit."""
        for path, content in files.items():
            file = self.folder / path
            if content is None:
                file.unlink()
            else:
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(content)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.head()

    def head(self) -> str:
        return self.git("rev-parse", "HEAD")

    def remove(self) -> None:
        shutil.rmtree(self.folder)


class _Repositories(Backend):
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def open_repository(self, path: str | bytes) -> Any:
        return Repo(str(self._folder / os.fsdecode(path).strip("/").removesuffix(".git")))


class GitServer:
    """Serves the repositories in a folder over HTTP; `token`, where it is set, has to be the password of each request.

    `stumbles` is how many of the next requests are answered with 503; `requests` are the paths that were asked for.
    Where `hold` is cleared, contents are held back until it is set; `held` is set as soon as they are.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.token: str | None = None
        self.stumbles = 0
        self.hold, self.held = threading.Event(), threading.Event()
        self.hold.set()
        self.requests: list[str] = []
        self._app: Wsgi = make_wsgi_chain(_Repositories(folder))
        self._server = make_server("127.0.0.1", 0, self._answer, _Threads, _Quiet)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def _answer(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        self.requests.append(environ["PATH_INFO"])
        authorization = environ.get("HTTP_AUTHORIZATION", "")
        if self.stumbles:
            self.stumbles -= 1
            start_response("503 Service Unavailable", [("Content-Length", "0")])
            return []
        if (
            self.token
            and base64.b64decode(authorization.removeprefix("Basic ")).decode().rpartition(":")[2] != self.token
        ):
            start_response("401 Unauthorized", [("WWW-Authenticate", 'Basic realm="git"'), ("Content-Length", "0")])
            return []
        if not (self._folder / environ["PATH_INFO"].split("/")[1].removesuffix(".git")).exists():
            start_response("404 Not Found", [("Content-Length", "0")])
            return []
        if environ["REQUEST_METHOD"] == "POST" and not self.hold.is_set():
            self.held.set()
            self.hold.wait(30)
        return self._app(environ, start_response)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def start(self) -> None:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()


class _Threads(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def git_server(folder: Path) -> Iterator[GitServer]:
    server = GitServer(folder)
    server.start()
    try:
        yield server
    finally:
        server.close()
