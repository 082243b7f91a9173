"""Expecting Slack's refusals."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError


@contextmanager
def slack_error(code: str) -> Iterator[dict[str, Any]]:
    """Expects a SlackApiError with this code; the dictionary it gives holds the answer afterwards."""
    answer: dict[str, Any] = {}
    with pytest.raises(SlackApiError) as caught:
        yield answer
    answer.update(caught.value.response.data)
    assert answer["error"] == code
