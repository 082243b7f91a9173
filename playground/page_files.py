"""Files that are dropped on the page go into one folder; folders of documents can be read."""

from __future__ import annotations

import os
import secrets
import unicodedata
from pathlib import Path
from typing import Any

from starlette.requests import Request

from playground.errors import PlaygroundError
from playground.page_options import PageOptions

Json = dict[str, Any]

NAME_BYTES = 200
FORBIDDEN = frozenset('/\\:*?"<>|')


class DroppedFiles:
    """The drop folder. Raises PlaygroundError, with what to do, for whatever does not go into it."""

    def __init__(self, options: PageOptions) -> None:
        self._folder = options.drop_folder
        self._most = options.most_bytes

    def limits(self) -> Json | None:
        """{"most_bytes"}, or None where nothing can be dropped."""
        return None if self._folder is None else {"most_bytes": self._most}

    def list(self) -> list[Json]:
        """[{"name", "size", "changed"}] of what lies in the folder, by name."""
        if self._folder is None or not self._folder.is_dir():
            return []
        found = []
        for path in sorted(self._folder.iterdir()):
            if path.is_file() and not path.is_symlink() and not path.name.startswith("."):
                status = path.stat()
                found.append({"name": path.name, "size": status.st_size, "changed": status.st_mtime})
        return found

    async def take(self, name: str, request: Request) -> Json:
        """Writes the request's body to a file of this name, whole or not at all; an older one is replaced."""
        target = self._path(name)
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.is_dir():
            raise PlaygroundError(f"There is a folder named {name} already; give the file another name.")
        # Hidden until it is whole, so that whoever watches the folder never reads half of it.
        beside = target.with_name(f".{secrets.token_hex(8)}.part")
        try:
            size = 0
            with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                async for piece in request.stream():
                    size += len(piece)
                    if size > self._most:
                        raise PlaygroundError(f"{name} is larger than {self._most / 1e6:g} MB, the most that is taken.")
                    file.write(piece)
            beside.replace(target)
        finally:
            beside.unlink(missing_ok=True)
        return {"name": target.name, "size": size}

    def _path(self, name: str) -> Path:
        if self._folder is None:
            raise PlaygroundError("No files are taken here: start the playground with --drop-folder.")
        name = unicodedata.normalize("NFC", name)
        if not name.strip(" .") or name.startswith(".") or len(name.encode()) > NAME_BYTES:
            raise PlaygroundError(f"{name!r} is no name for a file here: it is empty, hidden or too long.")
        if any(character in FORBIDDEN or unicodedata.category(character).startswith("C") for character in name):
            raise PlaygroundError(f'{name!r} is no name for a file here: it may have no / \\ : * ? " < > |.')
        return self._folder / name


def readable_file(options: PageOptions, folder: str, path: str) -> Path | None:
    """The file at `path` of the folder of this name, or None where there is none to be read."""
    root = options.folders.get(folder)
    if root is None or any(part.startswith(".") or not part for part in path.split("/")) or "\0" in path:
        return None
    real = root.resolve()
    found = (real / path).resolve()
    return found if found.is_file() and found.is_relative_to(real) else None
