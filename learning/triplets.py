"""Votes into triplets (anchor, positive, negative), each with its provenance, and what each of them weighs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from learning.voices import Said, by_question, documents, says, standing, words
from learning.votes import CastVote, Snapshot, Vote

HIGH_RANK = 8
"""The last rank at which a passage that was not cited counts as a hard negative."""

MOST_NEGATIVES = 5
"""Of one positive: those that votes named first, then the passages that were retrieved highest."""

MOST_CHUNKS = 3
"""Of a document that a correction names: the ones that share the most words with the question."""

NEAR_DUPLICATE = 0.8
"""The overlap of words from which on two texts say the same as far as training goes."""

MOST_SHARE = 0.25
"""What one person weighs at most of all triplets, where nothing else is set."""


@dataclass(frozen=True)
class Positive:
    """A text that answers the question, because `vote` liked an answer that cites it, or named it as a correction."""

    passage: Snapshot
    why: Literal["cited", "correction"]
    vote: Vote


@dataclass(frozen=True)
class Negative:
    """A text that does not answer the question: `vote` said so, or (None) it was retrieved high and not cited."""

    passage: Snapshot
    why: Literal["wrong_source", "retrieved"]
    vote: Vote | None


@dataclass(frozen=True)
class Triplet:
    """`anchor`, a question's text, belongs nearer to the positive than to the negative. `asked_by` asked it."""

    anchor: str
    asked_by: str
    positive: Positive
    negative: Negative

    @property
    def voters(self) -> frozenset[str]:
        """The one or two people whose votes made this triplet."""
        return frozenset(vote.user for vote in (self.positive.vote, self.negative.vote) if vote is not None)


def mine(votes: Sequence[CastVote]) -> list[Triplet]:
    """The triplets that these votes (oldest first) make, in an order that depends on nothing else.

    They are made anew from the votes whenever they are asked for and stored nowhere: a triplet of a vote that was
    changed or withdrawn since, or whose voter is forgotten, cannot be left behind, because there is no second copy.

    - 👍 makes the cited passages positives of the question; 👎 for a wrong source makes them negatives; a correction
      makes positives, whatever the vote. Other reasons, and 👎 without one, say nothing about passages.
    - Questions of the same words are one question. On each of its passages a person has one voice, however often they
      voted: for it, against it, or, having voted both ways as often, none. Voices for and against cancel one by one,
      oldest first; what is left makes the passage a positive or a negative, and where none is left it is neither.
    - Of a voter's answer, what was retrieved up to HIGH_RANK, is not cited, and was not voted on, is a hard negative.
      A chunk of a document that a correction names is no negative: the person named the document, not the chunk.
      A correction in a person's own words has no hard negatives: the passage that says the same may be among them.
    - What shares NEAR_DUPLICATE of its words with a positive of the question is never its negative.

    A question that has only positives or only negatives makes no triplet.
    """
    return [triplet for casts in by_question(votes) for triplet in _of_one_question(casts)]


def weights(triplets: Sequence[Triplet], most_share: float = MOST_SHARE) -> list[float]:
    """What each triplet counts for in training, 0 to 1, so that nobody weighs more than `most_share` of the sum.

    A triplet that two people's votes made counts half for each. Where there are fewer people than 1 / most_share, so
    that nobody could weigh so little, they all weigh the same; one person alone has all the weight.
    """
    sizes: dict[str, Fraction] = {}
    for triplet in triplets:
        for user in triplet.voters:
            sizes[user] = sizes.get(user, Fraction(0)) + Fraction(1, len(triplet.voters))
    if not sizes:
        return []
    most = _most(sorted(sizes.values(), reverse=True), max(Fraction(str(most_share)), Fraction(1, len(sizes))))
    factors = {user: min(Fraction(1), most / size) for user, size in sizes.items()}
    return [float(sum(factors[user] for user in triplet.voters) / len(triplet.voters)) for triplet in triplets]


def question_words(question: str) -> tuple[str, ...]:
    """The words by which two questions are one: case and punctuation are ignored."""
    return tuple(words(question))


def overlap(left: str, right: str) -> float:
    """The share of the different words of the shorter text that are in the other too, 0 to 1; case is ignored."""
    one, other = set(words(left)), set(words(right))
    shorter = min(len(one), len(other))
    return len(one & other) / shorter if shorter else float(left.strip() == right.strip())


def _of_one_question(casts: Sequence[CastVote]) -> Iterator[Triplet]:
    said: dict[str, list[Said]] = {}
    for cast in casts:
        for one in says(cast, _nearest(cast.question, cast.correction), _key):
            said.setdefault(_key(one.passage), []).append(one)
    left = [voice for of_passage in said.values() for voice in standing(of_passage)]
    positives = [voice for voice in left if voice.value > 0]
    voted: dict[str, Negative] = {}
    for voice in left:
        if voice.value < 0:
            voted.setdefault(_key(voice.passage), Negative(voice.passage, "wrong_source", voice.cast.vote))
    corrected = {document for cast in casts for document in documents(cast.correction)}
    near = _near_duplicates(casts, positives)
    for voice in positives:
        retrieved = [
            Negative(passage, "retrieved", None)
            for passage in voice.cast.not_cited
            if voice.passage.document
            and passage.rank is not None
            and passage.rank <= HIGH_RANK
            and _key(passage) not in said
            and (passage.source, passage.document) not in corrected
        ]
        apart = [negative for negative in (*voted.values(), *retrieved) if _key(negative.passage) not in near]
        positive = Positive(voice.passage, "correction" if voice.why == "correction" else "cited", voice.cast.vote)
        for negative in apart[:MOST_NEGATIVES]:
            yield Triplet(voice.cast.question, voice.cast.asked_by, positive, negative)


def _near_duplicates(casts: Sequence[CastVote], positives: Sequence[Said]) -> set[str]:
    """The keys of the passages that say what a positive says; each different text is compared once."""
    right = {_key(voice.passage) for voice in positives}
    found = {_key(passage) for cast in casts for passage in (*cast.cited, *cast.not_cited)}
    return {text for text in found if any(overlap(text, positive) >= NEAR_DUPLICATE for positive in right)}


def _nearest(question: str, chunks: Sequence[Snapshot]) -> list[Snapshot]:
    asked = set(words(question))
    by_words = sorted(chunks, key=lambda chunk: -len(asked.intersection(words(chunk.text))))
    return by_words[:MOST_CHUNKS]


def _key(passage: Snapshot) -> str:
    """Training sees texts: the same text in two places is one passage."""
    return " ".join(passage.text.split())


def _most(sizes: Sequence[Fraction], share: Fraction) -> Fraction:
    """The size down to which the largest of `sizes` (falling) must go for none to be above `share` of what is left.

    With m of them cut to c, and the others R together: c = share × (m × c + R), so c = share × R / (1 - share × m).
    `share` is at least 1 / the number of sizes; the loop ends before share × m reaches 1.
    """
    for cut, size in enumerate(sizes):
        most = share * sum(sizes[cut:], Fraction(0)) / (1 - share * cut)
        if size <= most:
            return most
    raise ValueError(f"{share} is less than one part in {len(sizes)}.")
