"""A Zendesk help centre as a source: its documented protocol, with cursors, segments, limits and languages."""

import base64
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ingestion.connectors import ConnectorError, DocumentRef
from ingestion.connectors.zendesk import ZendeskConnector
from ingestion.parse import parse
from tests.ingestion.conftest import Home
from tests.ingestion.connectors.conftest import Serve

AGENT = "Basic " + base64.b64encode(b"ann@example.com/token:s3cret").decode()
SIGNED_IN, STAFF, PARTNERS = 360000000001, 360000000002, 360000000003


@dataclass
class HelpCentre:
    """Articles by language, in the order of their making. `page[size]` is taken to be `page_size` at most.

    An anonymous visitor is shown what has no user segment. `before` is what is answered first.
    """

    articles: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {"en-us": []})
    page_size: int = 2
    broken_after: int | None = None
    before: list[Response] = field(default_factory=list)
    asked: list[Request] = field(default_factory=list)
    categories: list[dict[str, Any]] = field(default_factory=lambda: [{"id": 1, "name": "Billing"}])
    sections: list[dict[str, Any]] = field(
        default_factory=lambda: [
            {"id": 11, "name": "Invoices", "category_id": 1, "parent_section_id": None},
            {"id": 12, "name": "Refunds", "category_id": 1, "parent_section_id": 11},
        ]
    )
    segments: list[dict[str, Any]] = field(
        default_factory=lambda: [
            {"id": SIGNED_IN, "name": "Angemeldete Benutzer", "user_type": "signed_in_users", "built_in": True},
            {"id": STAFF, "name": "Agenten", "user_type": "staff", "built_in": True},
            {"id": PARTNERS, "name": "Gold partners", "user_type": "signed_in_users", "built_in": False},
        ]
    )

    @property
    def app(self) -> Starlette:
        root = "/api/v2/help_center"
        return Starlette(
            routes=[
                Route(f"{root}/locales", self._locales),
                Route(f"{root}/user_segments", self._segments),
                Route(f"{root}/{{locale}}/articles/{{id:int}}", self._article),
                Route(f"{root}/{{locale}}/{{what}}", self._list),
            ]
        )

    def write(self, id: int, body: str = "", locale: str = "en-us", **fields: Any) -> dict[str, Any]:
        article = {
            "id": id,
            "title": f"Article {id}",
            "body": body or f"<p>All about {id}.</p>",
            "locale": locale,
            "draft": False,
            "section_id": 12,
            "user_segment_id": None,
            "user_segment_ids": [],
            "html_url": f"https://help.example.com/hc/{locale}/articles/{id}",
            "updated_at": "2026-01-01T00:00:00Z",
            **fields,
        }
        self.articles.setdefault(locale, []).append(article)
        return article

    async def _locales(self, request: Request) -> Response:
        answer = {"locales": [*self.articles], "default_locale": "en-us"}
        return self._refused(request) or JSONResponse(answer)

    async def _segments(self, request: Request) -> Response:
        if request.headers.get("authorization") != AGENT:
            return JSONResponse({"error": "Forbidden"}, 403)
        return self._refused(request) or self._page(request, "user_segments", self.segments)

    async def _list(self, request: Request) -> Response:
        if refused := self._refused(request):
            return refused
        match request.path_params["what"]:
            case "articles":
                return self._page(request, "articles", self._visible(request))
            case "sections":
                return self._page(request, "sections", self.sections)
            case _:
                return self._page(request, "categories", self.categories)

    async def _article(self, request: Request) -> Response:
        if refused := self._refused(request):
            return refused
        for article in self._visible(request):
            if article["id"] == request.path_params["id"]:
                return JSONResponse({"article": article})
        return JSONResponse({"error": "RecordNotFound", "description": "Not found"}, 404)

    def _visible(self, request: Request) -> list[dict[str, Any]]:
        anonymous = "authorization" not in request.headers
        articles = self.articles[request.path_params["locale"]]
        return [article for article in articles if not (anonymous and (article["user_segment_id"] or article["draft"]))]

    def _page(self, request: Request, name: str, items: list[dict[str, Any]]) -> Response:
        start = int(request.query_params.get("page[after]", "0"))
        end = start + min(self.page_size, int(request.query_params["page[size]"]))
        if self.broken_after is not None and name == "articles" and start >= self.broken_after:
            return Response("Something went wrong", 422)
        more = end < len(items)
        meta = {"has_more": more, "after_cursor": str(end) if more else None, "before_cursor": None}
        return JSONResponse({name: items[start:end], "meta": meta, "links": {"prev": None, "next": None}})

    def _refused(self, request: Request) -> Response | None:
        self.asked.append(request)
        if request.headers.get("authorization", AGENT) != AGENT:
            return JSONResponse({"error": "Couldn't authenticate you"}, 401)
        return self.before.pop(0) if self.before else None


