"""Text that nobody writes who does not want to break something."""

from hypothesis import strategies as st

SIGNS = tuple("\\`*_~[]()<>#+-.!|{}:&\"'^=1a \n\t")
SYNTAX = ("``` ~~~ ** ~~ ]( ][ ![ [1] [2] [3] [9] --- word snake_case 日本語 😀 &lt; &#60; &amp;lt;").split()
SLACK = ("<!channel> <@U0ALICE> <#C1|general> <!subteam^S1|@hr> @here @channel <https://evil.example|click>").split()
LINKS = (
    "javascript:alert(1) https://evil.example <https://evil.example> mailto:a@b.example https://handbook.example/leave"
).split()
LINES = ("  \n", "\n\n", "]: ", "- ", "1. ", "> ", "[x]: https://evil.example", "| a | b |\n| --- | --- |\n| c | d |")
ODDITIES = ("\u200b", "\0", "\x0b", "\ud800", "<a href='https://evil.example'>x</a>")

PIECES = st.sampled_from([*SIGNS, *SYNTAX, *SLACK, *LINKS, *LINES, *ODDITIES])
HOSTILE = st.lists(PIECES, max_size=40).map("".join) | st.text(max_size=200)
