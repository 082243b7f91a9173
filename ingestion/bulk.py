"""A first load at the speed of many processors or GPUs: documents are parsed, cut and embedded on Ray Data.

Ray's part is from a document's bytes to its vectors. What a source lists, what is fetched of it and what is written is
an ordinary sync's, so that the tables and the index are the same, and a load that was stopped goes on where it was.
"""

import logging
import os
import pickle
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from ingestion.connectors import RawDocument
from ingestion.parser_process import ParserProcesses
from ingestion.reading import Fetched, Read, Text, text_of, why_unread
from ingestion.sync_report import SyncError
from storage.embedder import Embedder
from storage.projection import ReadyVectors
from storage.storable import storable

if TYPE_CHECKING:
    import pyarrow as pa

ROUND_DOCUMENTS, ROUND_BYTES = 20_000, 250_000_000
"""What is fetched before Ray has it, at most. The models are loaded once a round on each machine, for some seconds."""

READ_AT_ONCE, EMBEDDED_AT_ONCE, EMBEDDED_ON_GPU = 16, 64, 256
"""Documents a batch. An embedder sorts a batch's chunks by length, so that some hundreds are worth having."""

MakeEmbedder = Callable[[str | None], Embedder]
"""Loads the model of the documents on a device, None for the best there is; it is sent to other machines (pickled)."""


