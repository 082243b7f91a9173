"""The way into a running `lore serve` for other commands: HTTP on loopback, with a token only its owner can read."""

import json
import os
import queue
import secrets
import socket
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import httpx
import structlog
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from bot.contract import Json
from bot.service import LocalService, WriterChoice, progress_json, progress_of
from ingestion.sync import Progress
from learning.training import OnProgress, TrainingProgress
from storage.document import Audience
from storage.versions import Sides

log = structlog.get_logger()

Emit = Callable[[Json], None]


class ServiceError(Exception):
    """The serving process refused a command; the message is its own."""


def _address_file(home: Path) -> Path:
    return home / "serve.json"


@contextmanager
def reachable(service: LocalService, home: Path) -> Iterator[None]:
    """Let other processes of this user reach `service` for as long as the block runs."""
    token = secrets.token_urlsafe(32)
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(_app(service, token), log_config=None, lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="control", daemon=True)
    thread.start()
    file = _address_file(home)
    note = {"pid": os.getpid(), "port": listener.getsockname()[1], "token": token}
    beside = file.with_suffix(f".{os.getpid()}")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as opened:
        json.dump(note, opened)
    beside.rename(file)
    try:
        yield
    finally:
        file.unlink(missing_ok=True)
        server.should_exit = True
        thread.join(timeout=10)


def running_service(home: Path) -> "RemoteService | None":
    """The service of the process that serves this home, or None if none does."""
    try:
        note = json.loads(_address_file(home).read_text())
        service = RemoteService(note["port"], note["token"], note["pid"])
    except (OSError, ValueError, KeyError):
        return None
    return service if service.alive() else None


class RemoteService:
    """A Service in another process."""

    def __init__(self, port: int, token: str, pid: int) -> None:
        self.pid = pid
        self._client = httpx.Client(
            base_url=f"http://127.0.0.1:{port}",
            headers={"Authorization": f"Bearer {token}"},
            timeout=httpx.Timeout(None, connect=5.0),
            trust_env=False,
        )

    def alive(self) -> bool:
        """Whether the process still answers; a note that a killed one left behind leads nowhere."""
        try:
            return self._client.get("/", timeout=5.0).status_code == httpx.codes.OK
        except httpx.HTTPError:
            return False

    def ask(self, question: str, audience: Audience, writer: WriterChoice, on_text: Callable[[str], None]) -> Json:
        request = {"question": question, "audience": sorted(audience), "writer": writer}
        return self._call("ask", request, {"text": on_text})

    def search(self, question: str, audience: Audience, limit: int) -> Json:
        return self._call("search", {"question": question, "audience": sorted(audience), "limit": limit}, {})

    def explain(self, question: str, audience: Audience, writer: WriterChoice) -> Json:
        request = {"question": question, "audience": sorted(audience), "writer": writer}
        return self._call("explain", request, {})

    def sync(
        self,
        names: Sequence[str],
        allow_removals: bool,
        on_progress: Callable[[Progress], None],
        on_report: Callable[[Json], None],
    ) -> None:
        request = {"names": list(names), "allow_removals": allow_removals}
        on_event = {"progress": lambda value: on_progress(progress_of(value)), "report": on_report}
        self._call("sync", request, on_event)

    def remove_source(self, name: str) -> Json:
        return self._call("remove_source", {"name": name}, {})

    def counts(self) -> Json:
        return self._call("counts", {}, {})

    def learn(self, sides: Sides, seed: int, dry_run: bool, on_progress: OnProgress) -> Json:
        request = {"sides": sides, "seed": seed, "dry_run": dry_run}
        return self._call("learn", request, {"progress": lambda value: on_progress(TrainingProgress(**value))})

    def models(self) -> Json:
        return self._call("models", {}, {})

    def rollback(self) -> Json:
        return self._call("rollback", {}, {})

    def calibrate(self, on_read: Callable[[int, int], None]) -> Json:
        return self._call("calibrate", {}, {"read": lambda value: on_read(*value)})

    def _call(self, command: str, request: Json, on_event: Mapping[str, Callable[[Any], None]]) -> Json:
        try:
            with self._client.stream("POST", f"/{command}", json=request) as response:
                response.raise_for_status()
                for line in response.iter_lines():
                    ((kind, value),) = json.loads(line).items()
                    if kind == "error":
                        raise ServiceError(value)
                    if kind == "result":
                        return dict(value)
                    on_event[kind](value)
        except httpx.HTTPError as error:
            raise ServiceError(f"`lore serve` (process {self.pid}) stopped answering: {error}. Try again.") from error
        raise ServiceError(f"`lore serve` (process {self.pid}) ended before it was done. Try again.")


def _app(service: LocalService, token: str) -> Starlette:
    def ask(request: Json, emit: Emit) -> Json:
        audience = frozenset(request["audience"])
        return service.ask(request["question"], audience, request["writer"], lambda text: emit({"text": text}))

    def search(request: Json, emit: Emit) -> Json:
        return service.search(request["question"], frozenset(request["audience"]), request["limit"])

    def explain(request: Json, emit: Emit) -> Json:
        return service.explain(request["question"], frozenset(request["audience"]), request["writer"])

    def sync(request: Json, emit: Emit) -> Json:
        service.sync(
            request["names"],
            request["allow_removals"],
            lambda progress: emit({"progress": progress_json(progress)}),
            lambda report: emit({"report": report}),
        )
        return {}

    def remove_source(request: Json, emit: Emit) -> Json:
        return service.remove_source(request["name"])

    def counts(request: Json, emit: Emit) -> Json:
        return service.counts()

    def learn(request: Json, emit: Emit) -> Json:
        return service.learn(
            request["sides"],
            request["seed"],
            request["dry_run"],
            lambda progress: emit({"progress": asdict(progress)}),
        )

    def models(request: Json, emit: Emit) -> Json:
        return service.models()

    def rollback(request: Json, emit: Emit) -> Json:
        return service.rollback()

    def calibrate(request: Json, emit: Emit) -> Json:
        return service.calibrate(lambda done, total: emit({"read": [done, total]}))

    async def alive(request: Request) -> Response:
        return JSONResponse({}) if _authorized(request, token) else Response(status_code=401)

    def route(command: Callable[[Json, Emit], Json]) -> Route:
        async def endpoint(request: Request) -> Response:
            if not _authorized(request, token):
                return Response(status_code=401)
            return StreamingResponse(_events(command, await request.json()), media_type="application/x-ndjson")

        return Route(f"/{command.__name__}", endpoint, methods=["POST"])

    commands = (ask, search, explain, sync, remove_source, counts, learn, models, rollback, calibrate)
    return Starlette(routes=[Route("/", alive), *map(route, commands)])


def _authorized(request: Request, token: str) -> bool:
    return secrets.compare_digest(request.headers.get("authorization", ""), f"Bearer {token}")


def _events(command: Callable[[Json, Emit], Json], request: Json) -> Iterator[str]:
    """What the command emits, a JSON object a line, the last one its result or its error."""
    events: queue.Queue[Json] = queue.Queue()

    def work() -> None:
        try:
            events.put({"result": command(request, events.put)})
        except Exception as error:  # the outermost layer of a command: the other process tells the person
            log.warning("command failed", command=command.__name__, exc_info=True)
            events.put({"error": str(error)})

    threading.Thread(target=work, name=command.__name__, daemon=True).start()
    while True:
        event = events.get()
        yield json.dumps(event) + "\n"
        if event.keys() & {"result", "error"}:
            return
