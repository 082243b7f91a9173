"""A 👎 asks the person who gave it what was wrong, and only them."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from bot.answering.context import ALONE
from learning.evidence import gather
from playground.client import Posted
from playground.server import Running
from storage.database import Database
from storage.knowledge import DocumentLink
from storage.questions import QuestionLog
from storage.tables import DocumentRow, FeedbackRow
from tests.learning.documents import add_page
from tests.slack.stage import LEAVE, TRAVEL, Script, Stage, blocks_of, eventually, on_stage, passage, shown_text

Json = dict[str, Any]

RIGHT = DocumentLink("right.md", "Holidays <!channel> *all*", "https://handbook.example/right", "handbook")
HIDDEN = DocumentLink("pay.md", "Everybody's pay", "https://handbook.example/pay", "handbook")
ANSWER = "Everybody has 27 days of holidays in a year."
THANKS = "That helps Lore learn"


class Uncited(Script):
    """Cites LEAVE and TRAVEL, and has found RIGHT and HIDDEN as well."""

    def answer(self, question: str, audience: Any, on_text: Any = None, context: Any = ALONE) -> Any:
        answer = super().answer(question, audience, on_text, context)
        more = (passage(RIGHT, 3, ANSWER), passage(HIDDEN, 4, "Pay is secret."), passage(RIGHT, 5, "More of it."))
        return replace(answer, passages=(*answer.passages, *more))


@pytest.fixture
def script() -> Script:
    return Uncited()


@pytest.fixture
def stage(server: Running, script: Script, log: QuestionLog, database: Database) -> Iterator[Stage]:
    for document in (LEAVE, TRAVEL, RIGHT):
        text = ANSWER if document is RIGHT else document.title
        add_page(database, document.id, text, title=document.title, url=document.url)
    add_page(database, HIDDEN.id, "Pay is secret.", title=HIDDEN.title, url=HIDDEN.url, audience=("#board",))
    with on_stage(server, script, log) as stage:
        yield stage


@pytest.fixture
def reply(stage: Stage) -> Posted:
    return answered(stage)


def answered(stage: Stage, channel: str = "general") -> Posted:
    asked = stage.slack.ask("holidays?", channel=channel)
    message = stage.slack.wait_for_reply(asked, until=lambda message: bool(blocks_of(message, "context_actions")))
    eventually(lambda: not stage.log.pending())
    return Posted(message["ts"], asked.channel)


@pytest.fixture
def said(database: Database) -> Callable[[], list[tuple[int, str | None, str | None]]]:
    def rows() -> list[tuple[int, str | None, str | None]]:
        with database.session() as session:
            return [(row.vote, row.reason, row.correction) for row in session.scalars(select(FeedbackRow))]

    return rows


def asked_why(stage: Stage, user: str = "alice", channel: str = "general", count: int = 1) -> Json:
    message = stage.slack.wait_for_ephemeral(user, channel, count=count)
    assert "What was wrong?" in shown_text(message)
    return message


def down(stage: Stage, reply: Posted, user: str = "alice") -> Json:
    stage.slack.press(user, "general", reply.ts, "vote", value="negative")
    return asked_why(stage, user)


def tap(stage: Stage, message: Json, action: str, until: str, user: str = "alice", value: str | None = None) -> Json:
    """Presses an element of a private message, which is replaced by one with the words `until`."""
    channel = message["channel"]
    delivery = stage.slack.press(user, channel, message["ts"], action, value=value)
    assert delivery["error"] is None

    def replaced() -> Json | None:
        shown = next(each for each in stage.slack.ephemeral(user) if each["ts"] == message["ts"])
        return shown if until in shown_text(shown) else None

    return stage.slack.wait_for(replaced, 5.0, lambda: f"{user} sees {stage.slack.ephemeral(user)}")


def wrong_source(stage: Stage, reply: Posted, user: str = "alice") -> Json:
    return tap(stage, down(stage, reply, user), "why:wrong_source", "Which page has the answer", user)


def options(message: Json) -> list[Json]:
    return next((e["options"] for e in blocks_of(message, "actions")[0]["elements"] if "options" in e), [])


def test_a_press_on_thumbs_down_asks_that_person_alone_in_the_thread(stage, reply) -> None:
    message = down(stage, reply)
    (top,) = stage.slack.messages("general")
    assert message["thread_ts"] == top["ts"]
    buttons = blocks_of(message, "actions")[0]["elements"]
    labels = [button["text"]["text"] for button in buttons]
    assert labels == ["Wrong source", "Outdated", "Incomplete", "Not clear", "Something else"]
    assert stage.slack.ephemeral("bob") == []
    assert len(stage.slack.thread("general", top["ts"])) == 2


def test_a_thumbs_down_reaction_asks_too(stage, reply) -> None:
    stage.slack.react("bob", reply.channel, reply.ts, "-1::skin-tone-2")
    message = asked_why(stage, "bob")
    assert message["thread_ts"] == stage.slack.messages("general")[0]["ts"]
    assert stage.slack.ephemeral("alice") == []


def test_a_direct_message_is_asked_about_in_its_thread(stage, said) -> None:
    reply = answered(stage, "dm")
    stage.slack.press("alice", "dm", reply.ts, "vote", value="negative")
    tap(stage, asked_why(stage, channel="dm"), "why:outdated", THANKS)
    assert said() == [(-1, "outdated", None)]


def test_a_private_answer_is_asked_about_privately(stage, said) -> None:
    stage.slack.command("alice", "general", "/lore", "holidays?")
    answer = stage.slack.wait_for_ephemeral("alice", "general")
    stage.slack.press("alice", "general", answer["ts"], "vote", value="negative")
    tap(stage, asked_why(stage, count=2), "why:not_clear", THANKS)
    assert said() == [(-1, "not_clear", None)]
    assert stage.slack.messages("general") == []


@pytest.mark.parametrize("reason", ["outdated", "incomplete", "not_clear", "other"])
def test_each_reason_is_kept_by_one_tap_and_thanked_for(stage, reply, said, reason) -> None:
    thanked = tap(stage, down(stage, reply), f"why:{reason}", THANKS)
    assert said() == [(-1, reason, None)]
    assert blocks_of(thanked, "actions") == []
    assert len(stage.slack.ephemeral("alice")) == 1


def test_who_says_nothing_has_voted_all_the_same(stage, reply, said) -> None:
    down(stage, reply)
    assert said() == [(-1, None, None)]


def test_thumbs_up_and_a_second_press_ask_nothing(stage, reply) -> None:
    stage.slack.press("bob", "general", reply.ts, "vote", value="positive")
    down(stage, reply)
    stage.slack.press("alice", "general", reply.ts, "vote", value="negative")
    stage.slack.react("alice", "general", reply.ts, "-1")
    stage.slack.react("bob", "general", reply.ts, "-1")
    asked_why(stage, "bob")
    assert [len(stage.slack.ephemeral(user)) for user in ("alice", "bob")] == [1, 1]


def test_a_vote_that_was_withdrawn_and_given_again_is_asked_about_again(stage, reply, said) -> None:
    stage.slack.react("alice", "general", reply.ts, "-1")
    asked_why(stage)
    stage.slack.unreact("alice", "general", reply.ts, "-1")
    eventually(lambda: said() == [])
    stage.slack.react("alice", "general", reply.ts, "-1")
    asked_why(stage, count=2)


def test_changing_to_thumbs_up_clears_the_reason(stage, reply, said) -> None:
    asked = down(stage, reply)
    tap(stage, asked, "why:wrong_source", "Which page")
    stage.slack.press("alice", "general", reply.ts, "vote", value="positive")
    assert said() == [(1, None, None)]


def test_a_reason_for_a_vote_that_was_taken_back_is_not_kept(stage, reply, said) -> None:
    asked = down(stage, reply)
    stage.slack.press("alice", "general", reply.ts, "vote", value="positive")
    tap(stage, asked, "why:wrong_source", "taken back")
    assert said() == [(1, None, None)]


def test_the_wrong_source_is_kept_at_once_and_the_right_one_can_be_picked(stage, reply, said, database) -> None:
    offered = wrong_source(stage, reply)
    assert said() == [(-1, "wrong_source", None)]
    # What was found and not cited stands first; what this channel may not see is not offered.
    labels = [option["text"]["text"].replace("\u2060", "") for option in options(offered)]
    assert labels == [RIGHT.title, LEAVE.title, TRAVEL.title]

    thanked = tap(stage, offered, "right_source_pick", "The right source:", value=options(offered)[0]["value"])

    assert said() == [(-1, "wrong_source", RIGHT.url)]
    assert f"<{RIGHT.url}|" in shown_text(thanked)
    assert thanked["notifies"] == []
    (triplet, other) = gather(database)
    assert {triplet.positive.passage.text, other.positive.passage.text} == {ANSWER}
    assert (triplet.negative.why, triplet.positive.why) == ("wrong_source", "correction")
    assert triplet.anchor == "holidays?"


def test_without_a_document_to_pick_a_link_can_be_pasted(stage, reply, script) -> None:
    script.documents = ()
    with stage.log.database.session() as session:
        for row in session.scalars(select(DocumentRow)):
            session.delete(row)
    offered = wrong_source(stage, reply)
    assert options(offered) == []
    assert [e["action_id"] for e in blocks_of(offered, "actions")[0]["elements"]] == ["right_source_link"]


def paste(stage: Stage, offered: Json, words: str, user: str = "alice") -> Json:
    """Opens the form and sends it; the delivery."""
    assert stage.slack.press(user, offered["channel"], offered["ts"], "right_source_link")["error"] is None
    (modal,) = stage.slack.modals(user)
    return send(stage, modal, words, user)


def send(stage: Stage, modal: Json, words: str, user: str = "alice") -> Json:
    values = {"right_source": {"words": {"type": "plain_text_input", "value": words}}}
    return stage.slack.submit(user, modal["id"], values)


def test_a_pasted_link_to_a_document_is_the_right_source(stage, reply, said) -> None:
    offered = wrong_source(stage, reply)
    assert paste(stage, offered, f"{RIGHT.url}/#days")["error"] is None
    assert stage.slack.modals("alice") == []
    assert said() == [(-1, "wrong_source", RIGHT.url)]
    eventually(lambda: RIGHT.url in shown_text(stage.slack.ephemeral("alice")[0]))
    assert len(stage.slack.ephemeral("alice")) == 1


def test_an_unknown_link_and_a_hidden_one_are_refused_in_the_same_words_and_the_vote_stays(stage, reply, said) -> None:
    offered = wrong_source(stage, reply)
    stage.slack.press("alice", "general", offered["ts"], "right_source_link")
    (modal,) = stage.slack.modals("alice")
    refusals = [
        send(stage, modal, words)["answer"]
        for words in ("https://nowhere.example/<!channel>", HIDDEN.url, HIDDEN.id, "hm", "")
    ]
    assert [refusal["response_action"] for refusal in refusals] == ["errors"] * 5
    (words,) = {refusal["errors"]["right_source"] for refusal in refusals}
    assert "I know no page by that name" in words
    assert said() == [(-1, "wrong_source", None)]
    assert [open["id"] for open in stage.slack.modals("alice")] == [modal["id"]]


def test_the_right_answer_in_a_persons_own_words_is_kept(stage, reply, said) -> None:
    offered = wrong_source(stage, reply)
    assert paste(stage, offered, "We have <!here> 27 days.")["error"] is None
    assert said() == [(-1, "wrong_source", "We have <!here> 27 days.")]
    eventually(lambda: THANKS in shown_text(stage.slack.ephemeral("alice")[0]))
    assert stage.slack.ephemeral("alice")[0]["notifies"] == []


def test_a_link_for_a_vote_that_was_changed_meanwhile_is_not_kept(stage, reply, said) -> None:
    offered = wrong_source(stage, reply)
    stage.slack.press("alice", "general", reply.ts, "vote", value="positive")
    paste(stage, offered, RIGHT.url)
    assert said() == [(1, None, None)]
    eventually(lambda: "taken back" in shown_text(stage.slack.ephemeral("alice")[0]))


def test_a_page_that_is_gone_when_it_is_picked_leaves_the_reason(stage, reply, said, database) -> None:
    offered = wrong_source(stage, reply)
    with database.session() as session:
        session.delete(session.scalars(select(DocumentRow).where(DocumentRow.external_id == RIGHT.id)).one())
    tap(stage, offered, "right_source_pick", "not there any more", value=options(offered)[0]["value"])
    assert said() == [(-1, "wrong_source", None)]


def test_where_slack_refuses_the_question_the_vote_counts(stage, reply, said) -> None:
    stage.slack.fail("chat.postEphemeral", error="user_not_in_channel")
    assert stage.slack.press("alice", "general", reply.ts, "vote", value="negative")["error"] is None
    eventually(lambda: bool(stage.slack.calls("chat.postEphemeral")))
    assert said() == [(-1, None, None)]


def test_every_step_is_acknowledged_though_slack_is_slow_to_show_it(stage, reply) -> None:
    stage.slack.slow_down("chat.postEphemeral", 1.0)
    assert stage.slack.press("alice", "general", reply.ts, "vote", value="negative")["seconds"] < 0.9
