"""The embedded index as a folder on a disk: shared, killed, damaged, full, and put in shape while it answers."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from storage import edge_folder
from storage.document import PUBLIC
from storage.index import Hit, IndexInUseError, IndexPoint, KnowledgeIndexError, collection_name
from storage.qdrant_edge import EdgeIndex
from tests.storage.index_points import BM25, point, point_id, scattered

ROOT = Path(__file__).parents[2]
COLLECTION = collection_name("a model")


@contextmanager
def opened(folder: Path) -> Iterator[EdgeIndex]:
    index = EdgeIndex(folder, "the tests")
    try:
        index.activate("a model", 8)
        yield index
    finally:
        index.close()


def filled(folder: Path, points: int) -> None:
    with opened(folder) as index:
        index.upsert([point(number, "leave") for number in range(points)])


def found(index: EdgeIndex, limit: int = 3) -> list[Hit]:
    return index.search(scattered(0), BM25.question("leave"), PUBLIC, limit, 0.5)


def program(code: str, *arguments: str | Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


HOLD = """
import sys
from pathlib import Path
from storage.qdrant_edge import EdgeIndex
from tests.storage.index_points import point
index = EdgeIndex(Path(sys.argv[1]), "lore serve")
index.activate("a model", 8)
index.upsert([point(number, "leave") for number in range(700)])
index.delete([point(number).id for number in range(100)])
print("holding", flush=True)
sys.stdin.read()
"""


def test_a_second_process_is_told_who_holds_the_index_and_gets_it_when_that_is_killed(index_folder: Path) -> None:
    holder = program(HOLD, index_folder)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "holding\n", holder.communicate()
    with pytest.raises(IndexInUseError) as refused:
        EdgeIndex(index_folder, "lore ask")
    assert f"in use by lore serve (process {holder.pid})" in str(refused.value)
    assert "QDRANT_URL" in str(refused.value)
    holder.send_signal(signal.SIGKILL)
    holder.communicate()
    with opened(index_folder) as index:
        assert sorted(index.ids()) == [point_id(number) for number in range(100, 700)]
        assert index.count() == 600


def test_a_second_index_on_one_folder_in_this_process_is_refused(index_folder: Path) -> None:
    with opened(index_folder), pytest.raises(IndexInUseError, match=f"the tests \\(process {os.getpid()}\\)"):
        EdgeIndex(index_folder, "another")


def test_another_thread_may_close_the_index(index_folder: Path) -> None:
    index = EdgeIndex(index_folder, "the tests")
    closing = threading.Thread(target=index.close)
    closing.start()
    closing.join()
    EdgeIndex(index_folder, "the tests").close()


def test_a_holder_that_left_no_name_is_another_process(index_folder: Path) -> None:
    with opened(index_folder):
        (index_folder / "holder.json").write_text("[]")
        with pytest.raises(IndexInUseError, match="in use by another process"):
            EdgeIndex(index_folder, "another")


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(KnowledgeIndexError, match=r"file/index.* cannot be made.*LORE_HOME"):
        EdgeIndex(tmp_path / "file" / "index", "the tests")


def test_an_index_without_a_model_says_so(index_folder: Path) -> None:
    index = EdgeIndex(index_folder, "the tests")
    with pytest.raises(KnowledgeIndexError, match="activate"):
        index.count()
    index.close()


DAMAGE = {
    "nothing in the settings": ("edge_config.json", b""),
    "garbage in the settings": ("segments/*/segment.json", b"\x7f" * 100),
    "nothing in the log": ("wal/open-1", b""),
    "garbage in the log": ("wal/open-1", b"\x7f" * 65_536),
    "nothing of the payloads": ("segments/*/payload_storage/tracker.dat", b""),
    "garbage in the ids": ("segments/*/mutable_id_tracker.mappings", b"\x7f" * 5_000),
    "nothing of the terms": ("segments/*/vector_storage-bm25/store/page_0.dat", b""),
    "what makes the engine panic": ("segments/*/vector_storage-bm25/deleted/status.dat", b""),
    "nothing of the vectors": ("segments/*/vector_storage-dense/vectors/chunk_0.mmap", b""),
    "garbage in the vectors": ("segments/*/vector_storage-dense/vectors/chunk_0.mmap", b"\x7f" * 65_536),
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of 300 points, to be copied."""
    folder = tmp_path_factory.mktemp("whole") / "index"
    filled(folder, 300)
    return folder


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_index_says_how_to_make_it_again_and_is_mended_by_that(
    damage: str, whole: Path, index_folder: Path
) -> None:
    edge_folder.copy(whole, index_folder)
    pattern, content = DAMAGE[damage]
    (file,) = (index_folder / COLLECTION).glob(pattern)
    if content:
        with file.open("r+b") as damaged:
            damaged.write(content)
    else:
        os.truncate(file, 0)
    index = EdgeIndex(index_folder, "the tests")

    def use() -> None:
        index.activate("a model", 8)
        found(index)

    with pytest.raises(KnowledgeIndexError, match=r"cannot be read .*Nothing is lost.*`lore reindex`"):
        use()
    index.reset("a model", 8)
    assert index.count() == 0
    index.upsert([point(1, "leave")])
    assert [hit.id for hit in found(index)] == [point_id(1)]
    index.close()


