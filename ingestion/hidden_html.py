"""What a page has and does not show: text that a style keeps from its readers is left out."""

import re
from collections.abc import Iterator
from typing import Any

from ingestion.hidden_style import Declarations, background, declarations, hides, is_alike, is_white

MOST_RULES = 300
"""Of a page's own style sheets that are looked at."""

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_AT_RULE = re.compile(r"@[\w-]+[^{};]*(?:;|\{(?:[^{}]|\{[^{}]*\})*\})")
_RULE = re.compile(r"([^{}]{1,500})\{([^{}]{0,2000})\}")
_SIMPLE = re.compile(r"[\w-]*(?:[.#][\w-]+)+|[a-z]\w*(?:-\w+)*")
_UNFOLDED_BY = ["aria-controls", "data-target", "data-bs-target", "data-tab", "aria-owns"]
_BUTTONS = ["button", "summary", "label"]

Styles = dict[int, tuple[Any, dict[str, str]]]
"""Elements by their identity, each with its declarations."""


def remove_hidden(soup: Any) -> bool:
    """Removes what is hidden from a page that BeautifulSoup read; whether there was any.

    What a click unfolds stays: the target of a button or of a link within the page, and what follows a button.
    """
    styles = _styles(soup)
    unfolded = _unfolded(soup)
    hidden = [
        each for each in soup.find_all(hidden=True) if each["hidden"] != "until-found" and not _unfolds(each, unfolded)
    ]
    hidden += soup(["template", "noscript"])
    hidden += [
        element
        for element, style in styles.values()
        if element.name not in ("html", "body")
        and hides(style)
        and not (style.get("display") == "none" and _unfolds(element, unfolded))
    ]
    foreign = soup.find("link", rel="stylesheet") is not None
    pale = [text for text in _coloured_text(styles) if _is_unreadable(text, styles, foreign)]
    for element in hidden:
        if not element.decomposed:
            element.decompose()
    for text in pale:
        text.extract()
    return bool(hidden or pale)


def _styles(soup: Any) -> Styles:
    """What the page itself says of how its elements look."""
    styles: Styles = {}

    def add(element: Any, style: Declarations) -> None:
        styles.setdefault(id(element), (element, {}))[1].update(style)

    for element in soup.find_all(["font", "body"], attrs={"color": True}):
        add(element, {"color": str(element["color"]).lower()})
    for element in soup.find_all(bgcolor=True):
        add(element, {"background-color": str(element["bgcolor"]).lower()})
    for element in soup.find_all(background=True):
        add(element, {"background-image": str(element["background"])})
    for selector, style in _own_rules(soup):
        for element in soup.select(selector):
            add(element, style)
    for element in soup.find_all(style=True):
        add(element, declarations(str(element["style"])))
    return styles


def _own_rules(soup: Any) -> list[tuple[str, Declarations]]:
    """The rules of the page's own style sheets that hide or colour what a class, an id or an element's name selects."""
    found: list[tuple[str, Declarations]] = []
    for sheet in soup("style"):
        if "print" in str(sheet.get("media", "")):
            continue
        text = _AT_RULE.sub("", _COMMENT.sub("", sheet.get_text()[:200_000]))
        for match in _RULE.finditer(text):
            style = declarations(match[2])
            if not (hides(style) or "color" in style or background(style)):
                continue
            found += [(name, style) for name in map(str.strip, match[1].split(",")) if _SIMPLE.fullmatch(name)]
            if len(found) >= MOST_RULES:
                return found[:MOST_RULES]
    return found


def _unfolded(soup: Any) -> set[str]:
    """The ids of what buttons and links within the page open."""
    names = {
        name.lstrip("#")
        for attribute in _UNFOLDED_BY
        for element in soup.find_all(attrs={attribute: True})
        for name in str(element[attribute]).split()
    }
    return names | {str(link["href"])[1:] for link in soup.find_all("a", href=re.compile("^#."))}


def _unfolds(element: Any, unfolded: set[str]) -> bool:
    if element.get("role") == "tabpanel" or str(element.get("id", "")) in unfolded:
        return True
    before = element.find_previous_sibling()
    return before is not None and (
        before.name in _BUTTONS or before.get("role") == "button" or before.find([*_BUTTONS]) is not None
    )


def _coloured_text(styles: Styles) -> Iterator[Any]:
    """The texts in elements that have a colour, each once."""
    seen: set[int] = set()
    for element, style in styles.values():
        if "color" in style:
            for text in element.find_all(string=True):
                if id(text) not in seen and text.strip():
                    seen.add(id(text))
                    yield text


def _is_unreadable(text: Any, styles: Styles, foreign: bool) -> bool:
    """Whether a text has the colour of what is behind it, as far as the page itself says what that is.

    Where a style sheet elsewhere (`foreign`) may give a class of an element around it any background, it is taken to be
    seen.
    """
    colour: str | None = None
    for around in text.parents:
        style = styles[id(around)][1] if id(around) in styles else {}
        colour = colour or style.get("color")
        behind = background(style)
        if behind is not None:
            return colour is not None and is_alike(colour, behind)
        if foreign and (around.get("class") or around.get("id")):
            return False
    return colour is not None and is_white(colour)
