"""The knowledge base in two dimensions, with the questions where they were and where they are now."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from learning.report.contents import ChunkPoint, KnowledgeMap, QuestionPoint
from learning.report.sampling import stratified
from learning.report.wording import excerpt
from storage.embedder import Vectors

MOST_CHUNKS = 1_500
MOST_QUESTIONS = 150
EXCERPT = 240
"""Characters of a chunk or a question that the map keeps."""

_FEWEST_FOR_TSNE = 10
_PERPLEXITY = 30.0
_ITERATIONS = 750
"""1,500 points of 384 numbers take 3 s of one core."""

_HALF_WIDTH = 100.0
_NEIGHBOURS = 5
_TEMPERATURE = 0.03
"""Of the neighbours' weights: what is 0.1 less near by the cosine weighs a thirtieth."""

Places = NDArray[np.float64]
"""(n, 2)."""


def knowledge_map(
    vectors: Vectors,
    sources: Sequence[str],
    titles: Sequence[str],
    texts: Sequence[str],
    questions: Sequence[str],
    right_documents: Sequence[str],
    questions_before: Vectors,
    questions_after: Vectors,
    seed: int,
) -> KnowledgeMap:
    """Draw at most MOST_CHUNKS of n chunks and MOST_QUESTIONS of m questions, the same ones for the same seed.

    `vectors` is (n, d), of the chunks whose source, document's title and text follow; `questions_before` and
    `questions_after` are (m, d), of the questions whose text and right document's title (one of `titles`, or any
    other where it has no chunk) come before them. All are of unit length, so that nearness is the cosine's.
    The chunks are projected by t-SNE, and a question is put among the chunks that are nearest to it: before and
    after share one plane. Where there are no chunks, all questions lie in the middle. Raises ValueError where the
    counts of chunks or of questions differ.
    """
    if not len(vectors) == len(sources) == len(titles) == len(texts):
        raise ValueError(
            f"Each chunk needs a vector, a source, a title and a text, not {len(vectors)} vectors, {len(sources)} "
            f"sources, {len(titles)} titles and {len(texts)} texts."
        )
    if not len(questions) == len(right_documents) == len(questions_before) == len(questions_after):
        raise ValueError(
            f"Each question needs a text, a right document and two vectors, not {len(questions)} texts, "
            f"{len(right_documents)} documents, {len(questions_before)} and {len(questions_after)} vectors."
        )
    asked = sorted(random.Random(seed).sample(range(len(questions)), min(MOST_QUESTIONS, len(questions))))
    chunks_of: dict[str, list[int]] = {right_documents[at]: [] for at in asked}
    for chunk, title in enumerate(titles):
        if title in chunks_of:
            chunks_of[title].append(chunk)
    targets = [
        _target(vectors, chunks_of[right_documents[at]], questions_before[at], questions_after[at]) for at in asked
    ]
    # What a question should move to is drawn in any case: without it, its way leads nowhere.
    drawn = stratified(sources, MOST_CHUNKS, seed, {target.chunk for target in targets if target is not None})
    if drawn:
        plane = _project(vectors[drawn], seed)
        before = _among(vectors[drawn], plane, questions_before[asked])
        after = _among(vectors[drawn], plane, questions_after[asked])
    else:
        plane = np.zeros((0, 2))
        before, after = np.zeros((2, len(asked), 2))
    return KnowledgeMap(
        chunks=tuple(
            ChunkPoint(*_place(plane[row]), sources[at], titles[at], excerpt(texts[at], EXCERPT))
            for row, at in enumerate(drawn)
        ),
        questions=tuple(
            QuestionPoint(
                before=_place(before[row]),
                after=_place(after[row]),
                text=excerpt(questions[at], EXCERPT),
                right_document=right_documents[at],
                cosine_before=target.cosine_before if target else None,
                cosine_after=target.cosine_after if target else None,
            )
            for row, (at, target) in enumerate(zip(asked, targets, strict=True))
        ),
        all_chunks=len(vectors),
        all_questions=len(questions),
    )


@dataclass(frozen=True)
class _Target:
    """The chunk of a question's right document that was nearest to it before, and the best cosine with any of them."""

    chunk: int
    cosine_before: float
    cosine_after: float


def _target(vectors: Vectors, chunks: list[int], before: Vectors, after: Vectors) -> _Target | None:
    if not chunks:
        return None
    cosines = vectors[chunks] @ np.stack([before, after], axis=1)
    best = cosines.max(axis=0)
    return _Target(chunks[int(cosines[:, 0].argmax())], float(best[0]), float(best[1]))


def _project(vectors: Vectors, seed: int) -> Places:
    """The places of n rows, 1 at least, each coordinate within -_HALF_WIDTH to _HALF_WIDTH, the widest reaching it."""
    if len(vectors) < _FEWEST_FOR_TSNE or len(np.unique(vectors, axis=0)) < _FEWEST_FOR_TSNE:
        plane = _principal_plane(vectors)
    else:
        # Imported here, as it takes a second that only a learning run should spend.
        from sklearn.manifold import TSNE
        from threadpoolctl import threadpool_limits

        # Between unit vectors, Euclidean distance orders as the cosine does.
        projection = TSNE(
            init="pca",
            perplexity=min(_PERPLEXITY, (len(vectors) - 1) / 3),
            max_iter=_ITERATIONS,
            random_state=seed,
            n_jobs=1,
        )
        # n_jobs does not hold for its gradient. Its threads wait by spinning: on two busy cores they took 7 times
        # the processor time of one thread, and 8 times the time. The bot answers meanwhile.
        with threadpool_limits(1, user_api="openmp"):
            plane = projection.fit_transform(vectors.astype(np.float32))
    centred = plane - (plane.max(axis=0) + plane.min(axis=0)) / 2
    widest = float(np.abs(centred).max())
    # Below this, rows that are all the same differ by rounding only.
    scaled: Places = centred * (_HALF_WIDTH / widest) if widest > 1e-6 else np.zeros_like(centred)
    return scaled


def _among(chunks: Vectors, plane: Places, questions: Vectors) -> Places:
    """The places of m questions: the mean of their nearest chunks' places, nearer ones weighing more.

    So openTSNE places new points to begin with (`initialization="weighted"`). Projected together with the chunks, a
    question would stay where it was: nothing is so near to it as itself before the training (a cosine of 0.95 or so,
    of 0.5 with its passages), whatever it is near to now.
    """
    cosines = questions.astype(np.float64) @ chunks.T
    nearest = np.argsort(-cosines, axis=1, kind="stable")[:, :_NEIGHBOURS]
    best = np.take_along_axis(cosines, nearest, axis=1)
    weights = np.exp((best - best[:, :1]) / _TEMPERATURE)
    weights /= weights.sum(axis=1, keepdims=True)
    places: Places = np.einsum("mk,mkc->mc", weights, plane[nearest])
    return places


def _place(row: Places) -> tuple[float, float]:
    return round(float(row[0]), 2), round(float(row[1]), 2)


def _principal_plane(vectors: Vectors) -> Places:
    """Each row's first two principal components; 0 where the rows do not reach so far."""
    centred = vectors.astype(np.float64) - vectors.mean(axis=0)
    left, sizes, _ = np.linalg.svd(centred, full_matrices=False)
    plane = np.zeros((len(vectors), 2))
    components = min(2, len(sizes))
    plane[:, :components] = left[:, :components] * sizes[:components]
    return plane
