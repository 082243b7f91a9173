"""A person's reply kept as an answer: by ✅ of who asked, or from the message's menu; and taken back."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select

from learning.evidence import forget
from playground.client import Posted
from playground.delivery import Pace
from playground.errors import PlaygroundError
from playground.server import Running
from storage.channel_settings import ChannelSettings, ChannelSettingsLog
from storage.database import Database
from storage.document import PUBLIC
from storage.questions import QuestionLog
from storage.saved_answers import SavedAnswer, SavedAnswers
from storage.tables import FeedbackRow, SavedAnswerRow
from tests.slack.stage import Script, Stage, blocks_of, eventually, on_stage, shown_text

Json = dict[str, Any]

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)

ALICE, BOB, ADA = "U0ALICE001", "U0BOB00001", "U0ADA00001"
CHECK = "white_check_mark"
REPLY = "The *red* one &amp; <@U0ADA00001>, see <https://x.example|here>."


@pytest.fixture
def script() -> Script:
    return Script(sentences=("I did not find an answer to this.",), kind="abstained")


@pytest.fixture
def changes() -> list[int]:
    """Grows by one whenever saved answers are to be synced."""
    return []


@pytest.fixture
def stage(server: Running, script: Script, log: QuestionLog, changes: list[int]) -> Iterator[Stage]:
    with on_stage(server, script, log, answers_changed=lambda: changes.append(1)) as stage:
        yield stage


@pytest.fixture
def saved(database: Database) -> SavedAnswers:
    return SavedAnswers(database)


def ask(stage: Stage, text: str = "Which key opens the shed?", channel: str = "general", user: str = "alice") -> Posted:
    asked = stage.slack.ask(text, channel=channel, user=user)
    stage.slack.wait_for_reply(asked, until=lambda message: bool(blocks_of(message, "context_actions")))
    eventually(lambda: not stage.log.pending())
    return asked


def replied(stage: Stage, asked: Posted, text: str = REPLY, user: str = "bob") -> Posted:
    return stage.slack.post(user, asked.channel, text, thread_ts=asked.ts)


def kept(saved: SavedAnswers, reply: Posted) -> SavedAnswer | None:
    return saved.of_message(reply.channel, reply.ts)


def marked(stage: Stage, saved: SavedAnswers, reply: Posted, user: str = "alice") -> SavedAnswer:
    stage.slack.react(user, reply.channel, reply.ts, CHECK)
    eventually(lambda: kept(saved, reply) is not None)
    found = kept(saved, reply)
    assert found is not None
    return found


def votes(database: Database) -> list[tuple[str, int, str | None, str | None]]:
    with database.session() as session:
        return [(row.user, row.vote, row.reason, row.correction) for row in session.scalars(select(FeedbackRow))]


def handled(stage: Stage, count: int) -> None:
    """That many reactions, added or taken back, were acknowledged: what they do is done."""

    def done() -> int:
        deliveries = stage.slack.deliveries()
        return sum(one["event_type"].startswith("reaction_") and one["seconds"] is not None for one in deliveries)

    eventually(lambda: done() >= count)


def menu(stage: Stage, message: Posted, user: str = "alice") -> Json:
    """The modal that “Save as answer” opens."""
    known = {modal["id"] for modal in stage.slack.modals(user)}
    assert stage.slack.shortcut(user, message.channel, message.ts, "save_answer")["error"] is None
    [modal] = [modal for modal in stage.slack.modals(user) if modal["id"] not in known]
    return modal


def typed(modal: Json) -> dict[str, str]:
    return {
        block["block_id"]: block["element"].get("initial_value", "")
        for block in modal["blocks"]
        if block["type"] == "input"
    }


def send(stage: Stage, modal: Json, question: str, answer: str, user: str = "alice") -> Json:
    values = {"question": question, "answer": answer}
    fields = {block: {"input": {"type": "plain_text_input", "value": text}} for block, text in values.items()}
    return stage.slack.submit(user, modal["id"], fields)


def test_a_check_mark_by_who_asked_keeps_the_reply_with_its_author_date_and_audience(
    stage, saved, database, changes
) -> None:
    asked = ask(stage)
    reply = replied(stage, asked)

    answer = marked(stage, saved, reply)

    assert answer.question == "Which key opens the shed?"
    assert answer.answer == "The **red** one &amp; @Ada Admin, see [here](https://x.example)."
    assert (answer.author, answer.author_name, answer.saved_by) == (BOB, "Bob Baker", ALICE)
    assert answer.said_at is not None
    assert answer.said_at.timestamp() == pytest.approx(float(reply.ts), abs=0.001)
    assert answer.audience == PUBLIC
    assert reply.ts.replace(".", "") in answer.permalink
    eventually(lambda: changes == [1])
    confirmed = stage.slack.wait_for_ephemeral("alice", "general")
    assert confirmed["thread_ts"] == asked.ts
    assert "Bob Baker" in shown_text(confirmed)
    assert confirmed["notifies"] == []
    assert votes(database) == [(ALICE, -1, "a_person_answered", answer.permalink)]


def test_a_check_mark_taken_back_forgets_it_and_the_vote(stage, saved, database, changes) -> None:
    reply = replied(stage, ask(stage))
    marked(stage, saved, reply)
    stage.slack.unreact("alice", "general", reply.ts, CHECK)
    eventually(lambda: kept(saved, reply) is None)
    eventually(lambda: votes(database) == [])
    eventually(lambda: len(changes) == 2)


def test_a_vote_of_ones_own_keeps_its_value_and_reason(stage, saved, database) -> None:
    asked = ask(stage)
    [answer] = stage.slack.replies(asked)
    stage.slack.react("alice", "general", answer["ts"], "-1")
    eventually(lambda: votes(database) == [(ALICE, -1, None, None)])
    reply = replied(stage, asked)
    found = marked(stage, saved, reply)
    assert votes(database) == [(ALICE, -1, None, found.permalink)]
    stage.slack.unreact("alice", "general", reply.ts, CHECK)
    eventually(lambda: kept(saved, reply) is None)
    assert votes(database) == [(ALICE, -1, None, None)]


def test_a_check_mark_means_nothing_by_others_on_other_messages_or_where_lore_answered(stage, saved, script) -> None:
    asked = ask(stage)
    reply = replied(stage, asked)
    [of_lore] = stage.slack.replies(asked)
    stage.slack.react("bob", "general", reply.ts, CHECK)
    stage.slack.react("alice", "general", of_lore["ts"], CHECK)
    stage.slack.react("alice", "general", asked.ts, CHECK)
    elsewhere = stage.slack.post("bob", "general", "Lunch is at noon.")
    stage.slack.react("alice", "general", elsewhere.ts, CHECK)
    script.kind = "answered"
    known = replied(stage, ask(stage, "And the gate?"), "Thanks!")
    stage.slack.react("alice", "general", known.ts, CHECK)
    handled(stage, 5)
    assert list(saved.list()) == []
    assert stage.slack.ephemeral("alice") == []


def test_a_check_mark_counts_where_lores_answer_got_a_thumbs_down(stage, saved, script, database) -> None:
    script.kind = "answered"
    asked = ask(stage)
    [answer] = stage.slack.replies(asked)
    stage.slack.react("bob", "general", answer["ts"], "-1")
    eventually(lambda: len(votes(database)) == 1)
    found = marked(stage, saved, replied(stage, asked))
    assert (ALICE, -1, "a_person_answered", found.permalink) in votes(database)


def test_of_several_questions_in_a_thread_the_latest_before_the_reply_is_answered(stage, saved) -> None:
    asked = ask(stage)
    first = replied(stage, asked, "The red one.")
    stage.slack.ask("And the attic?", thread_ts=asked.ts)
    stage.slack.wait_for_reply(asked, count=2)
    eventually(lambda: not stage.log.pending())
    second = replied(stage, asked, "No key at all.")
    assert marked(stage, saved, second).question == "And the attic?"
    assert marked(stage, saved, first).question == "Which key opens the shed?"


def test_a_reply_to_a_question_that_experts_were_asked_is_kept_with_the_words_they_saw(stage, saved, database) -> None:
    ChannelSettingsLog(database).save("T0PLAYGRND", "C0GENERAL1", ChannelSettings(experts=(ADA,)), ADA)
    stage.slack.command("alice", "general", "/lore", "my very private question")
    message = stage.slack.wait_for_ephemeral("alice", "general")
    stage.slack.press("alice", "general", message["ts"], "ask_person")
    [modal] = stage.slack.modals("alice")
    option = {"text": {"type": "plain_text", "text": "#general"}, "value": "C0GENERAL1"}
    fields = {
        "channel": {"input": {"type": "static_select", "selected_option": option}},
        "question": {"input": {"type": "plain_text_input", "value": "Which key?"}},
    }
    stage.slack.submit("alice", modal["id"], fields)
    eventually(lambda: len(stage.slack.messages("general")) == 1)
    [request] = stage.slack.messages("general")
    reply = replied(stage, Posted(request["ts"], "C0GENERAL1"), "The red one.", "ada")
    eventually(lambda: stage.bot.people.ask.requests.unposted(LONG_AGO) == [])
    found = marked(stage, saved, reply)
    assert (found.question, found.author, found.saved_by) == ("Which key?", ADA, ALICE)
    assert votes(database) == [(ALICE, -1, "a_person_answered", found.permalink)]


def test_what_is_said_in_a_private_channel_is_for_its_members_only(stage, saved, database) -> None:
    stage.slack.post("alice", "leads", "Hello")
    reply = replied(stage, ask(stage, channel="leads"), user="ada")
    assert marked(stage, saved, reply).audience == frozenset({"#leads"})
    assert "#leads" in shown_text(stage.slack.wait_for_ephemeral("alice", "leads"))


def test_a_channel_that_is_shared_with_another_company_is_not_everyones(stage, saved) -> None:
    stage.slack.share("general")
    assert marked(stage, saved, replied(stage, ask(stage))).audience == frozenset({"#general"})


def test_where_slack_does_not_say_who_may_see_it_nothing_is_kept(stage, saved) -> None:
    reply = replied(stage, ask(stage))
    stage.slack.fail("conversations.info", "fatal_error", times=None)
    stage.slack.react("alice", "general", reply.ts, CHECK)
    assert "I keep nothing" in shown_text(stage.slack.wait_for_ephemeral("alice", "general"))
    assert list(saved.list()) == []


def test_a_guest_saves_nothing(stage, saved) -> None:
    reply = replied(stage, ask(stage, user="gita"))
    stage.slack.react("gita", "general", reply.ts, CHECK)
    assert "not guests" in shown_text(stage.slack.wait_for_ephemeral("gita", "general"))
    assert "not guests" in shown_text(menu(stage, reply, "gita"))
    assert list(saved.list()) == []


def test_a_reply_without_words_is_not_kept(stage, saved) -> None:
    asked = ask(stage)
    reply = stage.slack.post("bob", "general", "", thread_ts=asked.ts, files=["plan.png"])
    stage.slack.react("alice", "general", reply.ts, CHECK)
    assert "no text" in shown_text(stage.slack.wait_for_ephemeral("alice", "general"))
    assert list(saved.list()) == []


def test_any_message_of_a_persons_can_be_saved_from_its_menu_and_edited_before(stage, saved, database, changes) -> None:
    message = stage.slack.post("bob", "general", "Bring the *red* key; it hangs at reception.")
    modal = menu(stage, message)
    assert typed(modal) == {"question": "", "answer": "Bring the **red** key; it hangs at reception."}
    assert send(stage, modal, " ", "x")["answer"]["errors"].keys() == {"question"}

    assert send(stage, modal, "Which key opens the shed?", "The red one, at reception.")["error"] is None

    found = kept(saved, message)
    assert found is not None
    assert (found.question, found.answer) == ("Which key opens the shed?", "The red one, at reception.")
    assert (found.author, found.saved_by, found.answer_id) == (BOB, ALICE, None)
    assert changes == [1]
    assert votes(database) == []
    assert "Saved" in shown_text(stage.slack.wait_for_ephemeral("alice", "general"))
    assert stage.slack.modals("alice") == []


def test_a_reply_in_a_thread_comes_with_the_question_that_it_answers(stage, saved, database) -> None:
    reply = replied(stage, ask(stage), "The red one.")
    modal = menu(stage, reply, "ada")
    assert typed(modal) == {"question": "Which key opens the shed?", "answer": "The red one."}
    send(stage, modal, "Which key opens the shed?", "The red one.", "ada")
    found = kept(saved, reply)
    assert found is not None
    assert votes(database) == [(ADA, -1, "a_person_answered", found.permalink)]


def test_a_thread_without_lore_comes_with_its_first_message_as_the_question(stage) -> None:
    first = stage.slack.post("alice", "general", "Which key, <@U0BOB00001>?")
    assert typed(menu(stage, replied(stage, first, "Red.")))["question"] == "Which key, @someone?"


def test_what_an_app_wrote_and_what_is_said_in_a_direct_message_cannot_be_saved(stage) -> None:
    asked = ask(stage)
    [of_lore] = stage.slack.replies(asked)
    assert "Only what people wrote" in shown_text(menu(stage, Posted(of_lore["ts"], asked.channel)))
    direct = stage.slack.post("alice", "dm", "My own words.")
    assert "direct message" in shown_text(menu(stage, direct))


def test_author_saver_and_admins_change_and_remove_it_and_nobody_else(stage, saved, changes) -> None:
    stage.slack.join("general", stage.slack.add_user("carla")["id"])
    reply = replied(stage, ask(stage), "The red one.")
    first = marked(stage, saved, reply)
    assert "saved this already" in shown_text(menu(stage, reply, "carla"))

    send(stage, menu(stage, reply, "bob"), first.question, "The blue one.", "bob")
    changed = kept(saved, reply)
    assert changed is not None
    assert (changed.answer, changed.saved_by) == ("The blue one.", BOB)

    modal = menu(stage, reply, "ada")
    assert typed(modal)["answer"] == "The blue one."
    stage.slack.press_in_view("ada", modal["id"], "remove_saved_answer")
    eventually(lambda: kept(saved, reply) is None)
    eventually(lambda: any("Removed" in shown_text(each) for each in stage.slack.modals("ada")))
    assert len(changes) == 3


def test_the_confirmation_has_a_button_that_removes(stage, saved, database) -> None:
    reply = replied(stage, ask(stage))
    marked(stage, saved, reply)
    confirmed = stage.slack.wait_for_ephemeral("alice", "general")
    stage.slack.press("alice", "general", confirmed["ts"], "remove_saved_answer")
    eventually(lambda: "Removed" in shown_text(stage.slack.ephemeral("alice")[0]))
    assert kept(saved, reply) is None
    assert votes(database) == []


def test_a_check_mark_that_came_and_went_before_it_was_looked_at_keeps_nothing(stage, saved) -> None:
    reply = replied(stage, ask(stage))
    stage.slack.slow_down("conversations.replies", 0.3)
    stage.slack.react("alice", "general", reply.ts, CHECK)
    stage.slack.unreact("alice", "general", reply.ts, CHECK)
    handled(stage, 2)
    assert list(saved.list()) == []


@pytest.mark.parametrize("pace", [Pace(ack_timeout=1.0)])
def test_slacks_refusal_to_show_the_message_is_tried_again(stage, saved) -> None:
    reply = replied(stage, ask(stage))
    stage.slack.break_http("conversations.replies")
    marked(stage, saved, reply)


def test_forgetting_a_person_forgets_what_they_had_asked_and_saved(stage, saved, database) -> None:
    reply = replied(stage, ask(stage))
    marked(stage, saved, reply)
    assert forget(database, ALICE).saved == 1
    with database.session() as session:
        assert session.scalars(select(SavedAnswerRow)).all() == []
    assert votes(database) == []


def test_the_playground_has_the_shortcut_only_with_the_manifests_leave(stage) -> None:
    message = stage.slack.post("bob", "general", "Hello")
    with pytest.raises(PlaygroundError, match="no message shortcut nope"):
        stage.slack.shortcut("alice", "general", message.ts, "nope")
    stage.slack.set_scopes(sorted(set(stage.slack.state()["app"]["scopes"]) - {"commands"}))
    with pytest.raises(PlaygroundError, match="no message shortcut save_answer"):
        stage.slack.shortcut("alice", "general", message.ts, "save_answer")


def test_a_saved_answer_that_is_saved_by_another_teaches_by_the_others_vote_only(stage, saved, database) -> None:
    reply = replied(stage, ask(stage))
    before = marked(stage, saved, reply)
    send(stage, menu(stage, reply, "ada"), before.question, before.answer, "ada")
    after = kept(saved, reply)
    assert after is not None
    assert replace(after, saved_by=ALICE) == before
    assert votes(database) == [(ADA, -1, "a_person_answered", before.permalink)]
