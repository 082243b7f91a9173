"""Optimizes one copy of the embedded index: a program of its own, run by its path, that imports nothing of Lore."""

import os
import sys

from qdrant_edge import EdgeShard


def optimize(path: str) -> None:
    """Build the graph and drop what was deleted, behind the process that answers questions meanwhile."""
    os.nice(10)
    shard = EdgeShard.load(path)
    shard.optimize()
    shard.flush()
    shard.close()


if __name__ == "__main__":
    optimize(sys.argv[1])
