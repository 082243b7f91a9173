"""“Ask a person”: what Lore could not answer goes to the channel's experts, once, and never wider than it may."""

from datetime import UTC, datetime
from typing import Any

import pytest

from playground.client import Posted
from storage.channel_settings import ChannelSettings, ChannelSettingsLog
from storage.database import Database
from storage.expert_requests import ExpertRequest, ExpertRequests
from storage.questions import Asked, QuestionLog
from tests.slack.stage import Script, Stage, blocks_of, eventually, on_stage, shown_text

Json = dict[str, Any]

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)

TEAM, GENERAL, LEADS = "T0PLAYGRND", "C0GENERAL1", "C0LEADS001"
ALICE, BOB, ADA, HR = "U0ALICE001", "U0BOB00001", "U0ADA00001", "S0HR000001"
NEAREST = "I did not find an answer to this. The nearest ones are: Secret bonus scheme"
ASKED = "Who waters the plants <!channel>?"


@pytest.fixture
def script() -> Script:
    return Script(sentences=(NEAREST,), kind="abstained")


def set_experts(database: Database, *experts: str, channel: str = GENERAL) -> None:
    ChannelSettingsLog(database).save(TEAM, channel, ChannelSettings(experts=experts), ADA)


def reply_to(stage: Stage, asked: Posted) -> Json:
    return stage.slack.wait_for_reply(asked, until=lambda message: bool(blocks_of(message, "context_actions")))


def ask_actions(message: Json) -> list[str]:
    elements = [element for block in blocks_of(message, "actions") for element in block["elements"]]
    return [element["action_id"] for element in elements if element["action_id"].startswith("ask_person")]


def request_in(stage: Stage, channel: str = "general", ts: str | None = None) -> Json:
    """The message that calls the experts, once it stands."""

    def found() -> Json | None:
        messages = stage.slack.messages(channel) if ts is None else stage.slack.thread(channel, ts)
        return next((each for each in messages if "can you help" in each["text"]), None)

    return stage.slack.wait_for(found, 5.0, lambda: f"{stage.slack.messages(channel)}")


def count_requests(stage: Stage, ts: str) -> int:
    return sum("can you help" in message["text"] for message in stage.slack.thread("general", ts))


def told(stage: Stage, words: str, user: str = "alice") -> Json:
    def found() -> Json | None:
        return next((each for each in stage.slack.ephemeral(user) if words in shown_text(each)), None)

    return stage.slack.wait_for(found, 5.0, lambda: f"{user} sees {stage.slack.ephemeral(user)}")


def test_an_abstention_offers_to_ask_the_channels_experts_and_calls_them_in_the_thread(stage, database) -> None:
    set_experts(database, ADA, HR)
    asked = stage.slack.ask(ASKED)
    reply = reply_to(stage, asked)
    assert ask_actions(reply) == ["ask_person"]

    assert stage.slack.press("bob", "general", reply["ts"], "ask_person")["error"] is None

    request = request_in(stage, ts=asked.ts)
    assert request["thread_ts"] == asked.ts
    # The experts and the asker are called, and nobody whom the question's words would.
    assert sorted(request["notifies"]) == sorted([ADA, HR, ALICE])
    assert "Who waters the plants" in shown_text(request)
    assert "Secret bonus" not in shown_text(request)


def test_an_expert_who_is_not_in_a_public_channel_is_sent_the_way_there(stage, database) -> None:
    stage.slack.leave("general", "bob")
    set_experts(database, ADA, BOB)
    asked = stage.slack.ask(ASKED)
    stage.slack.press("alice", "general", reply_to(stage, asked)["ts"], "ask_person")
    request = request_in(stage, ts=asked.ts)

    def sent(user: str) -> list[str]:
        return [shown_text(message) for message in stage.slack.messages("dm", user=user)]

    eventually(lambda: len(sent("bob")) == 1)
    assert request["ts"].replace(".", "") in sent("bob")[0]
    assert "Who waters the plants" in sent("bob")[0]
    assert sent("ada") == []


def test_an_expert_who_is_not_in_a_private_channel_hears_nothing_of_it(stage, database) -> None:
    set_experts(database, BOB, channel=LEADS)
    asked = stage.slack.ask(ASKED, channel="leads")
    stage.slack.press("alice", "leads", reply_to(stage, asked)["ts"], "ask_person")
    stage.slack.wait_for_reply(asked, until=lambda message: "can you help" in message["text"])
    eventually(lambda: len(stage.slack.calls("conversations.info")) >= 1)
    assert stage.slack.messages("dm", user="bob") == []


def test_without_experts_nothing_is_offered(stage, database) -> None:
    set_experts(database, ADA, channel=LEADS)
    assert ask_actions(reply_to(stage, stage.slack.ask("plants?"))) == []


