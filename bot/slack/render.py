"""An answer as Slack shows it, within Slack's limits: text with linked markers, sources, the buttons to vote."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.answering.age import changed
from bot.slack.escape import mrkdwn_text
from bot.slack.links import names_another_address, web_link
from bot.slack.markdown import plain_text, slack_markdown
from storage.knowledge import DocumentLink
from storage.questions import Answer, Citation, Vote

Json = dict[str, Any]

VOTE_ACTION = "vote"
ASK_ACTION = "ask_person"
"""Of the button under an answer that found none."""
MARKDOWN_LIMIT = 12_000
"""Characters in all `markdown` blocks: https://docs.slack.dev/reference/block-kit/blocks/markdown-block"""
MESSAGE_LIMIT = 13_000
"""Characters in all blocks. Not documented; measured in https://github.com/slackapi/bolt-js/issues/2509."""
SOURCES_LIMIT = 2_800
"""Characters for the sources, which stand in one text object of at most 3,000."""
_TITLE = 150
_URL = 1_000
_NOTIFICATION = 300
_SPARE = 200
_LONGEST_TRIED = 2 * MARKDOWN_LIMIT
_CUT = "*The answer is longer than a Slack message can be; this is its beginning.*"
_SENTENCE_END = re.compile(r"""(?:[.!?…][)"”’\]*_]*|[。！？])(?:\s?\[\d+\])*(?=\s|$)|\n+""")


@dataclass(frozen=True)
class RenderedAnswer:
    """What is put in front of the asker.

    `markdown` is the text with each [n] linked, `streamed` the same without links (a stream is written before the
    sources are known), `below` the blocks under the text, `notification` the words of the notification.
    """

    markdown: str
    streamed: str
    below: tuple[Json, ...]
    notification: str

    @property
    def blocks(self) -> list[Json]:
        """The whole message."""
        return [{"type": "markdown", "text": self.markdown}, *self.below]


def render(answer: Answer, answer_id: int, *, ask_person: bool = False, reserved: int = 0) -> RenderedAnswer:
    """The answer as a message; votes on it name `answer_id`. `ask_person`: there is one to ask if it is none.

    `reserved` characters are left for other blocks.
    """
    below = [*_sources(answer), *_buttons(answer, answer_id)]
    if ask_person and answer.kind == "abstained" and takes_votes(answer):
        below.insert(0, {"type": "actions", "elements": [ask_button(answer_id)]})
    links = {citation.n: citation.passage.url for citation in answer.citations}
    # An answer links what it cites, an abstention the nearest documents, which it names.
    named = answer.passages if answer.kind == "abstained" else [citation.passage for citation in answer.citations]
    known = [url for passage in named for url in (passage.document.url, passage.url)]
    room = min(MARKDOWN_LIMIT, MESSAGE_LIMIT - _SPARE - slack_length(_texts(below)) - _NOTIFICATION - reserved)
    text = _text(answer)
    streamed = _fit(text, {}, (), room)
    return RenderedAnswer(
        markdown=_fit(text, links, known, room),
        streamed=streamed,
        below=tuple(below),
        notification=notification(text),
    )


def notification(text: str) -> str:
    """The words that announce a message, where its blocks cannot be shown."""
    return _shortened(plain_text(text), _NOTIFICATION)


def render_unfinished(text: str) -> str:
    """The beginning of an answer as a stream shows it; more of it never changes what is there, or rarely does."""
    return slack_markdown(text, unfinished=True)


def slack_length(text: str) -> int:
    """The characters of `text` as JavaScript counts them (UTF-16), the larger of the possible counts."""
    return len(text) + sum(character > "\uffff" for character in text)


def literal(text: str) -> Json:
    """A text object in Slack's own mark-up, in which Slack makes no links or mentions of what merely looks like one."""
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def takes_votes(answer: Answer) -> bool:
    """Whether there is something to vote on."""
    return answer.kind != "failed" and bool(answer.question.strip())


def ask_button(answer_id: int, action_id: str = ASK_ACTION) -> Json:
    """The button that hands a question over to people."""
    text = {"type": "plain_text", "text": "Ask a person"}
    return {"type": "button", "action_id": action_id, "text": text, "value": str(answer_id)}


def vote_value(answer_id: int, vote: Vote) -> str:
    """The value of a button that gives `vote` to an answer."""
    return f"{vote}:{answer_id}"


def read_vote_value(value: str) -> tuple[int, Vote] | None:
    """The answer and the vote of a button's value, or None if it is no such value."""
    match = re.fullmatch(r"(-?1):(\d{1,18})", value)
    return (int(match[2]), 1 if match[1] == "1" else -1) if match else None


