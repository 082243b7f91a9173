"""The question that a person asked, as they would read it aloud."""

import pytest

from bot.slack.question_text import question_text


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("<@UBOT> how many days?", "how many days?"),
        ("hey <@UBOT|lore>, how many?", "hey , how many?"),
        ("<@UBOT>", ""),
        ("<@UBOT>  \n ", ""),
        ("does <@U1|alice> know? or <@U2>?", "does @alice know? or @someone?"),
        ("is <#C1|general> the place, or <#C2>?", "is #general the place, or #channel?"),
        ("see <https://a.example/x?a=1&amp;b=2|the page> or <https://b.example>", "see the page or https://b.example"),
        ("write to <mailto:hr@a.example|hr@a.example>", "write to hr@a.example"),
        ("<!here> and <!subteam^S1|@hr> and <!subteam^S2>", "@here and @hr and @group"),
        ("on <!date^1700000000^{date}|14 November>?", "on 14 November?"),
        ("is 1 &lt; 2 &amp;&amp; 3 &gt; 2? &amp;lt;", "is 1 < 2 && 3 > 2? &lt;"),
        ("a <b> c", "a <b> c"),
        ("two\n\n  lines  here", "two\n\nlines here"),
        ("有几天假？ 🏖️", "有几天假？ 🏖️"),
    ],
)
def test_mark_up_becomes_words(text: str, question: str) -> None:
    assert question_text(text, "UBOT") == question
