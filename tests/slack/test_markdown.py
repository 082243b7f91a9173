"""Text from documents, models and people in Slack: it reads the same, mentions nobody, links to sources only."""

import html
import re
from itertools import pairwise

import pytest
from hypothesis import assume, example, given, settings
from markdown_it import MarkdownIt
from markdown_it.token import Token

from bot.slack.escape import JOINER, mrkdwn_text
from bot.slack.links import web_link
from bot.slack.markdown import plain_text, slack_markdown
from tests.slack.hostile import HOSTILE

CITED = {1: "https://handbook.example/leave", 2: "file:///travel.md", 3: "https://handbook.example/a_(b)?c=d&e=f"}
ADDRESSES = {web_link(CITED[1]), web_link(CITED[3])}

PATIENT = settings(max_examples=200, deadline=None)


@PATIENT
@given(HOSTILE)
@example("<!channel>")
@example("`<!channel>` and ```\n<@U0ALICE>\n```")
@example("&lt;!channel&gt; &#60;!here&#62; \\<!everyone\\>")
@example("<<!channel>!channel>")
def test_no_text_can_mention_anyone(text: str) -> None:
    for written in (slack_markdown(text), slack_markdown(text, CITED), mrkdwn_text(text), plain_text(text)):
        for read in (written, html.unescape(written), written.replace("\\", ""), html.unescape(html.unescape(written))):
            assert not re.search(r"<[@#!]", read), written
            assert not re.search(r"@(channel|here|everyone)\b", read, re.IGNORECASE), written


@PATIENT
@given(HOSTILE)
@example("[click](https://evil.example)")
@example("[1](https://evil.example)")
@example("[x][1]\n\n[1]: https://evil.example")
@example("wow![1]")
@example("[[1]](https://evil.example)")
@example("[https://bank.example](https://handbook.example/leave)")
@example("[a [1] b](https://handbook.example/leave)")
@example("[1](/relative) [click](javascript:alert(1))")
def test_only_cited_pages_are_linked(text: str) -> None:
    written = slack_markdown(text, CITED)

    for token in inline_tokens(written):
        assert token.type not in ("image", "html_inline"), written
        if token.type == "link_open":
            assert token.attrs["href"] in ADDRESSES, written
    for destination in re.findall(r"(?<!\\)\]\((.*?)\)", without_code(written)):
        assert destination in ADDRESSES, written


@PATIENT
@given(HOSTILE)
def test_the_words_stay_as_they_were(text: str) -> None:
    assume(
        not any(sign in text for sign in ("<", "](", "[1]", "[2]", "[3]", "[9]"))
    )  # links and markers are meant to go
    assume(sum(sign in text for sign in "*_~") < 2)  # emphasis in emphasis may close elsewhere
    assert words(slack_markdown(text)) == words(text)


@pytest.mark.parametrize(
    "sentences",
    [
        ("First. [1] ", "Second. [2]\n\n", "Third, **bold**. [1]"),
        ("- one [1]\n", "- two [2]\n", "\nAnd that is all. [1]"),
        ("Run this: [1]\n\n```\nmake", "\nmake test\n```\n", "Done. [2]"),
        ("| a | b |\n|---|---|\n", "| 1 | 2 |\n", "\nSee above. [1]"),
        ("1. one\n", "2. two\n   - deep\n", "3. three"),
    ],
)
def test_what_is_shown_of_an_unfinished_text_stays(sentences: tuple[str, ...]) -> None:
    shown = [
        slack_markdown("".join(sentences[:n]), unfinished=n < len(sentences)) for n in range(1, len(sentences) + 1)
    ]
    assert all(later.startswith(earlier) for earlier, later in pairwise(shown))


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("You get **25 days**. [1]", "You get **25 days**. [[1]](https://handbook.example/leave)"),
        ("See [the page](https://handbook.example/leave).", "See [the page](https://handbook.example/leave)."),
        ("See [the page](https://other.example).", "See the page."),
        ("[www.bank.example](https://handbook.example/leave)", "`www.bank.example`"),
        ("[bank.example/login](https://handbook.example/leave)", "bank.example/login"),
        ("[аррӏе.example](https://handbook.example/leave)", "аррӏе.example"),
        ("[leave.md](https://handbook.example/leave)",) * 2,
        (
            "[https://handbook.example](https://handbook.example/leave)",
            "[`https://handbook.example`](https://handbook.example/leave)",
        ),
        ("[https://handbook.ex](https://handbook.example/leave)", "`https://handbook.ex`"),
        ("Travel. [2] Unknown. [9]", "Travel. [2] Unknown. [9]"),
        ("- one\n- two\n  1. deep\n  2. deeper", "- one\n- two\n  1. deep\n  2. deeper"),
        ("# Leave\nText", "# Leave\n\nText"),
        ("| a | b |\n|---|---|\n| 1 | x\\|y |", "| a | b |\n| --- | --- |\n| 1 | x\\|y |"),
        ("```python\na < b\n```", "```python\na < b\n```"),
        ("5 < 6 and a_b_c and R&D and 2 * 3", "5 < 6 and a_b_c and R&D and 2 \\* 3"),
        ("![logo](https://evil.example/x.png)", "logo"),
        ("<!channel> hello", f"&lt;{JOINER}!channel> hello"),
        ("wow![1]", "wow\\![[1]](https://handbook.example/leave)"),
        ("3. is a number", "3. is a number"),
        ("[9]: https://evil.example", "\\[9\\]: `https://evil.example`"),
        ("about #general", "about #general"),
        ("See https://other.example/a_b.", "See `https://other.example/a_b`."),
        ("See https://handbook.example/leave.", "See https://handbook.example/leave."),
        ("https:[//other.example](x) and (http://a.example)", "`https://other.example` and (`http://a.example`\\)"),
        (
            "www.a.example, a@b.example, login.example.com, tel:+3120",
            "`www.a.example`, `a@b.example`, `login.example.com`, `tel:+3120`",
        ),
        ("e.g. at 9.30, i.e. 3.5 in v1.2 of node.js", "e.g. at 9.30, i.e. 3.5 in v1.2 of node.js"),
        ("left\u202eright\u200b, \U000e0041tagged", "leftright, tagged"),
        ("> quoted\n> more", "> quoted\n> more"),
    ],
)
def test_common_markdown_reads_as_before(text: str, written: str) -> None:
    assert slack_markdown(text, CITED) == written


def test_text_nested_without_end_does_not_break_the_writer() -> None:
    for text in ("> " * 5_000 + "deep", "- " * 5_000 + "deep", "*" * 20_000, "[" * 20_000, "(" * 20_000, "`" * 20_001):
        slack_markdown(text)


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "handbook/leave.md",
        "https://bank.example@evil.example",
        "http://",
        "http://[",
        "",
    ],
)
def test_only_web_addresses_become_links(url: str) -> None:
    assert web_link(url) is None


def inline_tokens(markdown: str) -> list[Token]:
    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    return [child for token in parser.parse(markdown) for child in token.children or [] if token.type == "inline"]


def without_code(markdown: str) -> str:
    return re.sub(r"(`+)(?!`)[\s\S]*?(?<!`)\1(?!`)", "", markdown)


def words(markdown: str) -> str:
    return " ".join(plain_text(markdown).replace(JOINER, "").split())
