"""A slow sync in a process of its own, for test_lease: python -m tests.ingestion.leased_sync URL FOLDER SECONDS.

It says "begun" when the first page is fetched, and at the end what came of it. Its lease is of that many seconds.
"""

import sys
import time
from pathlib import Path

from ingestion.connectors import DocumentRef, RawDocument
from ingestion.holder import Holder
from ingestion.lease import Leases
from ingestion.sync import Syncs
from storage.database import Database
from tests.ingestion.conftest import home_in
from tests.ingestion.scripted_source import ScriptedConnector, scripted_source

PAGES = 200


class SlowConnector(ScriptedConnector):
    """Takes a while for each page."""

    def fetch(self, ref: DocumentRef) -> RawDocument:
        if not self.fetched:
            print("begun", flush=True)
        time.sleep(0.05)
        return super().fetch(ref)


def pages(text: str) -> SlowConnector:
    connector = SlowConnector()
    for number in range(PAGES):
        connector.write(f"page{number}", f"# Page {number}\n\n{text} {number}.", text)
    return connector


def main(url: str, folder: Path, seconds: float) -> None:
    database = Database.open(url)
    home = home_in(database, folder)
    syncs = Syncs(database, home.knowledge, Leases(database, Holder("the slow one"), seconds))
    report = syncs.sync(scripted_source(pages("old")))
    print(report.error, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), float(sys.argv[3]))
