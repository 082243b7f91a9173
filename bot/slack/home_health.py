"""The part of the home tab for admins: whether each source is well, how far its sync is, and what to do."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.slack.message_link import brief_words
from bot.slack.source_words import counted, freshness, next_run, progress, source_name
from bot.slack.words import section, sections
from ingestion.failures import Failure
from ingestion.source_status import SourceStatus

Json = dict[str, Any]

SOURCES = 25
FAILURES = 3
"""Documents that are named of one source."""
_ERROR = 300
_TITLE = 100


@dataclass(frozen=True)
class SourceHealth:
    """How a source is. `visible` is whether the admin may see anything of it: where not, nothing of its documents is
    told, not even how many there are. `failures` are the documents that they may see and that could not be read."""

    status: SourceStatus
    visible: bool
    failures: Sequence[Failure]


def health_blocks(sources: Sequence[SourceHealth]) -> list[Json]:
    """The blocks: those that need somebody first."""
    ordered = sorted(sources, key=lambda one: not _needs_somebody(one))
    header = {"type": "header", "text": {"type": "plain_text", "text": "Health of the sources", "emoji": False}}
    if not ordered:
        return [header, section("There is no source: name one in lore.toml, and run `lore sync` on the server.")]
    lines = ["Only admins see this part. `/lore sync` and a name syncs a source now."]
    lines += ["\n".join(_source(one)) for one in ordered[:SOURCES]]
    if len(ordered) > SOURCES:
        lines.append(f"… and {len(ordered) - SOURCES} more; `lore sources` on the server shows all.")
    return [header, *sections(lines)]


def _needs_somebody(one: SourceHealth) -> bool:
    return bool(one.status.last_error or one.failures or not one.status.configured)


def _source(one: SourceHealth) -> list[str]:
    status = one.status
    sign = "🔄" if status.running else "⚠️" if _needs_somebody(one) else "⏸️" if status.paused else "✅"
    facts = [freshness(status), next_run(status)]
    if one.visible:
        facts.insert(0, counted(status.documents, "document"))
        if status.failed_documents:
            facts.append(f"{status.failed_documents:,} could not be read")
    lines = [f"{sign} *{source_name(status.name)}*: {', '.join(facts)}"]
    if status.running is not None:
        lines.append(f"   Syncing: {progress(status.running, counts=one.visible)}")
    lines += [f"   {each}" for each in _todo(one)]
    return lines


def _todo(one: SourceHealth) -> list[str]:
    """What went wrong, each with what to do."""
    status, todo = one.status, []
    if status.last_error and one.visible:
        again = "It is tried again by itself." if status.schedule and not status.paused else "Then sync it again."
        todo.append(f"The last sync stopped: {brief_words(status.last_error, _ERROR)} {again}")
    elif status.last_error:
        todo.append("The last sync stopped; `lore sources` on the server says why.")
    if not status.configured:
        name = brief_words(status.name, _TITLE)
        todo.append(f"It is not in lore.toml, and still answers; `lore sources remove {name}` deletes its documents.")
    for failure in one.failures[:FAILURES]:
        title = brief_words(failure.title or failure.document, _TITLE)
        todo.append(
            f"“{title}”: {brief_words(failure.error, _ERROR)} Mend it where it comes from; it is tried again "
            "when it changes, and now and then."
        )
    if len(one.failures) > FAILURES:
        todo.append("and more; `lore sources --errors` on the server lists all.")
    return todo
