"""A reply that grows while it is written, whatever Slack can or cannot do."""

import pytest

from playground.client import Posted
from playground.server import Running
from storage.questions import QuestionLog
from tests.slack.stage import SENTENCES, Script, Stage, blocks_of, eventually, on_stage, shown_text


def whole(message: dict) -> bool:
    return "[[1]](" in shown_text(message) and bool(blocks_of(message, "context_actions"))


def only_reply(stage: Stage, asked: Posted) -> dict:
    """The whole reply, once it is recorded as delivered; fails if there is a second one."""
    stage.slack.wait_for_reply(asked, until=whole)
    eventually(lambda: not stage.log.pending())
    [reply] = stage.slack.replies(asked)
    assert shown_text(reply).count("25 days") == shown_text(reply).count("calendar") == 1
    assert not reply["streaming"]
    return reply


def test_the_first_sentence_is_shown_before_the_second_is_written(stage: Stage) -> None:
    stage.script.pause = 0.5
    asked = stage.slack.ask("leave?")

    eventually(lambda: any("25 days" in message["text"] for message in stage.slack.replies(asked)))

    [message] = stage.slack.replies(asked)
    assert message["streaming"]
    assert "calendar" not in message["text"]
    only_reply(stage, asked)


def test_many_sentences_at_once_are_few_calls(stage: Stage) -> None:
    stage.script.sentences = tuple(f"Sentence {n}. [1] " for n in range(100))
    asked = stage.slack.ask("leave?")

    reply = stage.slack.wait_for_reply(asked, until=whole)

    assert "Sentence 99." in shown_text(reply)
    assert len(stage.slack.calls("chat.appendStream")) <= 2


def test_a_server_without_streams_gets_a_message_that_is_updated(stage: Stage) -> None:
    stage.slack.set_streaming(False)
    for _ in range(2):
        only_reply(stage, stage.slack.ask("leave?"))

    assert len(stage.slack.calls("chat.startStream")) == 1
    assert len(stage.slack.calls("chat.postMessage")) == 2


def test_a_channel_that_refuses_streams_gets_a_message_instead(stage: Stage) -> None:
    stage.slack.fail("chat.startStream", "channel_type_not_supported")
    only_reply(stage, stage.slack.ask("leave?"))
    only_reply(stage, stage.slack.ask("leave?"))

    assert len(stage.slack.calls("chat.startStream")) == 2


def test_rate_limits_are_waited_out(stage: Stage) -> None:
    stage.slack.set_streaming(False)
    stage.slack.limit("chat.postMessage", times=1, retry_after=1)
    stage.slack.limit("chat.update", times=1, retry_after=1)

    only_reply(stage, stage.slack.ask("leave?"))


@pytest.mark.parametrize("method", ["chat.startStream", "chat.appendStream", "chat.stopStream", "chat.update"])
@pytest.mark.parametrize("fault", ["lost", "broken"])
def test_a_call_that_fails_midway_leads_to_one_whole_reply(
    server: Running, script: Script, log: QuestionLog, method: str, fault: str
) -> None:
    script.sentences = (*SENTENCES[:1], "Three. [1] ", *SENTENCES[1:])
    with on_stage(server, script, log, pace_seconds=0.0) as stage:
        stage.slack.break_http(method, after=fault == "lost")

        only_reply(stage, stage.slack.ask("leave?"))

        assert any(call["method"] == method and call["status"] == 503 for call in stage.slack.calls())


@pytest.mark.parametrize("fault", ["lost", "broken"])
def test_a_message_whose_posting_fails_is_posted_once(stage: Stage, fault: str) -> None:
    stage.slack.set_streaming(False)
    stage.slack.break_http("chat.postMessage", after=fault == "lost")

    only_reply(stage, stage.slack.ask("leave?"))


def test_a_stream_that_slack_has_ended_is_replaced_by_the_whole_answer(stage: Stage) -> None:
    stage.slack.fail("chat.stopStream", "message_not_in_streaming_state", after=True)

    only_reply(stage, stage.slack.ask("leave?"))


def test_an_answer_that_differs_from_what_was_streamed_replaces_it(stage: Stage) -> None:
    stage.script.sentences = ("It is **", "bold** at 25 days [1]", " in the calendar.")
    asked = stage.slack.ask("leave?")

    assert "**bold** at 25 days" in shown_text(only_reply(stage, asked))


def test_a_refused_form_still_leads_to_a_reply_in_plain_words(stage: Stage) -> None:
    stage.slack.set_streaming(False)
    stage.script.streamed = False
    stage.slack.fail("chat.postMessage", "invalid_blocks")
    asked = stage.slack.ask("leave?")

    assert "You get 25 days of leave." in stage.slack.wait_for_reply(asked)["text"]


def test_the_longest_answer_reaches_slack(stage: Stage) -> None:
    stage.script.sentences = tuple(f"Sentence {n} of a very long answer. [1] " for n in range(1_000))
    asked = stage.slack.ask("leave?")

    reply = stage.slack.wait_for_reply(asked, until=lambda m: bool(blocks_of(m, "context_actions")))

    assert "longer than a Slack message" in shown_text(reply)
    assert shown_text(reply).startswith("Sentence 0 of")
