"""What a candidate must not lose: other answered questions, the corpus's own headings, and general questions."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from learning.gate import TOLERATED, Comparison
from learning.judging import Judged, Rank, ReadQuestions, rank_all
from learning.material import Material, embed_questions
from storage.embedder import Embedder
from storage.versions import Version

ANSWERED = "Other answered questions"
HEADINGS = "Headings of the documents"
GENERAL = "General questions"

ANSWERED_TOLERATED = 0.05
"""Their right documents are only what the current model found: any other model does a little worse by them."""

GENERAL_TOLERATED = 0.02
"""They are asked by cosine alone, without BM25, which would hide what the model forgot."""


@dataclass(frozen=True)
class Guards:
    """The guards on a candidate, which finds by `rank_after` and embeds documents by `documents`.

    `probes` are `material.probes` as it reads them, `dense_scale` is what their cosines are multiplied by, and
    `dense_weight` its weight of the cosine.
    """

    material: Material
    current: Version
    rank: Rank
    rank_after: Rank
    documents: Embedder
    probes: ReadQuestions
    dense_scale: float
    dense_weight: float

    def all(self) -> list[Comparison]:
        """Every guard that does not come of the votes."""
        headings = len(self.material.held_out_headings)
        answered = headings + len(self.material.answered)
        return [
            self._found(
                HEADINGS,
                [Judged(each.text, frozenset({each.document})) for each in self.material.held_out_headings],
                self.probes[:headings],
            ),
            self._found(
                ANSWERED, self.material.answered, self.probes[headings:answered], ANSWERED_TOLERATED, proxy=True
            ),
            self._general(self.probes[answered:]),
        ]

    def _found(
        self,
        name: str,
        questions: Sequence[Judged],
        asked: ReadQuestions,
        tolerated: float = TOLERATED,
        proxy: bool = False,
    ) -> Comparison:
        """Found by the production path: by the current version, and by the candidate as it reads them."""
        current = self.current
        embedded = embed_questions(current.questions, [each.question for each in questions])
        before = rank_all(self.rank, questions, embedded, current.fusion_weight)
        after = rank_all(self.rank_after, questions, asked.scaled(self.dense_scale), self.dense_weight)
        return Comparison(
            name,
            "guard",
            before.values(current.fusion_weight),
            after.values(self.dense_weight),
            [min(each.right) for each in questions],
            np.ones(len(questions)),
            tolerated,
            proxy,
        )

    def _general(self, asked: ReadQuestions) -> Comparison:
        """Against the untrained model, so that many trainings cannot lose a little each."""
        general, embedder = self.material.general, self.current.document_embedder
        before = embedder.embed(general.passages)
        after = before if self.documents is embedder else self.documents.embed(general.passages)
        return Comparison(
            GENERAL,
            "guard",
            general.ndcg_at_10(before, embed_questions(embedder, general.questions)),
            general.ndcg_at_10(after, asked.vectors),
            range(len(general.questions)),
            np.ones(len(general.questions)),
            GENERAL_TOLERATED,
        )
