"""A vote is felt at once: a question close to one that was voted on ranks what the votes named higher or lower."""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import structlog

from learning.question_vectors import load_vectors, save_vectors, text_digest
from learning.voted_questions import Standing, VotedQuestion, voted_questions, votes_standing
from learning.votes import DocumentKey, read_votes_on_documents
from storage.database import Database
from storage.embedder import QuestionEmbedder, Vectors
from storage.nudge import MOST, Nudge

CLOSE = 0.55
"""The cosine from which on a question is close to a voted one (docs/decisions/votes-at-once.md)."""

MOST_VOTES = 20_000
"""The latest votes, which are remembered: 31 MB of vectors where each is on a question of its own."""

MOST_DOCUMENTS = 10
"""That votes put higher or lower for one question: those that the nearest voted questions name."""

LOOK_EVERY = 0.5
"""Seconds from one look for changed votes to the next."""

PATIENCE = 0.1
"""Seconds that the question which finds that votes changed waits for them at most."""

PATIENCE_AT_FIRST = 1.0
"""Seconds that a process's first question waits for them: in `lore serve` nobody asks it."""

EMBED_AT_ONCE = 32
"""Voted questions that are embedded between two looks for newer votes."""

log = structlog.get_logger()


def closeness(cosine: float) -> float:
    """How much of a voted question's effect one with this cosine to it feels: 0 up to CLOSE, 1 where they are one."""
    return min(1.0, max(0.0, (cosine - CLOSE) / (1 - CLOSE)))


@dataclass(frozen=True)
class _Known:
    """The voted questions whose vectors by `model` are known, (questions, dimension), and the votes they are of."""

    model: str = ""
    standing: Standing | None = None
    questions: tuple[VotedQuestion, ...] = ()
    digests: tuple[str, ...] = ()
    vectors: Vectors = field(default_factory=lambda: np.empty((0, 0), dtype=np.float32))


class FeltVotes:
    """A storage.nudge.VoteMemory of the votes in the database. Safe to share between threads.

    Votes are looked for as questions are asked, twice a second at most, whichever process they were cast in. They are
    read, and voted questions are embedded (each once for each model), in a thread of its own: until that is done,
    what is known counts.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known = _Known()
        self._turn = threading.Lock()
        self._looked_at = ("", -np.inf)
        self._reading: threading.Thread | None = None
        self._closing = threading.Event()

    def nudges(self, vector: Vectors, embedder: QuestionEmbedder) -> list[Nudge]:
        """What votes on questions close to this one say, the nearest first; of a document, what the nearest says."""
        self._look(embedder)
        known = self._known
        if known.model != embedder.name or not known.questions:
            return []
        # Not @: BLAS would share this out between processors, and wait for each of them where other work is going on.
        cosines = np.einsum("ij,j->i", known.vectors, vector / np.linalg.norm(vector))
        near = np.flatnonzero(cosines > CLOSE)
        found: dict[DocumentKey, Nudge] = {}
        for at in near[np.argsort(-cosines[near], kind="stable")]:
            question, share = known.questions[at], closeness(float(cosines[at]))
            for (source, document), value in question.documents.items():
                found.setdefault((source, document), Nudge(source, document, value * share * MOST, question.text))
            if len(found) >= MOST_DOCUMENTS:
                break
        return list(found.values())[:MOST_DOCUMENTS]

    def catch_up(self, embedder: QuestionEmbedder) -> None:
        """Know the votes as they stand now before this returns, however long it takes."""
        while not self._catch_up(embedder):
            pass

    def close(self) -> None:
        """Stop reading votes; returns when that has stopped."""
        self._closing.set()
        if self._reading is not None:
            self._reading.join()

    def _look(self, embedder: QuestionEmbedder) -> None:
        """Have the votes read anew, if any was cast, changed or withdrawn since the last look, and wait a moment."""
        if not self._turn.acquire(blocking=False):
            return
        try:
            model, then = self._looked_at
            now = time.monotonic()
            if (model == embedder.name and now - then < LOOK_EVERY) or self._closing.is_set():
                return
            self._looked_at = (embedder.name, now)
            if self._reading is not None and self._reading.is_alive():
                return
            known = self._known
            if known.model == embedder.name and known.standing == votes_standing(self._database):
                return
            reading = threading.Thread(target=self._read, args=(embedder,), name="votes", daemon=True)
            self._reading = reading
            reading.start()
        finally:
            self._turn.release()
        reading.join(PATIENCE if known.model else PATIENCE_AT_FIRST)

    def _read(self, embedder: QuestionEmbedder) -> None:
        try:
            self.catch_up(embedder)
        except Exception as error:  # noqa: BLE001  # a question is answered without the votes, and the next look tries again
            log.warning("votes.not_read", error=str(error))

    def _catch_up(self, embedder: QuestionEmbedder) -> bool:
        """Know the votes as they stand now; False where they were others before all could be embedded."""
        model, standing = embedder.name, votes_standing(self._database)
        questions = voted_questions(read_votes_on_documents(self._database, MOST_VOTES))
        if not questions:
            self._known = _Known(model, standing)
            return True
        gathered = _Gathered(model, len(questions), embedder.dimension)
        missing = gathered.add_known(questions, self._vectors_of(questions, model, embedder.dimension))
        self._known = gathered.known(None if missing else standing)
        for start in range(0, len(missing), EMBED_AT_ONCE):
            if self._closing.is_set() or self._looked_at[0] not in ("", model):
                return True
            if votes_standing(self._database) != standing:
                return False
            some = missing[start : start + EMBED_AT_ONCE]
            vectors = {text_digest(question.text): embedder.embed_question(question.text) for question in some}
            save_vectors(self._database, model, vectors)
            gathered.add_known(some, vectors)
            self._known = gathered.known(standing if start + EMBED_AT_ONCE >= len(missing) else None)
        return True

    def _vectors_of(self, questions: Sequence[VotedQuestion], model: str, dimension: int) -> dict[str, Vectors]:
        known = self._known
        held = dict(zip(known.digests, known.vectors, strict=True)) if known.model == model else {}
        digests = [text_digest(question.text) for question in questions]
        wanted = [digest for digest in digests if digest not in held]
        return held | load_vectors(self._database, model, wanted, dimension)


class _Gathered:
    """Voted questions and their vectors, as they come: what was given out stays as it was."""

    def __init__(self, model: str, size: int, dimension: int) -> None:
        self._model = model
        self._questions: list[VotedQuestion] = []
        self._digests: list[str] = []
        self._vectors = np.empty((size, dimension), dtype=np.float32)

    def add_known(self, questions: Sequence[VotedQuestion], vectors: dict[str, Vectors]) -> list[VotedQuestion]:
        """Adds those of the questions that have a vector; returns the others."""
        missing = []
        for question in questions:
            digest = text_digest(question.text)
            if digest not in vectors:
                missing.append(question)
                continue
            vector = vectors[digest]
            self._vectors[len(self._questions)] = vector / np.linalg.norm(vector)
            self._questions.append(question)
            self._digests.append(digest)
        return missing

    def known(self, standing: Standing | None) -> _Known:
        """What was added until now; `standing` says of which votes it is all there is."""
        count = len(self._questions)
        return _Known(self._model, standing, tuple(self._questions), tuple(self._digests), self._vectors[:count])
