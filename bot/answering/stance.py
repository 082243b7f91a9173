"""What a text says of its subject: so or not so; a duty, advice, a choice or forbidden; before or after; of whom."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, takewhile

from bot.answering.stance_words import (
    AUXILIARY,
    BACKWARD,
    BREAK,
    DIRECTIVE,
    ENDS_A_LIST,
    INTRODUCES,
    MODE,
    NEGATIONS,
    OPPOSITES,
    PEOPLE,
    RELATIONS,
    STANDS_FOR,
    STRONG,
    TELLS,
    Mode,
)
from bot.answering.words import content_words, stem, tokens

_MUCH_THE_SAME = 0.6
"""The share of words, of all that either has, from which on one clause is the other with little changed."""

_ASIDE = 2
"""Words that carry meaning, of which an aside has no more."""

_SCOPE = 6
"""Content words after a negation that it may be about."""

_RELATED_WITHIN = 4
"""Words after a preposition among which what it relates to begins."""


@dataclass(frozen=True)
class Clause:
    """A part of a sentence that says one thing.

    `words` are the stems that carry meaning, `tokens` all words. `negated` are the stems that a negation in it is
    about. `modes` has each auxiliary's mode with the stem that it governs, `mode` that of the whole. `subject` are the
    words before the first auxiliary.
    """

    words: frozenset[str]
    tokens: frozenset[str]
    negated: frozenset[str]
    negations: int
    modes: tuple[tuple[Mode, str], ...]
    mode: Mode
    subject: frozenset[str]


@dataclass(frozen=True)
class Stance:
    """A text's clauses, the words in it, and what it sets before, after, within … what, each a relation and a stem."""

    clauses: tuple[Clause, ...]
    tokens: frozenset[str]
    stems: frozenset[str]
    relations: frozenset[tuple[str, str]]


def stance(text: str) -> Stance:
    """How a text speaks of its subject."""
    text = text.replace("’", "'").replace("*", "").replace("`", "")
    words = tokens(text)
    parts = [word for token in words for word in (token, *token.split("-"))]
    clauses: list[Clause] = []
    for part in _split(text):
        clause = _clause(part)
        if not clause.tokens:
            continue
        if ENDS_A_LIST.match(part) and clause.subject:
            listed = takewhile(lambda other: not other.subject and not other.modes, reversed(clauses))
            clause = replace(clause, subject=clause.subject.union(*(other.tokens for other in listed)))
        clauses.append(clause)
    return Stance(tuple(clauses), frozenset(parts), frozenset(map(stem, parts)), frozenset(_relations(words)))


def contradiction(said: Stance, told: Stance) -> str:
    """In what the two disagree, in a word; empty where they do not."""
    if _unlike_words(said, told):
        return "opposite"
    if _otherwise_related(said, told):
        return "relation"
    nearest = [_nearest(clause, told) for clause in said.clauses]
    if _denied_by_the_way(said, told):
        return "negation"
    as_often = _denied_as_often(said, told, nearest)
    for clause, near in zip(said.clauses, nearest, strict=True):
        if _negated_otherwise(clause, near, as_often=as_often):
            return "negation"
        if _another_mode(clause, near, told):
            return "modality"
        if _another_subject(clause, near):
            return "subject"
    return ""


def _split(text: str) -> list[str]:
    edges = [0, *(match.start() for match in BREAK.finditer(text)), len(text)]
    parts = [text[start:end] for start, end in pairwise(edges)]
    return [part for part in parts if part.strip()]


def _clause(text: str) -> Clause:
    words = tokens(text)
    negated: set[str] = set()
    negations = 0
    for at, word in enumerate(words):
        if word not in NEGATIONS:
            continue
        negations += 1
        if word in BACKWARD or set(words[at + 1 : at + 4]) & BACKWARD:
            negated.update(content_words(text))
        else:
            negated.update(content_words(" ".join(words[at + 1 :]))[:_SCOPE])
    modes = tuple(_modes(" ".join(words)))
    mode = modes[0][0] if modes else _without_auxiliary(text, words)
    return Clause(
        frozenset(content_words(text)), frozenset(words), frozenset(negated), negations, modes, mode, _subject(text)
    )


def _modes(plain: str) -> Iterator[tuple[Mode, str]]:
    for match in MODE.finditer(plain):
        governed = content_words(plain[match.end() :])
        mode: Mode = match.lastgroup  # type: ignore[assignment]  # the groups are named by the modes
        yield mode, governed[0] if governed else ""


def _without_auxiliary(text: str, words: Sequence[str]) -> Mode:
    first = next((word for word in words if word not in INTRODUCES), "")
    return "directive" if stem(first) in DIRECTIVE and not text.strip().endswith("?") else "none"


def _subject(text: str) -> frozenset[str]:
    found = AUXILIARY.search(text)
    if not found:
        return frozenset()
    return frozenset(tokens(text[: found.start()])) - {"also", "only", "then", "and", "or", "either", "if", "when"}


