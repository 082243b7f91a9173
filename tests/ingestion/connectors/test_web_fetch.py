"""Answers that are too large, too slow, damaged or of no known coding take little time and memory."""

import asyncio
import gzip
import socket
import threading
import time
import tracemalloc
import zlib
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from ingestion.connectors.web_fetch import Fetcher, TooLargeError, UnavailableError

Serve = Callable[[Starlette], str]
MEGABYTE = 1_000_000


def fetcher(seconds: float = 10.0, most_bytes: int = MEGABYTE) -> Fetcher:
    return Fetcher(lambda host: True, 0.0, seconds, most_bytes)


def answering(serve: Serve, response: Response) -> str:
    async def answer(request: Request) -> Response:
        return response

    return serve(Starlette(routes=[Route("/{path:path}", answer)])) + "/page"


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("httpx_retries.retry.time.sleep", lambda seconds: None)


def test_what_was_compressed_for_the_way_is_as_it_was(serve: Serve) -> None:
    twice = gzip.compress(b"Hello, ") + gzip.compress(b"world.") + b"\0\0"
    url = answering(serve, Response(twice, headers={"Content-Encoding": "GZip"}))
    assert fetcher().get(url).content == b"Hello, world."


def test_a_compressed_page_that_grows_without_end_takes_no_memory(serve: Serve) -> None:
    packer = zlib.compressobj(9, wbits=zlib.MAX_WBITS | 16)
    bomb = b"".join(packer.compress(bytes(MEGABYTE)) for _ in range(300)) + packer.flush()
    url = answering(serve, Response(bomb, headers={"Content-Encoding": "gzip"}))
    tracemalloc.start()
    try:
        with pytest.raises(TooLargeError, match=r"/page is larger than 1 MB"):
            fetcher().get(url)
        assert tracemalloc.get_traced_memory()[1] < 5 * MEGABYTE
    finally:
        tracemalloc.stop()


def test_a_page_that_goes_on_and_on_is_given_up(serve: Serve) -> None:
    async def going_on() -> AsyncIterator[bytes]:
        for _ in range(200):
            yield b"more " * 10_000
            await asyncio.sleep(0)

    with pytest.raises(TooLargeError):
        fetcher().get(answering(serve, StreamingResponse(going_on())))


@pytest.mark.parametrize(
    ("content", "coding", "said"),
    [
        (b"no gzip", "gzip", "is damaged"),
        (gzip.compress(b"long " * 1_000, mtime=0)[:40], "gzip", "is cut off"),
        (b"\x1b\x03", "br", "is sent as 'br', which was not asked for"),
    ],
    ids=["damaged", "cut off", "unknown coding"],
)
def test_what_cannot_be_decoded_is_not_had(serve: Serve, content: bytes, coding: str, said: str) -> None:
    url = answering(serve, Response(content, headers={"Content-Encoding": coding}))
    with pytest.raises(UnavailableError, match=said):
        fetcher().get(url)


@pytest.fixture
def dribbling() -> Iterator[Callable[[bytes], str]]:
    """Serves what it is given at first, and then a byte now and then for ever."""
    done = threading.Event()
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:

        def dribble(connection: socket.socket, start: bytes) -> None:
            with closing(connection):
                try:
                    connection.sendall(start)
                    while not done.wait(0.02):
                        connection.sendall(b"x")
                except OSError:
                    return

        def serve(start: bytes) -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                threading.Thread(target=dribble, args=(connection, start), daemon=True).start()

        def begun(start: bytes) -> str:
            threading.Thread(target=serve, args=(start,), daemon=True).start()
            return f"http://127.0.0.1:{listener.getsockname()[1]}/page"

        yield begun
        done.set()
        listener.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize("start", [b"", b"HTTP/1.1 200 OK\r\nX-Slow: ", b"HTTP/1.1 200 OK\r\n\r\n"])
def test_a_page_that_dribbles_is_given_up(dribbling: Callable[[bytes], str], start: bytes) -> None:
    begun = time.monotonic()
    with pytest.raises(UnavailableError, match="cannot be had"):
        fetcher(seconds=0.3).get(dribbling(start))
    assert time.monotonic() - begun < 5


def test_nobody_is_known_again_by_a_cookie(serve: Serve) -> None:
    asked: list[Request] = []

    async def answer(request: Request) -> Response:
        asked.append(request)
        return Response("Hello.", headers={"Set-Cookie": "visitor=1; Path=/"})

    url = serve(Starlette(routes=[Route("/", answer)]))
    one = fetcher()
    one.get(f"{url}/")
    one.get(f"{url}/")
    assert all("cookie" not in request.headers for request in asked)
    assert len(asked) == 2
