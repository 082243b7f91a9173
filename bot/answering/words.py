"""The words of a text that carry its meaning, made comparable: stop words left out, endings stripped."""

import re
from functools import lru_cache

_TOKEN = re.compile(r"[^\W_]+(?:['’.,:/@&+-]?[^\W_]+)*")
_WIDE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\uac00-\ud7af\u0e00-\u0eff]")
_STOP_WORDS = frozenset(
    """
    a about above after again all also am an and any anybody anyone anything are as at be because been before being
    below between both but by can could did do does doing down during each either else ever every for from further get
    gets getting give go goes going got had has have having he her here hers him his how i if in into is it its itself
    just kind let like many may me might mine more most much must my myself no nor not now of off on once only or other
    our ours out over own per please same shall she should so some somebody someone something still such tell than that
    the their theirs them then there these they thing things this those through to too under until up upon us very want
    was way we were what when where whether which while who whom whose why will with within would yes you your yours
    yourself hi hello hey thanks thank anyway actually really
    i'm i've i'd i'll we're we've we'd we'll you're you've you'd you'll it's that's there's what's who's where's how's
    when's let's don't doesn't didn't can't cannot couldn't won't wouldn't shouldn't isn't aren't wasn't weren't haven't
    hasn't hadn't he's she's they're they've they'll
    """.split()
)
_ENDINGS = (
    ("ations", "at"), ("ation", "at"), ("ities", "ity"), ("ments", "ment"), ("iness", "y"), ("ness", ""), ("ingly", ""),
    ("edly", ""), ("ies", "y"), ("ied", "y"), ("sses", "ss"), ("ings", ""), ("ing", ""), ("ers", "er"), ("ed", ""),
    ("es", ""), ("ly", ""), ("s", ""), ("e", ""),
)  # fmt: skip
_SHORTEST_STEM = 3


def tokens(text: str) -> list[str]:
    """The words of a text in lower case, in order; writing without spaces gives pairs of characters."""
    words = _TOKEN.findall(text.lower().replace("’", "'"))
    if not _WIDE.search(text):
        return words
    found: list[str] = []
    for word in words:
        if _WIDE.search(word):
            found.extend(word[at : at + 2] for at in range(max(1, len(word) - 1)))
        else:
            found.append(word)
    return found


def content_words(text: str) -> list[str]:
    """The stems of the words that carry meaning, in order."""
    stems: list[str] = []
    for word in tokens(text):
        if word in _STOP_WORDS:
            continue
        if "-" in word or "/" in word:
            stems.extend(stem(part) for part in _parts(word) if part not in _STOP_WORDS)
        else:
            stems.append(stem(word))
    return stems


def carries_meaning(piece: str) -> bool:
    """Whether a word piece says something by itself: it is no punctuation, marker or stop word."""
    return piece not in _STOP_WORDS and not piece.startswith("[") and any(map(str.isalnum, piece))


def count_words(text: str) -> int:
    """How many words a reader would count; two characters of a writing without spaces are one."""
    wide = len(_WIDE.findall(text))
    return len(_WIDE.sub(" ", text).split()) + (wide + 1) // 2


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """An English word without its ending, so that "approvals" and "approved" meet; anything else as it is."""
    word = word.removesuffix("'s").removesuffix("'")
    if not word.isalpha() or not word.isascii():
        return word
    for ending, instead in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST_STEM and not word.endswith(("ss", "us")):
            word = word[: len(word) - len(ending)] + instead
            break
    if len(word) > _SHORTEST_STEM and word[-1] == word[-2] and word[-1] not in "lsz":
        word = word[:-1]
    return word


def _parts(word: str) -> list[str]:
    """The word, and its parts where a hyphen or a slash joins them: "pay-day" is asked for as "pay day" too."""
    parts = [part for part in re.split(r"[-/]", word) if part]
    return [word] if len(parts) < 2 or any(character.isdigit() for character in word) else parts
