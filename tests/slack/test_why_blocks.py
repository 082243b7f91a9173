"""What is asked after a 👎 stays within Slack's limits and pings nobody, whatever documents are called."""

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.slack.why_blocks import Choice, LinkForm, link_form, read_choice_value, read_link_form, thanks, which_source
from playground.blocks import check_message_blocks, check_view_blocks
from playground.notifications import notified
from storage.knowledge import DocumentLink
from storage.storable import storable
from tests.slack.hostile import HOSTILE

TEXT = HOSTILE.map(storable)
DOCUMENTS = st.builds(DocumentLink, id=TEXT, title=TEXT, url=TEXT, source=st.just("handbook"))


@settings(max_examples=100, deadline=None)
@given(st.lists(DOCUMENTS, max_size=5))
def test_any_document_can_be_offered_and_thanked_for(documents: list[DocumentLink]) -> None:
    choices = [Choice(rank, document) for rank, document in enumerate(documents, start=1)]
    for words in (which_source(7, choices), *map(thanks, documents)):
        check_message_blocks(words.blocks)
        assert notified(words.text, words.blocks) == []


def test_a_menu_has_as_many_documents_as_slack_allows() -> None:
    links = [DocumentLink(f"{n}.md", "A page 😀" * 20, "", "handbook") for n in range(150)]
    words = which_source(10**17, [Choice(rank, link) for rank, link in enumerate(links)])
    check_message_blocks(words.blocks)
    options = words.blocks[1]["elements"][0]["options"]
    assert len(options) == 100
    assert read_choice_value(options[99]["value"]) == (10**17, 99)


def test_pages_of_one_title_are_told_apart_by_their_ids() -> None:
    links = [DocumentLink(f"{name}.md", "Leave", "", "handbook") for name in ("staff", "guests")]
    words = which_source(1, [Choice(rank, link) for rank, link in enumerate(links)])
    labels = [option["text"]["text"] for option in words.blocks[1]["elements"][0]["options"]]
    assert labels == ["Leave (staff.md)", "Leave (guests.md)"]


def test_the_form_carries_along_what_it_is_about() -> None:
    form = LinkForm(answer=7, response_url="https://hooks.example/1")
    view = link_form(form)
    check_view_blocks(view["blocks"])
    assert read_link_form(view["private_metadata"]) == form
    assert len(view["title"]["text"]) <= 24
