"""`/lore`: a question whose answer only the asker sees."""

import httpx

from storage.document import PUBLIC
from tests.slack.stage import LEAVE, Stage, blocks_of, eventually, shown_text


def test_a_command_is_answered_privately(stage: Stage) -> None:
    delivery = stage.slack.command("alice", "general", "/lore", "how many days?")
    assert delivery["error"] is None
    assert not (delivery["answer"] or {}).get("text")

    answer = stage.slack.wait_for_ephemeral("alice", "general")

    assert f"[[1]]({LEAVE.url})" in shown_text(answer)
    assert blocks_of(answer, "context_actions")
    assert stage.script.asked == [("how many days?", PUBLIC)]
    assert not stage.slack.messages("general")
    eventually(lambda: not stage.log.pending())


def test_a_command_without_a_question_is_told_how_to_ask(stage: Stage) -> None:
    for text in ("", "   ", "help"):
        delivery = stage.slack.command("alice", "general", "/lore", text)
        assert "@lore how many days" in delivery["answer"]["text"]
    assert not stage.script.asked


def test_the_buttons_of_a_private_answer_vote_too(stage: Stage) -> None:
    stage.slack.command("alice", "general", "/lore", "how many days?")
    answer = stage.slack.wait_for_ephemeral("alice", "general")

    delivery = stage.slack.press("alice", "general", answer["ts"], "vote", value="negative")

    assert delivery["error"] is None
    value = blocks_of(answer, "context_actions")[0]["elements"][0]["negative_button"]["value"]
    assert list(stage.log.votes(int(value.partition(":")[2])).values()) == [-1]


def test_a_command_is_acknowledged_at_once_however_slow_the_answer(stage: Stage) -> None:
    stage.script.pause = 0.5
    delivery = stage.slack.command("alice", "general", "/lore", "how many days?")

    assert delivery["seconds"] < 0.5
    assert stage.slack.wait_for_ephemeral("alice", "general")


def test_an_answer_that_slack_no_longer_takes_is_given_up(stage: Stage) -> None:
    stage.script.pause = 0.3
    stage.slack.command("alice", "general", "/lore", "how many days?")
    eventually(lambda: bool(stage.log.pending()))
    url = stage.log.pending()[0].asked.reply_to["response_url"]
    for _ in range(5):
        httpx.post(url, json={"text": "used up", "response_type": "ephemeral"}, trust_env=False)

    eventually(lambda: not stage.log.pending())
