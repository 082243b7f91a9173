"""The documents of a folder: all of them, and none that are not its own."""

import os
import time
from pathlib import Path

import pytest

from ingestion.connectors import Connector, ConnectorError, DocumentRef
from ingestion.connectors.files import FilesConnector
from ingestion.sync import Source
from storage.document import PUBLIC
from tests.ingestion.conftest import Home


def put(folder: Path, *names: str, content: bytes = b"Text.") -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def ids(connector: Connector) -> list[str]:
    return [ref.id for ref in connector.list()]


def reference(id: str) -> DocumentRef:
    return DocumentRef(id, "", "", "")


class TestListing:
    def test_readable_files_are_listed_by_their_path_in_the_order_of_their_names(self, tmp_path: Path) -> None:
        put(
            tmp_path,
            "b.md",
            "a/z.PDF",
            "a/deep/er.docx",
            "c.html",
            "rates.csv",
            "picture.png",
            "program.exe",
            "Makefile",
        )
        assert ids(FilesConnector(tmp_path)) == ["a/deep/er.docx", "a/z.PDF", "b.md", "c.html", "rates.csv"]

    def test_hidden_and_temporary_files_are_left_out(self, tmp_path: Path) -> None:
        put(tmp_path, ".git/a.md", "sub/.obsidian/b.md", ".c.md", "~$open.docx", "d.md")
        assert ids(FilesConnector(tmp_path)) == ["d.md"]

    @pytest.mark.parametrize(
        ("include", "exclude", "listed"),
        [
            (["*.md"], [], ["a.md", "hr/b.md", "hr/old/c.md"]),
            ("hr", [], ["hr/b.md", "hr/d.pdf", "hr/old/c.md"]),
            (["hr/*.md"], [], ["hr/b.md"]),
            (["hr/**/*.md"], [], ["hr/b.md", "hr/old/c.md"]),
            (["/*.md"], [], ["a.md"]),
            ([], ["old"], ["a.md", "hr/b.md", "hr/d.pdf"]),
            ([], ["hr/old/", "*.pdf"], ["a.md", "hr/b.md"]),
            (["[ab].md"], [], ["a.md", "hr/b.md"]),
            (["[!a].md"], [], ["hr/b.md", "hr/old/c.md"]),
            (["?.pdf"], [], ["hr/d.pdf"]),
        ],
    )
    def test_globs_choose(self, tmp_path: Path, include: list[str], exclude: list[str], listed: list[str]) -> None:
        put(tmp_path, "a.md", "hr/b.md", "hr/old/c.md", "hr/d.pdf")
        assert ids(FilesConnector(tmp_path, include=include, exclude=exclude)) == listed

    def test_the_revision_changes_with_the_file_and_only_then(self, tmp_path: Path) -> None:
        put(tmp_path, "a.md")
        connector = FilesConnector(tmp_path)
        [before] = connector.list()
        assert list(connector.list()) == [before]
        put(tmp_path, "a.md", content=b"Other text.")
        [after] = connector.list()
        assert before.revision != after.revision

    def test_links_out_of_the_folder_round_in_circles_or_to_nothing_are_not_followed(self, tmp_path: Path) -> None:
        source = tmp_path / "source"
        put(tmp_path, "secret/passwords.md", "secret.md")
        put(source, "a.md", "sub/b.md")
        (source / "out").symlink_to(tmp_path / "secret")
        (source / "out.md").symlink_to(tmp_path / "secret.md")
        (source / "sub" / "round").symlink_to(source)
        (source / "self").symlink_to(source / "self")
        (source / "gone.md").symlink_to(source / "nothing.md")
        (source / "again.md").symlink_to(source / "sub" / "b.md")
        assert ids(FilesConnector(source)) == ["a.md", "again.md", "sub/b.md"]

    def test_links_that_lead_to_each_other_end(self, tmp_path: Path) -> None:
        put(tmp_path, "a/one.md", "b/two.md")
        (tmp_path / "a" / "to_b").symlink_to(tmp_path / "b")
        (tmp_path / "b" / "to_a").symlink_to(Path("..") / "a")
        assert ids(FilesConnector(tmp_path)) == ["a/one.md", "a/to_b/two.md", "b/to_a/one.md", "b/two.md"]

    def test_a_folder_reached_by_a_link_is_listed(self, tmp_path: Path) -> None:
        put(tmp_path, "real/a.md")
        (tmp_path / "link").symlink_to(tmp_path / "real")
        assert ids(FilesConnector(tmp_path / "link")) == ["a.md"]

    def test_any_file_name_can_be_listed_and_fetched(self, tmp_path: Path) -> None:
        names = [b"with space & #hash?.md", "Übersicht 日本.md".encode(), b"latin-\xe9.md", b"new\nline.md"]
        for name in names:
            Path(os.fsdecode(os.path.join(os.fsencode(tmp_path), name))).write_bytes(name)  # noqa: PTH118
        connector = FilesConnector(tmp_path, url="https://x.org/")
        refs = list(connector.list())
        assert sorted(connector.fetch(ref).content for ref in refs) == sorted(names)
        for ref in refs:
            ref.id.encode()
            assert ref.url.isascii()
            assert " " not in ref.url

    def test_ten_thousand_files_are_listed_within_a_second(self, tmp_path: Path) -> None:
        for folder in range(100):
            put(tmp_path, *(f"{folder}/{number}.md" for number in range(100)))
        began = time.process_time()
        assert len(ids(FilesConnector(tmp_path, exclude=["drafts", "*.tmp"]))) == 10_000
        assert time.process_time() - began < 1


