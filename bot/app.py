"""The composition root: the only file that constructs a database, an index, an embedder or a language model."""

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import structlog

from bot.answering.answer import Answerer
from bot.answering.answered_before import AnsweredBefore
from bot.answering.entailment import CrossEncoderEntailment, Entailment
from bot.answering.fitted_confidence import FittedConfidence
from bot.answering.in_process_llm import InProcessLLM
from bot.answering.llm_weights import EXTRA, GGUF, READS_GGUF, LoadedLLM, load_llm
from bot.answering.write import LanguageModel
from bot.service import LocalService
from bot.settings import Settings, SettingsError
from bot.sources import configured_sources
from ingestion.holder import Holder
from ingestion.lease import Leases
from ingestion.parser_process import ParserProcesses
from ingestion.reading import Reading
from ingestion.sync import Source, Syncs
from learning.felt import FeltVotes
from learning.general_set import read_general
from learning.learn import Learner
from storage.bm25 import Bm25Encoder
from storage.conflicts import ConflictLog
from storage.database import Database
from storage.embedder import Embedder, QuestionsFirst, SentenceTransformerEmbedder
from storage.index import KnowledgeIndex
from storage.knowledge import KnowledgeBase
from storage.lazy_embedder import LazyEmbedder
from storage.qdrant_edge import EdgeIndex
from storage.questions import QuestionLog
from storage.reranker import CrossEncoderReranker, Reranker
from storage.versions import LoadVersion


@dataclass(frozen=True)
class Lore:
    """The parts, joined."""

    settings: Settings
    database: Database
    knowledge: KnowledgeBase
    questions: QuestionLog
    answerer: Answerer
    quoting: Answerer
    syncs: Syncs
    sources: tuple[Source, ...]
    learner: Learner
    confidence: FittedConfidence
    llm: LanguageModel | None

    @property
    def answers(self) -> AnsweredBefore | Answerer:
        """What answers people: with what they liked before, where the settings let it."""
        if not self.settings.answered_before:
            return self.answerer
        return AnsweredBefore(self.answerer, self.database, self.knowledge.embedder)

    @property
    def service(self) -> LocalService:
        """The commands of the terminal, done with these parts."""
        return self.service_telling(lambda: None)

    def service_telling(self, on_promotion: Callable[[], None]) -> LocalService:
        """The same, and `on_promotion` is called when a learnt version serves."""
        return LocalService(
            self.knowledge,
            self.quoting,
            self.answerer,
            self.syncs,
            self.sources,
            self.learner,
            self.confidence,
            on_promotion,
        )


@contextmanager
def open_lore(settings: Settings, holder: str, *, whole_index: bool = True) -> Iterator[Lore]:
    """All parts, for as long as the block runs.

    `holder` names this command to another that finds the embedded index in use, or a source. `whole_index=False` leaves
    the index unopened, for the command that makes it anew. Raises SettingsError, DatabaseError, KnowledgeIndexError and
    EmbedderError, each of which says what to do.
    """
    with ExitStack() as stack:
        database, knowledge = stack.enter_context(open_knowledge(settings, holder, whole_index=whole_index))
        parsers = ParserProcesses()
        stack.callback(parsers.close)
        sources = tuple(configured_sources(settings, database))
        confidence = FittedConfidence(database)
        care = (confidence, ConflictLog(database), settings.oldest)
        quoting = Answerer(knowledge, None, *care)
        llm = language_model(settings)
        if isinstance(llm, InProcessLLM):
            stack.callback(llm.close)
        yield Lore(
            settings=settings,
            database=database,
            knowledge=knowledge,
            questions=QuestionLog(database),
            answerer=Answerer(knowledge, llm, *care, load_entailment(settings)) if llm else quoting,
            quoting=quoting,
            syncs=Syncs(database, knowledge, Leases(database, Holder(holder)), parse=parsers.parse),
            sources=sources,
            learner=Learner(
                database,
                knowledge,
                read_general(),
                settings.home / "learning",
                settings.embedding_device,
                settings.most_share,
            ),
            confidence=confidence,
            llm=llm,
        )


@contextmanager
def open_knowledge(
    settings: Settings, holder: str, *, whole_index: bool = True
) -> Iterator[tuple[Database, KnowledgeBase]]:
    """The database and the knowledge base alone, as `open_lore` opens them."""
    with ExitStack() as stack:
        make_home(settings.home)
        database = Database.open(settings.sql_url)
        stack.callback(database.close)
        index = open_index(settings, holder)
        stack.callback(index.close)
        first = QuestionsFirst()
        votes = FeltVotes(database) if settings.votes_at_once else None
        if votes is not None:
            stack.callback(votes.close)
        knowledge = KnowledgeBase(
            database,
            index,
            load_embedder(settings, first),
            bm25_encoder(settings),
            version_loader(settings, first),
            votes,
            load_reranker(settings, first),
        )
        if whole_index:
            knowledge.open()
        yield database, knowledge


@contextmanager
def open_database(settings: Settings) -> Iterator[Database]:
    """The database as it is: not made, not checked, not migrated."""
    database = Database(settings.sql_url)
    try:
        yield database
    finally:
        database.close()


@contextmanager
def reading_on_ray(lore: Lore) -> Iterator[Reading]:
    """What reads and embeds documents on Ray, with the version of the model that serves. Raises SyncError."""
    from ingestion.bulk import ReadingOnRay  # deferred: it is an extra, and seconds to import

    documents = lore.knowledge.serving.documents
    settings = lore.settings
    tensors = lore.knowledge.tensors_of_documents()
    model = DocumentsModel(settings.embedding_model, tensors, documents, settings.embedding_device)
    with ReadingOnRay(model.load, documents) as reading:
        yield reading


