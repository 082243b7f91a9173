"""What a Web API method is: a function of the Slack and the call's arguments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from playground.arguments import Arguments
from playground.slack import Slack

Method: TypeAlias = Callable[[Slack, Arguments], dict[str, Any]]
