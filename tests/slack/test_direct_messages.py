"""A question in a direct message."""

from storage.document import PUBLIC
from tests.slack.stage import Stage, eventually, shown_text


def test_a_direct_message_is_answered_in_its_thread_from_what_everyone_may_see(stage: Stage) -> None:
    asked = stage.slack.ask("how many days?", channel="dm")

    reply = stage.slack.wait_for_reply(asked)

    assert reply["thread_ts"] == asked.ts
    assert "25 days" in shown_text(reply)
    assert stage.script.asked == [("how many days?", PUBLIC)]


def test_lore_does_not_answer_itself(stage: Stage) -> None:
    asked = stage.slack.ask("how many days?", channel="dm")
    stage.slack.wait_for_reply(asked)

    eventually(lambda: len(stage.slack.deliveries()) >= 3)  # the question, and Lore's message posted and stopped

    assert len(stage.script.asked) == 1
    assert all(delivery["error"] is None for delivery in stage.slack.deliveries())
