"""A question in a channel, from the mention to the reply."""

from playground.server import Running
from storage.database import Database
from storage.document import PUBLIC
from storage.questions import QuestionLog
from tests.learning.documents import add_page
from tests.slack.stage import LEAVE, TRAVEL, Script, Stage, blocks_of, eventually, on_stage, shown_text


def test_a_mention_is_answered_in_its_thread_by_a_stream(stage: Stage) -> None:
    asked = stage.slack.ask("how many days of leave do I get?")

    reply = stage.slack.wait_for_reply(asked)

    assert reply["thread_ts"] == asked.ts
    assert "You get **25 days** of leave." in shown_text(reply)
    assert len(stage.slack.calls("chat.startStream")) == len(stage.slack.calls("chat.stopStream")) == 1
    assert [question for question, _ in stage.script.asked] == ["how many days of leave do I get?"]


def test_a_question_in_a_thread_is_answered_in_that_thread(stage: Stage) -> None:
    root = stage.slack.post("alice", "general", "Morning all")
    stage.slack.ask("and leave?", channel="general", thread_ts=root.ts)

    assert stage.slack.wait_for_reply(root)["thread_ts"] == root.ts


def test_each_marker_links_to_its_document_and_each_source_is_listed_once(stage: Stage) -> None:
    asked = stage.slack.ask("leave?")

    reply = stage.slack.wait_for_reply(asked, until=lambda message: "](" in shown_text(message))

    assert f"[[1]]({LEAVE.url})" in shown_text(reply)
    assert "calendar. [2]" in shown_text(reply)
    [sources] = blocks_of(reply, "context")
    assert sources["elements"][0]["text"] == f"*Sources*\n[1] <{LEAVE.url}|Annual leave>\n[2] Travel"


def test_without_web_addresses_the_stream_is_the_whole_reply(stage: Stage) -> None:
    stage.script.documents = (TRAVEL, TRAVEL)
    asked = stage.slack.ask("leave?")

    stage.slack.wait_for_reply(asked)

    eventually(lambda: not stage.log.pending())
    assert not stage.slack.calls("chat.update")


def test_a_mention_and_its_twin_message_event_get_one_answer(stage: Stage) -> None:
    stage.slack.set_events(["app_mention", "message.channels", "message.im"])
    asked = stage.slack.ask("leave?")

    stage.slack.wait_for_reply(asked)
    eventually(lambda: len(stage.slack.deliveries()) >= 2)

    assert len(stage.script.asked) == len(stage.slack.replies(asked)) == 1


def test_an_event_that_is_delivered_twice_gets_one_answer(stage: Stage) -> None:
    stage.slack.duplicate_events(4)
    asked = stage.slack.ask("leave?")

    stage.slack.wait_for_reply(asked)
    eventually(lambda: len(stage.slack.deliveries()) >= 2)

    assert len(stage.script.asked) == len(stage.slack.replies(asked)) == 1


def test_edits_deletions_and_other_bots_are_not_answered(stage: Stage) -> None:
    stage.slack.set_events(["app_mention", "message.channels", "message.im"])
    asked = stage.slack.ask("leave?")
    stage.slack.wait_for_reply(asked)

    stage.slack.edit("alice", "general", asked.ts, f"<@{stage.slack.bot_user_id}> leave, please?")
    stage.slack.delete("alice", "general", asked.ts)
    direct = stage.slack.ask("and in a DM?", channel="dm")
    stage.slack.wait_for_reply(direct)  # its stream's end is a message_changed event of its own

    assert len(stage.script.asked) == 2


def test_a_mention_without_a_question_is_told_how_to_ask(stage: Stage) -> None:
    asked = stage.slack.post("alice", "general", "<@BOT>  ")

    reply = stage.slack.wait_for_reply(asked)

    assert "mention me with your question" in shown_text(reply)
    assert not blocks_of(reply, "context_actions")
    assert not stage.script.asked


def test_a_question_may_be_answered_from_what_its_channel_may_see(
    server: Running, script: Script, database: Database
) -> None:
    add_page(database, "pay", "Pay is secret.", audience=("#people", "#leads", "#elsewhere"))
    server.client.leave("leads", "ada")
    with on_stage(server, script, QuestionLog(database)) as stage:
        for channel in ("general", "people", "leads"):
            stage.slack.wait_for_reply(stage.slack.ask("leave?", channel=channel))

    seen = [PUBLIC, PUBLIC | {"#people"}, PUBLIC | {"#people", "#leads"}]
    assert [audience for _, audience in script.asked] == seen


def test_a_channel_that_slack_does_not_name_sees_what_everyone_may(
    server: Running, script: Script, database: Database
) -> None:
    add_page(database, "pay", "Pay is secret.", audience=("#people",))
    with on_stage(server, script, QuestionLog(database)) as stage:
        stage.slack.fail("conversations.info", "missing_scope", times=None)
        stage.slack.wait_for_reply(stage.slack.ask("leave?", channel="people"))

    assert [audience for _, audience in script.asked] == [PUBLIC]


def test_the_working_status_is_shown_and_goes(stage: Stage) -> None:
    stage.script.pause = 0.3
    asked = stage.slack.ask("leave?")

    eventually(lambda: "looking" in stage.slack.status("general", asked.ts)["status"])
    stage.slack.wait_for_reply(asked)

    assert stage.slack.status("general", asked.ts)["status"] == ""


def test_a_reply_never_mentions_anyone_nor_unfurls(stage: Stage) -> None:
    stage.script.sentences = ("<!channel> <@U0ALICE> [click](https://evil.example) [1]",)
    stage.script.streamed = False
    reply = stage.slack.wait_for_reply(stage.slack.ask("leave?"))

    assert reply["notifies"] == []
    shown = shown_text(reply) + reply["text"]
    assert "<!channel>" not in shown
    assert "<@U0ALICE>" not in shown
    assert "evil.example" not in shown
    assert reply["unfurl_links"] is reply["unfurl_media"] is False