@pytest.fixture
def centre() -> HelpCentre:
    return HelpCentre()


@pytest.fixture
def url(centre: HelpCentre, serve: Serve) -> str:
    return serve(centre.app)


def connected(url: str, **keys: Any) -> ZendeskConnector:
    return ZendeskConnector(**{"url": url, "email": "ann@example.com", "token": "s3cret", **keys})


def listed(connector: ZendeskConnector) -> dict[str, DocumentRef]:
    refs = list(connector.list())
    assert len({ref.id for ref in refs}) == len(refs)
    return {ref.id: ref for ref in refs}


def audiences(connector: ZendeskConnector) -> dict[str, list[str] | None]:
    return {id: None if ref.audience is None else sorted(ref.audience) for id, ref in listed(connector).items()}


def test_published_articles_are_listed_page_by_page(centre: HelpCentre, url: str) -> None:
    for id in range(1, 6):
        centre.write(id)
    centre.write(6, draft=True)
    centre.write(7, body=" ")
    refs = listed(connected(url))
    assert list(refs) == [f"en-us/{id}" for id in range(1, 6)]
    assert refs["en-us/3"].title == "Billing › Invoices › Refunds › Article 3"
    assert refs["en-us/3"].url == "https://help.example.com/hc/en-us/articles/3"
    pages = [request for request in centre.asked if request.url.path.endswith("/en-us/articles")]
    assert [page.query_params.get("page[after]") for page in pages] == [None, "2", "4", "6"]
    assert {page.query_params["page[size]"] for page in pages} == {"100"}


def test_an_article_is_read_with_its_structure(centre: HelpCentre, url: str) -> None:
    table = "<table><tr><th>Plan</th></tr><tr><td>Gold</td></tr></table>"
    body = f"<h2>When</h2><ul><li>Within <b>30 days</b></li></ul>{table}"
    centre.write(1, body=body, title="Refunds & returns", section_id=99)
    connector = connected(url)
    parsed = parse(connector.fetch(listed(connector)["en-us/1"]))
    assert parsed.title == "Refunds & returns"
    assert "## When" in parsed.markdown
    assert "**30 days**" in parsed.markdown
    assert "| Gold |" in parsed.markdown


def test_each_language_is_a_document_of_its_own(centre: HelpCentre, url: str) -> None:
    centre.write(1)
    centre.write(1, locale="de", title="Artikel 1")
    centre.write(2, locale="fr")
    centre.articles["fr"].append(centre.articles["en-us"][0])  # not translated
    assert list(listed(connected(url))) == ["en-us/1", "de/1", "fr/2"]
    assert list(listed(connected(url, locales="de"))) == ["de/1"]
    assert listed(connected(url, locales=["de"]))["de/1"].title.endswith("Artikel 1")


def test_user_segments_decide_who_may_see_an_article(centre: HelpCentre, url: str) -> None:
    centre.write(1)
    centre.write(2, user_segment_id=SIGNED_IN)
    centre.write(3, user_segment_id=STAFF)
    centre.write(4, user_segment_id=PARTNERS)
    centre.write(5, user_segment_id=None, user_segment_ids=[STAFF, PARTNERS])
    expected: dict[str, list[str] | None] = {f"en-us/{id}": [] for id in range(2, 6)}
    assert audiences(connected(url)) == {"en-us/1": None, **expected}
    groups = {"signed_in_users": "#company", "Staff": "@support", "gold partners": ["@sales", "#partners"]}
    expected = {"en-us/2": ["#company"], "en-us/3": ["@support"], "en-us/4": ["#partners", "@sales"]}
    expected["en-us/5"] = ["#partners", "@sales", "@support"]
    assert audiences(connected(url, groups=groups)) == {"en-us/1": None, **expected}
    assert audiences(connected(url, groups={str(STAFF): "@hr"}))["en-us/3"] == ["@hr"]


