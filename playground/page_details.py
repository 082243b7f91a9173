"""What the app itself tells of its messages and of dropped files, at an address that whoever starts it names."""

from __future__ import annotations

import ssl
from typing import Any
from urllib.parse import quote

import httpx

from playground.errors import PlaygroundError

Json = dict[str, Any]

TIMEOUT = 10.0


class Details:
    """Asks `url`. Answers are passed on as they are: the page shows tables and facts, whatever they are about."""

    def __init__(self, url: str | None) -> None:
        self._url = url.rstrip("/") if url else None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # plain HTTP: no certificates are loaded
        self._http = httpx.AsyncClient(timeout=TIMEOUT, trust_env=False, verify=context)

    async def of_message(self, channel: str, ts: str) -> Json:
        """{"title", "sections"} of a message. Raises PlaygroundError with the app's words where it knows nothing."""
        return await self._ask(f"/messages/{quote(channel, safe='')}/{quote(ts, safe='')}")

    async def of_file(self, name: str) -> Json:
        """{"state", "says"} of a dropped file: waiting, reading, ready or failed; unknown without an address."""
        if self._url is None:
            return {"state": "unknown", "says": ""}
        try:
            return await self._ask(f"/files/{quote(name, safe='')}")
        except PlaygroundError as error:
            return {"state": "unknown", "says": str(error)}

    async def close(self) -> None:
        """Closes the connections."""
        await self._http.aclose()

    async def _ask(self, path: str) -> Json:
        if self._url is None:
            raise PlaygroundError("The app tells nothing of its messages: the playground has no --details-url.")
        try:
            response = await self._http.get(f"{self._url}{path}")
            answer = response.json()
        except (httpx.HTTPError, ValueError) as error:
            raise PlaygroundError(
                f"The app could not be asked at {self._url}: {error or type(error).__name__}."
            ) from error
        if not isinstance(answer, dict) or response.status_code != 200:
            said = answer.get("error") if isinstance(answer, dict) else None
            raise PlaygroundError(str(said or f"The app answered {response.status_code}."))
        return answer
