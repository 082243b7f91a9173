"""The arguments of a call, whichever way they came: query string, form, or JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from playground.errors import SlackError

Json = dict[str, Any]

TRUE = frozenset({"1", "true", "True", True})


class Arguments:
    """Reads values by name. What is missing or of the wrong type is Slack's `invalid_arguments`, with the reason."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.values = dict(values)

    def __contains__(self, name: str) -> bool:
        return self.values.get(name) not in (None, "")

    def text(self, name: str, default: str = "") -> str:
        """A string; numbers are taken as their digits, as form fields are."""
        value = self.values.get(name)
        if value is None:
            return default
        if isinstance(value, str):
            return value
        if isinstance(value, int | float) and not isinstance(value, bool):
            return str(value)
        raise SlackError("invalid_arguments", problems=(f"must provide a string [json-pointer:/{name}]",))

    def required(self, name: str) -> str:
        """A string that must be there."""
        value = self.text(name)
        if not value:
            raise SlackError("invalid_arguments", problems=(f"missing required field: {name}",))
        return value

    def flag(self, name: str, *, default: bool = False) -> bool:
        """A boolean."""
        value = self.values.get(name)
        return default if value is None else value in TRUE

    def number(self, name: str, default: int) -> int:
        """An integer."""
        try:
            return int(self.values.get(name, default) or default)
        except (TypeError, ValueError):
            raise SlackError("invalid_arguments", problems=(f"must be an integer [json-pointer:/{name}]",)) from None

    def names(self, name: str) -> list[str]:
        """A comma-separated string, or a list of strings."""
        value = self.values.get(name) or []
        parts = value.split(",") if isinstance(value, str) else value
        return [str(part).strip() for part in parts]

    def objects(self, name: str, error: str) -> list[Json] | None:
        """A list of objects, as JSON or a string of JSON; None when absent. `error` is the code when it is neither."""
        value = self.structure(name, error)
        if value is None:
            return None
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise SlackError(error, problems=(f"must be an array of objects [json-pointer:/{name}]",))
        return value

    def structure(self, name: str, error: str) -> Any:
        """Any JSON value, as JSON or as a string of JSON; None when absent."""
        value = self.values.get(name)
        if value is None or value == "":
            return None
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except json.JSONDecodeError:
            raise SlackError(error, problems=(f"is not JSON [json-pointer:/{name}]",)) from None


def read_arguments(query: Mapping[str, str], content_type: str, body: bytes) -> Arguments:
    """The arguments of a request; body wins over query. Raises SlackError when the body is malformed."""
    values: Json = dict(query)
    kind = content_type.partition(";")[0].strip().lower()
    if not body:
        return Arguments(values)
    if kind == "application/json":
        try:
            document = json.loads(body)
        except (json.JSONDecodeError, UnicodeDecodeError):
            raise SlackError("invalid_json") from None
        if not isinstance(document, dict):
            raise SlackError("json_not_object")
        values |= document
    elif kind == "application/x-www-form-urlencoded":
        try:
            values |= dict(parse_qsl(body.decode(), keep_blank_values=True))
        except (UnicodeDecodeError, ValueError):
            raise SlackError("invalid_form_data") from None
    else:
        raise SlackError("missing_post_type" if not kind else "invalid_post_type")
    return Arguments(values)
