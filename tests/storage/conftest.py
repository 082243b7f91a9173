"""Folders for the embedded index, the real embedding model, and a disk that can be filled."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.embedder import SentenceTransformerEmbedder
from tests.embedders import real_embedder

_MEMORY = Path("/dev/shm")


@pytest.fixture(scope="session")
def embedder() -> SentenceTransformerEmbedder:
    return real_embedder()


@pytest.fixture
def index_folder(tmp_path: Path) -> Iterator[Path]:
    """A folder for an index: in memory, where there is plenty, as the engine waits for the disk very often."""
    if _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free > 4_000_000_000:
        with tempfile.TemporaryDirectory(prefix="lore-index-", dir=_MEMORY) as folder:
            yield Path(folder) / "index"
    else:
        yield tmp_path / "index"


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
