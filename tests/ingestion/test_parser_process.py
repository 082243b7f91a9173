"""Whatever a document does to what reads it, it costs bounded time and memory, and the next one is read."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from ingestion.connectors import RawDocument
from ingestion.parse import ParseError
from ingestion.parser_process import Limits, ParserProcesses
from tests.ingestion import hostile_files, sample_documents
from tests.ingestion.sample_pdfs import cyclic, scanned

PAGE = RawDocument(b"<h1>Leave</h1><p>You get 30 days.</p>", "leave.html")
SLOW = RawDocument(b"<table><tr><td>" * 100_000 + b"Leave", "slow.html")
"""A minute's work for a parser that takes it."""


@pytest.fixture(scope="module")
def processes() -> Iterator[ParserProcesses]:
    made = ParserProcesses(Limits(seconds=5, seconds_per_megabyte=0, memory=400_000_000))
    yield made
    made.close()


def children() -> list[psutil.Process]:
    """The parsing processes of this one that run."""
    running = [child for child in psutil.Process().children() if child.status() != psutil.STATUS_ZOMBIE]
    return [child for child in running if "parser_child" in " ".join(child.cmdline())]


def eventually(condition: Callable[[], bool], seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


class TestOneAfterTheOther:
    def test_documents_of_every_kind_are_read_by_one_process(self) -> None:
        processes = ParserProcesses()
        before = len(children())
        assert processes.parse(PAGE).title == "Leave"
        (process,) = children()[before:]
        for content, name in (
            (sample_documents.docx([("Normal", "About travel.")]), "a.docx"),
            (sample_documents.pdf(["About travel."]), "a.pdf"),
            (sample_documents.workbook({"S": [["About travel.", 1]]}), "a.xlsx"),
            (sample_documents.presentation([("T", "About travel.", "")]), "a.pptx"),
        ):
            assert "About travel." in processes.parse(RawDocument(content, name)).markdown
        assert children()[before:] == [process]
        assert not {"torch", "transformers", "sqlalchemy"} & _modules_of(process)
        processes.close()
        assert len(children()) == before

    def test_small_markdown_needs_no_process(self) -> None:
        before = len(children())
        assert ParserProcesses().parse(RawDocument(b"# Leave\n\nYou get 30 days.", "leave.md")).title == "Leave"
        assert len(children()) == before

    def test_a_page_takes_a_hundredth_of_a_second_more_at_most(self, processes: ParserProcesses) -> None:
        processes.parse(PAGE)
        begun = time.monotonic()
        for _ in range(100):
            processes.parse(RawDocument(b"# Leave\n\nYou get {{ days }} <b>days</b>.", "leave.md"))
        assert time.monotonic() - begun < 1.5

    def test_an_error_of_the_document_comes_back_as_it_is(self, processes: ParserProcesses) -> None:
        with pytest.raises(ParseError, match=r"secret\.pdf is encrypted"):
            processes.parse(RawDocument(sample_documents.pdf(["Text."], encrypted=True), "secret.pdf"))

    def test_a_process_that_was_idle_ends_and_another_one_goes_on(self) -> None:
        processes = ParserProcesses(Limits(idle_seconds=0.2))
        before = len(children())
        processes.parse(PAGE)
        assert eventually(lambda: len(children()) == before)
        assert processes.parse(PAGE).title == "Leave"
        processes.close()

    def test_a_process_is_replaced_after_so_many_documents(self) -> None:
        processes = ParserProcesses(Limits(documents=1))
        before = len(children())
        processes.parse(PAGE)
        assert len(children()) == before

    def test_it_sees_nothing_of_our_environment(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-secret")
        processes = ParserProcesses()
        before = {child.pid for child in children()}
        processes.parse(PAGE)
        (process,) = [child for child in children() if child.pid not in before]
        assert "SLACK_BOT_TOKEN" not in process.environ()
        processes.close()


class TestLimits:
    def test_a_document_that_takes_too_long_is_given_up_and_the_next_one_read(self) -> None:
        processes = ParserProcesses(Limits(seconds=0.5, seconds_per_megabyte=0))
        begun = time.monotonic()
        with pytest.raises(ParseError, match=r"slow\.html took more than .* seconds to read.*split it"):
            processes.parse(SLOW)
        assert time.monotonic() - begun < 8
        assert ParserProcesses().parse(PAGE).title == "Leave"

    def test_a_document_that_takes_too_much_memory_is_given_up(self, processes: ParserProcesses) -> None:
        with pytest.raises(ParseError, match=r"w\.xlsx takes more than 400 MB of memory"):
            processes.parse(RawDocument(hostile_files.wide_workbook(), "w.xlsx"))
        assert processes.parse(PAGE).title == "Leave"

    def test_a_crash_is_told_and_the_next_document_read(self) -> None:
        processes = ParserProcesses()
        before = {child.pid for child in children()}

        def crash() -> None:
            assert eventually(lambda: any(child.pid not in before for child in children()))
            (process,) = [child for child in children() if child.pid not in before]
            time.sleep(0.5)
            process.send_signal(signal.SIGSEGV)

        thread = threading.Thread(target=crash)
        thread.start()
        with pytest.raises(ParseError, match=r"slow\.html made the program that reads it crash"):
            processes.parse(SLOW)
        thread.join()
        assert processes.parse(PAGE).title == "Leave"
        processes.close()

    @pytest.mark.parametrize("busy", [False, True])
    def test_it_does_not_outlive_a_killed_parent(self, busy: bool, tmp_path: Path) -> None:
        code = (
            "import sys, psutil\nfrom pathlib import Path\nfrom ingestion.parser_process import ParserProcesses\n"
            "from tests.ingestion.test_parser_process import PAGE, SLOW\nprocesses = ParserProcesses()\n"
            "processes.parse(PAGE)\nprint(psutil.Process().children()[0].pid, flush=True)\n"
            + ("processes.parse(SLOW)" if busy else "sys.stdin.read()")
        )
        with subprocess.Popen(
            [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ}
        ) as parent:
            assert parent.stdout is not None
            child = psutil.Process(int(parent.stdout.readline()))
            time.sleep(0.3)
            parent.kill()
            assert eventually(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE, 5)


class TestHostileFiles:
    @pytest.mark.parametrize("name", hostile_files.office_files())
    def test_zip_bombs_xml_bombs_and_paths_out_of_the_archive_are_refused_at_once(
        self, name: str, processes: ParserProcesses
    ) -> None:
        content, part = hostile_files.office_files()[name]
        laughs = f'<?xml version="1.0"?>{hostile_files.DOCTYPE}<d>&l9;&file;</d>'
        processes.parse(PAGE)
        for hostile, said in (
            (hostile_files.zip_bomb(content, part, 250), "would unpack to more than"),
            (hostile_files.lying_zip(content, part, 50), "damaged"),
            (hostile_files.with_part(content, part, laughs.encode()), "declares XML entities"),
            (hostile_files.with_part(content, part, laughs.encode("utf-16")), "declares XML entities"),
            (hostile_files.with_part(content, "../../evil.xml", b"<a/>"), "names files outside of itself"),
        ):
            begun = time.monotonic()
            with pytest.raises(ParseError, match=said):
                processes.parse(RawDocument(hostile, name))
            assert time.monotonic() - begun < 5
            assert max(child.memory_info().rss for child in children()) < 250_000_000

    @pytest.mark.parametrize(
        ("content", "name"),
        [
            (b"<div>" * 50_000 + b"Leave", "deep.html"),
            (b"> " * 50_000 + b"Leave", "deep.md"),
            (b"<div><table><tr><td>" * 5_000 + b"Leave", "deep.md"),
            (b"---\na: " + b"[" * 100_000 + b"\n---\nLeave", "deep.md"),
            (f'<?xml version="1.0"?>{hostile_files.DOCTYPE}<html>Leave &l9;&file;</html>'.encode(), "bomb.xhtml"),
            (f'<?xml version="1.0"?>{hostile_files.DOCTYPE}<svg>Leave &l9;&file;</svg>'.encode(), "bomb.svg"),
            (b"<table><tr><td colspan=99999999 rowspan=99999999>Leave</td></tr><tr></tr></table>", "wide.html"),
        ],
    )
    def test_what_nests_or_repeats_without_end_is_read_as_far_as_it_makes_sense(
        self, content: bytes, name: str, processes: ParserProcesses
    ) -> None:
        begun = time.monotonic()
        text = processes.parse(RawDocument(content, name)).markdown
        assert "Leave" in text
        assert "haha" not in text.replace('"ha"', "")
        assert "root:" not in text
        assert len(text) < 2 * len(content) + 1_000
        assert time.monotonic() - begun < 10

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            (b"a,b\n" * 400_000, "more than 300,000 lines"),
            (b"a," * 400 + b"a\n" + (b"a," * 400 + b"a\n") * 1_000, "more than 300,000 cells"),
            (b"a" + b"," * 400_000 + b"b\n" + b"x\n" * 10_000, "of memory to read"),
        ],
    )
    def test_gigantic_tables_are_refused(self, content: bytes, said: str, processes: ParserProcesses) -> None:
        with pytest.raises(ParseError, match=said):
            processes.parse(RawDocument(content, "data.csv"))

    @pytest.mark.parametrize("content", [cyclic(), hostile_files.pdf_with_stream(200)], ids=["cyclic", "stream"])
    def test_pdfs_without_end_are_refused_in_time(self, content: bytes) -> None:
        processes = ParserProcesses(Limits(seconds=2, memory=300_000_000))
        begun = time.monotonic()
        with pytest.raises(ParseError, match=r"a\.pdf"):
            processes.parse(RawDocument(content, "a.pdf"))
        assert time.monotonic() - begun < 10
        processes.close()


