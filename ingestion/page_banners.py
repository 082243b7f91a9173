"""What a site lays over its pages or puts around them in plain boxes: cookie banners and menus."""

import re
from typing import Any

LONGEST_BANNER = 3_000
"""Characters. What is longer is a page about cookies."""

_NAMES = re.compile(r"cookie|consent|gdpr|onetrust|cookiebot|usercentrics|didomi|truste|cc-window", re.IGNORECASE)
_BOXES = ["div", "section", "dialog", "form", "span"]


def remove_banners(soup: Any) -> bool:
    """Removes them from a page that BeautifulSoup read; whether there were any."""
    banners = [box for box in soup.find_all(_BOXES) if _is_named_so(box) and _is_banner(box)]
    banners += soup.find_all(_BOXES, role=re.compile("^(?:navigation|menu|menubar|search)$"))
    for banner in banners:
        if not banner.decomposed:
            banner.decompose()
    return bool(banners)


def _is_named_so(box: Any) -> bool:
    names = box.get("class") or []
    return (
        _NAMES.search(" ".join([str(box.get("id") or ""), *([names] if isinstance(names, str) else names)])) is not None
    )


def _is_banner(box: Any) -> bool:
    return box.find(["main", "article", "h1"]) is None and len(box.get_text()) <= LONGEST_BANNER
