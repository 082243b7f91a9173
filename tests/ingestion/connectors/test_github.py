"""Issues, discussions and wikis of a GitHub that speaks its protocol: pages, limits, refusals, and what is gone."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response

from ingestion.connectors import ConnectorError, DocumentRef
from ingestion.connectors.github import GitHubConnector
from ingestion.sync import Source
from storage.database import Database
from storage.document import PUBLIC
from tests.ingestion.conftest import Home
from tests.ingestion.connectors.git_server import Repository, git_server
from tests.ingestion.connectors.github_server import GitHub, limited, used_up

Connect = Callable[..., GitHubConnector]
NOBODY: frozenset[str] = frozenset()


@pytest.fixture
def database(sqlite_url: str) -> Iterator[Database]:
    """One engine is enough here."""
    opened = Database.open(sqlite_url)
    yield opened
    opened.close()


@pytest.fixture
def github() -> GitHub:
    made = GitHub()
    made.add("acme/web")
    return made


@pytest.fixture
def connect(github: GitHub, serve: Callable[[Starlette], str], tmp_path: Path) -> Connect:
    address = serve(github.app)

    def connected(repositories: Any = "acme/web", token: str = "hunter2", **keys: Any) -> GitHubConnector:
        return GitHubConnector(repositories, token, tmp_path / "state", api_url=f"{address}/api/v3", **keys)

    return connected


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that were waited for, which pass at once."""
    waited: list[float] = []

    class Clock:
        time = staticmethod(time.time)
        sleep = staticmethod(waited.append)

    monkeypatch.setattr("ingestion.connectors.http_service.time", Clock)
    return waited


def ids(connector: GitHubConnector) -> list[str]:
    return [ref.id for ref in connector.list()]


def text(connector: GitHubConnector, id: str) -> str:
    [ref] = [ref for ref in connector.list() if ref.id == id]
    return connector.fetch(ref).content.decode()


class TestListing:
    def test_issues_and_discussions_of_all_repositories_are_listed_page_by_page(
        self, github: GitHub, connect: Connect
    ) -> None:
        github.page_size = 2
        github.add("acme/app")
        for number in range(1, 6):
            github.issue("acme/web", number, f"Issue {number}")
        github.discussion("acme/web", 6, "How?")
        github.issue("acme/app", 1, "Crash")
        refs = list(connect(["acme/web", "acme/app", "Acme/Web"]).list())
        assert [ref.id for ref in refs] == [
            *(f"acme/web/issues/{number}" for number in range(1, 6)),
            "acme/web/discussions/6",
            "acme/app/issues/1",
        ]
        assert (refs[0].title, refs[0].url) == ("Issue 1", "https://github.com/acme/web/issues/1")
        assert {ref.audience for ref in refs} == {None}

    def test_closed_issues_are_listed_where_that_is_asked_for(self, github: GitHub, connect: Connect) -> None:
        github.issue("acme/web", 1, "Open")
        github.issue("acme/web", 2, "Closed", state="CLOSED")
        assert ids(connect()) == ["acme/web/issues/1"]
        assert ids(connect(closed=True)) == ["acme/web/issues/1", "acme/web/issues/2"]

    def test_labels_choose(self, github: GitHub, connect: Connect) -> None:
        github.issue("acme/web", 1, "a", labels=github.labelled("Runbook", "old"))
        github.issue("acme/web", 2, "b", labels=github.labelled("bug"))
        github.discussion("acme/web", 3, "c", labels=github.labelled("faq"))
        github.discussion("acme/web", 4, "d")
        assert ids(connect(labels=["runbook", "faq"])) == ["acme/web/issues/1", "acme/web/discussions/3"]

    def test_kinds_can_be_left_out_and_what_a_repository_has_not_is(self, github: GitHub, connect: Connect) -> None:
        github.issue("acme/web", 1, "a")
        github.discussion("acme/web", 2, "b")
        assert ids(connect(issues=False)) == ["acme/web/discussions/2"]
        assert ids(connect(discussions=False)) == ["acme/web/issues/1"]
        github.repositories["acme/web"]["hasDiscussionsEnabled"] = False
        assert ids(connect()) == ["acme/web/issues/1"]

    def test_a_revision_changes_with_a_new_comment_an_edit_and_an_answer(
        self, github: GitHub, connect: Connect
    ) -> None:
        issue = github.issue("acme/web", 1, "a")
        discussion = github.discussion("acme/web", 2, "b")
        connector = connect()

        def revisions() -> list[str]:
            return [ref.revision for ref in connector.list()]

        seen = [revisions()]
        assert revisions() == seen[0]
        issue["updatedAt"] = "2026-02-01T00:00:00Z"
        seen.append(revisions())
        issue["_comments"].append(github.comment("Me too."))
        seen.append(revisions())
        assert len({revision for revision, _ in seen}) == 3
        discussion["answerChosenAt"] = "2026-02-02T00:00:00Z"
        assert revisions()[1] != seen[0][1]

    def test_what_was_deleted_or_transferred_is_not_listed(self, github: GitHub, connect: Connect) -> None:
        github.issue("acme/web", 1, "a")
        github.issue("acme/web", 2, "b")
        connector = connect()
        [_, gone] = connector.list()
        github.issues["acme/web"].pop()
        assert ids(connector) == ["acme/web/issues/1"]
        with pytest.raises(ConnectorError, match=r"has no acme/web #2: Could not resolve to an Issue .+ will notice"):
            connector.fetch(gone)

    def test_an_issue_removed_while_it_is_listed_hides_no_other(self, github: GitHub, connect: Connect) -> None:
        github.page_size = 2
        for number in range(1, 7):
            github.issue("acme/web", number, "a")
        listing = connect().list()
        first = [next(listing).id, next(listing).id]
        del github.issues["acme/web"][0]
        rest = [ref.id for ref in listing]
        assert first + rest == [f"acme/web/issues/{number}" for number in range(1, 7)]


