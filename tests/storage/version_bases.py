"""A knowledge base with versions of its embedding model, and documents in it."""

from pathlib import Path

from storage.bm25 import Bm25Encoder
from storage.database import Database
from storage.document import PUBLIC, Audience, Chunk, Document
from storage.index import KnowledgeIndex
from storage.knowledge import KnowledgeBase
from storage.qdrant_edge import EdgeIndex
from storage.tables import SourceRow
from storage.versions import LoadVersion, Sides, State
from tests.embedders import HashEmbedder, load_salted

TEXTS = ("You get 25 days of leave.", "Ask your manager for leave.", "The printer is upstairs.", "Lunch is at noon.")


def knowledge_base(database: Database, index: KnowledgeIndex, load: LoadVersion = load_salted) -> KnowledgeBase:
    """Opened, with a model that only hashes; its versions hash with a salt."""
    knowledge = KnowledgeBase(database, index, HashEmbedder(), Bm25Encoder(), load)
    knowledge.open()
    return knowledge


def edge_base(database: Database, folder: Path) -> tuple[KnowledgeBase, EdgeIndex]:
    """One with an embedded index of its own."""
    index = EdgeIndex(folder, "the tests")
    return knowledge_base(database, index), index


def add_source(database: Database, name: str = "handbook") -> int:
    with database.session() as session:
        row = SourceRow(name=name, connector="files", audience=["everyone"])
        session.add(row)
        session.flush()
        return row.id


def document(*texts: str, id: str = "leave.md", audience: Audience = PUBLIC) -> Document:
    return Document(
        id=id,
        title="Leave",
        url=f"https://handbook.example/{id}",
        revision="1",
        content_hash="0" * 64,
        markdown="\n\n".join(texts),
        audience=audience,
        chunks=tuple(Chunk((), text, text) for text in texts),
    )


def add(
    knowledge: KnowledgeBase,
    name: str,
    *,
    sides: Sides = "question",
    tensors: bytes = b"",
    weight: float = 1.0,
    scale: float = 1.0,
    state: State = "candidate",
) -> int:
    """A version whose salt is its name, unless there are other tensors."""
    return knowledge.add_version(
        name=name,
        sides=sides,
        tensors=tensors or name.encode(),
        fusion_weight=weight,
        dense_scale=scale,
        state=state,
        reason="it found more",
        figures={"gain": 0.05},
    )


def serving(knowledge: KnowledgeBase) -> str:
    """The name of the version that a search is answered by."""
    return knowledge.search("leave", PUBLIC).model
