"""What Lore knows of an answer in Slack and of a file in a watched folder, for a page on this machine to show.

It is off unless `details_port` is set. It holds texts of documents, so it answers on loopback only, to no other host's
name (DNS rebinding), and to no other site. Its form is that of docs/playground.md: sections of facts or rows.
"""

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import uvicorn
from sqlalchemy import select
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.answering.age import day
from bot.contract import Json
from bot.file_progress import file_progress
from bot.settings import SettingsError
from ingestion.sync import Source
from learning.triplets import Triplet, mine
from learning.votes import read_votes
from storage.database import Database
from storage.knowledge import KnowledgeBase, Passage
from storage.questions import Answered, QuestionLog
from storage.tables import FeedbackRow

HOST = "127.0.0.1"
MOST_TEXT = 240
"""Characters of a passage, or of a triplet's side, that are shown."""


class AnswerDetails:
    """Tells of answers and files. Safe to share between threads."""

    def __init__(
        self, database: Database, questions: QuestionLog, knowledge: KnowledgeBase, sources: Sequence[Source]
    ) -> None:
        self._database = database
        self._questions = questions
        self._knowledge = knowledge
        self._sources = sources

    def of_message(self, channel: str, ts: str) -> Json | None:
        """{"title", "sections"} of the answer that stands in this message; None if it is no answer of Lore's."""
        answer_id = self._questions.answer_to_reply(channel, ts)
        answered = None if answer_id is None else self._questions.answered(answer_id)
        if answer_id is None or answered is None:
            return None
        return {
            "title": answered.answer.question,
            "sections": [
                self._outcome(answered),
                _passages(answered.answer.passages, {c.passage.chunk_id: c.n for c in answered.answer.citations}),
                self._votes(answer_id),
                self._triplets(answer_id),
                self._question(answered.answer.question),
            ],
        }

    def of_file(self, name: str) -> Json:
        """{"state", "says"}: how far the file of this name is, in whichever watched folder holds it."""
        progress = file_progress(self._database, self._sources, name)
        return {"state": progress.state, "says": progress.says}

    def _outcome(self, answered: Answered) -> Json:
        answer = answered.answer
        timings = ", ".join(f"{name} {value:.0f}" for name, value in answer.timings_ms.items())
        facts = [
            ["outcome", answer.kind],
            ["why", answer.reason],
            ["confidence", None if answer.confidence is None else round(answer.confidence, 3)],
            ["milliseconds", timings],
            ["embedding model", answer.embedding_model],
            ["language model", answer.llm or "none: it quotes"],
            ["prompts", ", ".join(answer.prompts) or None],
            ["asked by", answered.asked.user],
        ]
        return {"title": "The answer", "facts": facts + ([["error id", answer.error_id]] if answer.error_id else [])}

    def _votes(self, answer_id: int) -> Json:
        query = select(FeedbackRow).where(FeedbackRow.answer_id == answer_id).order_by(FeedbackRow.updated_at)
        with self._database.session() as session:
            rows = [
                [row.user, "👍" if row.vote > 0 else "👎", row.reason, row.correction] for row in session.scalars(query)
            ]
        if not rows:
            return {"title": "Votes", "note": "Nobody has voted on it."}
        return {"title": "Votes", "columns": ["who", "vote", "reason", "right source"], "rows": rows}

    def _triplets(self, answer_id: int) -> Json:
        """Those to which a vote on this answer contributes."""
        rows = [
            [
                _cut(triplet.positive.passage.text),
                triplet.positive.why,
                _cut(triplet.negative.passage.text),
                triplet.negative.why,
            ]
            for triplet in mine(read_votes(self._database))
            if answer_id in _answers(triplet)
        ]
        title = "What the votes teach"
        if not rows:
            return {"title": title, "note": "No triplet yet: it takes a vote, and a passage for and one against."}
        note = "Each line: the question belongs nearer to the first text than to the second."
        return {"title": title, "note": note, "columns": ["nearer", "because", "farther", "because"], "rows": rows}

    def _question(self, question: str) -> Json:
        embedder = self._knowledge.embedder
        pieces = embedder.word_pieces(question)
        tokens = embedder.count_tokens([question])[0]
        facts = [
            ["word pieces", " ".join(pieces)],
            ["tokens", f"{tokens} of at most {embedder.max_tokens}"],
            ["weight of the dense score", round(self._knowledge.dense_weight, 3)],
        ]
        return {"title": "What the model sees of the question now", "facts": facts}


def _passages(passages: Sequence[Passage], cited: dict[str, int]) -> Json:
    if not passages:
        return {"title": "Passages", "note": "None was found."}
    rows: list[list[Any]] = [
        [
            passage.rank,
            f"[{cited[passage.chunk_id]}]" if passage.chunk_id in cited else "",
            {"text": passage.document.title, "url": passage.document.url},
            "" if passage.document.changed_at is None else day(passage.document.changed_at),
            round(passage.scores.fused, 3),
            round(passage.scores.dense, 3),
            round(passage.scores.bm25, 3),
            _cut(passage.text),
        ]
        for passage in passages
    ]
    return {
        "title": "Passages",
        "columns": ["rank", "cited", "document", "changed", "fused", "dense", "BM25", "text"],
        "rows": rows,
    }


def _answers(triplet: Triplet) -> set[int]:
    return {vote.answer for vote in (triplet.positive.vote, triplet.negative.vote) if vote is not None}


def _cut(text: str) -> str:
    return text if len(text) <= MOST_TEXT else text[: MOST_TEXT - 1] + "…"


def details_app(details: AnswerDetails) -> Starlette:
    """The ASGI application: /messages/CHANNEL/TS and /files/NAME."""

    async def message(request: Request) -> Response:
        if "origin" in request.headers:
            return JSONResponse({"error": "Other sites are told nothing."}, 403)
        told = await run_in_threadpool(details.of_message, request.path_params["channel"], request.path_params["ts"])
        if told is None:
            return JSONResponse({"error": "Lore has recorded no answer in this message."}, 404)
        return JSONResponse(told)

    async def file(request: Request) -> Response:
        if "origin" in request.headers:
            return JSONResponse({"error": "Other sites are told nothing."}, 403)
        return JSONResponse(await run_in_threadpool(details.of_file, request.path_params["name"]))

    routes = [Route("/messages/{channel}/{ts}", message), Route("/files/{name}", file)]
    return Starlette(routes=routes, middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=[HOST, "localhost"])])


@contextmanager
def details_served(details: AnswerDetails, port: int | None) -> Iterator[None]:
    """At this port of loopback while the block runs; nowhere without one. Raises SettingsError if it is taken."""
    if port is None:
        yield
        return
    try:
        listener = socket.create_server((HOST, port))
    except OSError as error:
        raise SettingsError(
            f"Answers' details cannot be served at {HOST}:{port}: {error.strerror}. Set DETAILS_PORT to a free port "
            "or leave it out."
        ) from error
    server = uvicorn.Server(uvicorn.Config(details_app(details), log_config=None, lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="answer details", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()
