"""Words made literal: nothing in them is read as formatting, as a link or as a mention, and they read as before."""

import re

from storage.unseen import without_unseen

JOINER = "\u2060"
"""WORD JOINER: takes no room, breaks no word, and keeps `<` and `!channel` from being read as one."""

_LESS_THAN = r"(?:<|&(?:amp;)*(?:lt|#0*60|#x0*3c);)"
_MENTION = re.compile(rf"{_LESS_THAN}(?=[@#!])|@(?=(?:channel|here|everyone)\b)", re.IGNORECASE)
_LINE_START = re.compile(
    r"(?m)^([ \t]*)(?:(#{1,6}(?=\s|$)|>|[-+](?=\s|$)|[|:-](?=[-:| \t]*$)|=(?==*[ \t]*$))|(\d{1,9})([.)])(?=\s|$))"
)
_DEFINITION = re.compile(r"(?m)^([ \t]*)\[(\d{1,3})\]:")
_SPECIAL = re.compile(r"[\\`*_~\[\]()!<]")
_ENTITY = re.compile(r"&(?=#?\w+;)")
_PUNCTUATION = frozenset("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")


def mrkdwn_text(text: str) -> str:
    """`text` on one line for Slack's own mark-up: https://docs.slack.dev/messaging/formatting-message-text#escaping"""
    escaped = without_unseen(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return without_pings(" ".join(escaped.split()))


def without_pings(text: str) -> str:
    """The text with a joiner in each thing that Slack could read as a mention of a person, a group or a channel."""
    return _MENTION.sub(lambda match: match[0] + JOINER, text)


def escaped_words(text: str, before: str, after: str) -> str:
    """Words with what Markdown or Slack would read as formatting made literal; `before` and `after` adjoin them."""
    text = _ENTITY.sub("&amp;", text)
    strikes = text.count("~") > 1

    def escaped(match: re.Match[str]) -> str:
        at = match.start()
        previous = text[at - 1] if at else before
        following = text[at + 1] if at + 1 < len(text) else after
        if match[0] == "<":
            # The entity is how Slack wants a "<" that is one; it is needed only where something could begin with it.
            return "<" if following.isspace() or following.isdigit() or not following else "&lt;"
        return "\\" + match[0] if _is_formatting(match[0], previous, following, strikes) else match[0]

    return without_pings(_SPECIAL.sub(escaped, text))


def _is_formatting(character: str, previous: str, following: str, strikes: bool) -> bool:
    """Whether a character could be read as formatting between these two."""
    match character:
        case "\\":
            return following in _PUNCTUATION or following in ("", "\n")
        case "_":
            return not (previous.isalnum() and following.isalnum())
        case "~":
            return strikes or "~" in (previous, following)
        case "(":
            return previous in ("]", ")")
        case "[":
            return previous == "]"
        case "]":
            return following in ("[", ":")
        case "!":
            return following == "["
        case _:
            return True


def escape_line_starts(text: str) -> str:
    """Written Markdown whose lines begin no list, heading, quote or table that is not meant to be one.

    Nor do they say where the markers lead, as `[1]: https://evil.example` would.
    """

    def escaped(match: re.Match[str]) -> str:
        space, sign, number, stop = match.groups()
        return f"{space}\\{sign}" if sign else f"{space}{number}\\{stop}"

    return _DEFINITION.sub(r"\1\\[\2\\]:", _LINE_START.sub(escaped, text))
