"""An answer as a message: within Slack's limits whatever the answer, and with its sources and buttons."""

import json
from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.slack.render import (
    MARKDOWN_LIMIT,
    RenderedAnswer,
    notification,
    read_vote_value,
    render,
    slack_length,
    vote_value,
)
from playground.blocks import check_message_blocks
from storage.knowledge import DocumentLink
from storage.questions import Answer, Citation
from tests.slack.hostile import HOSTILE
from tests.slack.stage import LEAVE, TRAVEL, an_answer, blocks_of, passage

URLS = st.sampled_from(
    ["https://handbook.example/leave", "https://e.example/" + "x" * 900, "file:///a", "", "javascript:x"]
)
DOCUMENTS = st.builds(DocumentLink, st.text(max_size=5), HOSTILE, URLS | HOSTILE, st.just("s"))
LONG = st.tuples(HOSTILE, st.integers(1, 200)).map(lambda drawn: (drawn[0] + " [1] [2] ") * drawn[1])


@settings(max_examples=25, deadline=None)
@given(LONG, st.lists(DOCUMENTS, max_size=40), st.sampled_from(["answered", "abstained", "failed"]))
@example("word. " * 8_000, [LEAVE], "answered")
@example("x" * 40_000, [LEAVE], "answered")
@example("😀" * 20_000, [LEAVE], "answered")
@example("```\n" + "code\n" * 8_000, [], "answered")
@example("[1] " * 4_000, [DocumentLink("a", "t" * 5_000, "https://e.example/" + "x" * 900, "s")], "answered")
@example("", [], "answered")
def test_any_answer_is_within_slacks_limits(text: str, documents: list[DocumentLink], kind: str) -> None:
    passages = tuple(passage(document, rank) for rank, document in enumerate(documents, start=1))
    answer = an_answer("q", text, (), kind, "e1" if kind == "failed" else None)  # type: ignore[arg-type]
    citations = tuple(Citation(p.rank, p) for p in passages) if kind == "answered" else ()

    rendered = render(Answer(**{**vars(answer), "citations": citations, "passages": passages}), 1)

    check_message_blocks(json.loads(json.dumps(rendered.blocks)))
    check_message_blocks([{"type": "markdown", "text": rendered.streamed}, *rendered.below])
    assert 0 < slack_length(rendered.markdown) <= MARKDOWN_LIMIT
    assert len(rendered.notification) <= 300
    assert len(json.dumps(rendered.below)) < 9_000


def test_a_long_answer_ends_at_a_sentence_and_says_so() -> None:
    sentence = "This is one of very many sentences. [1] "

    rendered = render(an_answer("q", sentence * 600), 1)

    body, _, note = rendered.markdown.rpartition("\n\n")
    assert body.endswith("sentences. [1]")
    assert "longer than a Slack message" in note
    assert slack_length(body) > 9_000


def test_a_document_cited_twice_is_listed_once_with_both_numbers() -> None:
    answer = an_answer("q", "One. [1] Two. [2] Three. [3]", (LEAVE, TRAVEL, LEAVE))

    assert sources(render(answer, 1)) == f"*Sources*\n[1] [3] <{LEAVE.url}|Annual leave>\n[2] Travel"


def test_an_abstention_links_the_nearest_documents_that_it_names() -> None:
    said = f"I do not know. The nearest ones are:\n- [Annual leave]({LEAVE.url})\n- [Travel]({TRAVEL.url})"
    rendered = render(an_answer("q", said, (LEAVE, TRAVEL), "abstained"), 1)

    assert rendered.markdown == f"I do not know. The nearest ones are:\n\n- [Annual leave]({LEAVE.url})\n- Travel"
    assert [block["type"] for block in rendered.below] == ["context_actions"]


def test_a_failure_shows_its_id_and_has_no_buttons() -> None:
    rendered = render(an_answer("q", "Something went wrong.", (), "failed", "ab12cd34"), 1)

    assert "`ab12cd34`" in rendered.markdown
    assert not blocks_of({"blocks": rendered.blocks}, "context_actions")


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("<!channel> & co", "&lt;\u2060!channel&gt; &amp; co"),
        ("a|b>c", "a¦b&gt;c"),
        ("  \n ", "leave.md"),
        ("t" * 500, "t" * 149 + "…"),
    ],
)
def test_a_title_cannot_break_out_of_its_link(title: str, shown: str) -> None:
    answer = an_answer("q", "One. [1]", (DocumentLink("leave.md", title, LEAVE.url, "s"),))
    assert sources(render(answer, 1)) == f"*Sources*\n[1] <{LEAVE.url}|{shown}>"


def test_a_citation_leads_to_the_heading_of_its_passage() -> None:
    answer = an_answer("q", "One. [1] Two. [2]", (LEAVE, LEAVE))
    first, second = (replace(passage, anchor=anchor) for passage, anchor in zip(answer.passages, "ab", strict=True))
    one = replace(answer, citations=(Citation(1, first),))
    assert f"]({LEAVE.url}#a)" in render(one, 1).markdown
    assert sources(render(one, 1)) == f"*Sources*\n[1] <{LEAVE.url}#a|{LEAVE.title}>"
    both = replace(answer, citations=(Citation(1, first), Citation(2, second)))
    assert f"]({LEAVE.url}#b)" in render(both, 1).markdown
    links = f"<{LEAVE.url}#a|[1]> <{LEAVE.url}#b|[2]>"
    assert sources(render(both, 1)) == f"*Sources*\n{links} <{LEAVE.url}|{LEAVE.title}>"


def test_a_title_that_looks_like_another_address_is_not_the_link() -> None:
    answer = an_answer("q", "One. [1]", (DocumentLink("a", "https://bank.example/login", LEAVE.url, "s"),))
    assert sources(render(answer, 1)) == f"*Sources*\n[1] https://bank.example/login (<{LEAVE.url}|open>)"


def test_a_notification_has_no_markdown() -> None:
    assert (
        notification("You get **25 days**.\n\n- of `leave` <!here>") == "You get 25 days. of leave &lt;\u2060!here&gt;"
    )


def test_the_value_of_a_button_names_answer_and_vote() -> None:
    assert read_vote_value(vote_value(42, -1)) == (42, -1)
    assert read_vote_value("1:x") is read_vote_value("") is read_vote_value("2:1") is None


def sources(rendered: RenderedAnswer) -> str:
    [block] = blocks_of({"blocks": rendered.blocks}, "context")
    return str(block["elements"][0]["text"])
