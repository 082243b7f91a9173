"""Confluence Cloud and Data Center as sources: what is listed, who may see it, and what is fetched."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.responses import Response

from ingestion.connectors import ConnectorError, DocumentRef
from ingestion.connectors.confluence import ConfluenceConnector, default_groups
from ingestion.parse import parse
from ingestion.sync import Source
from storage.document import PUBLIC, Audience
from tests.ingestion.conftest import Home
from tests.ingestion.connectors.confluence_cloud_site import CloudStandIn
from tests.ingestion.connectors.confluence_data_center_site import DataCenterStandIn
from tests.ingestion.connectors.confluence_sites import TOKEN, USER, Page, Site

Serve = Callable[[Starlette], str]
NOBODY: Audience = frozenset()
GROUPS = {"engineering": "@eng", "people": "#people", "staff": "everyone"}


def handbook() -> dict[str, Page]:
    return {
        "1": Page("Handbook", "<p>All of it.</p>"),
        "2": Page("Leave", "<p>25 days of leave.</p>", version=3, parent="1"),
        "3": Page("Salaries", "<p>Bands.</p>", parent="1", readers=["people", "user:Ann Lee"]),
        "4": Page("Bands", "<p>Band A.</p>", parent="3"),
        "5": Page("News", "<p>We moved.</p>", type="blogpost"),
        "6": Page("Thrown away", status="trashed"),
        "7": Page("Begun", status="draft"),
    }


@pytest.fixture(params=["cloud", "data center"])
def site(request: pytest.FixtureRequest) -> Site:
    return (CloudStandIn if request.param == "cloud" else DataCenterStandIn)(handbook())


def connected(serve: Serve, site: Site, **keys: Any) -> ConfluenceConnector:
    if isinstance(site, CloudStandIn):
        given: dict[str, Any] = {"url": serve(site.app()), "user": USER, "cloud": True}
    elif isinstance(site, DataCenterStandIn):
        given = {"url": serve(site.app()) + "/confluence"}
    return ConfluenceConnector(**{"token": TOKEN, "spaces": ["KB"], "groups": GROUPS, **given, **keys})


def listed(connector: ConfluenceConnector) -> dict[str, DocumentRef]:
    refs = list(connector.list())
    assert len({ref.id for ref in refs}) == len(refs)
    return {ref.id: ref for ref in refs}


def audiences(connector: ConfluenceConnector) -> dict[str, Audience | None]:
    return {ref.title: ref.audience for ref in connector.list()}


def test_current_pages_and_posts_are_listed_over_several_answers(serve: Serve, site: Site) -> None:
    refs = listed(connected(serve, site))
    assert sorted(refs) == ["blogpost/5", "page/1", "page/2", "page/3", "page/4"]
    assert (refs["page/2"].title, refs["page/2"].revision) == ("Leave", "3")


def test_links_are_those_that_people_use(serve: Serve, site: Site) -> None:
    connector = connected(serve, site)
    url = listed(connector)["page/2"].url
    if isinstance(site, CloudStandIn):
        assert url == "https://acme.atlassian.net/wiki/spaces/KB/pages/2/Leave"
    else:
        assert url.endswith("/confluence/display/KB/Leave")


def test_all_spaces_are_read_where_none_is_named(serve: Serve, site: Site) -> None:
    assert len(listed(connected(serve, site, spaces=()))) == 5


def test_many_posts_are_listed_each_once_whatever_the_next_page_is_said_to_be(serve: Serve, site: Site) -> None:
    site.pages |= {str(number): Page(f"Post {number}", type="blogpost") for number in range(100, 130)}
    site.most = 12
    assert len(listed(connected(serve, site))) == 35


def test_what_everyone_may_read_has_the_sources_audience(serve: Serve, site: Site) -> None:
    seen = audiences(connected(serve, site))
    assert (seen["Handbook"], seen["Leave"], seen["News"]) == (None, None, None)


def test_restrictions_hold_for_a_page_and_all_below_it(serve: Serve, site: Site) -> None:
    seen = audiences(connected(serve, site))
    assert (seen["Salaries"], seen["Bands"]) == (frozenset({"#people"}), frozenset({"#people"}))


def test_two_levels_let_in_whom_both_let_in(serve: Serve, site: Site) -> None:
    site.pages["3"].readers = ["people", "engineering"]
    site.pages["4"].readers = ["engineering"]
    site.pages["8"] = Page("Deeper", parent="4", readers=["people"])
    site.pages["9"] = Page("For all", parent="3", readers=["staff"])
    seen = audiences(connected(serve, site))
    assert seen["Salaries"] == frozenset({"#people", "@eng"})
    assert seen["Bands"] == frozenset({"@eng"})
    assert seen["Deeper"] == NOBODY
    assert seen["For all"] == frozenset({"#people", "@eng"})


def test_people_and_groups_that_are_not_in_slack_let_nobody_in(serve: Serve, site: Site) -> None:
    site.pages["3"].readers = ["user:Ann Lee"]
    site.pages["2"].readers = ["board"]
    seen = audiences(connected(serve, site))
    assert (seen["Salaries"], seen["Bands"], seen["Leave"]) == (NOBODY, NOBODY, NOBODY)


def test_a_spaces_readers_hold_for_all_in_it(serve: Serve, site: Site) -> None:
    site.space_readers = ["engineering", "board"]
    seen = audiences(connected(serve, site))
    assert (seen["Leave"], seen["News"], seen["Salaries"]) == (frozenset({"@eng"}), frozenset({"@eng"}), NOBODY)
    seen = audiences(connected(serve, site, open_spaces="KB"))
    assert (seen["Leave"], seen["Salaries"]) == (None, frozenset({"#people"}))


def test_a_space_that_anyone_may_read_without_signing_in_has_the_sources_audience(serve: Serve) -> None:
    site = DataCenterStandIn(handbook(), space_readers=["board", "anonymous"])
    assert audiences(connected(serve, site))["Leave"] is None


def test_the_group_of_all_users_is_everyone_unless_it_is_said_to_be_another(serve: Serve, site: Site) -> None:
    assert default_groups("acme.atlassian.net") == {"confluence-users": "everyone", "confluence-users-acme": "everyone"}
    assert default_groups("wiki.acme.example") == {"confluence-users": "everyone"}
    assert audiences(connected(serve, site, groups={"confluence-users": "@staff"}))["Leave"] == frozenset({"@staff"})
    site.space_readers = ["confluence-users-finance"]
    assert audiences(connected(serve, site))["Leave"] == NOBODY


def test_roles_that_may_read_let_groups_and_everyone_in(serve: Serve) -> None:
    site = CloudStandIn(handbook(), space_readers=[])
    assert audiences(connected(serve, site))["Leave"] == NOBODY
    site.roles = [("USER", "5b10a", "viewer"), ("GROUP", "id-of-engineering", "viewer")]
    site.roles += [("GROUP", "id-of-people", "exporter"), ("ACCESS_CLASS", "all-product-admins", "viewer")]
    assert audiences(connected(serve, site))["Leave"] == frozenset({"@eng"})
    site.roles.append(("ACCESS_CLASS", "all-licensed-users", "viewer"))
    assert audiences(connected(serve, site))["Leave"] is None


def test_a_page_above_that_cannot_be_read_lets_nobody_in(serve: Serve, site: Site) -> None:
    site.pages["2"].parent = "404"
    assert audiences(connected(serve, site))["Leave"] == NOBODY


def test_a_page_that_search_does_not_know_yet_is_asked_for(serve: Serve) -> None:
    site = CloudStandIn(handbook())
    site.pages["3"].searchable = False
    assert audiences(connected(serve, site))["Bands"] == frozenset({"#people"})


def test_pages_in_folders_are_nobodys_unless_folders_are_trusted(serve: Serve) -> None:
    site = CloudStandIn(handbook())
    site.pages["2"] = replace(site.pages["2"], parent="f1", parent_type="folder")
    site.pages["1"].readers = ["engineering"]
    assert audiences(connected(serve, site))["Leave"] == NOBODY
    assert audiences(connected(serve, site, trust_folders=True))["Leave"] == frozenset({"@eng"})


def test_archived_pages_are_read_only_where_they_are_wanted(serve: Serve) -> None:
    site = CloudStandIn(handbook())
    site.pages["8"] = Page("Old rules", status="archived", parent="3")
    assert "Old rules" not in audiences(connected(serve, site))
    assert audiences(connected(serve, site, include_archived=True))["Old rules"] == frozenset({"#people"})


def test_a_pages_text_is_fetched_with_its_title_and_the_names_of_people(serve: Serve, site: Site) -> None:
    attribute = "account-id" if isinstance(site, CloudStandIn) else "userkey"
    mention = f'<ac:link><ri:user ri:{attribute}="5b10a" /></ac:link>'
    link = '<ac:link><ri:page ri:content-title="Sick leave" /></ac:link>'
    site.pages["2"].body = f"<h1>How</h1><p>Ask {mention}, see {link}.</p>"
    connector = connected(serve, site)
    ref = listed(connector)["page/2"]
    document = parse(connector.fetch(ref))
    assert document.title == "Leave"
    base = ref.url.partition("/spaces/" if isinstance(site, CloudStandIn) else "/display/")[0]
    assert document.markdown == f"# How\n\nAsk @Ann Lee, see [Sick leave]({base}/display/KB/Sick+leave)."


def test_an_empty_page_can_be_found_by_its_title(serve: Serve, site: Site) -> None:
    site.pages["2"].title, site.pages["2"].body = "Fêtes 🎉", ""
    connector = connected(serve, site)
    document = parse(connector.fetch(listed(connector)["page/2"]))
    assert (document.title, document.markdown) == ("Fêtes 🎉", "Fêtes 🎉")


def test_attachments_that_hold_text_are_read_for_who_may_see_their_page(serve: Serve, site: Site) -> None:
    files = {"att1": ("bands.txt", b"Band A: 1"), "att2": ("photo.png", b"\x89PNG"), "att3": ("more.csv", b"a,b\n1,2")}
    site.pages["3"].files = files
    assert "attachment/3/att1" not in listed(connected(serve, site))
    connector = connected(serve, site, attachments=True)
    refs = listed(connector)
    assert sorted(id for id in refs if id.startswith("attachment")) == ["attachment/3/att1", "attachment/3/att3"]
    ref = refs["attachment/3/att1"]
    assert (ref.title, ref.audience) == ("bands.txt", frozenset({"#people"}))
    assert (connector.fetch(ref).content, connector.fetch(ref).name) == (b"Band A: 1", "bands.txt")


def test_a_limit_and_a_stumble_are_waited_out(serve: Serve, site: Site) -> None:
    path = "/pages" if isinstance(site, CloudStandIn) else "/scan"
    site.faults = [(path, Response("slow", 429, {"Retry-After": "0"})), (path, Response("", 503, {"Retry-After": "0"}))]
    assert len(listed(connected(serve, site))) == 5


def test_a_listing_that_fails_midway_raises(serve: Serve, site: Site) -> None:
    path = "/blogposts" if isinstance(site, CloudStandIn) else "/api/content"
    site.faults = [(path, Response("no", 403))]
    with pytest.raises(ConnectorError, match="forbids"):
        listed(connected(serve, site))


def test_permissions_that_cannot_be_read_are_an_error(serve: Serve, site: Site) -> None:
    site.faults = [("/permissions", Response("no", 403))]
    with pytest.raises(ConnectorError, match=r"/permissions.* \(403\): give the token the rights"):
        listed(connected(serve, site))


def test_answers_in_another_form_are_an_error(serve: Serve, site: Site) -> None:
    site.faults = [("/permissions", Response('{"results": [{"operation": {}}]}'))]
    with pytest.raises(ConnectorError, match=r"form that is not known|does not tell"):
        listed(connected(serve, site))


def test_wrong_credentials_are_said_without_the_token(serve: Serve, site: Site) -> None:
    with pytest.raises(ConnectorError, match="does not accept the credentials") as raised:
        listed(connected(serve, site, token="wr0ng"))
    assert "wr0ng" not in str(raised.value)


def test_a_space_that_is_not_there_is_an_error_and_no_deletion(serve: Serve, site: Site) -> None:
    with pytest.raises(ConnectorError, match="no space nope"):
        listed(connected(serve, site, spaces=["KB", "NOPE"]))


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"url": "https://acme.atlassian.net", "token": "t"}, "`user` is missing"),
        ({"url": "https://wiki.acme.example", "token": ""}, "`token` is empty"),
        ({"url": "wiki.acme.example", "token": "t"}, "write the whole address"),
        ({"url": "https://wiki.acme.example", "token": "t", "groups": {"a": "b"}}, '"@group", "#channel"'),
    ],
)
def test_keys_that_cannot_work_are_refused(keys: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        ConfluenceConnector(**keys)


def test_a_wiki_is_synced_and_follows_changes(serve: Serve, home: Home) -> None:
    site = CloudStandIn(handbook())
    source = Source("wiki", "confluence", connected(serve, site), PUBLIC)
    assert home.syncs.sync(source).added == 5
    assert home.found("25 days of leave")[0] == "page/2"
    assert "page/4" not in home.found("Band A")
    assert "page/4" in home.found("Band A", frozenset({"#people"}))
    site.requests.clear()
    report = home.syncs.sync(source)
    assert (report.added, report.changed, report.removed) == (0, 0, 0)
    assert not [request for request in site.requests if "body-format" in request]
    site.pages["2"].body, site.pages["2"].version = "<p>30 days of leave.</p>", 4
    site.pages["1"].status = "trashed"
    site.pages["3"].parent = site.pages["2"].parent = None
    site.pages["3"].readers = []
    report = home.syncs.sync(source)
    assert (report.error, report.changed, report.removed) == (None, 3, 1)
    assert home.found("30 days of leave")[0] == "page/2"
    assert "page/4" in home.found("Band A")
    assert "page/1" not in home.found("All of it")
