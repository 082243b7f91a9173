"""Sixty people ask at once in twenty channels, while the connection drops and the bot is started anew."""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from sqlalchemy import select

from bot.answering.answer import Answerer
from playground.client import Playground, Posted
from playground.server import Running
from storage.database import Database
from storage.questions import QuestionLog
from storage.tables import QuestionRow
from tests.slack.kept_pages import Page, kept_pages
from tests.slack.stage import blocks_of, eventually, on_stage, shown_text

Json = dict[str, Any]

PEOPLE, CHANNELS = 60, 20
ALONE = 8
"""Questions asked one by one, before the others and again after them."""

PAGES = (
    Page("leave", "Annual leave", "Everyone who works full time gets 27 days of paid annual leave a year."),
    Page("payday", "Payday", "The salary of every month is paid on the 25th, by bank transfer."),
    Page("parking", "Parking", "Visitors park in bay 7 behind the building; reception lends the barrier's key."),
    Page("laptop", "Lost laptops", "Call 4400 at once when a laptop is lost or stolen, at any hour."),
    Page("bands", "Salary bands", "A senior engineer's band goes to £74,000.", frozenset({"#team-0", "@hr"})),
)
ASKED = (
    ("how many days of annual leave do I get?", "27 days"),
    ("when is my salary paid?", "25th"),
    ("where do visitors park?", "bay 7"),
    ("whom do I call when my laptop is stolen?", "4400"),
)
MOST_TIMES = 3.0


@dataclass
class Outages:
    """When nobody was there to answer, by the clock of the playground's changes."""

    spans: list[tuple[float, float]] = field(default_factory=list)

    @contextmanager
    def measured(self) -> Iterator[None]:
        begun = time.monotonic()
        yield
        self.spans.append((begun, time.monotonic()))

    def within(self, begun: float, ended: float) -> float:
        """Seconds of the time from `begun` to `ended`; the spans do not overlap."""
        return sum(max(0.0, min(ended, last) - max(begun, first)) for first, last in self.spans)


def test_sixty_people_in_twenty_channels_are_answered_once_each_in_turn_and_in_time(
    server: Running, database: Database, tmp_path: Path
) -> None:
    slack, log, outages = server.client, QuestionLog(database), Outages()
    people = [slack.add_user(f"person-{n}")["name"] for n in range(PEOPLE)]
    channels = [
        slack.add_channel(f"team-{n}", [*people[n::CHANNELS], "alice", "lore"])["name"] for n in range(CHANNELS)
    ]
    with kept_pages(database, PAGES, tmp_path) as knowledge, ThreadPoolExecutor(CHANNELS) as hands:
        answerer = Answerer(knowledge, None)

        def all_ask(turn: int, threads: Sequence[Posted | None]) -> list[Posted]:
            def ask(n: int) -> Posted:
                root, person = threads[n], people[n + turn * CHANNELS]
                text = ASKED[(n + turn) % len(ASKED)][0]
                return slack.ask(text, user=person, channel=channels[n], thread_ts=root.ts if root else None)

            return list(hands.map(ask, range(CHANNELS)))

        with on_stage(server, answerer, log):
            ask_alone(slack, log, 2)  # what is loaded at first use
            begun = time.process_time()
            alone = ask_alone(slack, log, ALONE)
            work_alone = (time.process_time() - begun) / ALONE

            begun = time.process_time()
            roots = all_ask(0, [None] * CHANNELS)
            slack.drop_sockets()
            dropped = time.monotonic()
            second = all_ask(1, roots)
            slack.wait_until_connected()
            outages.spans.append((dropped, time.monotonic()))
            restarting = time.monotonic()
        third = all_ask(2, roots)
        with on_stage(server, answerer, log):
            outages.spans.append((restarting, time.monotonic()))
            eventually(lambda: not log.pending() and len(asked_in(database)) == PEOPLE + ALONE + 2, 90)
            work_together = time.process_time() - begun
            alone += ask_alone(slack, log, ALONE)

    together = [*roots, *second, *third]
    rows = asked_in(database)
    for number, question in enumerate(together):
        n, turn = number % CHANNELS, number // CHANNELS
        reply_ts = rows[question.channel, question.ts].reply_ts
        thread = slack.thread(channels[n], roots[n].ts)
        [reply] = [each for each in thread if each["ts"] == reply_ts]
        assert ASKED[(n + turn) % len(ASKED)][1] in shown_text(reply)
        assert blocks_of(reply, "context_actions")
        assert not reply["streaming"]
    for n in range(CHANNELS):
        of_thread = [rows[each.channel, each.ts] for each in (roots[n], second[n], third[n])]
        replies = [each["ts"] for each in slack.thread(channels[n], roots[n].ts) if "bot_id" in each]
        assert sorted(replies) == sorted(row.reply_ts for row in of_thread if row.reply_ts)
        for earlier, later in pairwise(of_thread):
            if earlier.id < later.id:  # what Slack delivers late, after a lost connection, was not there to be answered
                assert str(earlier.reply_ts) < str(later.reply_ts)

    shown = {(each["channel"], each["ts"]): each["monotonic"] for each in slack.changes() if each["kind"] == "posted"}
    waited = []
    for question in together:
        at, seen = (
            shown[question.channel, question.ts],
            shown[question.channel, rows[question.channel, question.ts].reply_ts],
        )
        waited.append(seen - at - outages.within(at, seen))
    times = (p95(waited) / work_together) / (p95(alone) / work_alone)
    assert times < MOST_TIMES, (p95(waited), work_together, p95(alone), work_alone)


def ask_alone(slack: Playground, log: QuestionLog, count: int) -> list[float]:
    """Seconds from each of so many questions, asked one after the other, to the first that is seen of its reply."""
    seconds = []
    for number in range(count):
        last = int(slack.state()["last_change"])
        asked = slack.ask(ASKED[number % len(ASKED)][0], channel="team-0")
        slack.wait_for_reply(asked, 30)
        eventually(lambda: not log.pending())
        posted = [each for each in slack.changes(last) if each["kind"] == "posted"]
        question, reply = (each["monotonic"] for each in posted[:2])
        seconds.append(reply - question)
    return seconds


def asked_in(database: Database) -> dict[tuple[str, str], QuestionRow]:
    with database.session() as session:
        return {(row.channel, row.ts): row for row in session.scalars(select(QuestionRow))}


def p95(values: Sequence[float]) -> float:
    return sorted(values)[min(len(values) - 1, int(0.95 * len(values)))]
