"""How the pages that a source's links lead to name their headings: as lore.toml says, or as a well-known host does."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from ingestion.connectors import HeadingIds

_WAYS: Mapping[str, HeadingIds] = {"github": "github", "gitlab": "gitlab"}


def heading_ids(link: str, anchors: str | None, otherwise: HeadingIds) -> HeadingIds:
    """By the key `anchors` of the source where that is set, else by what a document's link is made of.

    Raises ValueError for `anchors` that are not known.
    """
    if anchors is not None:
        if anchors not in _WAYS:
            raise ValueError(f'`anchors` is {anchors!r}: it can be "github" or "gitlab", or be left out')
        return _WAYS[anchors]
    if "/blob/" not in link:
        return otherwise
    host = urlsplit(link).hostname or ""
    # There, a page that shows another kind of file than Markdown is not the file.
    return next((way for name, way in _WAYS.items() if name in host), otherwise)
