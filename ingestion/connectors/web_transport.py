"""HTTP over connections that are checked, with a time by which an answer has to be whole."""

import ssl
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import httpcore
import httpx

_RAISED = (
    (httpcore.ConnectTimeout, httpx.ConnectTimeout),
    (httpcore.TimeoutException, httpx.ReadTimeout),
    (httpcore.ConnectError, httpx.ConnectError),
    (httpcore.NetworkError, httpx.ReadError),
    (httpcore.ProtocolError, httpx.RemoteProtocolError),
    (httpcore.UnsupportedProtocol, httpx.UnsupportedProtocol),
)


class CheckedTransport(httpx.BaseTransport):
    """Sends requests over `network`, each to be answered in whole within `seconds`. For one thread at a time."""

    def __init__(self, network: httpcore.NetworkBackend, seconds: float) -> None:
        self._seconds = seconds
        self._deadline = _Deadline()
        self._pool = httpcore.ConnectionPool(
            ssl_context=_trusting_the_systems_authorities_too(),
            network_backend=_TimedNetwork(network, self._deadline),
            max_connections=10,
            keepalive_expiry=10.0,
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self._deadline.at = time.monotonic() + self._seconds
        url = httpcore.URL(
            scheme=request.url.raw_scheme,
            host=request.url.raw_host,
            port=request.url.port,
            target=request.url.raw_path,
        )
        with _as_httpx(request):
            answer = self._pool.handle_request(
                httpcore.Request(request.method, url, headers=request.headers.raw, extensions=request.extensions)
            )
        return httpx.Response(
            answer.status, headers=answer.headers, stream=_Body(answer, request), extensions=answer.extensions
        )

    def close(self) -> None:
        self._pool.close()


class _Body(httpx.SyncByteStream):
    def __init__(self, answer: httpcore.Response, request: httpx.Request) -> None:
        self._answer = answer
        self._request = request

    def __iter__(self) -> Iterator[bytes]:
        with _as_httpx(self._request):
            yield from self._answer.iter_stream()

    def close(self) -> None:
        self._answer.close()


@contextmanager
def _as_httpx(request: httpx.Request) -> Iterator[None]:
    try:
        yield
    except tuple(theirs for theirs, _ in _RAISED) as error:
        ours = next(ours for theirs, ours in _RAISED if isinstance(error, theirs))
        raise ours(str(error) or type(error).__name__, request=request) from error


def _trusting_the_systems_authorities_too() -> ssl.SSLContext:
    """Of certificates: those that httpx brings, and this system's, among which a company's own may be."""
    context = httpx.create_ssl_context(trust_env=False)
    context.load_default_certs()
    return context


class _Deadline:
    """When the answer that is waited for has to be whole."""

    def __init__(self) -> None:
        self.at = 0.0

    def left(self, timeout: float | None) -> float:
        """Seconds that may be waited now, at most `timeout`; raises httpcore.ReadTimeout where none are left."""
        left = self.at - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("it took too long to answer in whole")
        return left if timeout is None else min(left, timeout)


class _TimedNetwork(httpcore.NetworkBackend):
    """A network whose every wait ends at the deadline: a server that sends a byte now and then holds nobody up."""

    def __init__(self, network: httpcore.NetworkBackend, deadline: _Deadline) -> None:
        self._network = network
        self._deadline = deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        left = self._deadline.left(timeout)
        stream = self._network.connect_tcp(host, port, left, local_address, socket_options)
        return _TimedStream(stream, self._deadline)

    def sleep(self, seconds: float) -> None:
        self._network.sleep(seconds)


class _TimedStream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream, deadline: _Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadline.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadline.left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = self._deadline.left(timeout)
        return _TimedStream(self._stream.start_tls(ssl_context, server_hostname, left), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
