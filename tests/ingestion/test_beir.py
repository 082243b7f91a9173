"""A corpus in BEIR's format as a source."""

import json
from pathlib import Path

import pytest

from ingestion.connectors import ConnectorError, DocumentRef, RawDocument
from ingestion.connectors.beir import BeirConnector
from ingestion.parse import parse
from storage.document import PUBLIC
from tests.ingestion.conftest import Home


def corpus(folder: Path, *lines: object) -> Path:
    text = "".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines)
    (folder / "corpus.jsonl").write_text(text, encoding="utf-8")
    return folder


ONE = {"_id": "1", "title": "Leave", "text": "25 days of paid leave."}
TWO = {"_id": "2", "title": "", "text": "Überstunden werden bezahlt 🏖 ."}
THREE = {"_id": 3, "text": "No title."}


def listed(folder: Path, only: set[str] | None = None) -> tuple[BeirConnector, list[DocumentRef]]:
    connector = BeirConnector(folder, only)
    return connector, list(connector.list())


def test_documents_are_listed_in_order_and_fetched_in_any(tmp_path: Path) -> None:
    connector, refs = listed(corpus(tmp_path, ONE, TWO, THREE))
    assert [(ref.id, ref.title, ref.url, ref.audience) for ref in refs] == [
        ("1", "Leave", "", None),
        ("2", "", "", None),
        ("3", "", "", None),
    ]
    texts = [parse(connector.fetch(ref)).markdown for ref in reversed(refs)]
    assert texts == ["No title.", "Überstunden werden bezahlt 🏖 .", "25 days of paid leave."]


def test_only_the_documents_that_are_asked_for_are_listed(tmp_path: Path) -> None:
    connector, refs = listed(corpus(tmp_path, ONE, TWO, THREE), {"3", "1", "7"})
    assert [ref.id for ref in refs] == ["1", "3"]
    assert connector.fetch(refs[1]).content == b"No title."


def test_a_revision_changes_with_the_document_and_with_no_other(tmp_path: Path) -> None:
    _, before = listed(corpus(tmp_path, ONE, TWO))
    _, after = listed(corpus(tmp_path, {**ONE, "title": "Holidays"}, TWO))
    assert before[0].revision != after[0].revision
    assert before[1].revision == after[1].revision


def test_empty_lines_are_no_documents(tmp_path: Path) -> None:
    connector, refs = listed(corpus(tmp_path, ONE, "", TWO, "", ""))
    assert [connector.fetch(ref).content.decode() for ref in refs] == [ONE["text"], TWO["text"]]


def test_a_document_of_a_title_alone_can_be_found_by_it(tmp_path: Path) -> None:
    connector, (ref,) = listed(corpus(tmp_path, {"_id": "1", "title": "Leave of absence", "text": ""}))
    assert connector.fetch(ref) == RawDocument(b"Leave of absence", "1.txt", "text/plain; charset=utf-8")


def test_text_that_no_encoding_holds_is_read_all_the_same(tmp_path: Path) -> None:
    connector, (ref,) = listed(corpus(tmp_path, r'{"_id": "\ud800", "title": "a\u0000b", "text": "c\udfffd"}'))
    assert (ref.id, ref.title, connector.fetch(ref).content) == ("?", "ab", b"c?d")


@pytest.mark.parametrize("line", ["{", "[]", "7", '{"text": "no id"}', '{"_id": "1"}'])
def test_a_line_that_is_no_document_is_named_and_ends_the_listing(tmp_path: Path, line: str) -> None:
    with pytest.raises(ConnectorError, match=r"corpus\.jsonl, line 2, is no BEIR document"):
        listed(corpus(tmp_path, ONE, line))


def test_bytes_that_are_no_text_are_named(tmp_path: Path) -> None:
    (tmp_path / "corpus.jsonl").write_bytes(b'{"_id": "1", "text": "\xff\xfe"}\n')
    with pytest.raises(ConnectorError, match="line 1, is no BEIR document"):
        listed(tmp_path)


def test_a_missing_corpus_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConnectorError, match=r"corpus\.jsonl cannot be read: No such file"):
        listed(tmp_path)


def test_a_corpus_that_changed_since_it_was_listed_is_not_read_at_the_old_places(tmp_path: Path) -> None:
    connector, refs = listed(corpus(tmp_path, ONE, TWO))
    corpus(tmp_path, TWO, ONE)
    with pytest.raises(ConnectorError, match="was changed after it was listed: sync again"):
        connector.fetch(refs[1])
    (tmp_path / "corpus.jsonl").unlink()
    with pytest.raises(ConnectorError, match="cannot be read"):
        connector.fetch(refs[0])


def test_a_corpus_is_synced_and_found(home: Home, tmp_path: Path) -> None:
    home.source = type(home.source)("beir", "beir", BeirConnector(corpus(tmp_path, ONE, TWO, THREE)), PUBLIC)
    assert home.sync().added == 3
    assert home.found("paid leave")[0] == "1"
    corpus(tmp_path, {**ONE, "title": "Holidays"}, TWO, THREE)
    assert home.sync().changed == 1
    assert home.knowledge.search("paid leave", PUBLIC).passages[0].document.title == "Holidays"
