"""What a channel and a person may see, asked of a Slack look-alike over the wire; what fails gives less."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from bot.slack import directory, standing
from bot.slack.audience import Audiences, Guests
from bot.slack.clients import open_clients
from bot.slack.setup import check_bot_token
from playground.client import Playground
from playground.server import Running
from storage.audience_pins import read_pins, unpin
from storage.database import Database
from storage.document import PUBLIC
from storage.questions import Asked, QuestionLog, Surface
from tests.learning.documents import add_page
from tests.slack.stage import Script, eventually, on_stage

NOTHING: frozenset[str] = frozenset()
ALICE, BOB, GITA, ADA = "U0ALICE001", "U0BOB00001", "U0GITA0001", "U0ADA00001"
GENERAL, PEOPLE, RANDOM, LEADS = "C0GENERAL1", "C0PEOPLE01", "C0RANDOM01", "C0LEADS001"

Open = Callable[..., Audiences]


@pytest.fixture
def slack(server: Running) -> Playground:
    return server.client


@pytest.fixture
def opened(server: Running, database: Database) -> Iterator[Open]:
    """Opens what tells audiences, where documents are kept to these names and some are for everyone."""
    all_opened: list[Audiences] = []

    def open_audiences(*names: str, guests: Guests = "public") -> Audiences:
        for number, name in enumerate(("everyone", *names)):
            add_page(database, f"page-{len(all_opened)}-{number}", f"For {name}.", audience=(name,))
        clients = open_clients(server.bot_token, server.api_url)
        all_opened.append(Audiences(clients.looking, check_bot_token(clients.posting), database, guests))
        return all_opened[-1]

    yield open_audiences
    for audiences in all_opened:
        audiences.stop()


def calls(slack: Playground, method: str) -> int:
    return len(slack.calls(method))


class TestChannels:
    def test_a_channel_sees_what_is_kept_to_it_by_its_name_or_its_id(self, opened: Open) -> None:
        audiences = opened("#people", "#C0PEOPLE01", "#leads", "@nobody")
        assert audiences.of_channel(PEOPLE) == PUBLIC | {"#people", "#C0PEOPLE01", "#leads"}  # all of them lead
        assert audiences.of_channel(LEADS) == audiences.of_channel(PEOPLE)

    def test_a_channel_sees_what_all_of_its_members_may_see(self, slack: Playground, opened: Open) -> None:
        slack.set_group("finance", ["alice", "ada", "bob"])
        audiences = opened("#people", "#random", "@hr", "@finance")
        assert audiences.of_channel(PEOPLE, ALICE) == PUBLIC | {"#people", "#random", "@hr", "@finance"}
        slack.add_channel("mixed", ["alice", "bob", "lore"])
        assert audiences.of_channel(slack_id(slack, "mixed"), ALICE) == PUBLIC | {"#random", "@finance"}

    def test_a_bot_among_the_members_takes_nothing_away(self, slack: Playground, opened: Open) -> None:
        assert opened("@hr").of_channel(PEOPLE) == PUBLIC | {"@hr"}  # Lore is in the channel and not in the group

    @pytest.mark.parametrize(
        "outsider", [{"guest": True}, {"single_channel_guest": True}, {"team": "T0ELSEWHERE"}], ids=str
    )
    @pytest.mark.parametrize(("guests", "seen"), [("public", PUBLIC), ("nothing", NOTHING)])
    def test_a_channel_with_an_outsider_in_it_sees_what_outsiders_may(
        self, slack: Playground, opened: Open, outsider: dict[str, bool | str], guests: Guests, seen: frozenset[str]
    ) -> None:
        slack.add_user("eve", **outsider)
        slack.join("people", "eve")
        assert opened("#people", guests=guests).of_channel(PEOPLE) == seen

    @pytest.mark.parametrize(("guests", "seen"), [("public", PUBLIC), ("nothing", NOTHING)])
    def test_a_channel_shared_with_another_company_sees_what_outsiders_may(
        self, slack: Playground, opened: Open, guests: Guests, seen: frozenset[str]
    ) -> None:
        slack.share("people")
        assert opened("#people", "@hr", guests=guests).of_channel(PEOPLE) == seen

    def test_where_guests_see_nothing_a_channel_of_members_sees_what_everyone_may(self, opened: Open) -> None:
        audiences = opened(guests="nothing")
        assert audiences.of_channel(PEOPLE) == PUBLIC
        assert audiences.of_channel(GENERAL) == NOTHING

    def test_an_archived_channel_sees_and_gives_nothing_of_its_own(self, slack: Playground, opened: Open) -> None:
        slack.archive("people")
        audiences = opened("#people")
        assert audiences.of_channel(PEOPLE) == PUBLIC
        assert audiences.of_channel(LEADS) == PUBLIC
        assert audiences.of_person(ALICE) == PUBLIC

    def test_a_channel_of_too_many_sees_what_everyone_may(
        self, slack: Playground, opened: Open, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(directory, "MOST_MEMBERS", 2)
        assert opened("#people").of_channel(PEOPLE) == PUBLIC


class TestPeople:
    def test_a_person_sees_what_is_kept_to_their_channels_and_groups(self, opened: Open) -> None:
        audiences = opened("#people", "#C0LEADS001", "#random", "@hr", "@S0HR000001")
        assert audiences.of_person(ALICE) == PUBLIC | {"#people", "#C0LEADS001", "#random", "@hr", "@S0HR000001"}
        assert audiences.of_person(BOB) == PUBLIC | {"#random"}

    def test_a_private_channel_that_lore_is_not_in_gives_nothing(self, slack: Playground, opened: Open) -> None:
        slack.add_channel("board", ["alice"], private=True)
        assert opened("#board").of_person(ALICE) == PUBLIC

    @pytest.mark.parametrize(
        "outsider", [{"guest": True}, {"single_channel_guest": True}, {"team": "T0OTHER"}], ids=str
    )
    @pytest.mark.parametrize(("guests", "seen"), [("public", PUBLIC), ("nothing", NOTHING)])
    def test_outsiders_see_what_everyone_may_or_nothing(
        self, slack: Playground, opened: Open, outsider: dict[str, bool | str], guests: Guests, seen: frozenset[str]
    ) -> None:
        eve = slack.add_user("eve", **outsider)["id"]
        slack.join("people", "eve")
        slack.set_group("hr", ["eve", "alice"])
        assert opened("#people", "@hr", guests=guests).of_person(eve) == seen

    @pytest.mark.parametrize(
        ("surface", "seen"),
        [
            ("mention", {"#people"}),
            ("command", {"#people", "#random"}),
            ("direct_message", {"#people", "#random"}),
            ("shortcut", {"#people", "#random"}),
            ("follow_up", {"#people"}),
            ("overheard", {"#people"}),
            ("anything_else", {"#people"}),
        ],
    )
    def test_a_private_reply_is_for_the_asker_and_any_other_for_the_channel(
        self, slack: Playground, opened: Open, surface: Surface, seen: set[str]
    ) -> None:
        slack.leave("random", "ada")
        assert opened("#people", "#random").of(question(surface)) == PUBLIC | seen

    def test_of_another_persons_private_reply_one_is_shown_what_both_may_see(
        self, slack: Playground, opened: Open
    ) -> None:
        audiences = opened("#people", "#random")
        assert audiences.shown_to(question("command"), ALICE) == PUBLIC | {"#people", "#random"}
        assert audiences.shown_to(question("command"), BOB) == PUBLIC | {"#random"}
        assert audiences.shown_to(question("command"), GITA) == PUBLIC

    def test_what_was_said_in_a_place_is_for_those_who_can_read_it_there(self, slack: Playground, opened: Open) -> None:
        audiences = opened()
        slack.share("general")
        slack.ask("hello?", channel="dm")
        direct = slack.state_channel("alice", "dm")
        assert audiences.of_words_said_in(PEOPLE) == PUBLIC
        assert audiences.of_words_said_in(LEADS) == {"#C0LEADS001"}
        assert audiences.of_words_said_in(GENERAL) == {"#C0GENERAL1"}
        assert audiences.of_words_said_in(direct) == audiences.of_words_said_in("C0NOWHERE") == NOTHING


class TestNames:
    def test_a_name_that_another_channel_has_taken_gives_nothing(self, slack: Playground, opened: Open) -> None:
        audiences = opened("#people")
        assert audiences.of_person(ALICE) == PUBLIC | {"#people"}
        slack.rename("people", "people-team")
        slack.add_channel("people", ["alice", "bob", "lore"])

        anew = opened("#people")  # after a restart, which forgets all but what is in the database
        assert anew.of_person(ALICE) == anew.of_person(BOB) == anew.of_channel(slack_id(slack, "people")) == PUBLIC
        assert anew.of_channel(PEOPLE) == PUBLIC

    def test_what_is_kept_to_an_id_follows_its_channel_through_renaming(self, slack: Playground, opened: Open) -> None:
        slack.rename("people", "people-team")
        slack.add_channel("people", ["bob", "lore"])
        audiences = opened("#C0PEOPLE01")
        assert audiences.of_person(ALICE) == audiences.of_channel(PEOPLE) == PUBLIC | {"#C0PEOPLE01"}
        assert audiences.of_person(BOB) == PUBLIC

    def test_a_handle_that_another_group_has_taken_gives_nothing(self, slack: Playground, opened: Open) -> None:
        assert opened("@hr").of_person(ALICE) == PUBLIC | {"@hr"}
        slack.set_group("hr", new_handle="people-team")
        slack.set_group("hr", ["bob"])
        assert opened("@hr").of_person(BOB) == PUBLIC

    def test_a_group_that_is_switched_off_gives_nothing(self, slack: Playground, opened: Open) -> None:
        slack.set_group("hr", disabled=True)
        assert opened("@hr").of_person(ALICE) == PUBLIC

    def test_a_name_can_be_let_mean_another_channel(self, slack: Playground, opened: Open, database: Database) -> None:
        assert opened("#people").of_person(ALICE) == PUBLIC | {"#people"}
        slack.rename("people", "people-team")
        slack.add_channel("people", ["bob", "lore"])
        [pin] = read_pins(database)
        assert (pin.name, pin.slack_id) == ("#people", PEOPLE)

        assert unpin(database, "#people")
        assert not unpin(database, "#people")
        assert opened("#people").of_person(BOB) == PUBLIC | {"#people"}


class TestFailures:
    @pytest.mark.parametrize("guests", ["public", "nothing"])
    @pytest.mark.parametrize(
        "method", ["conversations.info", "conversations.members", "users.info", "users.conversations", "*"]
    )
    @pytest.mark.parametrize("error", ["missing_scope", "internal_error"])
    def test_what_slack_does_not_tell_gives_a_channel_no_more(
        self, slack: Playground, opened: Open, method: str, error: str, guests: Guests
    ) -> None:
        audiences = opened("@hr", guests=guests)
        slack.fail(method, error, times=None)
        least = PUBLIC if guests == "public" else NOTHING
        seen = audiences.of_channel(PEOPLE)
        assert seen == least or (method == "users.conversations" and seen == PUBLIC | {"@hr"})

    @pytest.mark.parametrize(
        ("method", "seen"),
        [
            ("users.info", PUBLIC),
            ("users.conversations", PUBLIC | {"@hr"}),
            ("usergroups.list", PUBLIC | {"#people"}),
            ("usergroups.users.list", PUBLIC | {"#people"}),
        ],
    )
    def test_what_slack_does_not_tell_gives_a_person_less(
        self, slack: Playground, opened: Open, method: str, seen: frozenset[str]
    ) -> None:
        audiences = opened("#people", "@hr")
        slack.fail(method, "missing_scope", times=None)
        assert audiences.of_person(ALICE) == seen

    def test_a_person_that_slack_is_silent_on_counts_as_an_outsider(self, slack: Playground, opened: Open) -> None:
        audiences = opened("#people", guests="nothing")
        slack.fail("users.info", "user_not_found", times=None)
        assert audiences.of_person(ALICE) == NOTHING

    def test_a_rate_limit_is_waited_out(self, slack: Playground, opened: Open) -> None:
        audiences = opened("#people")
        slack.limit("users.conversations", retry_after=1)
        assert audiences.of_person(ALICE) == PUBLIC | {"#people"}

    def test_while_slack_waits_it_is_asked_for_a_moment_only_and_known_the_next_time(
        self, slack: Playground, opened: Open, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("bot.slack.audience.PROMPT_SECONDS", 0.2)
        audiences = opened("#people")
        slack.slow_down("users.info", 0.6)
        begun = time.monotonic()
        assert audiences.promptly(lambda: audiences.of_person(ALICE)) == PUBLIC
        assert time.monotonic() - begun < 0.6
        eventually(lambda: audiences.promptly(lambda: audiences.of_person(ALICE)) == PUBLIC | {"#people"})


class TestCost:
    def test_where_documents_are_kept_to_no_name_slack_is_asked_nothing(self, slack: Playground, opened: Open) -> None:
        audiences = opened()
        before = len(slack.calls())
        assert audiences.of_channel(PEOPLE) == audiences.of_person(GITA) == PUBLIC
        assert len(slack.calls()) == before

    def test_only_the_groups_that_documents_are_kept_to_are_looked_into(self, slack: Playground, opened: Open) -> None:
        for number in range(5):
            slack.set_group(f"team-{number}", ["alice"])
        assert opened("@hr").of_person(ALICE) == PUBLIC | {"@hr"}
        assert calls(slack, "usergroups.users.list") == 1
        assert calls(slack, "users.conversations") == 0

    def test_what_slack_said_is_kept_and_asked_once_by_many_at_once(self, slack: Playground, opened: Open) -> None:
        audiences = opened("#people", "@hr")
        slack.slow_down("conversations.members", 0.2, times=None)
        with ThreadPoolExecutor(16) as pool:
            seen = set(pool.map(lambda _: audiences.of_channel(PEOPLE), range(16)))
        assert seen == {PUBLIC | {"#people", "@hr"}}
        for method in ("conversations.info", "conversations.members", "usergroups.list"):
            assert calls(slack, method) == 1, method

    def test_long_lists_come_in_pages(self, slack: Playground, opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(directory, "_PAGE", 2)
        for number in range(5):
            slack.add_channel(f"other-{number}", ["alice", "ada"])
        audiences = opened("#other-4", "#people")
        assert audiences.of_channel(PEOPLE) == PUBLIC | {"#other-4", "#people"}
        assert calls(slack, "conversations.members") > 1
        assert calls(slack, "users.conversations") > 2

    @pytest.mark.parametrize("guest", [False, True])
    def test_of_many_people_it_is_asked_at_once_what_they_are(
        self, slack: Playground, opened: Open, monkeypatch: pytest.MonkeyPatch, guest: bool
    ) -> None:
        monkeypatch.setattr(standing, "ASKED_ONE_BY_ONE", 3)
        for number in range(8):
            slack.add_user(f"nina{number}", guest=guest and number == 7)
            slack.join("people", f"nina{number}")
        assert opened("#people").of_channel(PEOPLE, ALICE) == (PUBLIC if guest else PUBLIC | {"#people"})
        assert calls(slack, "users.list") == 1
        assert calls(slack, "users.info") <= 1


def test_a_guest_who_joins_is_noticed_at_once(server: Running, script: Script, database: Database) -> None:
    add_page(database, "pay", "Pay is secret.", audience=("#people",))
    with on_stage(server, script, QuestionLog(database)) as stage:

        def seen() -> frozenset[str]:
            stage.slack.wait_for_reply(stage.slack.ask("pay?", channel="people"))
            return stage.script.asked[-1][1]

        assert seen() == PUBLIC | {"#people"}
        stage.slack.join("people", "gita")
        eventually(lambda: seen() == PUBLIC)
        stage.slack.leave("people", "gita")
        eventually(lambda: seen() == PUBLIC | {"#people"})


def question(surface: Surface) -> Asked:
    return Asked(surface, "T0PLAYGRND", PEOPLE, "1.0", ALICE, "pay?")


def slack_id(slack: Playground, name: str) -> str:
    return next(str(each["id"]) for each in slack.state()["channels"] if each.get("name") == name)
