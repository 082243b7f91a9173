"""One person cannot take all of Lore's time: they are told, once, and taken again later."""

from bot.slack.limits import Limits
from playground.server import Running
from storage.questions import QuestionLog
from tests.slack.stage import Script, eventually, on_stage


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def test_who_asks_too_much_in_a_minute_is_told_once_and_taken_again_later() -> None:
    clock = Clock()
    limits = Limits(2, 0, clock)
    assert [limits.refusal("alice", n) for n in range(2)] == [None, None]
    first, second = limits.refusal("alice", 2), limits.refusal("alice", 3)
    assert first is not None
    assert first.said is not None
    assert "2 questions within a minute" in first.said
    assert second is not None
    assert second.said is None
    assert limits.refusal("bob", 4) is None
    clock.now += 61
    assert limits.refusal("alice", 5) is None


def test_a_day_has_a_limit_of_its_own() -> None:
    clock = Clock()
    limits = Limits(0, 2, clock)
    for number in range(2):
        assert limits.refusal("alice", number) is None
        clock.now += 3_600
    refused = limits.refusal("alice", 2)
    assert refused is not None
    assert refused.said is not None
    assert "2 questions within a day" in refused.said
    assert "about 22 hours" in refused.said
    clock.now += 22.1 * 3_600
    assert limits.refusal("alice", 3) is None


def test_a_second_copy_of_a_question_counts_once() -> None:
    limits = Limits(2, 2, Clock())
    assert [limits.refusal("alice", message) for message in ("a", "a", "a", "b", "a")] == [None] * 5
    assert limits.refusal("alice", "c") is not None


def test_a_refused_question_is_not_answered_and_its_asker_alone_hears_of_it_once(
    server: Running, script: Script, log: QuestionLog
) -> None:
    with on_stage(server, script, log, limits=Limits(1, 0)) as stage:
        stage.slack.wait_for_reply(stage.slack.ask("one?"))
        for text in ("two?", "three?"):
            stage.slack.ask(text)
        told = stage.slack.wait_for_ephemeral("alice", "general")
        assert "one question within a minute" in told["text"]
        eventually(lambda: len([each for each in stage.slack.deliveries() if each["seconds"] is not None]) >= 3)

        stage.slack.wait_for_reply(stage.slack.ask("bob's?", user="bob"))
        assert [question for question, _ in script.asked] == ["one?", "bob's?"]
        assert len(stage.slack.ephemeral("alice")) == 1
        eventually(lambda: not log.pending())


def test_a_refused_command_and_a_refused_direct_message_are_told_of_too(
    server: Running, script: Script, log: QuestionLog
) -> None:
    with on_stage(server, script, log, limits=Limits(1, 0)) as stage:
        for user in ("alice", "bob"):
            stage.slack.wait_for_reply(stage.slack.ask("one?", user=user))
        stage.slack.command("alice", "general", "/lore", "two?")
        assert "within a minute" in stage.slack.wait_for_ephemeral("alice", "general")["text"]
        asked = stage.slack.ask("two?", user="bob", channel="dm")
        assert (
            "within a minute"
            in stage.slack.wait_for(
                lambda: next(iter(stage.slack.thread(asked.channel, asked.ts, user="bob")[1:]), None),
                10,
                lambda: "nothing in the direct message",
            )["text"]
        )
