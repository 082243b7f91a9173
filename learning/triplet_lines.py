"""Triplets as JSON Lines: one a line, with a version, exactly as they are; docs/json.md describes the keys."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from learning.triplets import Triplet
from storage.storable import storable

VERSION = 1

_TRIPLET = TypeAdapter(Triplet)


class TripletFileError(Exception):
    """A file of triplets cannot be read; the message names the line and what is wrong with it."""


def to_record(triplet: Triplet) -> dict[str, Any]:
    """The triplet as JSON's values."""
    return {"version": VERSION, **_TRIPLET.dump_python(triplet, mode="json")}


def to_line(triplet: Triplet) -> str:
    """The triplet as one line, without its end."""
    return json.dumps(to_record(triplet), ensure_ascii=False)


def digest(triplet: Triplet) -> str:
    """The SHA-256, in hexadecimal, of all that the triplet says."""
    return hashlib.sha256(json.dumps(to_record(triplet), sort_keys=True).encode()).hexdigest()


def from_record(record: Mapping[str, Any]) -> Triplet:
    """The triplet that `to_record` made this of. Raises ValueError, with a sentence, for anything else."""
    if record.get("version") != VERSION:
        raise ValueError(f'"version" is {json.dumps(record.get("version"))}; this Lore reads version {VERSION}.')
    content = {key: value for key, value in record.items() if key != "version"}
    try:
        triplet = _TRIPLET.validate_json(json.dumps(content), strict=True, extra="forbid")
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the triplet"
        raise ValueError(f"{place}: {first['msg']}.") from error
    texts = {
        "anchor": triplet.anchor,
        "positive.passage.text": triplet.positive.passage.text,
        "negative.passage.text": triplet.negative.passage.text,
    }
    for place, text in texts.items():
        if not text.strip():
            raise ValueError(f"{place}: it is empty.")
    if triplet.positive.passage.text == triplet.negative.passage.text:
        raise ValueError("the positive and the negative are the same text.")
    return triplet


def read_lines(lines: Iterable[str]) -> Iterator[Triplet]:
    """The triplet of each line; empty lines are passed over. Raises TripletFileError at the first that is none."""
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
            if not isinstance(record, dict):
                raise ValueError("it is no JSON object.")
            if any(storable(text) != text for text in _texts(record)):
                raise ValueError("it holds a NUL or half a character (a lone surrogate), which no database keeps.")
            triplet = from_record(record)
        except json.JSONDecodeError as error:
            raise TripletFileError(f"Line {number} is not JSON: {error}.") from error
        except (ValueError, RecursionError) as error:
            raise TripletFileError(f"Line {number} is no triplet: {error}") from error
        yield triplet


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, held in value.items():
            yield key
            yield from _texts(held)
    elif isinstance(value, list):
        for held in value:
            yield from _texts(held)
