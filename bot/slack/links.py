"""Addresses: which may become a link, and which text may stand on one."""

import re
from urllib.parse import quote, urlsplit

_URL_LIKE = re.compile(
    r"\w://|\bwww\.|[\w-]\.(?:com|org|net|edu|gov|mil|int|info|biz|io|dev|app|co|ai|me|eu|uk|de)\b", re.IGNORECASE
)


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
    return bool(_URL_LIKE.search(text)) and not re.match(rf"{re.escape(_bare(text))}(?:[/?#:]|$)", _bare(url))


def _bare(address: str) -> str:
    return re.sub(r"^(?:https?://)?(?:www\.)?", "", address.strip(), flags=re.IGNORECASE).rstrip("/")
