"""A question in a channel, from the mention to the vote."""

from stage import LEAVE, SENTENCES, Script, Stage, blocks_of, eventually, shown_text


def test_a_mention_is_answered_in_its_thread_by_a_stream(stage: Stage) -> None:
    asked = stage.slack.ask("how many days of leave do I get?")

    reply = stage.slack.wait_for_reply(asked)

    assert reply["thread_ts"] == asked.ts
    assert "You get **25 days** of leave." in shown_text(reply)
    assert len(stage.slack.calls("chat.startStream")) == len(stage.slack.calls("chat.stopStream")) == 1
    assert [question for question, _ in stage.script.asked] == ["how many days of leave do I get?"]


def test_each_marker_links_to_its_document_and_each_source_is_listed_once(stage: Stage) -> None:
    asked = stage.slack.ask("leave?")

    reply = stage.slack.wait_for_reply(asked, until=lambda message: "](" in shown_text(message))

    assert f"[[1]]({LEAVE.url})" in shown_text(reply)
    assert "calendar. [2]" in shown_text(reply)
    [sources] = blocks_of(reply, "context")
    assert sources["elements"][0]["text"] == f"*Sources*\n[1] <{LEAVE.url}|Annual leave>\n[2] Travel"


def test_the_buttons_record_a_vote_that_the_other_button_changes(stage: Stage) -> None:
    asked = stage.slack.ask("leave?")
    reply = stage.slack.wait_for_reply(asked, until=lambda message: bool(blocks_of(message, "context_actions")))
    answer_id = stage.log.answer_to_reply(asked.channel, reply["ts"])
    assert answer_id is not None
    alice = next(user["id"] for user in stage.slack.state()["users"] if user["name"] == "alice")

    stage.slack.press("alice", asked.channel, reply["ts"], "vote", value="positive")
    assert stage.log.votes(answer_id) == {alice: 1}
    stage.slack.press("alice", asked.channel, reply["ts"], "vote", value="negative")
    assert stage.log.votes(answer_id) == {alice: -1}
