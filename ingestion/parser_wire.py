"""The messages between Lore and the process that parses: a header of plain values, and bytes. Never pickles.

What parses a hostile file may be taken over by it, so what it answers is read as data and nothing else.
"""

import json
import struct
from collections.abc import Mapping, Sequence
from typing import Any, BinaryIO, Protocol, get_args
from urllib.parse import unquote

from ingestion.anchors import Anchor, few_enough, fragment
from ingestion.connectors import HeadingIds

LENGTHS = struct.Struct(">IQ")
"""Before each message: the bytes of its header, which is JSON, and of its body."""

MOST_HEADER, MOST_BODY = 1_000_000, 2_000_000_000

Header = Mapping[str, Any]


class WireError(Exception):
    """What came is no message."""


def packed(header: Header, body: bytes) -> tuple[bytes, bytes]:
    """A message as the two parts to write, one after the other."""
    written = json.dumps(header).encode()
    return LENGTHS.pack(len(written), len(body)) + written, body


def lengths(start: bytes) -> tuple[int, int]:
    """Of a message's header and body, from its first LENGTHS.size bytes. Raises WireError where they cannot be."""
    header, body = LENGTHS.unpack(start)
    if header > MOST_HEADER or body > MOST_BODY:
        raise WireError
    return int(header), int(body)


def unpacked(header: bytes) -> Header:
    """A header's values. Raises WireError where it is none."""
    try:
        values = json.loads(header)
    except (ValueError, RecursionError):
        raise WireError from None
    if not isinstance(values, dict):
        raise WireError
    return values


def heading_ids(value: object) -> HeadingIds:
    """How headings are named, of a header; `unknown` for what is none of the ways."""
    return next((ids for ids in get_args(HeadingIds) if ids == value), "unknown")


def written_anchors(anchors: Sequence[Anchor]) -> list[list[str]]:
    """Anchors as a value of a header."""
    return [[anchor.heading, anchor.fragment] for anchor in few_enough(anchors)]


def read_anchors(value: object) -> tuple[Anchor, ...]:
    """The anchors that `written_anchors` wrote. Raises WireError for anything else."""
    pairs = value if isinstance(value, list) else []
    if not all(isinstance(pair, list) and len(pair) == 2 and all(isinstance(p, str) for p in pair) for pair in pairs):
        raise WireError
    return few_enough([Anchor(heading, fragment(unquote(written))) for heading, written in pairs])


class Readable(Protocol):
    """A stream whose reads give all that was asked for, or what there is before it ends."""

    def read(self, size: int, /) -> bytes: ...


def receive(stream: Readable) -> tuple[Header, bytes] | None:
    """The next message of a stream, None where it has ended."""
    start = stream.read(LENGTHS.size)
    if len(start) < LENGTHS.size:
        return None
    header, body = lengths(start)
    return unpacked(stream.read(header)), stream.read(body)


def send(stream: BinaryIO, header: Header, body: bytes = b"") -> None:
    """Write a message."""
    for part in packed(header, body):
        stream.write(part)
    stream.flush()