class TestAudience:
    def test_a_private_repository_is_for_nobody_until_the_source_says_otherwise(
        self, github: GitHub, connect: Connect
    ) -> None:
        github.issue("acme/web", 1, "a")
        github.add("acme/secret", private=True)
        github.issue("acme/secret", 1, "b")
        repositories = ["acme/web", "acme/secret"]
        assert [ref.audience for ref in connect(repositories).list()] == [None, NOBODY]
        assert [ref.audience for ref in connect(repositories, private=True).list()] == [None, None]


class TestDocuments:
    def test_an_issue_is_one_document_with_its_comments(self, github: GitHub, connect: Connect) -> None:
        github.page_size = 2
        comments = [github.comment(f"Comment {number}", author="bob" if number else None) for number in range(5)]
        github.issue(
            "acme/web", 7, 'VPN "drops" <often>', "It drops.\r\n\r\nDaily.", *comments, labels=github.labelled("vpn")
        )
        connector = connect()
        raw = connector.fetch(next(iter(connector.list())))
        assert (raw.name, raw.media_type) == ("issues-7.md", "text/markdown")
        assert raw.heading_ids == "own"
        assert raw.content.decode() == (
            '---\ntitle: "VPN \\"drops\\" <often>"\n---\n\n'
            "Issue 7 of acme/web, open, by ada on 2026-01-05. Labels: vpn.\n\nIt drops.\n\nDaily.\n\n"
            "## Comment by ghost on 2026-01-06 {#issuecomment-9}\n\nComment 0\n\n"
            + "\n\n".join(
                f"## Comment by bob on 2026-01-06 {{#issuecomment-9}}\n\nComment {number}" for number in range(1, 5)
            )
        )

    def test_a_discussions_accepted_answer_comes_first_and_replies_stand_below_what_they_reply_to(
        self, github: GitHub, connect: Connect
    ) -> None:
        github.page_size = 2
        replies = [github.comment(f"Reply {number}", author="cy") for number in range(3)]
        comments = [
            github.comment("Try this.", *replies),
            github.comment("Buy now!", hidden=True),
            github.comment("Do that.", author="dee", answer=True),
        ]
        github.discussion("acme/web", 8, "How?", "I wonder.", *comments)
        found = text(connect(), "acme/web/discussions/8")
        assert "Discussion 8 of acme/web, in Q&A, by ada on 2026-01-05." in found
        assert [line.partition(" {#")[0] for line in found.splitlines() if line.startswith("#")] == [
            "## Accepted answer by dee on 2026-01-06",
            "## Comment by bob on 2026-01-06",
            *["### Reply by cy on 2026-01-06"] * 3,
        ]
        assert "Buy now!" not in found
        assert found.index("Do that.") < found.index("Try this.") < found.index("Reply 0") < found.index("Reply 2")

    def test_a_reply_that_is_the_accepted_answer_brings_what_it_replies_to(
        self, github: GitHub, connect: Connect
    ) -> None:
        reply = github.comment("Like so.", answer=True)
        github.discussion("acme/web", 8, "How?", "", github.comment("No."), github.comment("Maybe?", reply))
        found = text(connect(), "acme/web/discussions/8")
        assert found.index("Maybe?") < found.index("### Accepted answer by bob") < found.index("No.")