def test_an_answer_offers_nothing_until_it_gets_a_thumbs_down(stage, script, database) -> None:
    set_experts(database, ADA)
    script.kind, script.sentences = "answered", ("Bob does. [1]",)
    asked = stage.slack.ask("plants?")
    reply = reply_to(stage, asked)
    assert ask_actions(reply) == []

    stage.slack.press("alice", "general", reply["ts"], "vote", value="negative")
    why = stage.slack.wait_for_ephemeral("alice", "general")
    assert ask_actions(why) == ["ask_person:after_vote"]
    stage.slack.press("alice", "general", why["ts"], "why:outdated")
    thanks = told(stage, "That helps Lore learn")
    assert ask_actions(thanks) == ["ask_person:after_vote"]
    stage.slack.press("alice", "general", why["ts"], "ask_person:after_vote")

    request = request_in(stage, ts=asked.ts)
    said = told(stage, "I asked")
    assert said["ts"] == why["ts"]
    assert request["ts"].replace(".", "") in shown_text(said)


def test_pressing_twice_asks_once_also_after_a_restart(server, script, log, database) -> None:
    set_experts(database, ADA)
    with on_stage(server, script, log) as stage:
        asked = stage.slack.ask("plants?")
        reply = reply_to(stage, asked)
        stage.slack.press("alice", "general", reply["ts"], "ask_person")
        request_in(stage, ts=asked.ts)
        stage.slack.press("bob", "general", reply["ts"], "ask_person")
        told(stage, "already", "bob")
    with on_stage(server, script, log) as stage:
        stage.slack.press("alice", "general", reply["ts"], "ask_person")
        told(stage, "already")
        assert count_requests(stage, asked.ts) == 1


@pytest.mark.parametrize("after", [False, True], ids=["before it stood", "when it stood"])
def test_what_a_killed_process_had_begun_is_posted_once_by_the_next(server, script, log, database, after) -> None:
    set_experts(database, ADA)
    with on_stage(server, script, log) as stage:
        asked = stage.slack.ask("plants?")
        reply = reply_to(stage, asked)
        answer_id = log.answer_to_reply(GENERAL, reply["ts"])
        requests = ExpertRequests(database)
        request = ExpertRequest(answer_id, ALICE, "plants?", (ADA,), GENERAL, asked.ts)
        assert requests.claim(request)
        if after:
            requests.posted(answer_id, stage.bot.people.ask.posts._send(request))
            with database.session() as session:
                from storage.expert_tables import ExpertRequestRow

                session.query(ExpertRequestRow).update({"ts": None})
    with on_stage(server, script, log) as stage:
        eventually(lambda: requests.unposted(LONG_AGO) == [])
        assert count_requests(stage, asked.ts) == 1


def test_a_lost_answer_of_slacks_asks_once(stage, database) -> None:
    set_experts(database, ADA)
    asked = stage.slack.ask("plants?")
    reply = reply_to(stage, asked)
    stage.slack.break_http("chat.postMessage", after=True)
    stage.slack.press("alice", "general", reply["ts"], "ask_person")
    request_in(stage, ts=asked.ts)
    eventually(lambda: ExpertRequests(database).unposted(LONG_AGO) == [])
    assert count_requests(stage, asked.ts) == 1


def test_who_asks_is_told_that_slack_refused_and_can_ask_again(stage, database) -> None:
    set_experts(database, ADA)
    asked = stage.slack.ask("plants?")
    reply = reply_to(stage, asked)
    stage.slack.fail("chat.postMessage", "restricted_action")
    stage.slack.press("alice", "general", reply["ts"], "ask_person")
    told(stage, "I could not ask")
    stage.slack.press("alice", "general", reply["ts"], "ask_person")
    request_in(stage, ts=asked.ts)


def test_where_it_cannot_be_told_whether_it_stands_the_next_start_settles_it(server, script, log, database) -> None:
    set_experts(database, ADA)
    with on_stage(server, script, log) as stage:
        asked = stage.slack.ask("plants?")
        reply = reply_to(stage, asked)
        stage.slack.break_http("chat.postMessage", after=True)
        stage.slack.fail("conversations.replies", "fatal_error", times=None)
        stage.slack.press("alice", "general", reply["ts"], "ask_person")
        told(stage, "I could not ask")
        stage.slack.clear_faults()
        assert len(ExpertRequests(database).unposted(LONG_AGO)) == 1
    with on_stage(server, script, log) as stage:
        eventually(lambda: ExpertRequests(database).unposted(LONG_AGO) == [])
        assert count_requests(stage, asked.ts) == 1


