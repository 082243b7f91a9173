"""What a drafted sentence leaves out of a passage's without which it says something else."""

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from bot.answering.amounts import Amount, without_dates
from bot.answering.compared import EMPTY, Read, Told
from bot.answering.sentences import split_sentences
from bot.answering.stance_words import BACKWARD, NEGATIONS
from bot.answering.words import content_words, stem, tokens

WHOLE = 0.85
"""The share of an item's words that a list's item without a full stop must have: less is cut off."""

CONDITION = re.compile(r"\b(?:if|unless|provided|as long as|except|only when|only after|subject to)\b", re.IGNORECASE)
EXAMPLE = re.compile(r"\b(?:examples?|e\.g|for instance|scenarios?)\b", re.IGNORECASE)
_IF = re.compile(r"\b(?:if|unless)\b", re.IGNORECASE)
_SOME_CONDITION = re.compile(
    r"\b(?:if|unless|when|whenever|where|once|provided|providing|assuming|as long as|in case|should you|without|"
    r"who|whoever|anyone)\b|^\W*(?:an?|any|all|every|each|on|in|for|with|by|to)\b",
    re.IGNORECASE,
)
_CHECKS = re.compile(
    r"\b(?:ensure|make sure|check|verify|confirm|decide|determine|find out)(?: that| whether| if)? "
    r"(?=(?:the|your|you|all|it|they|each|every|a|an)\b)",
    re.IGNORECASE,
)
_DUTY = re.compile(r"\b(?:must|should|shall|need|needs|have to|has to)\b", re.IGNORECASE)
_AT_ONCE = re.compile(r"\b(?:at once|at a time|in a row)\b", re.IGNORECASE)
_WHO = re.compile(r"(?<=\w )who\b", re.IGNORECASE)
_WHEN = re.compile(
    r"\b(?:when|whenever|while|until|till|before|after|during|within|once (?=[a-z]+ (?!an?\b)))\b", re.IGNORECASE
)
_PART_ENDS = r"[,;:.)\n]"
_AUXILIARY = re.compile(r"\b(?:must|may|should|can|cannot|will|shall|are not|is not)\b")
_USUALLY = re.compile(r"\b(?:typically|usually|generally|normally|often|sometimes|most|many|some|few)\b", re.IGNORECASE)
_ASIDE = re.compile(r"\([A-Z/ ]+\)")
_BRACKETS = re.compile(r"\([^()]*\)")
_BREAK = "|"
_MANNER = re.compile(r"(?!only|daily|weekly|monthly|yearly|quarterly|hourly|early).*ly$")
_MOST_LEFT_OUT = 2
"""Words in a row, of which one may be part of a name for something: "advanced sick leave" is no "advanced leave"."""


def omission(said: Read, told: Told) -> str:
    """What the source says it with that is left out here: a condition, a limit, the rest of an item or of a name."""
    if said.amounts and _USUALLY.search(told.part.text) and not _USUALLY.search(said.text):
        return "reservation"
    if not re.search(r"[.!?)\"]\W*$", said.text):
        there = Read(_ASIDE.sub(" ", told.part.own)).stems
        return "cut off" if len(there & said.stems) < WHOLE * len(there) else ""
    if is_of_an_example(told.above) and not EXAMPLE.search(said.text):
        return "example"
    nearest = _nearest_sentence(said, told.part)
    if not _is_to_be_done(said) and any(_says_it_is_so(said, nearest, one) for one in _CHECKS.finditer(nearest)):
        return "what is to be checked"
    if _AT_ONCE.search(nearest) and not _AT_ONCE.search(said.text):
        return "reservation"
    for found in (*CONDITION.finditer(nearest), *_WHO.finditer(nearest)):
        if not _says_half(said, _stems_after(nearest, found)):
            return "condition"
    if _IF.search(_BRACKETS.sub(" ", nearest)) and not _SOME_CONDITION.search(said.text):
        return "condition"
    for found in CONDITION.finditer(said.text):
        condition = _stems_after(said.text, found) - EMPTY
        if len(condition & (told.part.stems | told.part.all_words)) < WHOLE * len(condition):
            return "condition"
    if _without_its_time(said, nearest):
        return "time"
    if _denies_something_else(said, nearest):
        return "negation"
    if not said.amounts and any(_limits(amount, said) for amount in Read(nearest).amounts):
        return "limit"
    return "part of a name" if _cuts_a_name(said, nearest.rpartition("\n")[2]) else ""