def _text(answer: Answer) -> str:
    if answer.error_id is None or answer.error_id in answer.text:
        return answer.text if answer.text.strip() else "I have no answer to that."
    said = answer.text.strip() or "Something went wrong while I looked for an answer. Please ask again in a while."
    return f"{said}\n\nIf it goes on, give whoever runs Lore this error id: `{answer.error_id}`"


def _fit(text: str, links: Mapping[int, str], known: Sequence[str], room: int) -> str:
    """The text as Slack's Markdown in at most `room` characters: whole, else without links, else its beginning."""
    if len(text) <= _LONGEST_TRIED:
        for tried_links, tried_known in ((links, known), ({}, ())):
            written = slack_markdown(text, tried_links, tried_known)
            if slack_length(written) <= room:
                return written
    text = text[:_LONGEST_TRIED]
    ends = [match.end() for match in _SENTENCE_END.finditer(text)]
    return _longest_beginning(text, ends, room) or _longest_beginning(text, range(len(text)), room) or _CUT


def _longest_beginning(text: str, ends: Sequence[int], room: int) -> str:
    """The beginning of the text up to the last of `ends` at which it fits, with a note that it is one."""
    found, low, high = "", 0, len(ends)
    while low < high:
        middle = (low + high) // 2
        beginning = slack_markdown(text[: ends[middle]].strip())
        written = f"{beginning}\n\n{_CUT}"
        if beginning and slack_length(written) <= room:
            found, low = written, middle + 1
        else:
            low, high = (low, middle) if beginning else (middle + 1, high)
    return found


def _sources(answer: Answer) -> list[Json]:
    """Each cited document once, with its numbers."""
    cited: dict[DocumentLink, list[Citation]] = {}
    for citation in answer.citations:
        cited.setdefault(citation.passage.document, []).append(citation)
    if not cited:
        return []
    lines = ["*Sources*"]
    entries = [_source(document, citations) for document, citations in cited.items()]
    for i, entry in enumerate(entries):
        if slack_length("\n".join([*lines, entry])) > SOURCES_LIMIT:
            lines.append(f"… and {len(entries) - i} more")
            break
        lines.append(entry)
    return [{"type": "context", "elements": [literal("\n".join(lines))]}]


def _source(document: DocumentLink, citations: Sequence[Citation]) -> str:
    """The numbers of a document, and its title on a link to the heading that is cited; to each its own, if several."""
    places = {citation.n: citation.passage.url for citation in sorted(citations, key=lambda citation: citation.n)}
    numbers = " ".join(f"[{n}]" for n in places)
    if len(set(places.values())) == 1:
        return f"{numbers} {document_link(document, next(iter(places.values())))}{_age(document)}"
    links = {n: web_link(url) for n, url in places.items()}
    linked = " ".join(f"<{link}|[{n}]>" if link else f"[{n}]" for n, link in links.items())
    return f"{linked if len(linked) <= _URL else numbers} {document_link(document)}{_age(document)}"


def _age(document: DocumentLink) -> str:
    return "" if document.changed_at is None else f" · {changed(document.changed_at)}"


def document_link(document: DocumentLink, address: str | None = None) -> str:
    """A document's title in Slack's own mark-up, on a link to it, or to an address in it, where it has one."""
    title = _shortened(mrkdwn_text(document.title), _TITLE) or mrkdwn_text(document.id)[:_TITLE] or "untitled"
    url = web_link(address or document.url)
    if url is None or len(url) > _URL:
        return title
    if names_another_address(title, url):
        return f"{title} (<{url}|open>)"
    return f"<{url}|{title.replace('|', '¦')}>"


def _buttons(answer: Answer, answer_id: int) -> list[Json]:
    if not takes_votes(answer):
        return []
    return [
        {
            "type": "context_actions",
            "elements": [
                {
                    "type": "feedback_buttons",
                    "action_id": VOTE_ACTION,
                    "positive_button": _button("Good answer", "Give this answer a thumbs up", answer_id, 1),
                    "negative_button": _button("Bad answer", "Give this answer a thumbs down", answer_id, -1),
                }
            ],
        }
    ]


def _button(text: str, label: str, answer_id: int, vote: Vote) -> Json:
    return {
        "text": {"type": "plain_text", "text": text},
        "accessibility_label": label,
        "value": vote_value(answer_id, vote),
    }


def _texts(value: Any) -> str:
    """All text in the blocks, joined."""
    if isinstance(value, dict):
        return "".join(
            part if name == "text" and isinstance(part, str) else _texts(part) for name, part in value.items()
        )
    return "".join(map(_texts, value)) if isinstance(value, list) else ""


def _shortened(text: str, limit: int) -> str:
    """At most `limit` characters, cut at a space where there is one; never inside an entity."""
    if len(text) <= limit:
        return text
    beginning = text[: limit - 1]
    words = beginning.rpartition(" ")[0] or beginning
    return re.sub(r"&\w*$", "", words) + "…"
