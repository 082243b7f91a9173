"""What a text says of its subject: that it is so or not so, a duty, advice, a choice or forbidden; and which way round."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, takewhile
from typing import Literal

from bot.answering.words import content_words, stem, tokens

Mode = Literal["duty", "advice", "may", "can", "forbidden", "optional", "directive", "none"]

_MODES: dict[Mode, str] = dict(
    (
        (
            "optional",
            r"(?:not|n't) (?:be |been )?(?:required|mandatory|necessary|obliged|obligated)|need not|needn't|"
            r"(?:not|n't|never) (?:need|have)(?: to)?|no need|optional(?:ly)?|voluntary|no requirement|not necessarily",
        ),
        (
            "forbidden",
            r"(?:must|may|can|shall|should|could|will|would|be) (?:not|never)|(?:^|please )(?:do not|don't)"
            r"|(?:must|may|ca|sha|should|could|wo|would)n't|cannot|never|"
            r"prohibited|prohibits?|forbidden|banned|disallowed|not (?:allowed|permitted|eligible|able)|unable|"
            r"ineligible|no longer|avoid|refrain|no one|nobody|no (?:\w+ ){1,3}(?:is|are|may|can|will|shall|must)",
        ),
        (
            "duty",
            r"must|have to|has to|had to|need to|needs to|needed|required?|requires|requirement|mandatory|shall|"
            r"obliged|obligated|compulsory|responsible for|be sure to|make sure|ensure",
        ),
        (
            "advice",
            r"should|ought|recommend(?:s|ed)?|encouraged?|encourages?|suggest(?:s|ed)?|advis(?:e|ed|able)|prefer(?:red|s)?"
            r"|expected",
        ),
        ("may", r"may|might|permitted|allowed|allows?|optionally|at your discretion|if you (?:want|wish|like)|could"),
        ("can", r"can|able|eligible|entitled|feel free|free to|welcome to|possible"),
    )
)
_MODE = re.compile("|".join(rf"(?P<{mode}>(?:^|\b)(?:{pattern})\b)" for mode, pattern in _MODES.items()), re.IGNORECASE)
DIRECTIVE = frozenset(
    stem(verb)
    for verb in """
    accept add apply approve arrange ask attach avoid bill block book bring browse call cancel change charge check choose
    claim click collect complete confirm consider consult contact continue coordinate copy create decide delete describe
    discuss do document download email enable ensure enter explain expect fill find follow forward get give go hand have
    hit hold identify include inform install invite join keep label leave let link list log look mail make mark meet
    mention message move name note notify obtain open paste pay ping place plan post prepare press print provide put
    reach read receive record refer register remember remove rename reply report request reserve respect respond return
    review run save schedule search see select send set share ship show sign speak start state stop submit take talk
    tell track treat try turn type update upload use verify visit wait walk work write
    """.split()
)
_INTRODUCES = frozenset("please then first next finally also always just now lastly simply to and or second third".split())
_NEGATIONS = frozenset(
    "not no never none nobody nothing neither nor cannot without unless except excluding unable ineligible prohibited "
    "forbidden banned disallowed prohibits non isn't aren't wasn't weren't don't doesn't didn't can't couldn't won't "
    "wouldn't shouldn't mustn't haven't hasn't hadn't needn't".split()
)
_BACKWARD = frozenset("allowed permitted eligible required acceptable prohibited forbidden banned disallowed".split())
_ENDS_A_LIST = re.compile(r",\s*(?:and|or)\b|\s*(?:and|or)\b", re.IGNORECASE)
_MUCH_THE_SAME = 0.6
"""The share of words, of all that either has, from which on one clause is the other with little changed."""

_ASIDE = 2
"""Words that carry meaning, of which an aside has no more."""

_SCOPE = 6
"""Content words after a negation that it may be about."""

_BREAK = re.compile(
    r"[,;:()\n•|·]|[.!?](?=\s|$)|\s[-–—]+\s|\b(?:but|if|unless|when|because|while|although|though|whereas|so|which|who|"
    r"until|once)\b(?!\w)|\b(?:and|or)\b(?=\s+(?:\w+\s+){0,2}(?:must|may|can|should|cannot|can't|will|do not|don't|not|"
    r"never|have to|need to|you|we|they|it)\b)",
    re.IGNORECASE,
)
_OPPOSITES: tuple[tuple[frozenset[str], ...], ...] = tuple(
    tuple(frozenset(map(stem, sense.split())) for sense in group.split("/"))
    for group in (
        "before prior advance ahead earlier/after later afterwards",
        "more greater higher above over exceed exceeds/less fewer lower below under",
        "minimum least/maximum most limit",
        "include included includes including/exclude excluded excludes excluding except",
        "paid/unpaid",
        "taxable/nontaxable untaxed",
        "internal internally/external externally",
        "public publicly/private privately",
        "first initial/last final",
        "increase increases rise/decrease decreases reduce reduces",
        "start starts begin begins beginning/end ends finish",
        "open/closed close",
        "approve approved approves approval/deny denied denies reject rejected",
        "full-time/part-time",
        "domestic/international foreign abroad overseas",
        "early/late",
        "morning/afternoon/evening",
        "temporary/permanent",
        "hourly/daily/weekly/biweekly/monthly/quarterly/annual annually yearly",
        "monday mondays/tuesday tuesdays/wednesday wednesdays/thursday thursdays/friday fridays/saturday saturdays/sunday sundays",
        "former previous/current",
        "receive receives received/send sends sent",
        "remote remotely/onsite in-person",
        "same/different",
        "enable enabled/disable disabled",
        "add added/remove removed delete deleted",
        "buy purchase/sell",
        "safe/unsafe",
        "gain earn/lose forfeit forfeited",
        "always/sometimes rarely",
        "with/without",
        "many most some several few/all every everyone",
        "earliest soonest/latest",
        "on/off",
    )
)
_STRONG: tuple[tuple[frozenset[str], frozenset[str]], ...] = tuple(
    (frozenset(said.split()), frozenset(told.split()))
    for said, told in (
        ("only solely exclusively", "only solely exclusively just"),
        ("all every everyone everybody always each", "all every everyone everybody always each any anyone whole must"),
        ("immediately instantly", "immediately instantly immediate asap right soon once"),
        ("automatically", "automatically automatic"),
        ("guaranteed guarantee guarantees", "guaranteed guarantee guarantees"),
    )
)
_RELATIONS = {
    word: relation
    for relation, words in {
        "before": "before prior",
        "after": "after following",
        "within": "within inside",
        "until": "until till",
        "since": "since",
        "during": "during",
        "outside": "outside",
        "above": "above over exceeding",
        "below": "below under",
        "without": "without except excluding",
        "only": "only solely exclusively",
    }.items()
    for word in words.split()
}
_RELATED_WITHIN = 4
"""Words after a preposition among which what it relates to begins."""

_PEOPLE = frozenset(
    "you we i they he she it employee employees staff everyone anyone people person individual individuals someone "
    "member members that this these those who us one tts 18f gsa".split()
)
_STANDS_FOR = frozenset("they he she it this that these those who".split())
_AUXILIARY = re.compile(
    r"\b(?:must|may|can|should|shall|might|could|will|cannot|can't|won't|mustn't|have to|has to|need to|needs to|"
    r"is required to|are required to)\b",
    re.IGNORECASE,
)


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
        if _ENDS_A_LIST.match(part) and clause.subject:
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
    edges = [0, *(match.start() for match in _BREAK.finditer(text)), len(text)]
    parts = [text[start:end] for start, end in pairwise(edges)]
    return [part for part in parts if part.strip()]


def _clause(text: str) -> Clause:
    words = tokens(text)
    negated: set[str] = set()
    negations = 0
    for at, word in enumerate(words):
        if word not in _NEGATIONS:
            continue
        negations += 1
        if word in _BACKWARD or set(words[at + 1 : at + 4]) & _BACKWARD:
            negated.update(content_words(text))
        else:
            negated.update(content_words(" ".join(words[at + 1 :]))[:_SCOPE])
    modes = tuple(_modes(" ".join(words)))
    mode = modes[0][0] if modes else _without_auxiliary(text, words)
    return Clause(
        frozenset(content_words(text)), frozenset(words), frozenset(negated), negations, modes, mode, _subject(text)
    )


def _modes(plain: str) -> Iterator[tuple[Mode, str]]:
    for match in _MODE.finditer(plain):
        governed = content_words(plain[match.end() :])
        mode: Mode = match.lastgroup  # type: ignore[assignment]  # the groups are named by the modes
        yield mode, governed[0] if governed else ""


def _without_auxiliary(text: str, words: Sequence[str]) -> Mode:
    first = next((word for word in words if word not in _INTRODUCES), "")
    return "directive" if stem(first) in DIRECTIVE and not text.strip().endswith("?") else "none"


def _subject(text: str) -> frozenset[str]:
    found = _AUXILIARY.search(text)
    if not found:
        return frozenset()
    return frozenset(tokens(text[: found.start()])) - {"also", "only", "then", "and", "or", "either", "if", "when"}


def _relations(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    for at, word in enumerate(words):
        if word in _RELATIONS:
            following = content_words(" ".join(words[at + 1 : at + 1 + _RELATED_WITHIN]))
            yield from ((_RELATIONS[word], other) for other in following[:1])


def _unlike_words(said: Stance, told: Stance) -> bool:
    for senses in _OPPOSITES:
        for sense in senses:
            if sense & said.stems and not sense & told.stems and any(other & told.stems for other in senses):
                return True
    return any(strong & said.tokens and not same & told.tokens for strong, same in _STRONG)


def _otherwise_related(said: Stance, told: Stance) -> bool:
    """Whether something is set after here what is set before, or within, there, or without the "only" it has there."""
    if any(relation == "only" and word in said.stems for relation, word in told.relations):
        if not any(relation == "only" for relation, _ in said.relations):
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
            (len(clause.words & other.words), len(clause.tokens & other.tokens) / len(clause.tokens | other.tokens), -at)
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


_TELLS: dict[Mode, frozenset[Mode]] = {
    "duty": frozenset({"duty", "directive"}),
    "advice": frozenset({"advice", "directive"}),
    "may": frozenset({"may", "can", "optional"}),
    "can": frozenset({"may", "can", "none", "directive"}),
    "forbidden": frozenset({"forbidden"}),
    "optional": frozenset({"optional"}),
    "directive": frozenset({"duty", "advice", "can", "directive", "none"}),
    "none": frozenset({"duty", "can", "directive", "none", "advice"}),
}
"""For each way of speaking, those of a source that bear it out."""


def _another_mode(clause: Clause, near: Sequence[Clause], told: Stance) -> bool:
    """Whether a word is a duty here and a choice there, or the like; by its clause where it is not found there."""
    there = [(mode, word) for other in told.clauses for mode, word in other.modes]
    here = clause.modes or ((clause.mode, ""),)
    for mode, word in here:
        governing = {other for other, same in there if word and same == word}
        if governing:
            if not governing & _TELLS[mode]:
                return True
        elif near and not any(other.mode in _TELLS[mode] for other in near):
            return True
    governed = {word for _, word in clause.modes}
    for word in (clause.words - governed) & {word for _, word in there}:
        if not {other for other, same in there if same == word} & _TELLS[clause.mode] and _leads(clause, near, word):
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
    here = {stem(word) for word in clause.subject - _PEOPLE if content_words(word)}
    return not any(_same_subject(here, clause, other) for other in others)


def _same_subject(here: set[str], said: Clause, told: Clause) -> bool:
    there = {stem(word) for word in told.subject - _PEOPLE if content_words(word)}
    if ("by" in said.tokens) != ("by" in told.tokens) and here <= told.words and there <= said.words:
        return True  # the one is the other's passive
    if here and there:
        return bool(here & there)
    if there:
        return bool(said.subject & _STANDS_FOR) or bool(told.subject & _PEOPLE)
    return True