@dataclass(frozen=True)
class DocumentsModel:
    """The documents' side of a version of the embedding model, as another process, or machine, can load it."""

    base: str
    tensors: bytes | None
    name: str
    device: str | None

    def load(self, device: str | None) -> Embedder:
        """Its embedder, on `device`, or on that of the settings. Raises EmbedderError."""
        return SentenceTransformerEmbedder(self.base, device or self.device, tensors=self.tensors, name=self.name)


def load_embedder(settings: Settings, first: QuestionsFirst) -> Embedder:
    """The embedding model that the settings name, which is loaded at its first use."""
    model, device = settings.embedding_model, settings.embedding_device
    return LazyEmbedder(model, lambda: SentenceTransformerEmbedder(model, device, questions_first=first))


def load_reranker(settings: Settings, first: QuestionsFirst) -> Reranker | None:
    """The reranking model that the settings name, which is loaded at its first use, or None."""
    if settings.reranker_model is None:
        return None
    return CrossEncoderReranker(settings.reranker_model, settings.embedding_device, first)


def load_entailment(settings: Settings) -> Entailment | None:
    """The model that judges whether passages say what is drafted, loaded at its first use, or None."""
    if settings.grounding_model is None:
        return None
    return CrossEncoderEntailment(settings.grounding_model, settings.embedding_device)


def version_loader(settings: Settings, first: QuestionsFirst) -> LoadVersion:
    """What makes the embedder of a version of that model. An ingestion waits for the questions of all of them."""

    def load(base: str, tensors: bytes, name: str) -> Embedder:
        device = settings.embedding_device
        return SentenceTransformerEmbedder(base, device, tensors=tensors, name=name, questions_first=first)

    return load


def bm25_encoder(settings: Settings) -> Bm25Encoder:
    """The encoder for the documents' language. Raises SettingsError for one that it does not know."""
    try:
        return Bm25Encoder(settings.documents_language)
    except ValueError as error:
        raise SettingsError(
            f'DOCUMENTS_LANGUAGE cannot be {settings.documents_language!r}: {error}. It is a name such as "german".'
        ) from error


def open_index(settings: Settings, holder: str) -> KnowledgeIndex:
    """The index on the Qdrant server of the settings, or the embedded one."""
    if settings.qdrant_url is None:
        return EdgeIndex(settings.index_folder, holder)
    from qdrant_client import QdrantClient  # deferred: a second that the embedded index need not spend

    from storage.qdrant_collection import CollectionMaking
    from storage.qdrant_server import ServerIndex

    key = settings.qdrant_api_key.get_secret_value() if settings.qdrant_api_key else None
    client = QdrantClient(url=settings.qdrant_url, api_key=key, timeout=30)
    return ServerIndex(client, making=CollectionMaking(**settings.qdrant.model_dump()))


def language_model(settings: Settings) -> LanguageModel | None:
    """The LLM that the settings name, behind an endpoint or in this process, or None: then answers quote.

    One in this process is loaded when it is first used. Raises SettingsError for what can be seen to be wrong at once.
    """
    if settings.llm_model is None:
        return None
    if settings.llm_base_url is None:
        return in_process_llm(settings)
    from bot.answering.openai_llm import OpenAICompatible  # deferred: the client is not needed for quoting

    key = settings.llm_api_key.get_secret_value() if settings.llm_api_key else None
    return OpenAICompatible(
        settings.llm_base_url,
        settings.llm_model,
        key,
        settings.llm_timeout,
        settings.llm_window,
        settings.llm_reply_tokens,
    )


def in_process_llm(settings: Settings) -> InProcessLLM:
    """The LLM of the settings in this process, not loaded yet. Raises SettingsError."""
    place = settings.llm_place
    if place is None:
        raise SettingsError("LLM_MODEL is not set, or it is at LLM_BASE_URL.")
    if place.lower().endswith(GGUF) and (missing := [name for name in READS_GGUF if find_spec(name) is None]):
        raise SettingsError(f"LLM_MODEL is a GGUF file, and {' and '.join(missing)} to read it is missing: {EXTRA}")
    name = Path(place).name if Path(place).exists() else place

    def load() -> LoadedLLM:
        return load_llm(place, settings.llm_device, settings.home / "models")

    return InProcessLLM(name, load, settings.llm_timeout, settings.llm_window, settings.llm_reply_tokens)


def migrate(settings: Settings) -> None:
    """Bring the database's tables up to this code. Raises DatabaseError."""
    make_home(settings.home)
    with open_database(settings) as database:
        database.migrate()
        database.check()


def make_home(home: Path) -> None:
    """Make LORE_HOME, which only its owner may look into: it holds what the documents say. Raises SettingsError."""
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise SettingsError(
            f"LORE_HOME, {home}, cannot be made: {error.strerror}. Set it to another folder."
        ) from error


def set_up_logging(level: str) -> None:
    """One event a line on standard error: for people at a terminal, as JSON anywhere else."""
    terminal = sys.stderr.isatty()
    # Plain tracebacks: others show the values of variables, which are what documents say.
    renderer = (
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        if terminal
        else structlog.processors.JSONRenderer()
    )
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso"),
    ]
    tracebacks: list[structlog.typing.Processor] = [] if terminal else [structlog.processors.format_exc_info]
    structlog.configure(
        processors=[*shared, *tracebacks, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level.upper())),
        logger_factory=lambda *names: structlog.PrintLogger(sys.stderr),
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *tracebacks, renderer],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
