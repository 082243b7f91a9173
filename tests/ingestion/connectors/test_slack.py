"""The channels that the bot is in, read from the Slack look-alike over the real protocol."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from slack_sdk import WebClient

from ingestion.connectors import ConnectorError, DocumentRef
from ingestion.connectors.slack import SlackConnector
from ingestion.sync import Source
from playground.client import Posted
from playground.server import Running, running
from storage.document import PUBLIC
from tests.ingestion.conftest import Home

LONG = "Parking works like this: " + "the barrier opens for every badge, day and night. " * 6


@pytest.fixture
def slack() -> Iterator[Running]:
    with running() as server:
        yield server


def connector(slack: Running, **keys: Any) -> SlackConnector:
    return SlackConnector(slack.bot_token, base_url=slack.api_url, **keys)


def listed(slack: Running, **keys: Any) -> list[DocumentRef]:
    return list(connector(slack, **keys).list())


def titles(slack: Running, **keys: Any) -> list[str]:
    return [ref.title for ref in listed(slack, **keys)]


def revisions(slack: Running, **keys: Any) -> list[str]:
    return [ref.revision for ref in listed(slack, **keys)]


def read(slack: Running, **keys: Any) -> list[str]:
    source = connector(slack, **keys)
    return [source.fetch(ref).content.decode() for ref in source.list()]


def thread(slack: Running, question: str, *answers: str, channel: str = "general") -> tuple[Posted, list[Posted]]:
    """Alice asks in a channel, and Ada answers in the thread."""
    asked = slack.client.post("alice", channel, question)
    return asked, [slack.client.post("ada", channel, answer, thread_ts=asked.ts) for answer in answers]


def calls(slack: Running, method: str) -> int:
    return len(slack.client.calls(method))


class TestListing:
    def test_a_thread_is_one_document_with_its_question_as_title_and_its_permalink(self, slack: Running) -> None:
        asked, _ = thread(
            slack, "<@U0BOB00001>: how do I book *travel*?", "With the travel card.", "Ask <@U0BOB00001>."
        )
        [ref] = listed(slack)
        assert (ref.title, ref.audience) == ("how do I book travel?", None)
        assert ref.id == f"C0GENERAL1/{asked.ts}"
        assert ref.url == f"https://playground.slack.test/archives/C0GENERAL1/p{asked.ts.replace('.', '')}"

    def test_a_message_alone_is_listed_only_if_it_is_long(self, slack: Running) -> None:
        slack.client.post("alice", "general", "Lunch?")
        slack.client.post("alice", "general", LONG)
        assert [title[:7] for title in titles(slack)] == ["Parking"]
        assert "Lunch?" in titles(slack, min_length=1)

    def test_only_channels_that_the_bot_is_in_are_read(self, slack: Running) -> None:
        thread(slack, "Where is the stapler?", "On the shelf.", channel="random")
        slack.client.add_channel("secret", ["alice", "ada"], private=True)
        thread(slack, "Who leaves?", "Nobody.", channel="secret")
        thread(slack, "Who is paid when?", "On the 25th.", channel="people")
        assert titles(slack) == ["Who is paid when?"]

    def test_every_page_is_read_whatever_is_written_and_deleted_meanwhile(
        self, slack: Running, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("ingestion.connectors.slack_api.PAGE", 2)
        asked = [thread(slack, f"Question {number}?", "Yes.")[0] for number in range(5)]
        listing = connector(slack, recheck_days=0).list()
        first = next(listing)
        thread(slack, "One more?", "No.")
        slack.client.delete("alice", "general", asked[4].ts)
        assert [first.title, *(ref.title for ref in listing)] == [f"Question {number}?" for number in (4, 3, 2, 1, 0)]
        assert calls(slack, "conversations.history") == 5  # three pages of #general, one of each other channel

    def test_only_the_last_days_are_read(self, slack: Running) -> None:
        thread(slack, "Is it old?", "It is.")
        time.sleep(1.1)
        assert titles(slack, days=1 / 86_400) == []
        assert titles(slack) == ["Is it old?"]

    def test_joins_and_what_is_said_by_or_to_the_bot_are_no_documents(self, slack: Running) -> None:
        slack.client.ask("how many days of leave do I get? " * 20)
        thread(slack, "Is Lore right, <@BOT>?", "Mostly.")
        asked, _ = thread(slack, "What about parental leave?")
        web = WebClient(slack.bot_token, base_url=slack.api_url)
        web.chat_postMessage(channel="C0GENERAL1", text=LONG)
        web.chat_postMessage(channel="C0GENERAL1", text="16 weeks [1]", thread_ts=asked.ts)
        assert titles(slack) == []
        slack.client.post("ada", "general", "16 weeks, see the handbook.", thread_ts=asked.ts)
        [text] = read(slack)
        assert "see the handbook" in text
        assert "[1]" not in text

    def test_archived_channels_are_read_where_the_source_says_so(self, slack: Running) -> None:
        thread(slack, "Who is paid when?", "On the 25th.", channel="people")
        slack.client.archive("people")
        assert titles(slack) == []
        assert titles(slack, archived=True) == ["Who is paid when?"]


class TestAudience:
    def test_private_channels_are_for_their_members_and_public_ones_as_the_source_says(self, slack: Running) -> None:
        thread(slack, "Who is paid when?", "On the 25th.", channel="people")
        thread(slack, "Whom do we hire?", "Nina.", channel="leads")
        assert {ref.title: ref.audience for ref in listed(slack)} == {
            "Who is paid when?": None,
            "Whom do we hire?": frozenset({"#C0LEADS001"}),
        }

    def test_a_channel_shared_with_another_company_is_for_its_members(self, slack: Running) -> None:
        thread(slack, "Who is paid when?", "On the 25th.", channel="people")
        slack.client.share("people")
        assert [ref.audience for ref in listed(slack)] == [frozenset({"#C0PEOPLE01"})]

    def test_only_the_named_channels_are_read(self, slack: Running) -> None:
        thread(slack, "Who is paid when?", "On the 25th.", channel="people")
        thread(slack, "Whom do we hire?", "Nina.", channel="leads")
        assert titles(slack, channels="#people") == ["Who is paid when?"]
        assert titles(slack, channels=["C0LEADS001"]) == ["Whom do we hire?"]

    def test_a_named_channel_that_the_bot_is_not_in_is_an_error(self, slack: Running) -> None:
        with pytest.raises(ConnectorError, match=r"The bot is not in #random: invite it there"):
            listed(slack, channels=["#people", "#random"])


class TestContent:
    def test_question_and_answers_are_one_text_with_their_authors(self, slack: Running) -> None:
        asked, [_, second] = thread(slack, "How do I book?", "Use the *card*,\nor <https://x.example|ask>.", "Or wait.")
        slack.client.post("alice", "general", "Thanks &amp; bye &lt;3", thread_ts=asked.ts)
        day = time.strftime("%Y-%m-%d", time.gmtime(float(second.ts)))
        assert read(slack) == [
            f"**alice**, {day}:\n\nHow do I book?\n\n"
            f"**ada**, {day}:\n\nUse the **card**,  \nor [ask](https://x.example).\n\nOr wait.\n\n"
            f"**alice**, {day}:\n\nThanks &amp; bye &lt;3"
        ]

    def test_mentions_become_names_but_no_private_channels(self, slack: Running) -> None:
        thread(
            slack, "Who knows?", "<@U0BOB00001> and <@U0NOBODY01> in <#C0PEOPLE01> or <#C0LEADS001>, <!subteam^S1|@hr>"
        )
        [text] = read(slack)
        assert "@bob and @someone in #people or a private channel, @hr" in text

    def test_files_are_named(self, slack: Running) -> None:
        asked, _ = thread(slack, "Where is the plan?")
        slack.client.post("ada", "general", "", thread_ts=asked.ts, files=["plan_2026.pdf", "map.png"])
        assert "Files: plan_2026.pdf, map.png" in read(slack)[0]

    def test_a_long_thread_is_read_to_its_end(self, slack: Running, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("ingestion.connectors.slack_api.PAGE", 3)
        thread(slack, "Who is in?", *(f"Number {number}." for number in range(8)))
        assert [f"Number {number}." in read(slack)[0] for number in range(8)] == [True] * 8

    def test_each_person_is_asked_about_once(self, slack: Running) -> None:
        for number in range(3):
            thread(slack, f"Question {number}?", "Yes.")
        read(slack)
        assert calls(slack, "users.info") == 2

    def test_a_thread_deleted_after_it_was_listed_is_said_to_be(self, slack: Running) -> None:
        asked, [reply] = thread(slack, "Wrong channel?", "Yes.")
        source = connector(slack)
        [ref] = source.list()
        slack.client.delete("ada", "general", reply.ts)
        slack.client.delete("alice", "general", asked.ts)
        with pytest.raises(ConnectorError, match="deleted after it was listed: the next sync will notice"):
            source.fetch(ref)


class TestChanges:
    @pytest.mark.parametrize("recheck_days", [0, 2])
    def test_a_reply_added_or_deleted_and_an_edited_question_change_the_revision(
        self, slack: Running, recheck_days: float
    ) -> None:
        asked, _ = thread(slack, "How?", "So.")
        seen = revisions(slack, recheck_days=recheck_days)
        assert revisions(slack, recheck_days=recheck_days) == seen
        reply = slack.client.post("ada", "general", "Or so.", thread_ts=asked.ts)
        seen += revisions(slack, recheck_days=recheck_days)
        slack.client.edit("alice", "general", asked.ts, "How now?")
        seen += revisions(slack, recheck_days=recheck_days)
        slack.client.delete("ada", "general", reply.ts)
        seen += revisions(slack, recheck_days=recheck_days)
        assert len(set(seen)) == 4

    def test_an_edited_reply_changes_the_revision_while_the_thread_is_read_at_each_listing(
        self, slack: Running
    ) -> None:
        _, [reply] = thread(slack, "How?", "So.")
        before = revisions(slack), revisions(slack, recheck_days=0)
        slack.client.edit("ada", "general", reply.ts, "Not so.")
        after = revisions(slack), revisions(slack, recheck_days=0)
        assert (before[0] == after[0], before[1] == after[1]) == (False, True)

    def test_a_quiet_source_costs_a_call_a_channel(self, slack: Running) -> None:
        for number in range(3):
            thread(slack, f"Question {number}?", "Yes.")
        revisions(slack, recheck_days=0)
        assert calls(slack, "conversations.replies") == 0
        assert calls(slack, "conversations.history") == 3


class TestFailures:
    def test_limits_and_stumbles_are_waited_out(self, slack: Running) -> None:
        thread(slack, "How?", "So.")
        slack.client.limit("conversations.history", retry_after=0)
        slack.client.break_http("conversations.replies", status=502)
        slack.client.break_http("users.conversations", status=503)
        slack.client.limit("users.info", retry_after=0)
        assert "So." in read(slack)[0]

    def test_a_listing_that_fails_midway_raises(self, slack: Running, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("ingestion.connectors.slack_api.PAGE", 1)
        for number in range(3):
            thread(slack, f"Question {number}?", "Yes.")
        listing = connector(slack).list()
        next(listing)
        slack.client.fail("conversations.history", "internal_error")
        with pytest.raises(ConnectorError, match=r"Slack refused conversations.history \(internal_error\)"):
            list(listing)

    def test_a_wrong_token_is_named_and_not_shown(self, slack: Running) -> None:
        with pytest.raises(ConnectorError, match=r"does not accept the token \(invalid_auth\)") as refused:
            list(SlackConnector("xoxb-s3cret", base_url=slack.api_url).list())
        assert "s3cret" not in str(refused.value)

    def test_a_missing_scope_is_named(self, slack: Running) -> None:
        slack.client.set_scopes(["channels:read", "groups:read", "groups:history", "users:read"])
        with pytest.raises(ConnectorError, match=r"lacks the scope channels:history for conversations\.history"):
            listed(slack)

    def test_a_server_that_is_not_there_is_named(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("slack_sdk.http_retry.handler.time.sleep", lambda seconds: None)
        with pytest.raises(ConnectorError, match=r"Slack cannot be reached at http://127.0.0.1:1/: .+`base_url`"):
            list(SlackConnector("xoxb-1", base_url="http://127.0.0.1:1").list())

    @pytest.mark.parametrize(
        ("keys", "said"), [({"token": ""}, "`token` is empty"), ({"token": "x", "days": 0}, "`days`")]
    )
    def test_keys_that_make_no_sense_are_refused(self, keys: dict[str, Any], said: str) -> None:
        with pytest.raises(ValueError, match=said):
            SlackConnector(**keys)


def test_the_scopes_that_the_page_names_are_enough(slack: Running) -> None:
    page = (Path(__file__).parents[3] / "docs" / "connectors" / "slack.md").read_text(encoding="utf-8")
    scopes = ["channels:history", "channels:read", "groups:history", "groups:read", "users:read"]
    assert [scope for scope in scopes if f"`{scope}`" not in page] == []
    slack.client.set_scopes(scopes)
    thread(slack, "Whom do we hire?", "Nina.", channel="leads")
    assert len(read(slack)) == 1


def test_a_sync_follows_what_is_written_edited_deleted_and_hidden(slack: Running, home: Home) -> None:
    source = Source("slack", "slack", connector(slack), PUBLIC)
    thread(slack, "Who is paid when?", "On the 25th.", channel="people")
    _, [reply] = thread(slack, "Where do I park?", "Behind the house.")
    asked, _ = thread(slack, "What is for lunch?", "Soup.")
    assert home.syncs.sync(source).added == 3
    again = home.syncs.sync(source)
    assert (again.changed, again.chunks.embedded, again.removed) == (0, 0, 0)
    slack.client.edit("ada", "general", reply.ts, "In front of the house.")
    slack.client.delete("alice", "general", asked.ts)
    slack.client.share("people")
    report = home.syncs.sync(source)
    assert (report.changed, report.removed, report.error) == (2, 1, None)
    [parking] = home.knowledge.search("park", PUBLIC).passages
    assert "In front of the house." in parking.text
    assert len(home.found("paid", PUBLIC | {"#C0PEOPLE01"})) == 2