def _relations(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    for at, word in enumerate(words):
        if word in RELATIONS:
            following = content_words(" ".join(words[at + 1 : at + 1 + _RELATED_WITHIN]))
            yield from ((RELATIONS[word], other) for other in following[:1])


def _unlike_words(said: Stance, told: Stance) -> bool:
    for senses in OPPOSITES:
        for sense in senses:
            if sense & said.stems and not sense & told.stems and any(other & told.stems for other in senses):
                return True
    return any(strong & said.tokens and not same & told.tokens for strong, same in STRONG)


def _otherwise_related(said: Stance, told: Stance) -> bool:
    """Whether something is set after here what is set before, or within, there, or without the "only" it has there."""
    only = {word for relation, word in told.relations if relation == "only"}
    if only & said.stems and not any(relation == "only" for relation, _ in said.relations):
        return True
    for relation, word in said.relations:
        there = {other for other, same in told.relations if same == word}
        if there and relation not in there:
            return True
    return False


def _nearest(clause: Clause, told: Stance) -> list[Clause]:
    """The clauses that share most words with this one, the nearest first; it alone where it is much the same."""
    likeness = sorted(
        (
            (
                len(clause.words & other.words),
                len(clause.tokens & other.tokens) / len(clause.tokens | other.tokens),
                -at,
            )
            for at, other in enumerate(told.clauses)
        ),
        reverse=True,
    )
    near = [(both, like, told.clauses[-at]) for both, like, at in likeness if both and 2 * both >= likeness[0][0]]
    same = [other for _, like, other in near if like >= _MUCH_THE_SAME]
    return same[:1] or [other for _, _, other in near]


def _denied_by_the_way(said: Stance, told: Stance) -> bool:
    """Whether a word is said that the source denies in an aside: "privately-owned (not rented) vehicles"."""
    denied = frozenset[str]().union(
        *(clause.negated for clause in told.clauses if clause.negated and len(clause.words) <= _ASIDE)
    )
    told_positive, said_positive = (
        frozenset[str]().union(*(clause.words - clause.negated for clause in text.clauses)) for text in (told, said)
    )
    return bool((denied - told_positive) & said_positive)


def _denied_as_often(said: Stance, told: Stance, nearest: Sequence[Sequence[Clause]]) -> bool:
    """Whether as much is denied in all as in the clauses it stems from, and some word is denied by both."""
    sources = {id(near[0]): near[0].negations for near in nearest if near}
    here = frozenset[str]().union(*(clause.negated for clause in said.clauses))
    there = frozenset[str]().union(*(clause.negated for clause in told.clauses))
    return sum(sources.values()) == sum(clause.negations for clause in said.clauses) and bool(here & there)


def _negated_otherwise(clause: Clause, near: Sequence[Clause], *, as_often: bool) -> bool:
    """Whether a word that both have is denied by one of them alone."""
    if not near:
        return False
    told_negated = frozenset[str]().union(*(other.negated for other in near))
    told_words = frozenset[str]().union(*(other.words for other in near))
    told_positive = frozenset[str]().union(*(other.words - other.negated for other in near))
    if clause.negations and not any(other.negations for other in near):
        return True
    here_only = {word for word in clause.negated & told_words if word not in told_negated}
    there_only = {word for word in (clause.words - clause.negated) & told_negated if word not in told_positive}
    both = clause.words & told_words & (clause.negated | told_negated)
    unlike = here_only | there_only
    parity = near[0].negations % 2 != clause.negations % 2
    return not as_often and bool(unlike) and (len(unlike) == len(both) or (parity and 3 * len(unlike) >= len(both)))


def _another_mode(clause: Clause, near: Sequence[Clause], told: Stance) -> bool:
    """Whether a word is a duty here and a choice there, or the like; by its clause where it is not found there."""
    there = [(mode, word) for other in told.clauses for mode, word in other.modes]
    here = clause.modes or ((clause.mode, ""),)
    for mode, word in here:
        governing = {other for other, same in there if word and same == word}
        if governing:
            if not governing & TELLS[mode]:
                return True
        elif near and not any(other.mode in TELLS[mode] for other in near):
            return True
    governed = {word for _, word in clause.modes}
    for word in (clause.words - governed) & {word for _, word in there}:
        if not {other for other, same in there if same == word} & TELLS[clause.mode] and _leads(clause, near, word):
            return True
    return False


def _leads(clause: Clause, near: Sequence[Clause], word: str) -> bool:
    """Whether the clause is one of those in which an auxiliary governs the word, said without it."""
    return not clause.modes and any(word == same for other in near for _, same in other.modes)


def _another_subject(clause: Clause, near: Sequence[Clause]) -> bool:
    """Whether somebody else must do, or may do, what is said here."""
    others = [other for other in near if other.subject]
    if not clause.subject or not others:
        return False
    here = {stem(word) for word in clause.subject - PEOPLE if content_words(word)}
    return not any(_same_subject(here, clause, other) for other in others)


def _same_subject(here: set[str], said: Clause, told: Clause) -> bool:
    there = {stem(word) for word in told.subject - PEOPLE if content_words(word)}
    if ("by" in said.tokens) != ("by" in told.tokens) and here <= told.words and there <= said.words:
        return True  # the one is the other's passive
    if here and there:
        return bool(here & there)
    if there:
        return bool(said.subject & STANDS_FOR) or bool(told.subject & PEOPLE)
    return True
