"""The real bot on a Slack look-alike, over real sockets; only what answers is scripted. And ways to look at it."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

from bot.answering.context import ALONE, Context
from bot.slack.app import SlackBot, make_bot
from bot.slack.reply import Answers
from bot.slack.socket_mode import run_socket_mode
from playground.client import Playground
from playground.server import Running
from storage.document import Audience
from storage.knowledge import DocumentLink, Passage, Scores
from storage.questions import Answer, Citation, Kind, QuestionLog

LEAVE = DocumentLink("leave.md", "Annual leave", "https://handbook.example/leave", "handbook")
TRAVEL = DocumentLink("travel.md", "Travel", "file:///handbook/travel.md", "handbook")
SENTENCES = ("You get **25 days** of leave. [1] ", "Book them in the calendar. [2]")


def passage(document: DocumentLink, rank: int = 1, text: str = "Everybody gets 25 days.") -> Passage:
    return Passage(rank, f"chunk-{rank}-{document.id}", document, (), text, 0, Scores(0.5, 0.5, 0.5))


def an_answer(
    question: str,
    text: str = "".join(SENTENCES),
    documents: tuple[DocumentLink, ...] = (LEAVE, TRAVEL),
    kind: Kind = "answered",
    error_id: str | None = None,
) -> Answer:
    """An answer with one citation a document, numbered from 1; an abstention cites none."""
    passages = tuple(passage(document, rank) for rank, document in enumerate(documents, start=1))
    return Answer(
        question=question,
        kind=kind,
        text=text,
        citations=tuple(Citation(p.rank, p) for p in passages) if kind == "answered" else (),
        confidence=0.9,
        reason="scripted",
        passages=passages,
        timings_ms={"total": 1.0},
        embedding_model="scripted",
        llm=None,
        error_id=error_id,
    )


@dataclass
class Script:
    """Answers as told: the sentences one by one, `pause` seconds before each."""

    sentences: tuple[str, ...] = SENTENCES
    documents: tuple[DocumentLink, ...] = (LEAVE, TRAVEL)
    kind: Kind = "answered"
    pause: float = 0.0
    error: Exception | None = None
    error_id: str | None = None
    streamed: bool = True
    asked: list[tuple[str, Audience]] = field(default_factory=list)
    contexts: list[Context] = field(default_factory=list)

    def answer(
        self,
        question: str,
        audience: Audience,
        on_text: Callable[[str], None] | None = None,
        context: Context = ALONE,
    ) -> Answer:
        self.asked.append((question, audience))
        self.contexts.append(context)
        for sentence in self.sentences:
            time.sleep(self.pause)
            if on_text is not None and self.streamed:
                on_text(sentence)
        if self.error is not None:
            raise self.error
        return an_answer(question, "".join(self.sentences), self.documents, self.kind, self.error_id)


@dataclass(frozen=True)
class Stage:
    """The bot in its Slack."""

    slack: Playground
    server: Running
    script: Any
    log: QuestionLog
    bot: SlackBot


@contextmanager
def on_stage(
    server: Running, script: Answers, log: QuestionLog, stop_seconds: float = 5.0, **settings: Any
) -> Iterator[Stage]:
    """The bot connected by Socket Mode until the block ends, which gives its answers in hand `stop_seconds`."""
    bot = make_bot(bot_token=server.bot_token, log=log, answers=script, api_url=server.api_url, **settings)
    stop = threading.Event()
    thread = threading.Thread(target=run_socket_mode, args=(bot, server.app_token, stop, stop_seconds))
    with ExitStack() as stack:
        stack.callback(thread.join, 20)
        stack.callback(stop.set)
        thread.start()
        server.client.wait_until_connected()
        yield Stage(server.client, server, script, log, bot)


def eventually(holds: Callable[[], bool], seconds: float = 5.0) -> None:
    """Waits until something holds; fails when it does not in time."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.02)


def shown_text(message: dict[str, Any]) -> str:
    """All that a reader sees of a message, its blocks' text in order."""

    def texts(value: Any) -> Iterator[str]:
        if isinstance(value, dict):
            for name, part in value.items():
                if name == "text" and isinstance(part, str):
                    yield part
                else:
                    yield from texts(part)
        elif isinstance(value, list):
            for part in value:
                yield from texts(part)

    return "\n".join(texts(message.get("blocks", []))) or str(message["text"])


def blocks_of(message: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [block for block in message.get("blocks", []) if block["type"] == kind]
