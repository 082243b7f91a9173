"""A folder in memory, for tests of the embedded index: its engine waits for the disk very often."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_MEMORY = Path("/dev/shm")
_PLENTY = 4_000_000_000


@contextmanager
def memory_folder(otherwise: Path) -> Iterator[Path]:
    """A path for a folder in memory where there is plenty of it, or in `otherwise`; gone afterwards."""
    if _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free > _PLENTY:
        with tempfile.TemporaryDirectory(prefix="lore-index-", dir=_MEMORY) as folder:
            yield Path(folder) / "index"
    else:
        yield otherwise / "index"
