"""An HTML page's main content as Markdown."""

import logging
import re
from datetime import datetime
from typing import Any

from ingestion.anchors import html_anchors
from ingestion.hidden_html import remove_hidden
from ingestion.html_tables import escape_bars, fill_spans
from ingestion.moments import moment
from ingestion.page_banners import remove_banners
from ingestion.parsed_document import ParsedDocument
from ingestion.template_tags import without_template_tags

LEAST_SHARE = 0.6
"""Of a page's text outside of navigation: what extraction must keep to be believed to have found the main content."""

_STRUCTURE = (r"^#+ ", r"^\|", r"^\s*(?:[-*]|\d+\.) ")
"""Headings, table rows and list items."""

_CHANGED = {"article:modified_time", "og:updated_time", "last-modified", "dcterms.modified", "datemodified"}
_DATE_MODIFIED = re.compile(r'"dateModified"\s*:\s*"([^"]{8,40})"')

_ASIDE = ["script", "style", "noscript", "template", "nav", "aside", "form", "svg", "iframe"]

_DECLARED = re.compile(r"<!doctype[^<>\[]*\[.*?\]\s*>", re.DOTALL | re.IGNORECASE)
"""A document type with declarations in it: the HTML parser takes their end for text."""


def parse_html(text: str, *, has_ids: bool = False) -> ParsedDocument:
    """The title from `<title>` or the first heading. Navigation, cookie banners, footers and hidden text are left out.

    With `has_ids`, the ids of the text are those of the page that people are led to.
    """
    from bs4 import BeautifulSoup

    text = without_template_tags(re.sub(r"\A\s*---\w*[ \t]*\n.*?\n---[ \t]*\n", "", text, flags=re.DOTALL))
    text = _DECLARED.sub("", text, count=1)
    text = re.sub(r"""\shref\s*=\s*(?:""|'')""", "", text)
    soup = BeautifulSoup(text, "lxml")
    changed_at = _changed_at(soup)
    anchors = html_anchors(soup) if has_ids else ()
    hidden = remove_hidden(soup)
    title = _title(soup)
    if hidden | remove_banners(soup) | fill_spans(soup):
        text = str(soup)
    for element in soup(_ASIDE):
        element.decompose()
    for element in soup(["header", "footer"]):
        if element.find_parent(["main", "article"]) is None:
            element.decompose()
    main = soup.find("main") or soup.find("article") or soup.body or soup
    whole = _markdown(main)
    extracted = _extracted(text)
    return ParsedDocument(title, extracted if _is_faithful(extracted, whole) else whole, anchors, changed_at)


def _is_faithful(extracted: str, whole: str) -> bool:
    """Whether an extraction kept most of the words, and of the headings, rows and list items that carry them."""
    words = r"\w+"
    return all(
        len(re.findall(pattern, extracted, re.MULTILINE)) >= LEAST_SHARE * len(re.findall(pattern, whole, re.MULTILINE))
        for pattern in (words, *_STRUCTURE)
    )


def _title(soup: Any) -> str | None:
    """The page's title; its first heading where the title is that and the site's name."""
    title, heading = (
        " ".join(element.get_text(" ").split()) if element is not None else "" for element in (soup.title, soup.h1)
    )
    return (heading if heading and heading in title else title or heading) or None


def _changed_at(soup: Any) -> datetime | None:
    """When the page says of itself that it was last changed."""
    for meta in soup("meta"):
        name = str(meta.get("property") or meta.get("name") or meta.get("itemprop") or "").lower()
        if name in _CHANGED and (found := moment(meta.get("content"))):
            return found
    for script in soup("script", type="application/ld+json"):
        told = _DATE_MODIFIED.search(script.get_text())
        if told and (found := moment(told[1])):
            return found
    return None


def _extracted(text: str) -> str:
    import trafilatura

    # It logs what it discards, and discarding is its work.
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    options: dict[str, Any] = {"include_links": True, "include_tables": True, "include_comments": False, "fast": True}
    try:
        return trafilatura.extract(text, output_format="markdown", include_formatting=True, **options) or ""
    except (ValueError, RecursionError, AttributeError, TypeError):
        return ""


def html_to_markdown(html: str) -> str:
    """All of an HTML text as Markdown, without pictures and what is hidden."""
    from bs4 import BeautifulSoup

    soup = BeautifulSoup(html, "lxml")
    remove_hidden(soup)
    for element in soup(["script", "style", "head", "template"]):
        element.decompose()
    fill_spans(soup)
    return _markdown(soup)


def _markdown(element: Any) -> str:
    """An element that BeautifulSoup read, as Markdown. It is changed on the way."""
    from markdownify import ATX, MarkdownConverter

    escape_bars(element)
    converter: Any = MarkdownConverter(heading_style=ATX, strip=["img"], bullets="-")
    try:
        markdown = converter.process_tag(element)
    except RecursionError:
        return str(element.get_text(" "))
    return re.sub(r"\n{3,}", "\n\n", markdown).strip()
