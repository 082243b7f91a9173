"""GitHub's GraphQL interface: questions, answers page by page, and its limits, which are waited out."""

import time
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

import httpx

from ingestion.connectors import ConnectorError
from ingestion.connectors.http_service import HttpService

HOUR_SECONDS = 3700.0
"""What a token may ask is counted by the hour, and one that is used up is given back at its end, at the latest."""

LEAST_PAUSE_SECONDS = 60.0
"""Where GitHub limits requests and does not say for how long: what its documentation asks for, at the least.

https://docs.github.com/en/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api
"""


class GitHubApi:
    """The interface of the GitHub at `api_url`, as the owner of `token` sees it."""

    def __init__(self, api_url: str, token: str) -> None:
        base = api_url.rstrip("/").removesuffix(
            "/v3"
        )  # a GitHub Enterprise Server has REST at /api/v3, and /api/graphql
        headers = {"Authorization": f"Bearer {token}"}
        self._service = HttpService("GitHub", base, headers=headers, limit=pause, patience=HOUR_SECONDS)

    def ask(self, query: str, **variables: Any) -> Mapping[str, Any]:
        """The data that a query answers. Raises ConnectorError also where only a part of it can be had."""
        answer = self._service.ask("graphql", {"query": query, "variables": variables})
        if not isinstance(answer, dict):
            raise ConnectorError("GitHub answered with something else than GraphQL: check `api_url`.")
        if errors := answer.get("errors"):
            raise ConnectorError(_told(errors, variables))
        data = answer.get("data")
        if not isinstance(data, dict):
            raise ConnectorError(f"GitHub answered no data: {str(answer.get('message', answer))[:200]}.")
        return data

    def pages(self, query: str, *path: str, **variables: Any) -> Iterator[Mapping[str, Any]]:
        """What stands at `path` in each answer, page by page of the connection `page` in it, from `$cursor` on."""
        cursor = None
        while True:
            found: Any = self.ask(query, **variables, cursor=cursor)
            for key in path:
                found = found.get(key)
                if found is None:
                    raise ConnectorError(
                        f"GitHub has no {key} {_named(variables)} any more: the next sync will notice."
                    )
            yield found
            page = found["page"]["pageInfo"]
            if not page["hasNextPage"]:
                return
            if page["endCursor"] == cursor:
                raise ConnectorError("GitHub gave the same page twice: sync again later.")
            cursor = page["endCursor"]


def pause(response: httpx.Response) -> float | None:
    """How many seconds GitHub wants to be left alone; None where it does not limit this request.

    It says so by 429, by 403 or, of a GraphQL query, by an error in an answer of status 200.
    """
    if response.status_code not in (HTTPStatus.OK, HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS):
        return None
    limited = response.status_code == HTTPStatus.TOO_MANY_REQUESTS or "retry-after" in response.headers
    if not limited and not _says_so(response):
        return None
    after = response.headers.get("retry-after", "")
    if after.isdecimal():
        return float(after)
    reset = response.headers.get("x-ratelimit-reset", "")
    if response.headers.get("x-ratelimit-remaining") == "0" and reset.isdecimal():
        return max(0.0, float(reset) - time.time()) + 1
    return LEAST_PAUSE_SECONDS


def _says_so(response: httpx.Response) -> bool:
    if response.status_code != HTTPStatus.OK:
        return response.headers.get("x-ratelimit-remaining") == "0" or b"rate limit" in response.content.lower()
    if b'"errors"' not in response.content:
        return False
    try:
        errors = response.json().get("errors")
    except (ValueError, AttributeError):
        return False
    return isinstance(errors, list) and any(
        isinstance(error, dict)
        and (error.get("type") == "RATE_LIMITED" or "secondary rate limit" in str(error.get("message", "")).lower())
        for error in errors
    )


def _told(errors: Any, variables: Mapping[str, Any]) -> str:
    first = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else {}
    said = f"{_named(variables)}: {str(first.get('message', errors))[:300].rstrip('.')}."
    match first.get("type"):
        case "NOT_FOUND" if "number" in variables:
            return f"GitHub has no {said} The next sync will notice that it is gone."
        case "NOT_FOUND":
            return f"GitHub does not show {said} Correct `repositories`, or let the token read it."
        case "FORBIDDEN" | "INSUFFICIENT_SCOPES":
            return f"GitHub does not let the token read {said} Give it the rights that the docs name."
        case _:
            return f"GitHub failed to answer on {said} Sync again later."


def _named(variables: Mapping[str, Any]) -> str:
    number = f" #{variables['number']}" if "number" in variables else ""
    return f"{variables['owner']}/{variables['name']}{number}" if "owner" in variables else str(variables.get("id", ""))
