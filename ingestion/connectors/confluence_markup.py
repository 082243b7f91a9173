"""A page in Confluence's storage format (XHTML with macros) as Markdown: macros go, what they say stays."""

import html
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ingestion.alternative_text import picture_label
from ingestion.hidden_html import remove_hidden

if TYPE_CHECKING:
    from bs4 import BeautifulSoup, Tag

_CDATA = re.compile(r"<!\[CDATA\[(.*?)\]\]>", re.DOTALL)
_PANELS = {"info": "Info", "tip": "Tip", "note": "Note", "warning": "Warning", "panel": "", "success": "", "error": ""}
_CODE = ("code", "noformat")
_UNSEEN = ["ac:placeholder", "ac:task-id", "ac:task-uuid", "ac:adf-attribute", "ac:parameter", "ac:emoticon"]
"""Elements whose content no reader sees, once macros were read."""

_TEMPLATE_TAG = re.compile(r"\{(?=[{%#])")


def storage_to_markdown(
    storage: str, *, name_of: Callable[[str], str | None], page_url: Callable[[str | None, str], str | None]
) -> str:
    """The Markdown of a page's text.

    `name_of` gives the name of a mentioned person from an account id or a user key, None where there is none;
    `page_url` the address of a page from the key of its space (None: the page's own) and its title, or None.
    """
    from bs4 import BeautifulSoup

    # As text, since HTML has no CDATA outside of pictures and formulas.
    escaped = _CDATA.sub(lambda match: html.escape(match[1], quote=False), storage)
    soup = BeautifulSoup(escaped, "html.parser")
    remove_hidden(soup)
    _read_links(soup, name_of, page_url)
    _read_small_elements(soup)
    # Innermost first, so that a macro in a macro is read before the outer one takes its place.
    for macro in reversed(soup(["ac:structured-macro", "ac:macro"])):
        _read_macro(soup, macro)
    _read_tasks(soup)
    for node in soup("ac:adf-extension"):
        if node.find("ac:adf-content") is not None:
            for fallback in node("ac:adf-fallback"):
                fallback.decompose()
    for element in soup(_UNSEEN):
        element.decompose()
    _guard(soup)
    return _markdown(str(soup))


def _read_links(
    soup: "BeautifulSoup", name_of: Callable[[str], str | None], page_url: Callable[[str | None, str], str | None]
) -> None:
    for link in soup("ac:link"):
        words = link.find(["ac:link-body", "ac:plain-text-link-body"])
        person, page, file = (link.find(f"ri:{kind}") for kind in ("user", "page", "attachment"))
        post = link.find("ri:blog-post")
        target = page or post
        if person is not None:
            name = name_of(str(person.get("ri:account-id") or person.get("ri:userkey") or person.get("ri:username")))
            link.replace_with(f"@{name or 'someone'}")
        elif target is not None and target.get("ri:content-title"):
            title = str(target["ri:content-title"])
            shown = words.get_text() if words is not None else title
            # A blog post's address has its day in it, which a link does not always tell.
            address = page_url(_text(target, "ri:space-key"), title) if page is not None else None
            link.replace_with(_element(soup, "a", shown, href=address) if address else shown)
        elif words is not None:
            link.replace_with(words.get_text())
        elif file is not None:
            link.replace_with(str(file.get("ri:filename") or ""))
        else:
            link.replace_with(str(link.get("ac:anchor") or ""))


def _read_small_elements(soup: "BeautifulSoup") -> None:
    for time in soup("time"):
        if not time.get_text(strip=True):
            time.replace_with(str(time.get("datetime") or ""))
    for emoticon in soup("ac:emoticon"):
        fallback = str(emoticon.get("ac:emoji-fallback") or "")
        if fallback and not fallback.startswith(":"):
            emoticon.replace_with(fallback)
    for image in soup("ac:image"):
        caption = image.find("ac:caption")
        words = (
            caption.get_text(" ", strip=True) if caption is not None else picture_label(str(image.get("ac:alt") or ""))
        )
        image.replace_with(_element(soup, "em", words) if words else "")


def _read_macro(soup: "BeautifulSoup", macro: "Tag") -> None:
    name = str(macro.get("ac:name") or "")
    parameters = {
        str(parameter.get("ac:name") or ""): parameter.get_text(strip=True)
        for parameter in macro.find_all("ac:parameter", recursive=False)
    }
    plain = macro.find("ac:plain-text-body", recursive=False)
    rich = macro.find("ac:rich-text-body", recursive=False)
    title = parameters.get("title", "")
    if plain is not None:
        block = soup.new_tag("div")
        if title:
            block.append(_element(soup, "p", _element(soup, "strong", title)))
        code = _element(soup, "code", plain.get_text())
        if name in _CODE and parameters.get("language"):
            code["class"] = f"language-{parameters['language']}"
        block.append(_element(soup, "pre", code))
        macro.replace_with(block)
    elif rich is not None:
        block = soup.new_tag("blockquote" if name in _PANELS else "div")
        heading = title or _PANELS.get(name, "")
        if heading and (name in _PANELS or name == "expand"):
            block.append(_element(soup, "p", _element(soup, "strong", heading)))
        block.extend(list(rich.contents))
        macro.replace_with(block)
    elif name == "status":
        macro.replace_with(title)
    elif name == "jira" and parameters.get("key"):
        macro.replace_with(parameters["key"])
    else:
        macro.decompose()


def _read_tasks(soup: "BeautifulSoup") -> None:
    for task in soup("ac:task"):
        status, body = task.find("ac:task-status", recursive=False), task.find("ac:task-body", recursive=False)
        done = status is not None and status.get_text(strip=True) == "complete"
        item = _element(soup, "li", "[x] " if done else "[ ] ")
        if body is not None:
            item.extend(list(body.contents))
        task.replace_with(item)
    for tasks in soup("ac:task-list"):
        tasks.name = "ul"


def _guard(soup: "BeautifulSoup") -> None:
    """Keep what means something else in Markdown: bars in tables; template tags, which are words on a wiki."""
    for string in soup.find_all(string=re.compile(r"[|{]")):
        if string.find_parent("pre") is not None or string.find_parent("code") is not None:
            continue
        words = _TEMPLATE_TAG.sub(r"{\\", str(string))
        if string.find_parent(["td", "th"]) is not None:
            words = words.replace("|", r"\|")
        string.replace_with(words)


def _markdown(page: str) -> str:
    from markdownify import ATX, markdownify

    options: dict[str, Any] = {"heading_style": ATX, "strip": ["img"], "bullets": "-", "table_infer_header": True}
    try:
        markdown = markdownify(page, code_language_callback=_language, **options)
    except RecursionError:  # a thousand elements in one another: their words are all that is to be had
        markdown = html.unescape(re.sub(r"<[^<>]*>", " ", page))
    return re.sub(r"\n{3,}", "\n\n", markdown).strip()


def _language(pre: "Tag") -> str:
    classes = pre.code.get("class") if pre.code is not None else None
    return " ".join(classes if isinstance(classes, list) else [classes or ""]).removeprefix("language-")


def _element(soup: "BeautifulSoup", name: str, content: "Tag | str", **attributes: str) -> "Tag":
    element = soup.new_tag(name, attrs=attributes)
    element.append(content)
    return element


def _text(element: "Tag", attribute: str) -> str | None:
    value = element.get(attribute)
    return str(value) if value else None
