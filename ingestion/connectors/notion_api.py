"""Notion's interface by its Python client: paced, patient while it is busy, and clear about what it refuses."""

import logging
import re
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

import httpx
from httpx_retries import RetryTransport

from ingestion.connectors import ConnectorError
from ingestion.connectors.http_service import PATIENT

MOST = 100
"""Entries of one answer; the most that Notion gives."""

Object = Mapping[str, Any]


class MissingError(ConnectorError):
    """Notion has no such page or block, or it is not shared with the integration."""


class NotionApi:
    """Notion at `url`, as the integration with this token sees it, at most `requests_per_second`.

    Each method raises ConnectorError where Notion cannot be reached, refuses, or goes on limiting requests, and
    MissingError where it does not have or show what was asked for.
    """

    def __init__(self, token: str, url: str, requests_per_second: float) -> None:
        try:
            from notion_client import Client
        except ImportError as error:
            raise ValueError("the connector needs notion-client: pip install 'lore[notion]'") from error
        self._url = url
        self._pause = 1 / requests_per_second
        self._next = 0.0
        self._now = datetime.now(UTC)
        # The client's own retries leave out what is asked by POST, gateways' errors and connections that broke.
        http = httpx.Client(
            transport=RetryTransport(retry=PATIENT),
            event_hooks={"request": [self._pace], "response": [self._read_clock]},
        )
        self._client = Client(
            client=http,
            auth=token,
            base_url=url,
            timeout_ms=60_000,
            retry=False,
            logger=logging.getLogger("ingestion.connectors.notion"),
            log_level=logging.CRITICAL,  # its failures are raised, and told once
        )

    @property
    def now(self) -> datetime:
        """The time by Notion's clock, as its last answer told it."""
        return self._now

    def search(self, kind: str) -> Iterator[Object]:
        """All pages (`page`) or databases' tables (`data_source`) that Notion's search knows, the newest edit last.

        A page that is edited meanwhile moves to the end, so that none is passed over.
        """
        sort = {"timestamp": "last_edited_time", "direction": "ascending"}
        return self._all(self._client.search, filter={"property": "object", "value": kind}, sort=sort)

    def rows(self, data_source: str) -> Iterator[Object]:
        """All rows of a database's table."""
        return self._all(self._client.data_sources.query, data_source_id=data_source)

    def children(self, block: str) -> Iterator[Object]:
        """The blocks in a block or a page."""
        return self._all(self._client.blocks.children.list, block_id=block)

    def page(self, id: str) -> Object:
        return self._ask(self._client.pages.retrieve, page_id=id)

    def block(self, id: str) -> Object:
        return self._ask(self._client.blocks.retrieve, block_id=id)

    def database(self, id: str) -> Object:
        return self._ask(self._client.databases.retrieve, database_id=id)

    def data_source(self, id: str) -> Object:
        return self._ask(self._client.data_sources.retrieve, data_source_id=id)

    def _all(self, function: Callable[..., Any], **arguments: Any) -> Iterator[Object]:
        cursors: set[str] = set()
        answer: Object = {}
        while answer == {} or answer.get("has_more"):
            cursor = answer.get("next_cursor")
            if answer and (not cursor or cursor in cursors):
                raise ConnectorError("Notion says that there is more, and not where: sync again later.")
            cursors.add(str(cursor))
            more = {"start_cursor": cursor} if cursor else {}
            answer = self._ask(function, page_size=MOST, **arguments, **more)
            if not isinstance(answer.get("results"), list):
                raise ConnectorError("Notion answered with something else than a list: sync again later.")
            yield from answer["results"]

    def _ask(self, function: Callable[..., Any], **arguments: Any) -> Object:
        from notion_client.errors import HTTPResponseError, RequestTimeoutError

        try:
            answer = function(**arguments)
        except HTTPResponseError as error:
            raise _refusal(error.status, str(error)) from error
        except (httpx.HTTPError, RequestTimeoutError) as error:
            reason = str(error) or type(error).__name__
            raise ConnectorError(f"Notion cannot be reached at {self._url}: {reason}. Check the network.") from error
        except ValueError as error:
            raise ConnectorError(f"Notion answered with something else than JSON: is {self._url} right?") from error
        if not isinstance(answer, dict):
            raise ConnectorError("Notion answered in a form that is not known: sync again later.")
        return answer

    def _pace(self, request: httpx.Request) -> None:
        wait = self._next - time.monotonic()
        if wait > 0:
            time.sleep(wait)
        self._next = time.monotonic() + self._pause

    def _read_clock(self, response: httpx.Response) -> None:
        try:
            self._now = parsedate_to_datetime(response.headers["date"])
        except (KeyError, ValueError, TypeError):
            self._now = datetime.now(UTC)


def _refusal(status: int, reason: str) -> ConnectorError:
    if status == HTTPStatus.BAD_REQUEST and re.search(r"is a [\w ]+, not a ", reason):
        return MissingError(f"Notion has it as something else: {reason[:200]}")
    match status:
        case HTTPStatus.UNAUTHORIZED:
            return ConnectorError(
                "Notion does not accept the token (401): copy the integration's secret again, and put it in lore.toml."
            )
        case HTTPStatus.FORBIDDEN:
            return ConnectorError("Notion forbids it (403): give the integration the capability “Read content”.")
        case HTTPStatus.NOT_FOUND:
            return MissingError("Notion does not have it (404), or it is not shared with the integration.")
        case HTTPStatus.TOO_MANY_REQUESTS:
            return ConnectorError("Notion goes on limiting requests (429): sync again later, or less often.")
        case _:
            return ConnectorError(f"Notion answered with {status}: {reason[:200]}")
