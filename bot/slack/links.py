"""Addresses: which may become a link, which text may stand on one, and where text has what Slack makes a link of."""

import re
from collections.abc import Iterator
from urllib.parse import quote, urlsplit

_DOMAINS = (
    "com|org|net|edu|gov|mil|int|info|biz|io|dev|app|co|ai|me|eu|uk|de|us|ru|cn|fr|link|site|online|xyz|top|click"
)
_HOST_LIKE = re.compile(r"(?<![\w@.-])[\w-]+(?:\.[\w-]+)*\.([^\W\d_]{2,24})(?![\w-])")
_FILES = frozenset(
    "md mdx markdown qmd txt rst adoc html htm xhtml pdf doc docx docm ppt pptx pptm ppsx xls xlsx xlsm csv tsv eml "
    "msg js ts jsx tsx py rb java go rs sh bat sql css json yml yaml toml ini cfg conf xml svg png jpg jpeg gif zip gz "
    "log env".split()
)
"""Endings of files' names, which are no names of hosts to a reader, whatever countries have them."""

_ADDRESS = re.compile(
    r"(?<![\w.+-])[a-z][a-z0-9+.-]{1,30}://[^\s<>\[\]|]+"
    r"|(?<![\w.-])(?:www\.|(?:mailto|tel|sms|javascript|vbscript|data|file|slack):)[^\s<>\[\]|]+"
    r"|[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+"
    rf"|(?<![\w@.-])(?:[\w-]+\.)+(?:{_DOMAINS})\b(?:[:/?#][^\s<>\[\]|]*)?",
    re.IGNORECASE,
)
_AFTER_ADDRESS = ".,;:!?'\"”’»*_~`…。！？"


def web_link(url: str) -> str | None:
    """`url` as it can stand in any of Slack's link syntaxes, or None if it is no http(s) address."""
    try:
        parts = urlsplit(url.strip())
        host, named = parts.hostname, parts.username is not None
    except ValueError:
        return None
    if parts.scheme.lower() not in ("http", "https") or not host or named:  # https://bank.example@evil.example/
        return None
    return quote(url.strip(), safe="!#$%&'*+,-./:;=?@[]_~", errors="replace")


def names_another_address(text: str, url: str) -> bool:
    """Whether a link to `url` under this text would look as if it led elsewhere."""
    return _looks_like_address(text) and not re.match(rf"{re.escape(_bare(text))}(?:[/?#:]|$)", _bare(url))


def addresses(text: str) -> Iterator[tuple[int, int]]:
    """Where `text` has what Slack would make a link of by itself: begin and end of each, without what punctuates it."""
    for match in _ADDRESS.finditer(text):
        address = match[0].rstrip(_AFTER_ADDRESS)
        while address.endswith(")") and address.count(")") > address.count("("):
            address = address[:-1].rstrip(_AFTER_ADDRESS)
        if address:
            yield match.start(), match.start() + len(address)


def _looks_like_address(text: str) -> bool:
    if _ADDRESS.search(text) or "://" in text:
        return True
    return any(match[1].lower() not in _FILES for match in _HOST_LIKE.finditer(text))


def _bare(address: str) -> str:
    return re.sub(r"^(?:https?://)?(?:www\.)?", "", address.strip(), flags=re.IGNORECASE).rstrip("/")
