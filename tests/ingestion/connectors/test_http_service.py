"""Requests to a service that limits them, stumbles, refuses, or is not there."""

import json
from collections.abc import Callable

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ingestion.connectors import ConnectorError
from ingestion.connectors.http_service import HttpService

Serve = Callable[[Starlette], str]


class Answers:
    """A service that gives these answers, one a request, the last again and again; `requests` are what it was asked."""

    def __init__(self, *answers: Response) -> None:
        self.answers = list(answers)
        self.requests: list[Request] = []
        self.app = Starlette(routes=[Route("/{path:path}", self._answer, methods=["GET", "POST"])])

    async def _answer(self, request: Request) -> Response:
        await request.body()
        self.requests.append(request)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


BUSY = Response("slow down", 429, {"Retry-After": "0"})
GOOD = Response(json.dumps({"pages": [1]}), media_type="application/json")


def test_a_limit_and_a_stumble_are_waited_out(serve: Serve) -> None:
    answers = Answers(BUSY, Response(status_code=503, headers={"Retry-After": "0"}), GOOD)
    service = HttpService("The wiki", serve(answers.app), headers={"Authorization": "Bearer me"})
    assert service.json("/pages", {"limit": 10}) == {"pages": [1]}
    assert len(answers.requests) == 3
    assert {request.headers["authorization"] for request in answers.requests} == {"Bearer me"}
    assert answers.requests[-1].query_params["limit"] == "10"


def test_a_question_by_post_is_asked_again_too(serve: Serve) -> None:
    answers = Answers(BUSY, GOOD)
    assert HttpService("The wiki", serve(answers.app)).ask("graphql", {"query": "{}"}) == {"pages": [1]}


def test_a_limit_of_a_services_own_kind_is_waited_out_or_said(serve: Serve) -> None:
    def limit(response: httpx.Response) -> float | None:
        return 0.01 if response.status_code == 403 else None

    answers = Answers(Response(status_code=403), GOOD)
    assert HttpService("The wiki", serve(answers.app), limit=limit).json("pages") == {"pages": [1]}
    service = HttpService("The wiki", serve(Answers(Response(status_code=403)).app), limit=limit, patience=0.05)
    with pytest.raises(ConnectorError, match=r"The wiki limits requests for another 0 s: sync again then\."):
        service.json("pages")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Response(status_code=401), "does not accept the credentials"),
        (Response(status_code=403), "give the token the rights"),
        (Response(status_code=404), "has nothing at"),
        (BUSY, "goes on limiting"),
        (Response("no such field", 400), "with 400: no such field"),
        (Response("<html>Please log in</html>"), "something else than JSON"),
    ],
)
def test_what_is_refused_is_said(serve: Serve, monkeypatch: pytest.MonkeyPatch, answer: Response, said: str) -> None:
    monkeypatch.setattr("httpx_retries.retry.time.sleep", lambda seconds: None)
    with pytest.raises(ConnectorError, match=said) as raised:
        HttpService("The wiki", serve(Answers(answer).app)).json("pages")
    assert str(raised.value).startswith("The wiki ")


def test_a_service_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("httpx_retries.retry.time.sleep", lambda seconds: None)
    with pytest.raises(ConnectorError, match=r"cannot be reached at http://127.0.0.1:1: .+ Check the address"):
        HttpService("The wiki", "http://127.0.0.1:1").json("pages")
