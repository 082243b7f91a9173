"""Requests to experts in both databases: made once, found in their threads, and forgotten with who made them."""

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from learning.evidence import forget
from storage.channel_settings import ChannelSettings, ChannelSettingsLog
from storage.database import Database
from storage.expert_requests import ExpertRequest, ExpertRequests
from storage.questions import Answer, Asked, Kind, QuestionLog
from storage.tables import utc_now

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture
def requests(database: Database) -> ExpertRequests:
    return ExpertRequests(database)


def answered(
    database: Database,
    ts: str,
    kind: Kind = "abstained",
    *,
    thread_ts: str | None = None,
    text: str = "How?",
    searched: str | None = None,
    user: str = "UALICE",
) -> int:
    log = QuestionLog(database)
    asked = Asked("mention", "T1", "C1", ts, user, text, thread_ts)
    answer = Answer(text, kind, "", (), None, "", (), {}, "model", None, searched=searched)
    return log.record(log.accept(asked) or 0, answer)


def request(answer_id: int, **fields: object) -> ExpertRequest:
    made = ExpertRequest(answer_id, "UALICE", "How?", ("UADA", "SHR"), "C1", "1.0")
    return replace(made, **fields)  # type: ignore[arg-type]


def test_a_request_is_claimed_once_by_whoever_is_first(database: Database, requests: ExpertRequests) -> None:
    answer_id = answered(database, "1.0")
    claimed: list[bool] = []
    presses = [
        threading.Thread(target=lambda: claimed.append(ExpertRequests(database).claim(request(answer_id))))
        for _ in range(4)
    ]
    for press in presses:
        press.start()
    for press in presses:
        press.join()
    assert sorted(claimed) == [False, False, False, True]
    assert requests.of_answer(answer_id) == request(answer_id)


def test_what_was_not_posted_is_left_to_be_and_what_is_too_old_can_be_asked_again(
    database: Database, requests: ExpertRequests
) -> None:
    first, second = answered(database, "1.0"), answered(database, "2.0")
    requests.claim(request(first))
    requests.claim(request(second))
    requests.posted(first, "1.5")
    assert [one.answer_id for one in requests.unposted(LONG_AGO)] == [second]
    assert requests.unposted(utc_now() + timedelta(minutes=1)) == []
    assert requests.of_answer(second) is None
    assert requests.claim(request(second))


def test_what_could_not_be_posted_is_released_and_what_stands_is_not(
    database: Database, requests: ExpertRequests
) -> None:
    first, second = answered(database, "1.0"), answered(database, "2.0")
    for answer_id in (first, second):
        requests.claim(request(answer_id))
    requests.posted(second, "2.5")
    for answer_id in (first, second):
        requests.release(answer_id)
    assert requests.of_answer(first) is None
    assert requests.of_answer(second) == request(second, ts="2.5")


def test_a_threads_questions_come_in_their_order_with_what_was_searched_and_whether_they_are_open(
    database: Database, requests: ExpertRequests
) -> None:
    answered(database, "10.0", "answered", text="And me?", searched="How many days for me?", thread_ts="9.0")
    answered(database, "9.0", text="How many days?")
    disliked = answered(database, "11.0", "answered", text="Why?", thread_ts="9.0")
    answered(database, "12.0", text="Elsewhere?")
    answered(database, "13.0", text=" ", thread_ts="9.0")
    QuestionLog(database).vote(disliked, "UBOB", -1)
    found = [(one.question, one.ts, one.is_open) for one in requests.in_thread("C1", "9.0")]
    assert found == [
        ("How many days?", "9.0", True),
        ("How many days for me?", "10.0", False),
        ("Why?", "11.0", True),
    ]
    assert requests.in_thread("C2", "9.0") == []


def test_a_request_stands_for_its_question_in_the_thread_that_it_is_in_or_begins(
    database: Database, requests: ExpertRequests
) -> None:
    within, alone = answered(database, "1.0"), answered(database, "2.0", user="UBOB")
    requests.claim(request(within, question="As they saw it"))
    requests.claim(request(alone, channel="C2", thread_ts=None, asked_by="UCARLA"))
    assert [one.question for one in requests.in_thread("C1", "1.0")] == ["How?"]
    requests.posted(within, "1.5")
    requests.posted(alone, "3.0")
    [one] = requests.in_thread("C1", "1.0")
    assert (one.answer_id, one.question, one.ts, one.is_open) == (within, "As they saw it", "1.5", True)
    [other] = requests.in_thread("C2", "3.0")
    assert other.asked_by == {"UBOB", "UCARLA"}
    assert requests.has_asked("C2", "UCARLA")
    assert not requests.has_asked("C2", "UBOB")
    assert requests.has_asked("C1", "UBOB")


def test_channels_with_experts_are_those_of_the_team_that_name_any(
    database: Database, requests: ExpertRequests
) -> None:
    settings = ChannelSettingsLog(database)
    settings.save("T1", "C1", ChannelSettings(experts=("UADA",)), "UADA")
    settings.save("T1", "C2", ChannelSettings(), "UADA")
    settings.save("T2", "C3", ChannelSettings(experts=("UADA",)), "UADA")
    assert requests.channels("T1") == {"C1": ("UADA",)}


def test_forgetting_a_person_forgets_what_they_asked_and_what_they_had_asked(
    database: Database, requests: ExpertRequests
) -> None:
    own, others = answered(database, "1.0"), answered(database, "2.0", user="UBOB")
    requests.claim(request(own, asked_by="UBOB"))
    requests.claim(request(others, asked_by="UALICE"))
    forget(database, "UALICE")
    assert requests.of_answer(own) is None
    assert requests.of_answer(others) is None
