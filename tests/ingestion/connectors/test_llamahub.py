"""LlamaIndex readers as sources: its own, and small ones here with the habits of those that people install."""

import gc
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from llama_index.core.readers.base import BaseReader
from llama_index.core.schema import Document

from ingestion.connectors import ConnectorError, DocumentRef
from ingestion.connectors.llamahub import LlamaHubConnector
from ingestion.parse import parse
from tests.ingestion.conftest import Home

FOLDER_READER = "llama_index.core.readers.SimpleDirectoryReader"
STRINGS_READER = "llama_index.core.readers.StringIterableReader"


class WikiReader(BaseReader):
    """Reads pages from a list, one at a time, as a wiki's reader would; fails at a page that is None."""

    def __init__(self, pages: list[dict[str, Any] | None], api_token: str = "") -> None:
        self.pages = pages
        self.api_token = api_token

    def lazy_load_data(self, *args: Any, **load: Any) -> Iterator[Document]:
        for page in self.pages:
            if page is None:
                raise RuntimeError(f"401 for the token {self.api_token}")
            if load.get("space") in (None, page.get("space")):
                yield Document(**page.get("given", {}), text=page["text"], metadata=page.get("metadata", {}))


NOT_A_READER = object()


def wiki(*pages: dict[str, Any] | None, **keys: Any) -> LlamaHubConnector:
    arguments = {"pages": list(pages), **keys.pop("arguments", {})}
    return LlamaHubConnector(f"{__name__}.WikiReader", arguments=arguments, **keys)


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for temporary files that a test can look into."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


def listed(connector: LlamaHubConnector) -> dict[str, DocumentRef]:
    refs = list(connector.list())
    assert len({ref.id for ref in refs}) == len(refs)
    return {ref.id: ref for ref in refs}


def test_a_folder_read_by_llamaindex_has_its_files_as_documents(tmp_path: Path) -> None:
    pages = tmp_path / "pages"
    pages.mkdir()
    (pages / "leave.md").write_text("# Leave\n\nThirty days.")
    (pages / "office.txt").write_text("Harbour street 1\nOslo")
    connector = LlamaHubConnector(FOLDER_READER, arguments={"input_dir": str(pages)})
    refs = listed(connector)
    assert list(refs) == [str(pages / "leave.md"), str(pages / "office.txt")]
    leave, office = refs.values()
    assert (leave.title, leave.url) == ("leave", (pages / "leave.md").as_uri())
    assert (leave.audience, office.audience) == (None, None)
    assert parse(connector.fetch(leave)).title == "Leave"
    assert parse(connector.fetch(office)).markdown == "Harbour street 1  \nOslo"
    assert listed(connector) == refs


def test_strings_without_any_place_are_known_by_their_text() -> None:
    texts = ["I went to the store.", "I bought an apple.", "I bought an apple.", "  "]
    connector = LlamaHubConnector(STRINGS_READER, load={"texts": texts})
    refs = listed(connector)
    assert [ref.title for ref in refs.values()] == ["I went to the store.", "I bought an apple."]
    assert [connector.fetch(ref).content.decode() for ref in refs.values()] == texts[:2]
    assert listed(connector) == refs


def test_an_id_is_the_readers_own_unless_it_is_random() -> None:
    page = str(uuid.uuid4())
    refs = listed(
        wiki(
            {"text": "a", "given": {"id_": "PAGE-1"}},
            {"text": "b", "given": {"id_": page}, "metadata": {"page_id": page}},
            {"text": "c", "metadata": {"url": "https://wiki.example/c", "source": "wiki"}},
            {"text": "d", "metadata": {"source": "https://wiki.example/d"}},
            {"text": "e", "metadata": {"file_path": "/docs/e.pdf", "page_label": "1"}},
            {"text": "f", "metadata": {"file_path": "/docs/e.pdf", "page_label": "2"}},
            {"text": "g", "metadata": {"url": "https://wiki.example/c"}},
        )
    )
    last = list(refs)[-1]
    assert list(refs)[:-1] == [
        "PAGE-1",
        page,
        "https://wiki.example/c",
        "https://wiki.example/d",
        "/docs/e.pdf#1",
        "/docs/e.pdf#2",
    ]
    assert last.startswith("https://wiki.example/c#")
    assert refs["https://wiki.example/d"].url == "https://wiki.example/d"
    assert refs["/docs/e.pdf#2"].url == "file:///docs/e.pdf"


