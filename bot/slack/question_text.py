"""The question in a Slack message: its mark-up turned into what a person would read aloud."""

import re

from storage.unseen import without_unseen

# What Slack puts between < and >; a "<" that a person typed arrives as &lt;.
# https://docs.slack.dev/messaging/formatting-message-text#retrieving-messages
_MARKUP = re.compile(r"<([@#!][^<>]*|[a-zA-Z][a-zA-Z0-9+.-]*:[^<>]*)>")
_SPACES = re.compile(r"[^\S\n]+")


def question_text(text: str, bot_user_id: str) -> str:
    """The words of a message without the mention of the bot, mentions and links replaced by their names."""
    readable = _MARKUP.sub(lambda match: _words(match[1], bot_user_id), text)
    unescaped = readable.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    lines = (_SPACES.sub(" ", line).strip() for line in without_unseen(unescaped).split("\n"))
    return "\n".join(lines).strip()


def _words(markup: str, bot_user_id: str) -> str:
    target, _, label = markup.partition("|")
    if target.startswith("@"):
        if target[1:] == bot_user_id:
            return " "
        return "@" + (label.removeprefix("@") or "someone")
    if target.startswith("#"):
        return "#" + (label.removeprefix("#") or "channel")
    if target.startswith("!"):
        return _command_words(target[1:], label)
    return label or target


def _command_words(command: str, label: str) -> str:
    if command.startswith("date^"):
        return label
    return "@" + (label or ("group" if command.startswith("subteam^") else command)).removeprefix("@")
