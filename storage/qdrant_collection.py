"""How a collection is made on a Qdrant server or cluster: its shards, copies, compression, and what stays on disk."""

from dataclasses import dataclass
from typing import Any, Literal

from qdrant_client import models

Quantization = Literal["none", "int8", "binary"]

OVERSAMPLING = {"int8": 1.5, "binary": 3.0}
"""How many times as many candidates are compared by their whole vectors, so that compression costs no scores."""


@dataclass(frozen=True)
class CollectionMaking:
    """What a new collection is made with; one that stands keeps what it was made with.

    `shard_number` and `replication_factor` are Qdrant's own (one each, where it is None). `quantization` keeps a
    smaller copy of the dense vectors in memory, beside the whole ones: a quarter ("int8") or a thirty-second
    ("binary") of their size. `on_disk` leaves the whole vectors and the BM25 index on disk. `audience_is_tenant` lays
    out points by who may see them, for many audiences that see little of each other's documents.
    """

    shard_number: int | None = None
    replication_factor: int | None = None
    quantization: Quantization = "none"
    on_disk: bool = False
    audience_is_tenant: bool = False

    def arguments(self, dimension: int) -> dict[str, Any]:
        """Those of QdrantClient.create_collection, for dense vectors of `dimension` numbers."""
        on_disk = self.on_disk or None  # what is not asked for is left to the server's own configuration
        dense = models.VectorParams(
            size=dimension, distance=models.Distance.DOT, on_disk=on_disk, quantization_config=self._compressed()
        )
        index = models.SparseIndexParams(on_disk=True) if on_disk else None
        return {
            "vectors_config": {"dense": dense},
            "sparse_vectors_config": {"bm25": models.SparseVectorParams(index=index, modifier=models.Modifier.IDF)},
            "shard_number": self.shard_number,
            "replication_factor": self.replication_factor,
        }

    def audience_index(self) -> models.KeywordIndexParams:
        """The payload index by which a search is filtered."""
        return models.KeywordIndexParams(
            type=models.KeywordIndexType.KEYWORD, is_tenant=self.audience_is_tenant, on_disk=self.on_disk or None
        )

    def source_index(self) -> models.KeywordIndexParams:
        """The payload index by which a search is kept to chosen sources."""
        return models.KeywordIndexParams(type=models.KeywordIndexType.KEYWORD, on_disk=self.on_disk or None)

    def search_params(self) -> models.SearchParams | None:
        """Those of a search by dense vector: scores are of the whole vectors, as confidence is read from them."""
        if self.quantization == "none":
            return None
        return models.SearchParams(
            quantization=models.QuantizationSearchParams(rescore=True, oversampling=OVERSAMPLING[self.quantization])
        )

    def _compressed(self) -> models.ScalarQuantization | models.BinaryQuantization | None:
        if self.quantization == "int8":
            scalar = models.ScalarQuantizationConfig(type=models.ScalarType.INT8, quantile=0.99, always_ram=True)
            return models.ScalarQuantization(scalar=scalar)
        if self.quantization == "binary":
            return models.BinaryQuantization(binary=models.BinaryQuantizationConfig(always_ram=True))
        return None
