"""Slack's Web API for reading: asked again while it is busy or stumbles, page after page, and clear about refusals."""

import json
import re
import time
from collections.abc import Iterator
from http.client import HTTPException, RemoteDisconnected
from typing import Any
from urllib.error import URLError

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.http_retry.builtin_handlers import (
    ConnectionErrorRetryHandler,
    RateLimitErrorRetryHandler,
    ServerErrorRetryHandler,
)
from slack_sdk.http_retry.request import HttpRequest
from slack_sdk.http_retry.response import HttpResponse
from slack_sdk.http_retry.state import RetryState

from ingestion.connectors import ConnectorError

Json = dict[str, Any]

PAGE = 200
"""Objects of one answer, the most that https://docs.slack.dev/apis/web-api/pagination recommends."""

_NAMES_KEPT_SECONDS = 86_400.0
_LIMITS_WAITED_OUT = 10
_RETRIES = 4
_NO_TOKEN = frozenset({"invalid_auth", "not_authed", "token_revoked", "token_expired", "account_inactive"})


class SlackRefusalError(ConnectorError):
    """Slack refused a call; `code` is its word for why (`thread_not_found`)."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class _AnyServerErrorRetryHandler(ServerErrorRetryHandler):
    """The library's own, for 502 and 504 too, which proxies give."""

    def _can_retry(
        self,
        *,
        state: RetryState,
        request: HttpRequest,
        response: HttpResponse | None = None,
        error: Exception | None = None,
    ) -> bool:
        return response is not None and response.status_code >= 500


class SlackApi:
    """The API at `base_url`, for the bot whose token it is. Every method raises ConnectorError, which says what to do,
    where Slack cannot be reached, refuses, or goes on limiting requests."""

    def __init__(self, token: str, base_url: str) -> None:
        broken = [URLError, ConnectionResetError, RemoteDisconnected, TimeoutError]
        self._client = WebClient(
            token,
            base_url=base_url if base_url.endswith("/") else f"{base_url}/",
            retry_handlers=[
                RateLimitErrorRetryHandler(max_retry_count=_LIMITS_WAITED_OUT),
                ConnectionErrorRetryHandler(max_retry_count=_RETRIES, error_types=broken),
                _AnyServerErrorRetryHandler(max_retry_count=_RETRIES),
            ],
        )
        self._people: dict[str, tuple[float, str]] = {}

    def call(self, method: str, **arguments: Any) -> Json:
        """What a method answers. Raises SlackRefusalError where Slack says no."""
        try:
            answer = self._client.api_call(method, http_verb="GET", params=arguments)
        except SlackApiError as error:
            raise _refusal(method, error) from error
        except (SlackClientError, OSError, HTTPException, json.JSONDecodeError) as error:
            reason = getattr(error, "reason", None) or str(error) or type(error).__name__
            raise ConnectorError(
                f"Slack cannot be reached at {self._client.base_url}: {reason}. Check the network and `base_url`."
            ) from error
        return dict(answer.data) if isinstance(answer.data, dict) else {}

    def pages(self, method: str, key: str, **arguments: Any) -> Iterator[Json]:
        """The objects under `key` of all pages, in Slack's order. Raises ConnectorError where they are not complete."""
        cursor = ""
        while True:
            answer = self.call(method, limit=PAGE, **arguments, **({"cursor": cursor} if cursor else {}))
            if not isinstance(answer.get(key), list):
                raise ConnectorError(
                    f"Slack answered {method} without {key}: check that `base_url` is that of its API."
                )
            yield from answer[key]
            following = (answer.get("response_metadata") or {}).get("next_cursor") or ""
            if (cursor and following == cursor) or (answer.get("has_more") and not following):
                raise ConnectorError(f"Slack says that {method} has more, and not how to get it: sync again later.")
            if not following:
                return
            cursor = following

    def person(self, id: str) -> str:
        """A person's display name, kept for a day, never an e-mail address; "someone" for who is not known to Slack."""
        until, name = self._people.get(id, (0.0, ""))
        if time.monotonic() < until:
            return name
        try:
            name = _display_name(self.call("users.info", user=id).get("user") or {})
        except SlackRefusalError as error:
            if error.code not in ("user_not_found", "user_not_visible"):
                raise
            name = "someone"
        self._people[id] = (time.monotonic() + _NAMES_KEPT_SECONDS, name)
        return name


def _display_name(user: Json) -> str:
    profile = user.get("profile") or {}
    names = (profile.get("display_name"), profile.get("real_name"), user.get("real_name"), user.get("name"))
    name = next((str(name) for name in names if name), "someone")
    return re.sub(r"@[\w-]+(\.[\w-]+)+", "", name).strip() or "someone"


def _refusal(method: str, error: SlackApiError) -> SlackRefusalError:
    response = error.response
    data = response.data if isinstance(response.data, dict) else {}
    code = str(data.get("error") or f"HTTP status {response.status_code}")
    if response.status_code == 429 or code == "ratelimited":
        return SlackRefusalError(
            "ratelimited", f"Slack goes on limiting {method} (429): sync again later, or less often."
        )
    if code in _NO_TOKEN:
        said = f"Slack does not accept the token ({code}): copy it anew from https://api.slack.com/apps, your app, "
        return SlackRefusalError(code, f"{said}“OAuth & Permissions”. It begins with xoxb-.")
    if code == "missing_scope":
        said = (
            f"The token lacks the scope {data.get('needed', '')} for {method}: add it at https://api.slack.com/apps, "
        )
        return SlackRefusalError(code, f"{said}your app, “OAuth & Permissions”, and install the app again.")
    if code == "not_allowed_token_type":
        return SlackRefusalError(code, f"The token is of the wrong kind for {method}: take the bot's, xoxb-….")
    if response.status_code >= 500:
        return SlackRefusalError(code, f"Slack fails at {method} ({response.status_code}): sync again later.")
    return SlackRefusalError(
        code, f"Slack refused {method} ({code}): sync again; if it stays, see docs/connectors/slack.md."
    )
