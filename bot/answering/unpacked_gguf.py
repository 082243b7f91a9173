"""A GGUF file as a folder that transformers reads in a second: the file itself takes it many, each time anew."""

import glob
import hashlib
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import structlog

_log = structlog.get_logger(__name__)


def unpacked(file: Path, folder: Path, read: Callable[[], tuple[Any, Any]]) -> Path | None:
    """Where the model and the tokenizer of `file` are kept below `folder`, after `read` read them if they were not yet.

    They are kept in 16 bits, which is more than such files have for most of their numbers. None where there is no room
    for them: then they are read from the file again the next time.
    """
    kept = folder / f"{file.stem}-{_version(file)}"
    if kept.is_dir():
        return kept
    model, tokenizer = read()
    beside: Path | None = None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(prefix=".unpacking-", dir=folder))
        model.half().save_pretrained(beside)
        tokenizer.save_pretrained(beside)
        beside.rename(kept)
    except OSError as error:
        if beside is not None:
            shutil.rmtree(beside, ignore_errors=True)
        if kept.is_dir():  # another process was faster
            return kept
        _log.warning("gguf_not_unpacked", file=str(file), folder=str(folder), error=str(error))
        return None
    for older in folder.glob(f"{glob.escape(file.stem)}-{16 * '?'}"):
        if older != kept:
            shutil.rmtree(older, ignore_errors=True)
    return kept


def _version(file: Path) -> str:
    """What changes when the file does, or what reads it."""
    import transformers

    stat = file.stat()
    seen = f"{file.resolve()}\n{stat.st_size}\n{stat.st_mtime_ns}\n{transformers.__version__}"
    return hashlib.sha256(seen.encode()).hexdigest()[:16]