def test_a_request_is_not_taken_for_a_reply_to_a_question(server, script, log, database) -> None:
    """After a restart, a reply that was lost is looked for in the thread, where the request stands too."""
    set_experts(database, ADA)
    with on_stage(server, script, log) as stage:
        asked = stage.slack.ask("plants?")
        reply = reply_to(stage, asked)
        stage.slack.press("alice", "general", reply["ts"], "ask_person")
        request = request_in(stage, ts=asked.ts)
    again = Asked("mention", TEAM, GENERAL, asked.ts + "1", ALICE, "and at night?", asked.ts, {"team": TEAM})
    log.accept(again)
    with on_stage(server, script, log) as stage:
        eventually(lambda: not log.pending())
        [same] = [each for each in stage.slack.thread("general", asked.ts) if each["ts"] == request["ts"]]
        assert shown_text(same) == shown_text(request)


def private_question(stage: Stage, channel: str = "general") -> Json:
    stage.slack.command("alice", channel, "/lore", "who earns what?")
    return stage.slack.wait_for_ephemeral("alice", channel)


def open_modal(stage: Stage, message: Json) -> Json:
    assert stage.slack.press("alice", message["channel"], message["ts"], "ask_person")["error"] is None
    [modal] = stage.slack.modals("alice")
    return modal


def fields(question: str, channel: str) -> Json:
    option = {"text": {"type": "plain_text", "text": "#x"}, "value": channel}
    return {
        "channel": {"input": {"type": "static_select", "selected_option": option}},
        "question": {"input": {"type": "plain_text_input", "value": question}},
    }


def test_a_private_question_is_shown_to_nobody_before_its_asker_says_where_and_in_which_words(stage, database) -> None:
    set_experts(database, ADA)
    set_experts(database, BOB, channel=LEADS)
    set_experts(database, BOB, channel="C0RANDOM01")
    modal = open_modal(stage, private_question(stage))
    [menu, words] = [block["element"] for block in modal["blocks"] if block["type"] == "input"]
    assert [option["text"]["text"] for option in menu["options"]] == ["#general", "#leads", "#random"]
    assert menu["initial_option"]["value"] == GENERAL
    assert words["initial_value"] == "who earns what?"
    assert "everyone in the channel" in shown_text(modal)
    assert stage.slack.messages("general") == []

    stage.slack.submit("alice", modal["id"], fields("Whom do I ask about pay?", GENERAL))

    request = request_in(stage)
    assert request.get("thread_ts", request["ts"]) == request["ts"]
    assert "Whom do I ask about pay?" in shown_text(request)
    assert "who earns what" not in shown_text(request)
    assert "Secret bonus" not in shown_text(request)
    assert request["ts"].replace(".", "") in shown_text(told(stage, "I asked"))
    assert stage.slack.modals("alice") == []


def test_a_private_question_is_only_offered_to_channels_that_its_asker_is_in(stage, database) -> None:
    stage.slack.leave("leads", "alice")
    set_experts(database, ADA, channel=LEADS)
    message = private_question(stage)
    stage.slack.press("alice", "general", message["ts"], "ask_person")
    told(stage, "I know of nobody to ask")
    assert stage.slack.modals("alice") == []


def test_where_slack_does_not_say_which_channels_nothing_is_offered(stage, database) -> None:
    set_experts(database, ADA)
    message = private_question(stage)
    stage.slack.fail("users.conversations", "fatal_error")
    stage.slack.press("alice", "general", message["ts"], "ask_person")
    told(stage, "I know of nobody to ask")


def test_a_direct_message_is_handed_over_the_same_way_and_once(stage, database) -> None:
    set_experts(database, ADA)
    asked = stage.slack.ask("who earns what?", channel="dm")
    modal = open_modal(stage, {**reply_to(stage, asked), "channel": "dm"})
    assert stage.slack.submit("alice", modal["id"], fields(" ", GENERAL))["answer"]["errors"].keys() == {"question"}
    stage.slack.submit("alice", modal["id"], fields("who earns what?", GENERAL))
    request_in(stage)
    told(stage, "I asked")
    stage.slack.press("alice", "dm", reply_to(stage, asked)["ts"], "ask_person")
    told(stage, "already")
    assert stage.slack.modals("alice") == []


def test_a_channel_whose_experts_went_meanwhile_is_not_written_to(stage, database) -> None:
    set_experts(database, ADA)
    modal = open_modal(stage, private_question(stage))
    set_experts(database)
    stage.slack.submit("alice", modal["id"], fields("plants?", GENERAL))
    told(stage, "I know of nobody to ask")
    assert stage.slack.messages("general") == []


def test_a_button_whose_answer_is_gone_says_so(stage, database, log: QuestionLog) -> None:
    set_experts(database, ADA)
    reply = reply_to(stage, stage.slack.ask("plants?"))
    [pending] = [log.answered(log.answer_to_reply(GENERAL, reply["ts"]) or 0)]
    assert pending is not None
    from learning.evidence import forget

    forget(database, ALICE)
    stage.slack.press("alice", "general", reply["ts"], "ask_person")
    told(stage, "I do not know that question any more")