STOPPED_SWAPS = {
    "while the copy was being made": ({"": 3, ".1a2b3c4d.making": 0}, 3),
    "when the copy was whole": ({"": 3, ".new": 5}, 3),
    "when the old one was moved away": ({".old": 3, ".new": 5}, 5),
    "when the new one stood": ({"": 5, ".old": 3}, 5),
    "while the old one was being deleted": ({"": 5, ".old": 0}, 5),
}


@pytest.mark.parametrize("moment", STOPPED_SWAPS)
def test_a_swap_that_was_stopped_opens_to_one_whole_state(
    moment: str, index_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    states, points = STOPPED_SWAPS[moment]
    index_folder.mkdir(parents=True)
    for suffix, size in states.items():
        state = index_folder / f"{COLLECTION}{suffix}"
        if size:
            made = tmp_path_factory.mktemp("state") / "index"
            filled(made, size)
            edge_folder.copy(made / COLLECTION, state)
        else:
            (state / "segments").mkdir(parents=True)
            (state / "edge_config.json").write_text("{")
    with opened(index_folder) as index:
        assert sorted(index.ids()) == [point_id(number) for number in range(points)]
    assert sorted(path.name for path in index_folder.iterdir()) == sorted([COLLECTION, "holder.json", "lock"])


@pytest.mark.parametrize("step", [0, 1, 2])
def test_a_swap_stopped_after_each_of_its_renames_is_settled(step: int, tmp_path: Path) -> None:
    path, made = tmp_path / "state", tmp_path / "made"
    for folder, text in ((path, "old"), (made, "new")):
        folder.mkdir()
        (folder / "text").write_text(text)
    steps: list[Callable[[], object]] = [
        lambda: made.rename(tmp_path / "state.new"),
        lambda: path.rename(tmp_path / "state.old"),
        lambda: (tmp_path / "state.new").rename(path),
    ]
    for do in steps[: step + 1]:
        do()
    edge_folder.settle(path)
    assert (path / "text").read_text() == ("old" if step == 0 else "new")
    assert list(tmp_path.iterdir()) == [path]


def test_a_copy_is_equal_and_keeps_its_holes(whole: Path, tmp_path: Path) -> None:
    edge_folder.copy(whole, tmp_path / "copy")
    for file in filter(Path.is_file, whole.rglob("*")):
        assert (tmp_path / "copy" / file.relative_to(whole)).read_bytes() == file.read_bytes()
    assert edge_folder.bytes_on_disk(tmp_path / "copy") < 20_000_000


def test_optimizing_drops_what_was_deleted_and_keeps_the_rest(index_folder: Path) -> None:
    with opened(index_folder) as index:
        index.upsert([point(number, "leave") for number in range(1_200)])
        index.delete([point_id(number) for number in range(300)])
        before = found(index, 900)
        index.optimize()
        index.upsert([point(5_000, "leave")])
        assert sorted(index.ids()) == [point_id(number) for number in (*range(300, 1_200), 5_000)]
        after = found(index, 901)
    assert [hit.id for hit in before] == [hit.id for hit in after if hit.id != point_id(5_000)]
    with opened(index_folder) as index:
        assert index.count() == 901


def test_a_small_index_is_left_as_it_is(index_folder: Path) -> None:
    filled(index_folder, 100)
    with opened(index_folder) as index:
        before = sorted(path.name for path in (index_folder / COLLECTION / "segments").iterdir())
        index.optimize()
        assert sorted(path.name for path in (index_folder / COLLECTION / "segments").iterdir()) == before


POINTS, DIMENSION = 660, 4_096
"""Enough to be worth a graph: 10.8 MB."""


def test_the_index_answers_within_half_a_second_while_it_is_optimized(index_folder: Path) -> None:
    rng = np.random.default_rng(7)
    vectors = rng.normal(size=(POINTS, DIMENSION)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    terms = BM25.document("leave")
    index = EdgeIndex(index_folder, "the tests")
    index.activate("a model", DIMENSION)
    index.upsert([IndexPoint(point_id(n), vector, terms, PUBLIC) for n, vector in enumerate(vectors)])
    waits: list[float] = []
    done = threading.Event()

    def ask() -> None:
        while not done.is_set():
            begun = time.perf_counter()
            (best, *_) = index.search(vectors[7], BM25.question("leave"), PUBLIC, 3, 1.0)
            waits.append(time.perf_counter() - begun)
            assert best.id == point_id(7)

    asking = threading.Thread(target=ask)
    asking.start()
    begun = time.perf_counter()
    index.optimize()
    seconds = time.perf_counter() - begun
    done.set()
    asking.join()
    assert index.count() == POINTS
    assert sorted(index.ids()) == sorted(point_id(number) for number in range(POINTS))
    index.close()
    assert len(waits) > 10
    assert max(waits) < 0.5, f"of {len(waits)} searches in {seconds:.1f} s, one took {max(waits):.2f} s"


def test_points_that_are_put_again_are_optimized_again(index_folder: Path) -> None:
    def segments() -> set[str]:
        return {path.name for path in (index_folder / COLLECTION / "segments").iterdir()}

    points = [IndexPoint(point_id(n), scattered(n, DIMENSION), BM25.document("leave"), PUBLIC) for n in range(POINTS)]
    index = EdgeIndex(index_folder, "the tests")
    index.activate("a model", DIMENSION)
    index.upsert(points)
    index.optimize()
    before = segments()
    index.upsert(points, again=True)
    index.optimize()
    assert not before & segments()  # those would hold what was replaced, and be searched with the rest
    assert index.count() == POINTS
    index.close()


def test_an_optimizer_that_fails_leaves_the_index_answering(index_folder: Path) -> None:
    with opened(index_folder) as index:
        index.upsert([point(number, "leave") for number in range(1_200)])
        index.delete([point_id(number) for number in range(300)])
        (version,) = (index_folder / COLLECTION).glob("segments/*/version.info")
        version.write_text("of another time")
        with pytest.raises(KnowledgeIndexError, match=r"could not be optimized.*still answers"):
            index.optimize()
        assert index.count() == 900
        assert len(found(index)) == 3
        assert not list(index_folder.glob("*.making"))


def test_a_full_disk_is_named_and_what_was_written_stays(small_disk: Path) -> None:
    folder = small_disk / "index"
    filled(folder, 20)
    with (small_disk / "filler").open("wb") as filler:
        filler.write(bytes(shutil.disk_usage(small_disk).free - 5_000_000))
    with opened(folder) as index:
        for write in (
            lambda: index.upsert([point(number, "leave") for number in range(100, 200)]),
            lambda: index.delete([point_id(1)]),
            lambda: index.reset("a model", 8),
            lambda: index.activate("another model", 8),
        ):
            with pytest.raises(KnowledgeIndexError, match=r"is full: .*Free some space"):
                write()
    (small_disk / "filler").unlink()
    with opened(folder) as index:
        assert index.count() == 20
        assert len(found(index)) == 3
        index.upsert([point(number, "leave") for number in range(100, 200)])
        assert index.count() == 120


def test_an_index_that_cannot_be_made_says_why(index_folder: Path) -> None:
    limited = program(
        "import resource, sys\n"
        "from pathlib import Path\n"
        "from storage.index import KnowledgeIndexError\n"
        "from storage.qdrant_edge import EdgeIndex\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))\n"
        "try:\n"
        "    EdgeIndex(Path(sys.argv[1]), 'the tests').activate('a model', 8)\n"
        "except KnowledgeIndexError as error:\n"
        "    print(error)\n",
        index_folder,
    )
    said, errors = limited.communicate()
    assert "could not be made" in said, errors
    assert "that the disk has space" in said
    filled(index_folder, 3)
