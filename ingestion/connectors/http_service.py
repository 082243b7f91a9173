"""A service's HTTP interface, asked again while it is busy or stumbles, and clear about what it refuses."""

import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

import httpx
from httpx_retries import Retry, RetryTransport

from ingestion.connectors import ConnectorError

PATIENCE_SECONDS = 300.0
"""Waited for one request in all: services whose limits are by the minute are waited for, others are given up."""

STUMBLES = (500, 502, 503, 504)


def _patient(*statuses: int) -> Retry:
    """Half a second before the second try, then twice as long each time, or as long as Retry-After says."""
    return Retry(
        total=8,
        allowed_methods=["GET", "HEAD", "POST"],  # connectors only read; some services are asked questions by POST
        status_forcelist=statuses,
        backoff_factor=0.5,
        max_backoff_wait=PATIENCE_SECONDS,
        total_timeout=PATIENCE_SECONDS,
    )


PATIENT = _patient(429, *STUMBLES)

Limit = Callable[[httpx.Response], float | None]
"""How many seconds a response says to wait before the request is made again; None where it limits nothing."""

MOST_BYTES = 50_000_000
"""Of one response."""


class RefusedError(ConnectorError):
    """The service answered with a status of an error: `status`."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class HttpService:
    """The interface of one service at `base_url`, for reading. `name` is what messages call it.

    Every method raises ConnectorError, which says what to do, where the service cannot be reached, refuses, goes on
    limiting requests or answers with something else than what was asked for. A RefusedError has its status.

    `limit` is for a service that limits requests in a way of its own, otherwise than by 429 with Retry-After. It is
    waited for by `patience` seconds in all.
    """

    def __init__(
        self,
        name: str,
        base_url: str,
        *,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float = 30.0,
        limit: Limit | None = None,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self.name = name
        self.base_url = base_url.rstrip("/")
        self._limit = limit
        self._patience = patience
        self._client = httpx.Client(
            headers={"User-Agent": "Lore", **(headers or {})},
            auth=auth,
            timeout=timeout,
            follow_redirects=True,
            transport=RetryTransport(retry=PATIENT if limit is None else _patient(*STUMBLES)),
        )

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> httpx.Response:
        """The response to GET, of a status below 400. `path` is below the base address, or a whole address."""
        return self._request("GET", path, params=params)

    def json(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        """What GET answers, as JSON."""
        return self._as_json(self.get(path, params))

    def ask(self, path: str, question: Mapping[str, Any]) -> Any:
        """What POST answers to a question in JSON, as JSON."""
        return self._as_json(self._request("POST", path, json=question))

    def _request(self, method: str, path: str, **arguments: Any) -> httpx.Response:
        url = path if path.startswith(("http://", "https://")) else f"{self.base_url}/{path.lstrip('/')}"
        waited = 0.0
        while True:
            response = self._response(method, url, **arguments)
            pause = None if self._limit is None else self._limit(response)
            if pause is None:
                break
            if waited + pause > self._patience:
                raise ConnectorError(f"{self.name} limits requests for another {pause:.0f} s: sync again then.")
            time.sleep(pause)
            waited += pause
        if response.is_error:
            raise RefusedError(self._refusal(response), response.status_code)
        return response

    def _response(self, method: str, url: str, **arguments: Any) -> httpx.Response:
        try:
            with self._client.stream(method, url, **arguments) as response:
                content = bytearray()
                for piece in response.iter_bytes():
                    content += piece
                    if len(content) > MOST_BYTES:
                        raise ConnectorError(f"{self.name} answered {url} with more than {MOST_BYTES:,} bytes.")
        except httpx.HTTPError as error:
            reason = str(error) or type(error).__name__
            raise ConnectorError(
                f"{self.name} cannot be reached at {self.base_url}: {reason}. Check the address and the network."
            ) from error
        return httpx.Response(
            response.status_code,
            headers=[(k, v) for k, v in response.headers.items() if k.lower() != "content-encoding"],
            content=bytes(content),
            request=response.request,
        )

    def _as_json(self, response: httpx.Response) -> Any:
        try:
            return response.json()
        except ValueError as error:
            raise ConnectorError(
                f"{self.name} answered {response.url} with something else than JSON: check that the address is that "
                "of its API."
            ) from error

    def _refusal(self, response: httpx.Response) -> str:
        match response.status_code:
            case HTTPStatus.UNAUTHORIZED:
                return f"{self.name} does not accept the credentials (401): make a new token, and put it in lore.toml."
            case HTTPStatus.FORBIDDEN:
                return f"{self.name} forbids {response.url} (403): give the token the rights that the docs name."
            case HTTPStatus.NOT_FOUND:
                return f"{self.name} has nothing at {response.url} (404), or does not show it to this token."
            case HTTPStatus.TOO_MANY_REQUESTS:
                return f"{self.name} goes on limiting requests (429): sync again later, or less often."
            case status:
                return f"{self.name} answered {response.url} with {status}: {response.text[:200].strip() or 'no word'}."
