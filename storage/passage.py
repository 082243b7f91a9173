"""A passage: a chunk found for a question, with its document, its scores and its rank."""

from dataclasses import dataclass
from datetime import datetime

from storage.embedder import Vectors
from storage.links import link_to
from storage.nudge import Nudge


@dataclass(frozen=True)
class DocumentLink:
    """Enough of a document to name it and link to it; with when it was last changed, where that is known."""

    id: str
    title: str
    url: str
    source: str
    changed_at: datetime | None = None


@dataclass(frozen=True)
class Scores:
    """`dense` is the cosine times the version's `dense_scale`, `bm25` the share of the most that the question could
    score (0 to 1). `votes` is what votes on questions like this one add, or take (storage.nudge.MOST at most). `fused`
    is the weighted mean of the first two, and the votes. `reranked` (0 to 1) is what a reranking model says, by which
    the first passages are ordered then; None without one.
    """

    dense: float
    bm25: float
    fused: float
    votes: float = 0.0
    reranked: float | None = None


@dataclass(frozen=True)
class Passage:
    """A chunk found for a question. `rank` counts from 1; `position` is the chunk's place in its document.

    `nudge` is what votes on a question like this one did to it, if they did anything. `anchor` is the fragment of the
    document's URL that leads to its heading, where that is known.
    """

    rank: int
    chunk_id: str
    document: DocumentLink
    heading: tuple[str, ...]
    text: str
    position: int
    scores: Scores
    nudge: Nudge | None = None
    anchor: str | None = None

    @property
    def url(self) -> str:
        """Where a citation of it leads: its heading, or else its document."""
        return link_to(self.document.url, self.anchor)


@dataclass(frozen=True)
class Found:
    """The passages for a question, best first, and the milliseconds that embedding and searching took.

    `vector` is the question's, (dimension,) float32, as long as the version's `dense_scale`; `model` is the name of
    the version that found them.
    """

    passages: tuple[Passage, ...]
    embed_ms: float
    search_ms: float
    vector: Vectors
    model: str