class TestLimits:
    def test_a_secondary_limit_is_waited_out_as_long_as_it_says(
        self, github: GitHub, connect: Connect, waits: list[float]
    ) -> None:
        github.issue("acme/web", 1, "a")
        github.before = [limited(403, retry_after="7"), limited(429, retry_after="8"), limited(200, retry_after="9")]
        assert ids(connect()) == ["acme/web/issues/1"]
        assert waits == [7, 8, 9]

    def test_a_secondary_limit_that_says_nothing_is_a_minute(
        self, github: GitHub, connect: Connect, waits: list[float]
    ) -> None:
        github.before = [limited(403), limited(429, x_ratelimit_remaining="12")]
        assert ids(connect()) == []
        assert waits == [60, 60]

    @pytest.mark.parametrize("status", [200, 403, 429])
    def test_the_limit_by_the_hour_is_waited_out_until_it_is_reset(
        self, github: GitHub, connect: Connect, waits: list[float], status: int
    ) -> None:
        answer = used_up(int(time.time()) + 1800)
        answer.status_code = status
        github.before = [None, answer]
        github.issue("acme/web", 1, "a")
        assert ids(connect()) == ["acme/web/issues/1"]
        assert len(waits) == 1
        assert 1790 < waits[0] <= 1801

    def test_a_limit_that_does_not_end_is_given_up(self, github: GitHub, connect: Connect, waits: list[float]) -> None:
        github.before = [limited(403, retry_after="2000") for _ in range(3)]
        with pytest.raises(ConnectorError, match="GitHub limits requests for another 2000 s: sync again then"):
            ids(connect())
        assert waits == [2000]

    def test_an_issue_about_rate_limits_limits_nothing(
        self, github: GitHub, connect: Connect, waits: list[float]
    ) -> None:
        github.issue("acme/web", 1, "a", '"errors": secondary rate limit, RATE_LIMITED')
        assert "RATE_LIMITED" in text(connect(), "acme/web/issues/1")
        assert waits == []

    def test_a_server_that_stumbles_is_asked_again(self, github: GitHub, connect: Connect) -> None:
        github.before = [Response(status_code=502, headers={"Retry-After": "0"})]
        github.issue("acme/web", 1, "a")
        assert ids(connect()) == ["acme/web/issues/1"]


class TestRefusals:
    def test_a_wrong_token_is_said_and_not_shown(self, connect: Connect) -> None:
        with pytest.raises(ConnectorError, match=r"GitHub does not accept the credentials \(401\)") as raised:
            ids(connect(token="swordfish"))
        assert "swordfish" not in str(raised.value)

    def test_a_repository_that_is_not_there_or_not_shown_fails_the_listing(
        self, github: GitHub, connect: Connect
    ) -> None:
        github.issue("acme/web", 1, "a")
        with pytest.raises(ConnectorError, match=r"does not show acme/nope: Could not .+ Correct `repositories`"):
            ids(connect(["acme/web", "acme/nope"]))

    @pytest.mark.parametrize(
        ("answer", "said"),
        [
            (
                JSONResponse(
                    {
                        "data": {"repository": {"page": {"nodes": [None]}}},
                        "errors": [
                            {"type": "FORBIDDEN", "message": "Resource not accessible by personal access token"}
                        ],
                    }
                ),
                "does not let the token read acme/web: Resource not accessible .+ Give it the rights",
            ),
            (
                JSONResponse({"errors": [{"message": "Something went wrong"}]}),
                "failed to answer on acme/web: Something",
            ),
            (JSONResponse({"message": "Forbidden"}, 403), r"forbids .+ \(403\)"),
            (JSONResponse({"message": "We had issues"}), "answered no data: We had issues"),
            (JSONResponse([]), "something else than GraphQL"),
            (Response("<html>"), "something else than JSON"),
        ],
    )
    def test_a_failure_midway_fails_the_listing(
        self, github: GitHub, connect: Connect, answer: Response, said: str
    ) -> None:
        github.page_size = 1
        for number in (1, 2, 3):
            github.issue("acme/web", number, "a")
        github.before = [None, None, answer]
        listing = connect().list()
        assert next(listing).id == "acme/web/issues/1"
        with pytest.raises(ConnectorError, match=said):
            list(listing)

    @pytest.mark.parametrize(
        ("keys", "said"),
        [
            ({"repositories": []}, "names none"),
            ({"repositories": "acme"}, 'write it as "owner/name"'),
            ({"repositories": "acme/web/x"}, 'write it as "owner/name"'),
            ({"issues": False, "discussions": False}, "set one of"),
        ],
    )
    def test_keys_that_are_wrong_are_said(self, connect: Connect, keys: dict[str, Any], said: str) -> None:
        with pytest.raises(ValueError, match=said):
            connect(**keys)


