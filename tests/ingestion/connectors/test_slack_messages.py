"""Which of Slack's messages count, when a thread has changed, and Slack's markup as Markdown."""

from typing import Any

import pytest

from ingestion.connectors import RawDocument
from ingestion.connectors.slack_markdown import Names, first_words, to_markdown
from ingestion.connectors.slack_messages import REREAD_DAYS, Counted, revision, text_of, thread_markdown
from ingestion.parse import parse

NAMES = Names({"U1": "Ann_B"}.get, {"C1": "general", "C2": "", "C4": ""}.get)  # type: ignore[arg-type]
COUNTED = Counted("UBOT", "BBOT", bots=False)


def message(text: str = "Hello", **fields: Any) -> dict[str, Any]:
    return {"type": "message", "ts": "1700000000.000100", "user": "U1", "text": text, **fields}


@pytest.mark.parametrize(
    ("said", "markdown"),
    [
        ("*bold*, ~struck~ and _slanted_", "**bold**, ~~struck~~ and _slanted_"),
        ("2 * 3 * 4, snake_case, [x](y) | z", r"2 \* 3 \* 4, snake_case, \[x\](y) \| z"),
        ("a &lt;b&gt; &amp; c", "a &lt;b&gt; &amp; c"),
        ("run `a &lt;b&gt; *c*` now", "run `a <b> *c*` now"),
        ("so: ```x = {{ y }}\n# *z*``` done", "so:\n\n```\nx = {{ y }}\n# *z*\n```\n\ndone"),
        ("one\ntwo", "one  \ntwo"),
        ("first:\n• one\n• two\nlast", "first:\n\n- one\n- two\n\nlast"),
        ("&gt; quoted\nnot", "> quoted\n\nnot"),
        ("# no heading\n---\n=== \n+1", "\\# no heading  \n\\---  \n\\===   \n+1"),
        ("<https://x.example/a?b=c&amp;d|the *page*>", r"[the \*page\*](https://x.example/a?b=c&d)"),
        ("<https://x.example>", "<https://x.example>"),
        ("<@U1> in <#C1>, <#C2|> and <#C3|ops>", "@Ann_B in #general, a private channel and #ops"),
        ("<#C4|leads> <#C5>", "a private channel a private channel"),
        ("<!here> <!subteam^S1|@hr> <!date^1^{date}|2 May>", "@here @hr 2 May"),
        ("done :tada: :company-logo:", "done :tada: :company-logo:"),
        ("*see <https://x.example|this>*", "**see [this](https://x.example)**"),
    ],
)
def test_slacks_markup_becomes_markdown(said: str, markdown: str) -> None:
    assert to_markdown(said, NAMES) == markdown


def test_what_looks_like_a_template_is_what_it_was() -> None:
    written = to_markdown("use {{ page.title }} and {% if %} {: .note}", NAMES)
    assert "{{ page.title }}" in parse(RawDocument(written.encode(), "a.md")).markdown.replace("&#123;", "{")


@pytest.mark.parametrize(
    ("said", "title"),
    [
        ("<@U1>: how do I book *travel*?", "how do I book travel?"),
        ("```code```\nWhat is `this`?", "What is this?"),
        ("&gt; quoted &amp; said", "quoted & said"),
        ("see <https://x.example/a/b> or <https://y.example|that>", "see x.example or that"),
        (":wave: hello\nworld", "hello"),
        ("is <#C1> or <#C4|leads> right?", "is #general or a private channel right?"),
        ("word " * 40, "word " * 14 + "word…"),
        ("<!here> :tada:", ""),
    ],
)
def test_a_title_is_the_first_words(said: str, title: str) -> None:
    assert first_words(said, NAMES.channel) == title


@pytest.mark.parametrize(
    ("fields", "counts"),
    [
        ({}, True),
        ({"subtype": "file_share"}, True),
        ({"subtype": "thread_broadcast"}, True),
        ({"subtype": "channel_join"}, False),
        ({"subtype": "tombstone", "hidden": True}, False),
        ({"user": "UBOT"}, False),
        ({"bot_id": "BBOT"}, False),
        ({"bot_id": "BOTHER"}, False),
        ({"subtype": "bot_message"}, False),
        ({"text": "<@UBOT> and now?"}, False),
    ],
)
def test_what_people_say_to_each_other_counts(fields: dict[str, Any], counts: bool) -> None:
    assert COUNTED(message(**fields)) == counts


def test_other_apps_count_where_the_source_says_so() -> None:
    with_bots = Counted("UBOT", "BBOT", bots=True)
    alert = message("", bot_id="BOTHER", username="Alarms", attachments=[{"fallback": "Disk full"}, {"title": "x"}])
    assert with_bots(alert)
    assert not with_bots(message(bot_id="BBOT"))
    assert text_of(alert) == "Disk full"
    assert thread_markdown([alert], NAMES).startswith("**Alarms**, 2023-11-14:\n\nDisk full")


@pytest.mark.parametrize(
    ("fields", "replied"),
    [
        ({}, False),
        ({"reply_count": 2, "reply_users": ["U1", "UBOT"], "reply_users_count": 2}, True),
        ({"reply_count": 1, "reply_users": ["UBOT"], "reply_users_count": 1}, False),
        ({"reply_count": 1, "reply_users": ["BBOT"]}, False),
        ({"reply_count": 9, "reply_users": ["UBOT"], "reply_users_count": 3}, True),
        ({"reply_count": 1}, True),
    ],
)
def test_a_reply_of_the_bot_alone_is_none(fields: dict[str, Any], replied: bool) -> None:
    assert COUNTED.has_replies(message(**fields)) == replied


def test_a_quiet_thread_is_read_again_once_in_thirty_days() -> None:
    first = message(reply_count=1, latest_reply="1700000001.000100")
    seen = [revision(first, None, day) for day in range(20_000, 20_000 + 3 * REREAD_DAYS)]
    assert [seen.count(each) for each in dict.fromkeys(seen)][1:-1] == [REREAD_DAYS] * 2
    alone = message()
    assert len({revision(alone, None, day) for day in range(90)}) == 1


def test_threads_are_read_again_on_different_days() -> None:
    threads = [message(ts=f"17000{number:05}.000100", reply_count=1) for number in range(300)]
    due = [
        sum(revision(thread, None, day) != revision(thread, None, day - 1) for thread in threads) for day in range(30)
    ]
    assert sum(due) == 300
    assert max(due) < 30


def test_a_speaker_is_named_where_another_one_begins() -> None:
    said = [
        message("One."),
        message("Two."),
        message("", files=[{"name": "a.pdf"}, {"mode": "tombstone", "name": "b"}]),
    ]
    other = message("Three.", user="U2", ts="1700100000.000100")
    names = Names(lambda id: {"U1": "Ann", "U2": "Bob <b>"}[id], lambda id: "")
    assert thread_markdown([*said, other], names) == (
        "**Ann**, 2023-11-14:\n\nOne.\n\nTwo.\n\nFiles: a.pdf\n\n**Bob b**, 2023-11-16:\n\nThree."
    )
