"""Which addresses are a web source's own, and how an address is written so that a page has one."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urljoin

import httpx

MOST_CHARACTERS = 2_000
"""Of an address. Longer ones are made by mistakes of a site, again and again from one another."""

_TRACKING = re.compile(
    r"utm_\w+|gclid|dclid|gbraid|wbraid|gclsrc|fbclid|msclkid|yclid|igshid|twclid|ttclid|li_fat_id|mc_cid|mc_eid|_ga|_gl|"
    r"_hsenc|_hsmi|__hs\w+|hsctatracking|mkt_tok|vero_id|oly_enc_id|oly_anon_id|phpsessid|jsessionid",
    re.IGNORECASE,
)
"""Names of parameters that say where a visitor came from, and nothing of the page."""

_PORTS = {"http": 80, "https": 443}
_NAME = re.compile(r"[a-z0-9._-]+")
_UNRESERVED = re.compile(r"[A-Za-z0-9\-._~]")


def normalized(url: str, base: str | None = None) -> str | None:
    """The address in the form that all ways of writing it share, without fragment and tracking parameters.

    `base` is the page that a relative address stands on. None where it is no address of the web: another scheme, one
    with a user's name in it, or no address at all.
    """
    try:
        joined = urljoin(base, url.strip()) if base else url.strip()
        if len(joined) > MOST_CHARACTERS:
            return None
        parsed = httpx.URL(joined)
        host, port = parsed.raw_host.decode("ascii").rstrip("."), parsed.port
    except (ValueError, httpx.InvalidURL):
        return None
    if parsed.scheme not in _PORTS or parsed.userinfo or not (_NAME.fullmatch(host) or ":" in host):
        return None
    host = f"[{host}]" if ":" in host else host
    port = None if port == _PORTS[parsed.scheme] else port
    path, _, query = parsed.raw_path.decode("ascii").partition("?")
    kept = [part for part in query.split("&") if part and not _TRACKING.fullmatch(part.partition("=")[0])]
    site = f"{parsed.scheme}://{host}" + (f":{port}" if port else "")
    return site + _escaped_alike(path) + (f"?{_escaped_alike('&'.join(kept))}" if kept else "")


def _escaped_alike(text: str) -> str:
    def alike(match: re.Match[str]) -> str:
        character = chr(int(match[1], 16))
        return character if _UNRESERVED.fullmatch(character) else match[0].upper()

    return re.sub(r"%([0-9A-Fa-f]{2})", alike, text)


def host_and_port(url: str) -> str:
    """`host`, or `host:port` where the port is not the scheme's own, of a normalized address."""
    return url.split("/", 3)[2]


def names_port(url: str) -> bool:
    """Whether a normalized address has a port that is not its scheme's own."""
    return re.search(r":\d+\Z", host_and_port(url)) is not None


def with_and_without_www(urls: Iterable[str]) -> Sequence[str]:
    """The hosts of these addresses, and the same with `www.` before them or without it."""
    hosts = [host_and_port(url) for url in urls]
    return list(dict.fromkeys(name for host in hosts for name in (host, host.removeprefix("www."), f"www.{host}")))


_ANY_SITE = r"https?://[^/]+/"


class Hosts:
    """Hosts by their names, in which `*` is any characters of a name. Only a scheme's own port need not be named."""

    def __init__(self, patterns: Iterable[str]) -> None:
        patterns = list(patterns)
        if wrong := [pattern for pattern in patterns if "/" in pattern or not pattern.strip()]:
            raise ValueError(f"{wrong[0]!r} is no host: write it without http:// and without a path")
        self._patterns = [_pattern(pattern.strip().lower(), star=r"[^:/\[\]]*") for pattern in patterns]

    def __contains__(self, host: object) -> bool:
        return isinstance(host, str) and any(pattern.fullmatch(host) for pattern in self._patterns)


@dataclass(frozen=True)
class Scope:
    """What belongs to a source: `hosts`, and the patterns of the addresses to take and to leave out.

    In a pattern `*` is anything. One with `://` in it is for whole addresses, another for what comes after the host.
    """

    hosts: Hosts
    include: Sequence[re.Pattern[str]] = ()
    exclude: Sequence[re.Pattern[str]] = ()

    def reaches(self, url: str) -> bool:
        """Whether a normalized address may be asked for on the way to a page."""
        return host_and_port(url) in self.hosts and not _matches(self.exclude, url)

    def wants(self, url: str) -> bool:
        """Whether the page at a normalized address is one of the source's."""
        return self.reaches(url) and (not self.include or _matches(self.include, url))


def address_patterns(patterns: Sequence[str] | str) -> Sequence[re.Pattern[str]]:
    """Patterns of addresses, compiled."""
    return [
        _pattern(pattern, star=".*") if "://" in pattern else _pattern(pattern.removeprefix("/"), ".*", _ANY_SITE)
        for pattern in ([patterns] if isinstance(patterns, str) else patterns)
    ]


def _pattern(pattern: str, star: str, before: str = "") -> re.Pattern[str]:
    return re.compile(before + re.escape(pattern).replace(r"\*", star))


def _matches(patterns: Sequence[re.Pattern[str]], url: str) -> bool:
    return any(pattern.fullmatch(url) for pattern in patterns)
