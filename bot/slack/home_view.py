"""The home tab as Slack shows it, within Slack's limits: what Lore knows, the person's questions, how to ask."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.slack.message_link import brief_words, linked, message_link
from bot.slack.source_words import counted, holds
from bot.slack.words import section, sections
from ingestion.source_status import SourceStatus
from storage.recent_questions import RecentQuestion

Json = dict[str, Any]

VIEW_BLOCKS = 100
"""https://docs.slack.dev/reference/views/home-tab-views"""
SOURCES = 30
_QUESTION = 150

_STATES = {
    None: "⏳ being answered",
    "answered": "✅ answered",
    "abstained": "🔍 not found in the documents",
    "failed": "⚠️ went wrong; ask again",
}
_VOTES = {1: ", you gave 👍", -1: ", you gave 👎"}


@dataclass(frozen=True)
class HomeFacts:
    """What a person's home tab is made of: the sources that they may see, each with how many of its documents, and
    their own questions."""

    bot: str
    workspace_url: str
    sources: Sequence[tuple[SourceStatus, int]]
    questions: Sequence[RecentQuestion]


def home_view(facts: HomeFacts, health: Sequence[Json] = ()) -> Json:
    """The view; `health` are the blocks that only admins see."""
    blocks = [
        _header("Ask the company's documents"),
        *_how_to_ask(facts),
        _header("What I know"),
        *_sources(facts),
        _header("Your recent questions"),
        *_questions(facts),
    ]
    return {"type": "home", "blocks": [*blocks, *health][:VIEW_BLOCKS]}


def broken_home(error_id: str) -> Json:
    """The view where the person's own cannot be made."""
    said = f"Something went wrong while I made this page (error id: `{error_id}`). Open it again in a while."
    return {"type": "home", "blocks": [section(said)]}


def _how_to_ask(facts: HomeFacts) -> list[Json]:
    ways = [
        f"• *In a channel*: mention me, as in “<@{facts.bot}> how many days of leave do I get?”",
        "• *Just for you*: write to me under _Messages_, or `/lore` and your question anywhere; "
        "you can share that answer.",
        "• *About a message*: choose _Ask Lore about this_ in its menu.",
        "👍 or 👎 my answers: that is how I learn. `/lore help` lists what else I do.",
    ]
    return [section("\n".join(ways))]


def _sources(facts: HomeFacts) -> list[Json]:
    if not facts.sources:
        return [section("There are no documents that you may see yet.")]
    total = sum(documents for _, documents in facts.sources)
    lines = [f"{counted(total, 'document')} that you may see:"]
    lines += [f"• {holds(status, documents)}" for status, documents in facts.sources[:SOURCES]]
    if len(facts.sources) > SOURCES:
        lines.append(f"… and {len(facts.sources) - SOURCES} more sources")
    return list(sections(lines))


def _questions(facts: HomeFacts) -> list[Json]:
    if not facts.questions:
        return [section("You have not asked me anything yet.")]
    return list(sections(_question(facts.workspace_url, one) for one in facts.questions))


def _question(workspace_url: str, one: RecentQuestion) -> str:
    words = brief_words(one.asked.text, _QUESTION) or "a message without words"
    state = _STATES[one.kind] + _VOTES.get(one.vote or 0, "")
    shared = ", shared" if one.shared else ""
    return f"• {linked(words, _link(workspace_url, one))}\n   {state}{shared}, {_day(one.asked_at)}"


def _link(workspace_url: str, one: RecentQuestion) -> str | None:
    """Where the answer stands: the reply, or the shared one; None for an answer that only stood in front of them."""
    if not workspace_url:
        return None
    asked = one.asked
    if one.shared is not None:
        channel, thread_ts, ts = one.shared
        return message_link(workspace_url, channel, ts, thread_ts)
    if asked.surface in ("mention", "direct_message"):
        thread = asked.thread_ts or asked.ts
        return message_link(workspace_url, asked.channel, one.reply_ts or asked.ts, thread)
    if asked.surface == "shortcut" and asked.thread_ts:
        return message_link(workspace_url, asked.channel, asked.thread_ts)
    return None


def _day(moment: datetime) -> str:
    """The day and time as the reader's own Slack writes it.
    https://docs.slack.dev/messaging/formatting-message-text#date-formatting"""
    return f"<!date^{int(moment.timestamp())}^{{date_short_pretty}} {{time}}|{moment:%Y-%m-%d %H:%M} UTC>"


def _header(text: str) -> Json:
    return {"type": "header", "text": {"type": "plain_text", "text": text, "emoji": False}}
