"""HTTP delivery: signed POSTs to the app's request URL. https://docs.slack.dev/authentication/verifying-requests"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import secrets
import time
from typing import Any
from urllib.parse import urlencode

import httpx

from playground.delivery import DeliveryError, Parcel
from playground.errors import PlaygroundError
from playground.installation import Installation

Json = dict[str, Any]

JSON_TYPE = "application/json"
FORM_TYPE = "application/x-www-form-urlencoded"


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """The X-Slack-Signature of a body sent at `timestamp` (whole seconds)."""
    base = b"v0:" + timestamp.encode() + b":" + body
    return "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()


class RequestUrl:
    """Posts to `installation.request_url`."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        self._opened: httpx.AsyncClient | None = None

    def is_ready(self) -> bool:
        """Whether there is a URL; whether it answers is found out by sending."""
        return bool(self._installation.request_url)

    async def ready(self) -> None:
        """Nothing to wait for: an app that does not answer is a failed try."""

    async def send(self, parcel: Parcel, timeout: float) -> Json | None:
        """Posts the parcel; the JSON it is answered with, if any."""
        content_type, body = encode(parcel)
        retry = {"X-Slack-Retry-Num": str(parcel.attempt), "X-Slack-Retry-Reason": parcel.reason}
        response = await self._post(content_type, body, retry if parcel.attempt else {}, timeout)
        if not 200 <= response.status_code < 300:
            raise DeliveryError("http_error", final=response.headers.get("X-Slack-No-Retry") == "1")
        return read_answer(response)

    async def verify(self, timeout: float) -> None:
        """Sends `url_verification`. Raises PlaygroundError unless the challenge comes back."""
        challenge = secrets.token_urlsafe(24)
        body: Json = {"token": self._installation.verification_token, "challenge": challenge}
        try:
            response = await self._post(
                JSON_TYPE, json.dumps({**body, "type": "url_verification"}).encode(), {}, timeout
            )
        except DeliveryError as failure:
            raise PlaygroundError(f"{self._installation.request_url} did not answer: {failure.reason}.") from failure
        if response.status_code != 200 or challenge not in response.text:
            raise PlaygroundError(
                f"{self._installation.request_url} answered {response.status_code} without the challenge: "
                f"{response.text[:200]!r}."
            )

    async def close(self) -> None:
        """Closes the connections."""
        if self._opened is not None:
            await self._opened.aclose()

    @property
    def _client(self) -> httpx.AsyncClient:
        # Made when it is needed: loading certificates takes 40 ms, and most apps use Socket Mode.
        if self._opened is None:
            self._opened = httpx.AsyncClient(trust_env=False, follow_redirects=True, max_redirects=2)
        return self._opened

    async def _post(self, content_type: str, body: bytes, headers: dict[str, str], timeout: float) -> httpx.Response:
        timestamp = str(int(time.time()))
        signature = sign(self._installation.signing_secret, timestamp, body)
        headers = {
            "Content-Type": content_type,
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
            "X-Slack-Request-Timestamp": timestamp,
            "X-Slack-Signature": signature,
            **headers,
        }
        url = self._installation.request_url or ""
        try:
            posting = self._client.post(url, content=body, headers=headers, timeout=None)
            return await asyncio.wait_for(posting, timeout)
        except TimeoutError:
            raise DeliveryError("http_timeout") from None
        except httpx.TooManyRedirects:
            raise DeliveryError("too_many_redirects") from None
        except httpx.HTTPError:
            raise DeliveryError("connection_failed") from None


def encode(parcel: Parcel) -> tuple[str, bytes]:
    """The content type and body of a parcel: JSON for events, a form for commands, `payload=` for interactions."""
    if parcel.kind == "events_api":
        return JSON_TYPE, json.dumps(parcel.payload).encode()
    if parcel.kind == "slash_commands":
        return FORM_TYPE, urlencode(parcel.payload).encode()
    return FORM_TYPE, urlencode({"payload": json.dumps(parcel.payload)}).encode()


def read_answer(response: httpx.Response) -> Json | None:
    """The app's answer: its JSON object, or its text as a message."""
    if not response.content:
        return None
    if response.headers.get("content-type", "").startswith(JSON_TYPE):
        answer = response.json()
        return answer if isinstance(answer, dict) else None
    return {"text": response.text}
