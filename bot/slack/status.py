"""The working status under a question: a nicety, shown where Slack has it."""

import structlog

from bot.slack.clients import WIRE_ERRORS, error_code
from bot.slack.thread_reply import Posting, Thread

_log = structlog.get_logger(__name__)

STATUS = "is looking through the documents…"
_NEVER = frozenset({"unknown_method", "missing_scope", "not_allowed_token_type", "access_denied", "method_deprecated"})


def show_status(posting: Posting, thread: Thread) -> None:
    """Say that Lore is at work, until its reply stands (Slack takes the status away then). Never raises."""
    show(posting, thread, STATUS)


def show(posting: Posting, thread: Thread, status: str) -> None:
    """Have this stand under the thread in place of what stood there; nothing where it is empty. Never raises."""
    if not posting.shows_status:
        return
    try:
        posting.clients.brief.assistant_threads_setStatus(channel_id=thread.channel, thread_ts=thread.ts, status=status)
    except WIRE_ERRORS as error:
        posting.shows_status = error_code(error) not in _NEVER
        _log.info("status.not_shown", channel=thread.channel, error=error_code(error), again=posting.shows_status)