def is_of_an_example(above: Read) -> bool:
    """Whether what stands below the nearest heading tells of a case: quoted alone, it sounds like a rule."""
    return EXAMPLE.search(above.text.rpartition("\n")[2]) is not None


def _is_to_be_done(said: Read) -> bool:
    """Whether it says that something is to be looked after or done, and not that it is so."""
    tells = any(clause.mode == "directive" for clause in said.stance.clauses)
    return tells or bool(_CHECKS.search(said.text) or _DUTY.search(said.text))


def _says_it_is_so(said: Read, there: str, check: re.Match[str]) -> bool:
    """Whether what the source has somebody check is what is said."""
    checked = _stems_after(there, check)
    return bool(checked) and 2 * len(checked & said.stems) > len(checked)


def _nearest_sentence(said: Read, part: Read) -> str:
    """The part, or of a list's item of several sentences the one that shares most with what is said; and its lead."""
    bounds = split_sentences(part.own)
    if len(bounds) < 2:
        return part.text
    nearest = max(bounds, key=lambda bound: len(said.stems & Read(part.own[bound[0] : bound[1]]).stems))
    return part.text.removesuffix(part.own) + part.own[nearest[0] : nearest[1]]


def _stems_after(text: str, found: re.Match[str]) -> frozenset[str]:
    """Of what follows in the same part of the sentence, up to the auxiliary of another clause."""
    part = re.split(_PART_ENDS, text[found.end() :])[0]
    ends = (auxiliary.start() for auxiliary in _AUXILIARY.finditer(part) if Read(part[: auxiliary.start()]).stems)
    return Read(part[: next(ends, len(part))]).stems


def _says_half(said: Read, words: frozenset[str]) -> bool:
    return 2 * len(words & (said.stems | said.all_words)) >= len(words)


def _without_its_time(said: Read, there: str) -> bool:
    """Whether the time that the source's sentence begins with is left out, or all times in it are."""
    found = list(_WHEN.finditer(there))
    times = [_stems_after(there, one) for one in found]
    if found and not re.search(r"\w", there[: found[0].start()]) and not _says_half(said, times[0]):
        return True
    times = [time for time in times if time]
    return bool(times) and not any(_says_half(said, time) for time in times)


def _denies_something_else(said: Read, there: str) -> bool:
    """Whether something is denied that the source names and does not deny: "do not abuse the right to edit"."""
    here, denied = _denied_first(said.text), _denied_first(there)
    return bool(here and denied and not denied & said.stems and here & Read(there).stems)


def _denied_first(text: str) -> frozenset[str]:
    """The stem after each negation that first carries meaning."""
    words = tokens(text)
    after = (content_words(" ".join(words[at + 1 :])) for at, word in enumerate(words) if word in NEGATIONS - BACKWARD)
    return frozenset(next((one for one in stems if one not in EMPTY), "") for stems in after) - {""}


def _limits(amount: Amount, said: Read) -> bool:
    """Whether the figure is a limit of what is said."""
    return (
        amount.claimed
        and amount.bound in (">=", "<=", ">", "<")
        and 2 * len(amount.about & said.stems) >= len(amount.about)
    )


def _cuts_a_name(said: Read, there: str) -> bool:
    """Whether of words that name one thing in the source some are left out between others that stand side by side."""
    here, source = _in_order(said.own), _in_order(there)
    blocks = SequenceMatcher(None, source, here, autojunk=False).get_matching_blocks()
    ended, at = 0, 0
    for block in blocks[:-1]:
        left_out = source[ended : block.a]
        if block.b == at and _is_of_a_name(left_out, source[:ended], source[block.a :]):
            return True
        ended, at = block.a + block.size, block.b + block.size
    return False


def _is_of_a_name(left_out: Sequence[str], before: Sequence[str], after: Sequence[str]) -> bool:
    if not 0 < len(left_out) <= _MOST_LEFT_OUT or not all(map(_tells_apart, left_out)):
        return False
    return (bool(before) and _tells_apart(before[-1])) or (bool(after) and _tells_apart(after[0]))


def _tells_apart(word: str) -> bool:
    return word != _BREAK and bool(content_words(word)) and word not in EMPTY and not _MANNER.match(word)


def _in_order(text: str) -> list[str]:
    """The stems of all words in order, and a mark where a part of a sentence ends."""
    return list(_words(without_dates(_BRACKETS.sub(" ", text))))


def _words(text: str) -> Iterator[str]:
    for number, part in enumerate(re.split(r"[,;:.!?()](?=\s|$)| / ", text)):
        if number:
            yield _BREAK
        yield from (word if word.endswith("ly") else stem(word) for word in tokens(part))
