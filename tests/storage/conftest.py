"""Folders for the embedded index, the real embedding model, and a disk that can be filled."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.embedder import SentenceTransformerEmbedder
from tests.embedders import real_embedder
from tests.memory_folder import memory_folder


@pytest.fixture(scope="session")
def embedder() -> SentenceTransformerEmbedder:
    return real_embedder()


@pytest.fixture
def index_folder(tmp_path: Path) -> Iterator[Path]:
    """A folder for an index, that is not there yet."""
    with memory_folder(tmp_path) as folder:
        yield folder


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 100 MB of its own; skips the test where this user may not mount one."""
    image, place = tmp_path / "disk.img", tmp_path / "disk"
    with image.open("wb") as file:
        file.truncate(100_000_000)
    place.mkdir()
    try:
        subprocess.run(["mkfs.ext4", "-q", "-m", "0", "-F", str(image)], check=True, capture_output=True)
        subprocess.run(["mount", "-o", "loop", str(image), str(place)], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("needs the right to mount a file system")
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)