class TestAddresses:
    @pytest.mark.parametrize(
        ("url", "name", "address"),
        [
            ("https://x.org/", "travel/leave.md", "https://x.org/travel/leave"),
            ("https://x.org", "index.md", "https://x.org/"),
            ("https://x.org/", "travel/index.md", "https://x.org/travel"),
            ("https://x.org/", "travel/index.html", "https://x.org/travel"),
            ("https://x.org/", "forms/leave form.pdf", "https://x.org/forms/leave%20form.pdf"),
            (
                "https://github.com/a/b/blob/main/{path}",
                "travel/leave.md",
                "https://github.com/a/b/blob/main/travel/leave.md",
            ),
        ],
    )
    def test_a_page_s_link_is_made_from_the_folder_s_address(
        self, tmp_path: Path, url: str, name: str, address: str
    ) -> None:
        put(tmp_path, name)
        assert [ref.url for ref in FilesConnector(tmp_path, url=url).list()] == [address]

    def test_without_an_address_links_lead_to_the_file(self, tmp_path: Path) -> None:
        put(tmp_path, "a b.md")
        assert [ref.url for ref in FilesConnector(tmp_path).list()] == [f"file://{tmp_path}/a%20b.md"]

    @pytest.mark.parametrize(
        ("name", "title"),
        [("paid-parental_leave.md", "Paid parental leave"), ("travel/index.md", "Travel"), ("FAQ.md", "FAQ")],
    )
    def test_a_title_is_made_from_the_name(self, tmp_path: Path, name: str, title: str) -> None:
        put(tmp_path, name)
        assert [ref.title for ref in FilesConnector(tmp_path).list()] == [title]


