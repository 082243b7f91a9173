"""Brings events, commands and interactions to the app, and tries events again when it does not answer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, Protocol

from playground.changes import Change
from playground.events import events_of, may_have, wrap
from playground.faults import Faults
from playground.installation import Installation
from playground.timestamps import Timestamps
from playground.workspace import Workspace

Json = dict[str, Any]
Kind = Literal["events_api", "slash_commands", "interactive"]


@dataclass(frozen=True, slots=True)
class Pace:
    """How long Slack waits, in seconds: for an acknowledgement, between tries, and for a modal after what asked for it.

    https://docs.slack.dev/apis/events-api#retries: at once, after 1 minute, after 5.
    """

    ack_timeout: float = 3.0
    retry_delays: tuple[float, ...] = (0.0, 60.0, 300.0)
    trigger_lifetime: float = 3.0


@dataclass(frozen=True, slots=True)
class Parcel:
    """What is sent: a payload, which try it is (0 the first) and why the last one failed."""

    kind: Kind
    payload: Json
    attempt: int = 0
    reason: str = ""


@dataclass(slots=True)
class Receipt:
    """How one try went. `answer` is the body that the app answered with, if any."""

    kind: Kind
    event_type: str
    event_id: str
    attempt: int
    sent: float
    seconds: float | None = None
    error: str | None = None
    answer: Json | None = None

    def as_json(self) -> Json:
        """The try as the control API shows it."""
        return asdict(self)


class DeliveryError(Exception):
    """The app did not take a parcel: `reason` in Slack's word.

    `lost`: the connection went away, so the parcel waits for the next. `final`: the app wants no second try.
    """

    def __init__(self, reason: str, *, lost: bool = False, final: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.lost = lost
        self.final = final


class Transport(Protocol):
    """A way to the app: Socket Mode or HTTP."""

    async def ready(self) -> None:
        """Waits until something can be sent."""

    def is_ready(self) -> bool:
        """Whether something can be sent now."""

    async def send(self, parcel: Parcel, timeout: float) -> Json | None:
        """Sends and waits for the acknowledgement; its body if it had one. Raises DeliveryError."""


@dataclass(slots=True)
class Delivery:
    """Turns changes into events and sees them delivered, each in its own task so that none waits for another."""

    installation: Installation
    workspace: Workspace
    timestamps: Timestamps
    faults: Faults
    sockets: Transport
    http: Transport
    pace: Pace = field(default_factory=Pace)
    receipts: list[Receipt] = field(default_factory=list)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def on_change(self, change: Change) -> None:
        """Sends the app the events that it may have of a change."""
        for event in events_of(change, self.workspace, self.timestamps):
            if may_have(event, self.installation):
                self.send_event(wrap(event.body, self.installation))

    def send_event(self, payload: Json) -> None:
        """Delivers an `event_callback`, again if it is not acknowledged; twice when a fault says so."""
        self._start(self._deliver(Parcel("events_api", payload)))
        if self.faults.take_duplicate():
            self._start(self._deliver(Parcel("events_api", payload)))

    async def ask(self, kind: Kind, payload: Json) -> Receipt:
        """Delivers a command or an interaction, once: Slack shows the person an error rather than try again."""
        if not self._transport.is_ready():
            return self._receipt(Parcel(kind, payload), error="dispatch_failed")
        receipt, _ = await self._attempt(Parcel(kind, payload))
        return receipt

    def close(self) -> None:
        """Gives up on everything that is under way."""
        for task in self._tasks:
            task.cancel()

    @property
    def _transport(self) -> Transport:
        return self.http if self.installation.request_url else self.sockets

    async def _deliver(self, parcel: Parcel) -> None:
        delays = iter(self.pace.retry_delays)
        while True:
            await self._transport.ready()
            _, failure = await self._attempt(parcel)
            if failure is None or failure.final:
                return
            delay = 0.0 if failure.lost else next(delays, None)
            if delay is None:
                return
            await asyncio.sleep(delay)  # of 0 too: whoever tells of a lost connection must come to run
            parcel = Parcel(parcel.kind, parcel.payload, parcel.attempt + 1, failure.reason)

    async def _attempt(self, parcel: Parcel) -> tuple[Receipt, DeliveryError | None]:
        receipt = self._receipt(parcel)
        started = time.monotonic()
        failure = None
        try:
            receipt.answer = await self._transport.send(parcel, self.pace.ack_timeout)
        except DeliveryError as error:
            failure, receipt.error = error, error.reason
        receipt.seconds = time.monotonic() - started
        return receipt, failure

    def _receipt(self, parcel: Parcel, error: str | None = None) -> Receipt:
        event = parcel.payload.get("event", {})
        event_type = event.get("type") or parcel.payload.get("type") or parcel.payload.get("command", "")
        event_id = parcel.payload.get("event_id", "")
        receipt = Receipt(parcel.kind, event_type, event_id, parcel.attempt, time.time(), error=error)
        self.receipts.append(receipt)
        return receipt

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
