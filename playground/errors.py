"""What Slack answers when it refuses a call."""

from __future__ import annotations

from typing import Any


class SlackError(Exception):
    """A refusal: Slack's error code and the fields that come with it.

    `problems` become Slack's `response_metadata.messages`, one `[ERROR] …` line each.
    """

    def __init__(self, code: str, *, problems: tuple[str, ...] = (), status: int = 200, **fields: Any) -> None:
        super().__init__(code if not problems else f"{code}: {'; '.join(problems)}")
        self.code = code
        self.problems = problems
        self.status = status
        self.fields = fields
        self.headers: dict[str, str] = {}

    def as_slack(self) -> dict[str, Any]:
        """The JSON body of the refusal."""
        body: dict[str, Any] = {"ok": False, "error": self.code, **self.fields}
        if self.problems:
            body["response_metadata"] = {"messages": [f"[ERROR] {problem}" for problem in self.problems]}
        return body


class RateLimitedError(SlackError):
    """HTTP 429: the caller must wait `retry_after` seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__("ratelimited", status=429)
        self.headers["Retry-After"] = str(retry_after)


class MissingScopeError(SlackError):
    """The token lacks the scope that a method needs."""

    def __init__(self, needed: str, provided: str) -> None:
        super().__init__("missing_scope", needed=needed, provided=provided)


class PlaygroundError(Exception):
    """The control API was asked for something that makes no sense; the message says what."""
