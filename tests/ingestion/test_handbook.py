"""The whole of a real handbook, read and cut: 246 pages with front matter, template tags and HTML, in Markdown."""

import re
import time
from pathlib import Path

import pytest

from ingestion.alternative_text import picture_label
from ingestion.chunk import chunk
from ingestion.connectors.files import FilesConnector
from ingestion.parse import ParsedDocument, parse
from tests.ingestion.test_chunk import WINDOW, count_tokens

PAGES = Path(__file__).parents[3] / "shared" / "data" / "handbook-18f" / "pages"
CODE = re.compile(r"^[ \t]*(```+).*?^[ \t]*\1[ \t]*$|`[^`\n]+`", re.MULTILINE | re.DOTALL)
LINK_TARGET = re.compile(r"\]\([^)]*\)|\]\[[^\]]*\]|^\[[^\]]+\]:|&\w+;|https?://\S+", re.MULTILINE)

pytestmark = pytest.mark.skipif(
    not PAGES.is_dir(), reason=f"THE REAL HANDBOOK IS MISSING: put it at {PAGES} to test reading on real pages"
)


@pytest.fixture(scope="module")
def handbook() -> dict[str, ParsedDocument]:
    """Every document of the handbook by its id."""
    connector = FilesConnector(PAGES)
    return {ref.id: parse(connector.fetch(ref)) for ref in connector.list()}


def test_every_page_is_read_and_has_a_title(handbook: dict[str, ParsedDocument]) -> None:
    assert len(handbook) == 249
    assert [id for id, page in handbook.items() if not page.title] == ["index.html"]


def test_no_template_tag_reaches_a_reader_outside_of_code_about_tags(handbook: dict[str, ParsedDocument]) -> None:
    for id, page in handbook.items():
        prose = CODE.sub("", page.markdown)
        assert not re.search(r"\{%|%\}|\{\{|\}\}|\{[#:.]", prose), id


def test_tags_stay_in_the_code_that_is_about_tags(handbook: dict[str, ParsedDocument]) -> None:
    code = "\n".join(match[0] for match in CODE.finditer(handbook["updating-the-handbook/shortcodes.md"].markdown))
    assert '{% slack_channel "tts-handbook" %}' in code
    assert "{% raw %}" not in code


def test_no_html_reaches_a_reader(handbook: dict[str, ParsedDocument]) -> None:
    for id, page in handbook.items():
        prose = CODE.sub("", page.markdown)
        assert not re.search(r"<!--|</?(?:div|br|table|t[dhr]|li|ul|h\d|button|details|a|strong)\b", prose), id


def test_what_every_tag_says_is_kept(handbook: dict[str, ParsedDocument]) -> None:
    for id, page in handbook.items():
        source = re.sub(r"\{% raw %\}.*?\{% endraw %\}", "", (PAGES / id).read_text(), flags=re.DOTALL)
        for channel in re.findall(r'\{% *slack_channel\s+"#?([^"]+)"', source):
            assert f"#{channel}" in page.markdown, id
        for alt in re.findall(r'\{% *image "[^"]+" "([^"]+)" *%\}', source):
            assert picture_label(alt) in page.markdown, id
        for target in re.findall(r'\]\(\{% *page\s+"/?([^"]+)" *%\}\)', source):
            assert f"](/{target.strip().lstrip('/')})" in page.markdown, id


def test_every_chunk_fits_and_every_word_is_in_one(handbook: dict[str, ParsedDocument]) -> None:
    for id, page in handbook.items():
        made = chunk(page.title or id, page.markdown, count_tokens, WINDOW)
        assert made, id
        assert all(count <= WINDOW for count in count_tokens([each.embedded for each in made])), id
        seen = " ".join([page.title or "", *(each.text for each in made), *(" ".join(each.heading) for each in made)])
        prose = LINK_TARGET.sub(" ", CODE.sub("", page.markdown))
        words = re.findall(r"[A-Za-z]{4,}", prose)
        assert not set(words) - set(re.findall(r"[A-Za-z]{4,}", seen)), id


def test_reading_and_cutting_the_handbook_takes_seconds(handbook: dict[str, ParsedDocument]) -> None:
    """Embedding it takes a minute and more; what comes before must not add a tenth to that."""
    connector = FilesConnector(PAGES)
    began = time.process_time()
    for ref in connector.list():
        page = parse(connector.fetch(ref))
        chunk(page.title or ref.title, page.markdown, count_tokens, WINDOW)
    assert time.process_time() - began < 6
