"""One request for one address of a web site: polite, bounded, and following nothing."""

import time
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from importlib.metadata import version

import httpx
from httpx_retries import Retry, RetryTransport

from ingestion.connectors import ConnectorError
from ingestion.connectors.web_addresses import CheckedNetwork
from ingestion.connectors.web_transport import CheckedTransport

PATIENCE_SECONDS = 120.0
"""Waited for one address in all, where a site says that it is busy."""

_PATIENT = Retry(
    total=3,
    allowed_methods=["GET"],
    status_forcelist=[429, 500, 502, 503, 504],
    backoff_factor=1.0,
    backoff_jitter=0.0,
    max_backoff_wait=PATIENCE_SECONDS,
    total_timeout=PATIENCE_SECONDS,
)
_LATER = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}
_SILENCE_SECONDS = 15.0
_GZIP = zlib.MAX_WBITS | 16
_GZIP_START = b"\x1f\x8b"


class UnavailableError(ConnectorError):
    """An address did not answer, or said that it could not now. It may later."""


class TooLargeError(ConnectorError):
    """What an address answered is larger than allowed."""


@dataclass(frozen=True)
class Answer:
    """What `url` answered. `content` is as it was before it was compressed for the way."""

    url: str
    status: int
    headers: httpx.Headers
    content: bytes


class Fetcher:
    """Asks for addresses one after the other, `pause` seconds or more between two to one host.

    An answer may take `seconds` and have `most_bytes`. Environment proxies are not used: they, not Lore, would choose
    the address to connect to.
    """

    def __init__(self, may_be_private: Callable[[str], bool], pause: float, seconds: float, most_bytes: int) -> None:
        self._may_be_private = may_be_private
        self._pause = pause
        self._seconds = seconds
        self._most_bytes = most_bytes
        self._free_at: dict[str, float] = {}

    def get(
        self, url: str, headers: Mapping[str, str] | None = None, pause: float = 0.0, most_bytes: int | None = None
    ) -> Answer:
        """The answer to GET, of any status that is final, redirects included.

        Raises UnavailableError where there is none, or only one for now; TooLargeError; and AddressRefusedError.
        """
        self._wait_for(httpx.URL(url).host, max(self._pause, pause))
        most = most_bytes or self._most_bytes
        # A visitor who is known by nothing sees what everyone sees.
        self._client.cookies.clear()
        try:
            with self._client.stream("GET", url, headers=headers) as response:
                if response.status_code in _LATER or response.is_server_error:
                    raise UnavailableError(
                        f"{url} answered {response.status_code}: the site has a problem, or is busy."
                    )
                content = _decoded(url, response.iter_raw(), response.headers.get("content-encoding", ""), most)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise UnavailableError(f"{url} cannot be had: {error}.") from error
        return Answer(url, response.status_code, response.headers, content)

    @cached_property
    def _client(self) -> httpx.Client:
        """Made when it is first needed: reading the certificates takes a tenth of a second of every command's start."""
        transport = CheckedTransport(CheckedNetwork(self._may_be_private), self._seconds)
        return httpx.Client(
            headers={
                "User-Agent": f"Lore/{version('lore')}",
                "Accept": "text/html, application/xhtml+xml, */*;q=0.8",
                # No other, so that none need be decoded that can grow a few bytes into gigabytes at once.
                "Accept-Encoding": "gzip",
            },
            timeout=min(_SILENCE_SECONDS, self._seconds),
            trust_env=False,
            transport=RetryTransport(transport=transport, retry=_PATIENT),
        )

    def _wait_for(self, host: str, pause: float) -> None:
        wait = self._free_at.get(host, 0.0) - time.monotonic()
        if wait > 0:
            time.sleep(wait)
        self._free_at[host] = time.monotonic() + pause


def _decoded(url: str, pieces: Iterable[bytes], encoding: str, most: int) -> bytes:
    match encoding.strip().lower():
        case "" | "identity":
            content = bytearray()
            for piece in pieces:
                content += piece
                if len(content) > most:
                    raise _too_large(url, most)
            return bytes(content)
        case "gzip" | "x-gzip":
            return gunzipped(url, pieces, most)
        case other:
            raise UnavailableError(f"{url} is sent as {other[:20]!r}, which was not asked for.")


def gunzipped(url: str, pieces: Iterable[bytes], most: int) -> bytes:
    """The content of a gzip stream, in no more memory than `most` bytes.

    Raises TooLargeError where it is more, and UnavailableError where the stream is damaged.
    """
    content = bytearray()
    stream, begun = zlib.decompressobj(_GZIP), False
    try:
        for piece in pieces:
            rest = piece
            while rest:
                begun = True
                content += stream.decompress(rest, most + 1 - len(content))
                if len(content) > most:
                    raise _too_large(url, most)
                rest = stream.unconsumed_tail
                if stream.eof and stream.unused_data.startswith(_GZIP_START):
                    rest, stream = stream.unused_data, zlib.decompressobj(_GZIP)
    except zlib.error as error:
        raise UnavailableError(f"{url} is damaged: it is no gzip stream, as it says it is.") from error
    if begun and not stream.eof:
        raise UnavailableError(f"{url} is cut off: the end of its gzip stream is missing.")
    return bytes(content)


def _too_large(url: str, most: int) -> TooLargeError:
    return TooLargeError(f"{url} is larger than {most / 1e6:g} MB: exclude it, or raise `max_megabytes`.")