def test_a_revision_changes_with_the_text_and_with_what_is_said_of_it() -> None:
    page = {"text": "# Leave", "given": {"id_": "1"}, "metadata": {"title": "Leave"}}
    first = listed(wiki(page))["1"]
    assert listed(wiki(page))["1"] == first
    assert listed(wiki({**page, "text": "# Leaves"}))["1"].revision != first.revision
    renamed = listed(wiki({**page, "metadata": {"title": "Holidays"}}))["1"]
    assert (renamed.title, renamed.revision == first.revision) == ("Holidays", False)


def test_what_load_data_takes_is_handed_to_it() -> None:
    pages = [{"text": name, "given": {"id_": name}, "space": name} for name in ("hr", "it")]
    assert list(listed(wiki(*pages, load={"space": "it"}))) == ["it"]


def test_a_lazy_reader_is_read_one_document_at_a_time() -> None:
    refs = wiki({"text": "a", "given": {"id_": "a"}}, None).list()
    assert next(refs).id == "a"
    with pytest.raises(ConnectorError):
        next(refs)


def test_a_failing_reader_is_an_error_that_shows_no_token() -> None:
    connector = wiki({"text": "a"}, None, arguments={"api_token": "s3cret"})
    with pytest.raises(ConnectorError, match="WikiReader failed: RuntimeError: 401 for the token •••") as raised:
        listed(connector)
    assert "s3cret" not in str(raised.value)
    with pytest.raises(ConnectorError, match="unexpected keyword argument 'colour'"):
        listed(wiki(arguments={"colour": "red"}))


def test_what_was_loaded_waits_in_a_folder_of_its_own_and_goes_with_the_connector(temporary: Path) -> None:
    connector = wiki({"text": "a", "given": {"id_": "a"}})
    ref = listed(connector)["a"]
    (folder,) = temporary.iterdir()
    assert folder.stat().st_mode & 0o077 == 0
    listed(connector)
    assert len(list(temporary.iterdir())) == 1
    assert connector.fetch(ref).content == b"a"
    del connector
    gc.collect()
    assert list(temporary.iterdir()) == []


def test_a_document_that_was_not_loaded_now_is_said() -> None:
    ref = listed(wiki({"text": "a"})).popitem()[1]
    with pytest.raises(ConnectorError, match="is gone: sync again"):
        wiki().fetch(ref)


@pytest.mark.parametrize(
    ("reader", "said"),
    [
        ("MarkdownReader", "is no import path"),
        ("llama_index.readers.nowhere_at_all.NowhereReader", "pip install llama-index-readers-nowhere-at-all"),
        ("llama_index.core.readers.Nothing", "has no Nothing"),
        (f"{__name__}.NOT_A_READER", "is no reader: it has no load_data"),
    ],
)
def test_a_reader_that_is_none_is_said(reader: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        LlamaHubConnector(reader)


def test_changes_and_deletions_follow_in_a_sync(tmp_path: Path, home: Home) -> None:
    pages = tmp_path / "pages"
    pages.mkdir()
    for name in ("leave", "salary", "travel"):
        (pages / f"{name}.md").write_text(f"# {name.title()}\n\nAll about {name}.")
    connector = LlamaHubConnector(FOLDER_READER, arguments={"input_dir": str(pages)})
    home.source = replace(home.source, connector=connector)
    report = home.sync()
    assert (report.added, report.failed, report.error) == (3, 0, None)
    home.embedder.taken()
    assert home.sync().changed == 0
    (pages / "leave.md").write_text("# Leave\n\nThirty days of holiday.")
    (pages / "travel.md").unlink()
    report = home.sync()
    assert (report.changed, report.removed) == (1, 1)
    assert len(home.embedder.taken()) == 1
    assert home.found("holiday")[0] == str(pages / "leave.md")