class TestScans:
    TESSERACT = """#!/bin/sh
case "$1" in --list-langs) printf 'List of available languages (3):\\neng\\nosd\\ndeu\\n'; exit;; esac
head -c 9 | grep -q '^P5' && printf 'Recognised with %s %s of a page.\\n\\014' "$3" "$4"
"""

    def test_a_scan_is_read_by_tesseract_where_that_is_installed(self, tmp_path: Path) -> None:
        program = tmp_path / "tesseract"
        program.write_text(self.TESSERACT)
        program.chmod(0o755)
        processes = ParserProcesses(program_folders=(str(tmp_path), "/usr/bin", "/bin"))
        text = processes.parse(RawDocument(scanned(2), "scan.pdf")).markdown
        assert text == "Recognised with -l eng+deu of a page.\n\nRecognised with -l eng+deu of a page."
        processes.close()

    def test_without_it_the_message_names_it(self, tmp_path: Path) -> None:
        processes = ParserProcesses(program_folders=(str(tmp_path),))
        with pytest.raises(ParseError, match=r"scanned.*install the program tesseract"):
            processes.parse(RawDocument(scanned(), "scan.pdf"))
        processes.close()

    def test_more_pages_than_can_be_recognised_are_refused(self, tmp_path: Path) -> None:
        (tmp_path / "tesseract").touch()
        processes = ParserProcesses(Limits(most_scanned_pages=1), (str(tmp_path),))
        with pytest.raises(ParseError, match="has 2 pages, more than the 1"):
            processes.parse(RawDocument(scanned(2), "scan.pdf"))
        processes.close()


def _modules_of(process: psutil.Process) -> set[str]:
    """The names in the paths of the libraries in C that the process has loaded: most modules have some."""
    return {part for mapped in process.memory_maps() for part in Path(mapped.path).parts}
