"""When documents were last changed: what is understood, whom a sync believes, and that it costs no reading anew."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from ingestion.connectors import RawDocument
from ingestion.connectors.slack_messages import latest
from ingestion.connectors.web_memory import Page as WebPage
from ingestion.connectors.web_reader import changed_at
from ingestion.moments import moment
from ingestion.parse import parse
from storage.document import PUBLIC
from storage.tables import DocumentRow
from tests.ingestion.conftest import Home
from tests.ingestion.scripted_source import Page

NOON = datetime(2024, 5, 3, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "written",
    [
        "2024-05-03",
        date(2024, 5, 3),
        "2024-05-03T14:00:00+02:00",
        "2024-05-03T12:00:00Z",
        "Fri, 03 May 2024 12:00:00 GMT",
        "3 May 2024",
        "May 3, 2024",
        NOON.timestamp(),
        str(NOON.timestamp() * 1000),
    ],
)
def test_dates_are_understood_as_they_are_written(written: object) -> None:
    assert moment(written) == NOON


@pytest.mark.parametrize("written", [None, "", "soon", True, 0, "1980-01-01", datetime.now(UTC) + timedelta(days=9)])
def test_what_is_no_date_or_cannot_be_one_is_none(written: object) -> None:
    assert moment(written) is None


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"---\ntitle: Leave\nlast_updated: 2024-05-03\n---\n\nText.", "leave.md"),
        (b"---\nlastmod: 3 May 2024\ndate: 2019-01-01\n---\n\nText.", "leave.md"),
        (b'<html><head><meta property="article:modified_time" content="2024-05-03"></head><p>Text.</p>', "leave.html"),
        (b'<script type="application/ld+json">{"dateModified": "2024-05-03"}</script><p>Text.</p>', "leave.html"),
    ],
)
def test_a_document_says_itself_when_it_was_changed(content: bytes, name: str) -> None:
    assert parse(RawDocument(content, name)).changed_at == NOON


def test_a_page_made_as_it_is_asked_for_is_not_said_to_be_new() -> None:
    page = WebPage("https://a.example/", asked=NOON.timestamp(), last_modified="Fri, 03 May 2024 11:59:58 GMT")
    assert changed_at(page) is None
    assert changed_at(WebPage("https://a.example/", asked=NOON.timestamp() + 9e5, last_modified=page.last_modified))
    listed = WebPage("https://a.example/", asked=NOON.timestamp(), lastmod="2024-05-03", last_modified="nonsense")
    assert changed_at(listed) == NOON


def test_a_thread_is_as_new_as_its_latest_message() -> None:
    first = {"ts": "1700000000.000100", "latest_reply": f"{NOON.timestamp():.6f}", "edited": {"ts": "1700000100.0"}}
    assert latest(first) == NOON


def test_a_source_dates_its_documents_and_what_they_say_themselves_goes_before(home: Home) -> None:
    home.connector.pages = {
        "leave": Page(b"# Leave\n\nYou get 27 days.", changed_at=NOON),
        "wifi": Page(b"---\nupdated: 2021-02-01\n---\n\nAsk reception.", changed_at=NOON),
        "pay": Page(b"# Pay\n\nOn the 25th."),
    }
    home.sync()
    assert dates(home) == {"leave": NOON, "wifi": datetime(2021, 2, 1, 12, tzinfo=UTC), "pay": None}
    [passage, *_] = home.knowledge.search("You get 27 days.", PUBLIC, 50).passages
    assert passage.document.changed_at in dates(home).values()


def test_a_document_without_a_date_gets_it_without_being_read_again(home: Home) -> None:
    home.connector.pages = {"leave": Page(b"# Leave\n\nYou get 27 days.")}
    home.sync()
    home.connector.pages["leave"].changed_at = NOON
    home.connector.taken()
    home.sync()
    assert dates(home) == {"leave": NOON}
    assert home.connector.taken() == []


def dates(home: Home) -> dict[str, datetime | None]:
    with home.database.session() as session:
        rows = session.execute(select(DocumentRow.external_id, DocumentRow.changed_at))
        return {row.external_id: row.changed_at for row in rows}