def test_without_a_token_what_everyone_may_read_is_read(centre: HelpCentre, url: str) -> None:
    centre.write(1)
    centre.write(2, user_segment_id=STAFF)
    assert audiences(ZendeskConnector(url=f"{url}/")) == {"en-us/1": None}
    assert all("authorization" not in request.headers for request in centre.asked)


def test_limits_and_stumbles_are_waited_out(centre: HelpCentre, url: str) -> None:
    centre.write(1)
    at_once = {"Retry-After": "0"}
    centre.before = [Response("limited", 429, at_once), Response("oops", 503, at_once)]
    assert list(listed(connected(url))) == ["en-us/1"]


def test_a_wrong_token_is_said_and_not_shown(centre: HelpCentre, url: str) -> None:
    with pytest.raises(ConnectorError, match="Zendesk does not accept the credentials") as raised:
        listed(connected(url, token="wr0ng"))
    assert "wr0ng" not in str(raised.value)


def test_a_listing_that_fails_midway_is_an_error(centre: HelpCentre, url: str) -> None:
    for id in range(1, 6):
        centre.write(id)
    centre.broken_after = 2
    with pytest.raises(ConnectorError, match="with 422: Something went wrong"):
        listed(connected(url))


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"articles": []}, "without 'meta'"),
        ({"articles": [], "meta": {"has_more": True, "after_cursor": None}}, "there are more articles, and not where"),
        (["no object"], "without 'articles'"),
    ],
)
def test_a_page_that_may_not_be_the_last_is_an_error(centre: HelpCentre, url: str, answer: Any, said: str) -> None:
    centre.before = [JSONResponse(answer)]
    with pytest.raises(ConnectorError, match=said):
        listed(connected(url, locales="en-us"))


def test_an_article_that_is_gone_or_withdrawn_meanwhile_is_said(centre: HelpCentre, url: str) -> None:
    article = centre.write(1)
    connector = connected(url)
    ref = listed(connector)["en-us/1"]
    article["draft"] = True
    with pytest.raises(ConnectorError, match="Article 1 was withdrawn after it was listed"):
        connector.fetch(ref)
    centre.articles["en-us"].clear()
    with pytest.raises(ConnectorError, match="has nothing at"):
        connector.fetch(ref)


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({}, "set either `subdomain` or `url`"),
        ({"subdomain": "acme", "url": "https://help.example.com"}, "set either `subdomain` or `url`"),
        ({"subdomain": "acme.zendesk.com"}, "is no subdomain"),
        ({"subdomain": "acme", "token": "s3cret"}, "`email` and `token` belong together"),
        ({"subdomain": "acme", "groups": {"staff": "support"}}, "maps 'staff' to 'support', which is neither"),
    ],
)
def test_wrong_settings_are_said(keys: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        ZendeskConnector(**keys)


def test_changes_and_deletions_follow_in_a_sync(centre: HelpCentre, url: str, home: Home) -> None:
    for id, about in enumerate(("leave", "salary", "travel"), start=1):
        centre.write(id, body=f"<p>All about {about}.</p>", title=about)
    home.source = replace(home.source, connector=connected(url))
    report = home.sync()
    assert (report.added, report.failed, report.error) == (3, 0, None)
    asked = len(centre.asked)
    centre.articles["en-us"][0]["updated_at"] = "2026-02-01T00:00:00Z"  # a vote, say
    assert home.sync().changed == 0
    assert not [request for request in centre.asked[asked:] if "id" in request.path_params]
    centre.articles["en-us"][0]["body"] = "<p>Thirty days of holiday.</p>"
    del centre.articles["en-us"][2]
    report = home.sync()
    assert (report.changed, report.removed) == (1, 1)
    assert home.found("holiday")[0] == "en-us/1"
    centre.articles["en-us"][0]["user_segment_id"] = STAFF
    home.sync()
    assert home.found("holiday") == ["en-us/2"]
