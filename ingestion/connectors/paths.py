"""What a path says of a document: whether the source wants it, and a title for documents that have none."""

import re
from collections.abc import Sequence
from pathlib import PurePosixPath

from ingestion.parse import READABLE_SUFFIXES


class WantedPaths:
    """The readable files that `include` and `exclude` choose.

    Both are globs over a path relative to the source's root: `*` is anything but a slash, `**/` any folders, and a
    pattern without a slash is for names in any folder. What names a folder is for all that is in it. Hidden and
    temporary files and folders are never wanted.
    """

    def __init__(self, include: Sequence[str] | str = (), exclude: Sequence[str] | str = ()) -> None:
        self._include = _globs(include)
        self._exclude = _globs(exclude)

    def wants(self, path: str) -> bool:
        """Whether the file is a document of the source, by all the names on its path."""
        return (
            PurePosixPath(path).suffix.lower() in READABLE_SUFFIXES
            and not any(is_hidden(name) for name in path.split("/"))
            and (not self._include or _matches(self._include, path))
            and not _matches(self._exclude, path)
        )

    def enters(self, folder: str) -> bool:
        """Whether any file in the folder can be wanted."""
        return not _matches(self._exclude, folder)


def is_hidden(name: str) -> bool:
    """Whether a file or folder of this name is hidden, or a program's while it has a document open."""
    return name.startswith((".", "~$"))


def title_of(path: str) -> str:
    """A title from a file's name, or from its folder's where the file is an index."""
    file = PurePosixPath(path)
    name = file.parent.name if file.stem.lower() in ("index", "readme") and file.parent.name else file.stem
    words = re.sub(r"[-_\s]+", " ", name).strip() or file.name
    return words[:1].upper() + words[1:]


def _globs(patterns: Sequence[str] | str) -> Sequence[re.Pattern[str]]:
    return [_glob(pattern) for pattern in ([patterns] if isinstance(patterns, str) else patterns)]


def _matches(patterns: Sequence[re.Pattern[str]], path: str) -> bool:
    return any(pattern.match(path) for pattern in patterns)


def _glob(pattern: str) -> re.Pattern[str]:
    """The pattern as a regular expression for whole paths, and for those in a folder that it names."""
    anchored = (
        pattern.strip("/") if "/" in pattern.strip("/") or pattern.startswith("/") else f"**/{pattern.strip('/')}"
    )
    parts = {"**/": r"(?:[^/]+/)*", "**": r".*", "*": r"[^/]*", "?": r"[^/]"}
    regex = re.sub(
        r"\*\*/|\*\*|\*|\?|\[!?[^\]]+\]|.",
        lambda match: (
            parts.get(match[0]) or (match[0].replace("[!", "[^") if len(match[0]) > 1 else re.escape(match[0]))
        ),
        anchored,
        flags=re.DOTALL,
    )
    return re.compile(rf"{regex}(?:/.*)?\Z", re.DOTALL)