class TestWikis:
    def test_pages_of_a_wiki_are_documents(self, github: GitHub, connect: Connect, tmp_path: Path) -> None:
        wiki = Repository(tmp_path / "repos" / "web.wiki")
        wiki.commit({"Home.md": "Welcome.", "ops/On-Call.md": "Be awake.", "_Sidebar.md": "Home"})
        with git_server(tmp_path / "repos") as server:
            server.token = "hunter2"
            github.add("acme/web", f"{server.url}/web", private=True, wiki=True)
            connector = connect(wiki=True)
            refs = {ref.id: ref for ref in connector.list()}
            assert list(refs) == ["acme/web/wiki/Home.md", "acme/web/wiki/ops/On-Call.md"]
            page = refs["acme/web/wiki/ops/On-Call.md"]
            assert (page.title, page.url, page.audience) == ("On Call", f"{server.url}/web/wiki/On-Call", NOBODY)
            assert (connector.fetch(page).content, connector.fetch(page).name) == (b"Be awake.", "On-Call.md")
            assert ids(connect(wiki=False)) == []

    def test_a_wiki_without_pages_is_none_and_one_that_may_not_be_read_an_error(
        self, github: GitHub, connect: Connect, tmp_path: Path
    ) -> None:
        code = Repository(tmp_path / "repos" / "web")
        code.commit({"a.py": ""})
        with git_server(tmp_path / "repos") as server:
            github.add("acme/web", f"{server.url}/web", wiki=True)
            assert ids(connect(wiki=True)) == []
            code.remove()
            with pytest.raises(ConnectorError, match=r"no repository at .+/web\.git"):
                ids(connect(wiki=True))

    def test_a_page_that_was_not_listed_is_an_error(self, connect: Connect) -> None:
        with pytest.raises(ConnectorError, match="was not listed before"):
            connect(wiki=True).fetch(DocumentRef("acme/web/wiki/Home.md", "", "", ""))


def test_a_repositorys_issues_are_synced(home: Home, github: GitHub, connect: Connect) -> None:
    vpn = github.issue("acme/web", 1, "VPN drops", "# Steps\n\nConnect the VPN and wait.")
    github.issue("acme/web", 2, "Printer jams", "Paper is stuck in the printer.")
    github.discussion("acme/web", 3, "Which laptop?", "Which laptop do I order?")
    source = Source("github", "github", connect(), PUBLIC)
    report = home.syncs.sync(source)
    assert (report.error, report.added, report.failed) == (None, 3, 0)
    titles = {p.document.id: p.document.title for p in home.knowledge.search("VPN wait", PUBLIC).passages}
    assert titles["acme/web/issues/1"] == "VPN drops"

    github.asked.clear()
    report = home.syncs.sync(source)
    assert (report.changed, report.chunks.embedded) == (0, 0)
    assert not any("number" in asked for asked in github.asked)

    vpn["_comments"].append(github.comment("Restart the concentrator."))
    vpn["updatedAt"] = "2026-02-01T00:00:00Z"
    del github.issues["acme/web"][1]
    report = home.syncs.sync(source)
    assert (report.error, report.changed, report.removed) == (None, 1, 1)
    assert home.found("restart the concentrator")[0] == "acme/web/issues/1"
    assert "acme/web/issues/2" not in home.found("printer paper")

    github.repositories["acme/web"]["isPrivate"] = True
    home.syncs.sync(source)
    assert home.found("restart the concentrator") == []
