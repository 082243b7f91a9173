"""The Web API over HTTP: tokens, scopes, faults, then the method, then the log."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from playground import (
    web_assistant,
    web_auth,
    web_chat,
    web_conversations,
    web_reactions,
    web_streams,
    web_users,
    web_views,
)
from playground.arguments import Arguments, read_arguments
from playground.errors import MissingScopeError, SlackError
from playground.faults import STREAM_METHODS, ServerFailureError, raise_fault
from playground.methods import Method
from playground.scopes import APP_TOKEN_METHODS, METHOD_SCOPES, NO_TOKEN_METHODS
from playground.slack import Slack

Json = dict[str, Any]

METHODS: Mapping[str, Method] = {
    **web_assistant.METHODS,
    **web_auth.METHODS,
    **web_chat.METHODS,
    **web_conversations.METHODS,
    **web_reactions.METHODS,
    **web_streams.METHODS,
    **web_users.METHODS,
    **web_views.METHODS,
}


class WebApi:
    """Answers `/api/<method>`."""

    def __init__(self, slack: Slack) -> None:
        self._slack = slack

    async def handle(self, request: Request) -> Response:
        """One call: its answer, and a line in the call log."""
        started = time.time()
        method = request.path_params["method"]
        values: Json = {}
        headers: dict[str, str] = {}
        status = 200
        try:
            body = await request.body()
            arguments = read_arguments(request.query_params, request.headers.get("content-type", ""), body)
            values = arguments.values
            granted = self._authorize(method, _bearer(request) or arguments.text("token"))
            headers["X-OAuth-Scopes"] = ",".join(sorted(granted))
            answer = await self._run(method, arguments)
        except SlackError as error:
            answer, status = error.as_slack(), error.status
            headers |= error.headers
            if isinstance(error, ServerFailureError):
                self._slack.calls.record(method, values, answer, status, started)
                return PlainTextResponse("the playground was told to fail here", status_code=status)
        self._slack.calls.record(method, values, answer, status, started)
        return JSONResponse(answer, status_code=status, headers=headers)

    def _authorize(self, method: str, token: str | None) -> frozenset[str]:
        if method not in METHODS or (method in STREAM_METHODS and not self._slack.faults.streaming):
            raise SlackError("unknown_method", req_method=method)
        if method in NO_TOKEN_METHODS:
            return frozenset()
        installation = self._slack.installation
        granted = installation.scopes_of(token)
        if (token == installation.app_token) != (method in APP_TOKEN_METHODS):
            raise SlackError("not_allowed_token_type")
        needed = METHOD_SCOPES[method]
        if needed and not granted & set(needed):
            raise MissingScopeError(needed[0], ",".join(sorted(granted)))
        return granted

    async def _run(self, method: str, arguments: Arguments) -> Json:
        fault = self._slack.faults.take(method)
        if fault is None:
            return METHODS[method](self._slack, arguments)
        await asyncio.sleep(fault.delay)
        if not fault.after:
            raise_fault(fault)
        answer = METHODS[method](self._slack, arguments)
        raise_fault(fault)
        return answer


def _bearer(request: Request) -> str | None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None
