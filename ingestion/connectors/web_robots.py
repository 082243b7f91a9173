"""What the robots.txt of each site allows: https://www.rfc-editor.org/rfc/rfc9309."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from ingestion.connectors.web_fetch import Answer, UnavailableError
from ingestion.connectors.web_memory import OpenMemory

if TYPE_CHECKING:
    from protego import Protego

OUR_NAME = "Lore"
"""In robots.txt, where a group for it goes before the one for all."""


class Robots:
    """The rules of sites, each asked for once."""

    def __init__(self, get: Callable[[str], Answer], memory: OpenMemory) -> None:
        self._get = get
        self._memory = memory
        self._rules: dict[str, Protego | UnavailableError] = {}

    def allow(self, url: str) -> bool:
        """Whether an address may be asked for. Raises UnavailableError where its site does not say."""
        return bool(self._of(url).can_fetch(url, OUR_NAME))

    def delay(self, url: str) -> float:
        """Seconds that its site wants between two requests."""
        return float(self._of(url).crawl_delay(OUR_NAME) or 0.0)

    def sitemaps(self, url: str) -> Sequence[str]:
        """The addresses of sitemaps that the robots.txt of an address's site names."""
        return list(self._of(url).sitemaps)

    def _of(self, url: str) -> "Protego":
        site = "/".join(url.split("/", 3)[:3])
        if site not in self._rules:
            self._rules[site] = self._read(site)
        rules = self._rules[site]
        if isinstance(rules, UnavailableError):
            raise rules
        return rules

    def _read(self, site: str) -> "Protego | UnavailableError":
        from protego import Protego

        try:
            answer = self._get(f"{site}/robots.txt")
        except UnavailableError as error:
            # What it said last still holds; a site that never said may allow nothing.
            text = self._memory.robots(site)
            return (
                UnavailableError(f"{error} Its robots.txt has to be read first.")
                if text is None
                else Protego.parse(text)
            )
        text = answer.content.decode("utf-8", "replace") if answer.status < 300 else ""
        self._memory.remember_robots(site, text)
        return Protego.parse(text)
