"""Who waits behind many others is told so, and answered in turn."""

import threading
from collections.abc import Callable
from typing import Any

from sqlalchemy import update

from bot.answering.context import ALONE, Context
from playground.server import Running
from storage.questions import Answer, QuestionLog
from storage.tables import AnswerRow
from tests.slack.stage import Script, eventually, on_stage, shown_text


class Gate(Script):
    """Answers nobody until it is opened."""

    def __init__(self) -> None:
        super().__init__(documents=())
        self.opened = threading.Event()

    def answer(
        self,
        question: str,
        audience: Any,
        on_text: Callable[[str], None] | None = None,
        context: Context = ALONE,
    ) -> Answer:
        assert self.opened.wait(30)
        return super().answer(question, audience, on_text, context)


def test_whose_question_comes_after_many_others_is_told_so_until_it_is_answered(
    server: Running, log: QuestionLog
) -> None:
    gate = Gate()
    with on_stage(server, gate, log, workers=1, told_from=1) as stage:
        asked = []
        for number in range(4):
            asked.append(stage.slack.ask(f"question {number}?"))
            eventually(lambda: stage.bot.workers.waiting() == len(asked) - 1)
        last = asked[-1]
        eventually(lambda: "2 questions come before" in stage.slack.status("general", last.ts)["status"])
        assert "looking" in stage.slack.status("general", asked[0].ts)["status"]
        gate.opened.set()
        for question in asked:
            stage.slack.wait_for_reply(question)
        eventually(lambda: not any(stage.slack.status("general", each.ts)["status"] for each in asked))


def test_a_command_is_told_privately_and_its_answer_takes_the_words_place(server: Running, log: QuestionLog) -> None:
    gate = Gate()
    with on_stage(server, gate, log, workers=1, told_from=1) as stage:
        for number in range(2):
            stage.slack.ask(f"question {number}?")
        eventually(lambda: stage.bot.workers.waiting() == 1)
        delivery = stage.slack.command("alice", "general", "/lore", "how many days?")
        assert "one question comes before yours" in delivery["answer"]["text"]
        gate.opened.set()
        eventually(lambda: "25 days" in shown_text(stage.slack.ephemeral("alice")[0]))
        assert len(stage.slack.ephemeral("alice")) == 1


def test_the_word_on_the_line_is_renewed_while_it_lasts(server: Running, log: QuestionLog) -> None:
    gate = Gate()
    with on_stage(server, gate, log, workers=1, told_from=1) as stage:
        asked = [stage.slack.ask(f"question {number}?") for number in range(4)]
        eventually(lambda: stage.bot.workers.waiting() == 3)
        stage.bot.line.tell_again()
        eventually(lambda: any("2 questions" in stage.slack.status("general", each.ts)["status"] for each in asked))
        gate.opened.set()
        for question in asked:
            stage.slack.wait_for_reply(question)


def test_a_threads_questions_are_answered_in_turn_though_others_are_not_kept_waiting(
    server: Running, log: QuestionLog
) -> None:
    gate = Gate()
    with on_stage(server, gate, log, workers=3) as stage:
        first = stage.slack.ask("first?")
        eventually(lambda: len(log.pending()) == 1)
        for number, text in enumerate(("second?", "third?"), start=2):
            stage.slack.ask(text, user="bob", thread_ts=first.ts)
            eventually(lambda: len(log.pending()) == number)  # noqa: B023
        other = stage.slack.ask("other?")
        eventually(lambda: stage.bot.workers.waiting() == 2)  # the other has a worker, the thread only one
        gate.opened.set()
        stage.slack.wait_for_reply(first, count=3)
        stage.slack.wait_for_reply(other)
        asked = [question for question, _ in gate.asked if question != "other?"]
        assert asked == ["first?", "second?", "third?"]


def test_a_question_that_was_asked_too_long_ago_ends_in_a_word_that_says_so(
    server: Running, script: Script, log: QuestionLog, monkeypatch: Any
) -> None:
    monkeypatch.setattr("bot.slack.reply.TOO_OLD_SECONDS", -1)
    monkeypatch.setattr("bot.slack.reply.VALID_SECONDS", -1)
    asked = server.client.ask("leave?")
    with on_stage(server, script, log) as stage:
        stage.slack.wait_for_reply(asked)
        stage.slack.command("bob", "general", "/lore", "private?")
        stage.slack.wait_for_ephemeral("bob", "general")
        with log.database.session() as session:
            session.execute(update(AnswerRow).values(delivered_at=None))
        for pending in log.pending():
            stage.bot.workers.submit(pending, resumed=True)
        eventually(lambda: not log.pending())

        [reply] = stage.slack.replies(asked)
        assert "could not answer this in time" in shown_text(reply)
        direct = stage.slack.messages("dm", user="bob")
        assert "You asked: private?" in direct[-1]["text"]
