"""What ends a sync in its midst, and the connector that lets it: between any two documents."""

from collections.abc import Callable, Iterator
from typing import Any

from ingestion.connectors import Connector, DocumentRef, RawDocument


class Interruption(BaseException):  # as KeyboardInterrupt, which it is like
    """Ends a sync, whatever it is doing; the message says why.

    No Exception: those that a document causes are caught, so that the others go on.
    """


class InterruptibleConnector:
    """Another connector, which calls `check` at each document that it lists or fetches."""

    def __init__(self, connector: Connector, check: Callable[[], None]) -> None:
        self._connector = connector
        self._check = check

    def list(self) -> Iterator[DocumentRef]:
        for ref in self._connector.list():
            self._check()
            yield ref
        self._check()

    def fetch(self, ref: DocumentRef) -> RawDocument:
        self._check()
        return self._connector.fetch(ref)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connector, name)