class TestFailures:
    def test_a_missing_folder_is_named_with_what_to_do(self, tmp_path: Path) -> None:
        with pytest.raises(ConnectorError, match=r"nowhere does not exist: make it, or correct `path`"):
            ids(FilesConnector(tmp_path / "nowhere"))

    def test_a_file_is_no_folder(self, tmp_path: Path) -> None:
        put(tmp_path, "a.md")
        with pytest.raises(ConnectorError, match=r"a\.md is not a folder"):
            ids(FilesConnector(tmp_path / "a.md"))

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
    def test_what_may_not_be_read_fails_the_listing_or_the_fetch(self, tmp_path: Path) -> None:
        put(tmp_path, "a.md", "closed/b.md")
        (tmp_path / "closed").chmod(0)
        (tmp_path / "a.md").chmod(0)
        try:
            with pytest.raises(ConnectorError, match="closed cannot be listed"):
                ids(FilesConnector(tmp_path))
            with pytest.raises(ConnectorError, match=r"a\.md cannot be read"):
                FilesConnector(tmp_path).fetch(reference("a.md"))
            assert ids(FilesConnector(tmp_path, exclude=["closed"])) == ["a.md"]
        finally:
            (tmp_path / "closed").chmod(0o755)

    def test_a_folder_that_cannot_be_listed_fails_the_listing(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        put(tmp_path, "a.md", "closed/b.md")
        scandir = os.scandir

        def refusing(path: str) -> object:
            if str(path).endswith("closed"):
                raise PermissionError(13, "Permission denied")
            return scandir(path)

        monkeypatch.setattr(os, "scandir", refusing)
        with pytest.raises(ConnectorError, match=r"closed cannot be listed \(Permission denied\): let the user"):
            ids(FilesConnector(tmp_path))

    def test_a_file_that_vanished_is_said_to_have(self, tmp_path: Path) -> None:
        with pytest.raises(ConnectorError, match="was removed after it was listed"):
            FilesConnector(tmp_path).fetch(reference("a.md"))

    def test_a_file_too_large_is_not_read(self, tmp_path: Path) -> None:
        put(tmp_path, "a.md", content=bytes(2_001))
        with pytest.raises(ConnectorError, match=r"larger than 0\.002 MB: split it, exclude it, or raise"):
            FilesConnector(tmp_path, max_megabytes=0.002).fetch(reference("a.md"))

    @pytest.mark.parametrize("id", ["../secret.md", "/etc/passwd", "link.md"])
    def test_nothing_outside_of_the_folder_is_read(self, tmp_path: Path, id: str) -> None:
        put(tmp_path, "secret.md", "source/a.md")
        (tmp_path / "source" / "link.md").symlink_to(tmp_path / "secret.md")
        with pytest.raises(ConnectorError, match="outside of the source's folder"):
            FilesConnector(tmp_path / "source").fetch(reference(id))


class TestFilesThatChangeWhileTheyAreRead:
    @pytest.fixture
    def file(self, tmp_path: Path) -> Path:
        put(tmp_path, "a.md", content=b"First.")
        return tmp_path / "a.md"

    def test_a_file_is_read_again_when_it_was_changed_meanwhile(
        self, file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        changes = [b"Second and longer."]
        self.change_after_each_read(file, changes, monkeypatch)
        assert FilesConnector(file.parent).fetch(reference("a.md")).content == b"Second and longer."

    def test_a_file_that_is_written_all_the_time_is_left_to_the_next_sync(
        self, file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("ingestion.connectors.files.PAUSE_SECONDS", 0)
        self.change_after_each_read(file, [bytes(length) for length in range(10, 20)], monkeypatch)
        with pytest.raises(ConnectorError, match=r"a\.md is being written to: the next sync reads it again"):
            FilesConnector(file.parent).fetch(reference("a.md"))

    @staticmethod
    def change_after_each_read(file: Path, changes: list[bytes], monkeypatch: pytest.MonkeyPatch) -> None:
        fstat = os.fstat

        def stat_and_change(descriptor: int) -> os.stat_result:
            """What the connector asks just before it reads; the file is saved anew, under its name, just then."""
            status = fstat(descriptor)
            if changes and os.path.samestat(status, file.stat()):
                new = file.with_suffix(".new")
                new.write_bytes(changes.pop(0))
                new.replace(file)
            return status

        monkeypatch.setattr(os, "fstat", stat_and_change)


def test_a_mount_that_went_away_deletes_nothing(home: Home, tmp_path: Path) -> None:
    """What is left of it is an empty folder."""
    put(tmp_path, "mount/a.md", "mount/b.md")
    source = Source("share", "files", FilesConnector(tmp_path / "mount"), PUBLIC)
    assert home.syncs.sync(source).added == 2
    (tmp_path / "mount").rename(tmp_path / "elsewhere")
    (tmp_path / "mount").mkdir()
    report = home.syncs.sync(source)
    assert report.error is not None
    assert "lists nothing any more" in report.error
    assert sorted(home.found("text")) == ["a.md", "b.md"]