class ReadingOnRay:
    """Reads documents, and makes the vectors of their chunks, on the cluster at RAY_ADDRESS or on this machine alone.

    Every machine needs this package, in the same version. `documents` names the version of the model that `make`
    loads. A context: on entering it, Ray is connected to, or started; on leaving, left, or stopped. Where this process
    has Ray already, that is used.
    """

    def __init__(self, make: MakeEmbedder, documents: str) -> None:
        """Raises SyncError where Ray is not installed."""
        # Ray has no other way to be told: nothing is reported to its makers, and errors come as exceptions alone.
        for name, value in (("RAY_USAGE_STATS_ENABLED", "0"), ("RAY_BACKEND_LOG_LEVEL", "fatal")):
            os.environ.setdefault(name, value)
        try:
            import ray.data
        except ImportError as error:
            raise SyncError("A load in bulk needs Ray Data: pip install 'lore[bulk]'.") from error
        self._ray: Any = ray
        self._make = make
        self._documents = documents
        self._is_ours = False

    def __enter__(self) -> Self:
        self._is_ours = not self._ray.is_initialized()
        try:
            if self._is_ours:
                self._ray.init(include_dashboard=False, log_to_driver=False, logging_level="ERROR")
        except (ConnectionError, RuntimeError, ValueError) as error:
            raise SyncError(
                f"Ray could not be started, or not be reached: {_line(error)}. Check RAY_ADDRESS, or leave it out to "
                "use this machine alone."
            ) from error
        logging.getLogger("ray").setLevel(logging.ERROR)
        logging.getLogger("ray.data").setLevel(logging.ERROR)
        context = self._ray.data.DataContext.get_current()
        context.enable_progress_bars = False
        context.print_on_execution_start = False
        return self

    def __exit__(self, *_: object) -> None:
        if self._is_ours:
            self._ray.shutdown()

    def read(self, source: str, fetched: Iterable[Fetched]) -> Iterator[Read]:
        """As `Reading.read`; each with its vectors. Raises SyncError where Ray fails: what was written stays."""
        for some in rounds(fetched):
            try:
                yield from self._read(source, some)
            except self._ray.exceptions.RayError as error:
                raise SyncError(
                    f"Ray stopped: {_line(error)}. What was written until now is kept; run it again to go on."
                ) from error

    def _read(self, source: str, some: Sequence[Fetched]) -> Iterator[Read]:
        rows = [
            {"place": place, "document": pickle.dumps((source, one.listed.ref.id, one.listed.ref.title, one.raw))}
            for place, one in enumerate(some)
        ]
        batches: Iterable[pa.Table] = self._pipeline(rows).iter_batches(batch_size=None, batch_format="pyarrow")
        for batch in batches:
            for row in batch.to_pylist():
                yield self._result(some[row["place"]], row)

    def _pipeline(self, rows: Sequence[Mapping[str, Any]]) -> Any:
        """A dataset of the rows with what each document says, and its vectors."""
        data = self._ray.data
        resources = self._ray.cluster_resources()
        processors, gpus = int(resources.get("CPU", 1)), int(resources.get("GPU", 0))
        machines = sum(1 for node in self._ray.nodes() if node["Alive"])
        # A GPU each; else one a machine, which uses all of its processors as it does in a sync.
        embedders = gpus or machines
        readers = max(1, processors - embedders)
        share = 1.0 if processors > embedders else 0.5
        blocks = max(1, min(len(rows) // READ_AT_ONCE, 8 * readers))
        return (
            data.from_items(list(rows), override_num_blocks=blocks)
            .map_batches(
                ReadTexts,
                fn_constructor_args=(self._make,),
                batch_size=READ_AT_ONCE,
                batch_format="pyarrow",
                compute=data.ActorPoolStrategy(min_size=1, max_size=readers),
                num_cpus=share,
            )
            .map_batches(
                EmbedTexts,
                fn_constructor_args=(self._make,),
                batch_size=EMBEDDED_ON_GPU if gpus else EMBEDDED_AT_ONCE,
                batch_format="pyarrow",
                compute=data.ActorPoolStrategy(size=embedders),
                num_cpus=0 if gpus else share,
                num_gpus=1 if gpus else None,
            )
        )

    def _result(self, fetched: Fetched, row: Mapping[str, Any]) -> Read:
        text, error = pickle.loads(row["document"])
        if text is None:
            return Read(fetched, None, error)
        texts = embedded_texts(text)
        vectors = np.frombuffer(row["vectors"], dtype="<f4").reshape(len(texts), -1) if texts else ()
        return Read(fetched, text, None, ReadyVectors(self._documents, dict(zip(texts, vectors, strict=True))))


class ReadTexts:
    """Parses documents and cuts them into chunks: an actor, which needs the model to count its word pieces."""

    def __init__(self, make: MakeEmbedder) -> None:
        self._embedder = make("cpu")
        self._parsers = ParserProcesses()

    def __call__(self, batch: "pa.Table") -> "pa.Table":
        return _with_column(batch, "document", [self._read(*pickle.loads(each)) for each in _column(batch, "document")])

    def _read(self, source: str, id: str, title: str, raw: RawDocument) -> bytes:
        """The pickle of the document's text, or None, and why there is none."""
        try:
            parsed = self._parsers.parse(raw)
            text = text_of(title, parsed, self._embedder.count_tokens, self._embedder.max_tokens)
        except Exception as error:  # noqa: BLE001  # whatever one document does to a parser, the others go on
            return pickle.dumps((None, why_unread(error, source, id)))
        return pickle.dumps((text, None))


class EmbedTexts:
    """Adds the vectors of documents' chunks, float32, little-endian, one after the other: an actor with the model."""

    def __init__(self, make: MakeEmbedder) -> None:
        self._embedder = make(None)

    def __call__(self, batch: "pa.Table") -> "pa.Table":
        read: list[Text | None] = [pickle.loads(each)[0] for each in _column(batch, "document")]
        texts = [embedded_texts(text) if text is not None else [] for text in read]
        once = list(dict.fromkeys(text for some in texts for text in some))
        vectors = dict(zip(once, self._embedder.embed(once), strict=True)) if once else {}
        made = [b"".join(vectors[text].astype("<f4").tobytes() for text in some) for some in texts]
        return _with_column(batch, "vectors", made)


def rounds(fetched: Iterable[Fetched]) -> Iterator[list[Fetched]]:
    """The documents, as many at a time as Ray is given at once."""
    some: list[Fetched] = []
    size = 0
    for one in fetched:
        some.append(one)
        size += len(one.raw.content)
        if len(some) >= ROUND_DOCUMENTS or size >= ROUND_BYTES:
            yield some
            some, size = [], 0
    if some:
        yield some


def embedded_texts(text: Text) -> list[str]:
    """What is embedded of a document, each text once, as the tables will have it."""
    return list(dict.fromkeys(storable(chunk.embedded) for chunk in text.chunks))


def _column(batch: "pa.Table", name: str) -> list[bytes]:
    values: list[bytes] = batch.column(name).to_pylist()
    return values


def _with_column(batch: "pa.Table", name: str, values: Sequence[bytes]) -> "pa.Table":
    import pyarrow as pa

    rest = batch.drop_columns([name]) if name in batch.column_names else batch
    return rest.append_column(name, pa.array(values, pa.large_binary()))


def _line(error: BaseException) -> str:
    """The last line of what Ray says, which is the error itself: a worker's traceback is above it."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1].rstrip(".") if lines else type(error).__name__
