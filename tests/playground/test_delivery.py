"""Deliveries whose connection breaks again and again: they hold up nobody else."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from playground.delivery import DeliveryError, Parcel
from playground.manifest import DEFAULT
from playground.slack import build_slack

MOST = 1_000


@dataclass
class Breaking:
    """A way to the app that is always there and breaks whenever it is used, MOST times at most."""

    tries: int = 0

    def is_ready(self) -> bool:
        return True

    async def ready(self) -> None:
        return None

    async def send(self, parcel: Parcel, timeout: float) -> dict[str, Any] | None:
        self.tries += 1
        raise DeliveryError("connection_lost", lost=True, final=self.tries == MOST)


def test_others_come_to_run_while_a_connection_breaks_at_every_try() -> None:
    async def story() -> None:
        slack, breaking = build_slack("http://127.0.0.1", DEFAULT, None), Breaking()
        slack.delivery.sockets = breaking
        slack.delivery.send_event({"event": {"type": "app_mention"}})
        for _ in range(3):
            await asyncio.sleep(0)
        assert 0 < breaking.tries < MOST
        await slack.close()

    asyncio.run(story())
