"""Whether two questions ask the same, by their words. A wrong yes is a wrong answer; a wrong no costs a moment."""

import re
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache

from bot.answering.quantities import NUMBER_WORDS
from bot.answering.words import content_words, stem, tokens

SAME = 0.8
"""The cosine of two questions' vectors from which on they may mean the same (docs/decisions/answered-before.md)."""

_KINDS = (
    ("how long", r"how (?:long|soon|quickly|fast|late|early)"),
    ("how often", r"how (?:often|frequently)"),
    ("how many", r"how (?:many|few)"),
    ("how much", r"how much"),
    ("how far", r"how (?:far|big|large|high|old)"),
    ("how", r"how"),
    ("who", r"who|whom|whose"),
    ("when", r"when"),
    ("where", r"where"),
    ("why", r"why"),
    ("which", r"which"),
    ("what", r"what"),
    ("whether", r"(?:can|may|must|should|do|does|did|is|are|am|was|will|would|could|has|have|shall|need|might)"),
)
_KIND = tuple((kind, re.compile(rf"\b(?:{pattern})\b")) for kind, pattern in _KINDS)
_TELLS_APART = frozenset(
    "not no never none nobody nothing neither nor cannot without before after above below over under between during "
    "until more most less least fewer all any each every only other same own both from to in out into on off up down "
    "against through than very too again still yet already first last new old he she his her they their them".split()
)
"""Words that carry no meaning of their own, and can turn a question's."""

_MODES = frozenset("might must should will would shall".split())
_COURTESY = frozenset(
    map(stem, "please thanks thank hello hi hey know tell wonder wondering curious question quick quickly".split())
)
_MUST = re.compile(r"\b(?:have|has|had|need|needs) to\b")
_TO_DO = re.compile(r"\b(how|where|when|want|wants|able|like|going|trying|allowed|permitted) to\b")
_HOW_SOON = re.compile(r"\bhow (?:soon|quickly|fast)\b")
_OWNER = re.compile(r"(?<!\bwhat)(?<!\bwho)(?<!\bwhere)(?<!\bhow)(?<!\bwhen)(?<!\bit)(?<!\bthat)(?<!\bthere)'s\b")
_NUMBERS = frozenset(map(stem, NUMBER_WORDS))
_NEGATED = re.compile(r"n't\b|n’t\b")


@dataclass(frozen=True)
class Question:
    """What of a question must be the same: its kind, its words that carry meaning in their order, the numbers, and the
    words that turn it. `is_ordered` says that another order means another thing."""

    kind: str
    words: tuple[str, ...]
    numbers: tuple[str, ...]
    turns: tuple[tuple[str, int], ...]
    is_ordered: bool

    @property
    def key(self) -> tuple[object, ...]:
        """Equal for questions that may be the same in another order."""
        return (self.kind, tuple(sorted(self.words)), self.numbers, self.turns)


@lru_cache(maxsize=20_000)
def read_question(text: str) -> Question:
    """What of a question is compared."""
    text = " ".join(text.replace("’", "'").lower().split())
    kind = _kind(text)
    text = _TO_DO.sub(r"\1", _MUST.sub("must", _HOW_SOON.sub("how", text)))
    all_words = tokens(text)
    numbers = sorted(
        f"{NUMBER_WORDS[word]:g}" if word in NUMBER_WORDS else word
        for word in all_words
        if word in NUMBER_WORDS or any(character.isdigit() for character in word)
    )
    carrying = [
        word
        for word in content_words(text)
        if word not in _COURTESY and word not in _NUMBERS and not any(character.isdigit() for character in word)
    ]
    turns = Counter(word for word in all_words if word in _TELLS_APART or word in _MODES)
    turns["not"] += len(_NEGATED.findall(text))
    is_ordered = bool(_OWNER.search(text)) or bool(turns.keys() & {"from", "to", "than", "before", "after"})
    return Question(kind, tuple(carrying), tuple(numbers), tuple(sorted((+turns).items())), is_ordered)


def is_same_question(one: Question, other: Question) -> bool:
    """Whether they have the same words, in the same order or with the end put first."""
    if one.key != other.key or not one.words:
        return False
    may_be_turned = not one.is_ordered and not other.is_ordered
    return one.words == other.words or (may_be_turned and _is_turned(one.words, other.words))


def _kind(text: str) -> str:
    """What is asked for: by the first word that asks, or a statement's "" where none does."""
    found = [(match.start(), at, kind) for at, (kind, pattern) in enumerate(_KIND) if (match := pattern.search(text))]
    asked = [one for one in found if one[2] != "whether"]
    first = min(found, default=None)
    if first is None:
        return ""
    # "Can you tell me how long …" asks how long.
    return min(asked)[2] if asked else first[2]


def _is_turned(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    return any(one[at:] + one[:at] == other for at in range(1, len(one)))
