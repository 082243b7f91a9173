"""What is said when the documents do not hold the answer: that, what was looked for, and the nearest documents."""

import re
from collections.abc import Sequence

from bot.answering.words import content_words, tokens
from storage.knowledge import DocumentLink, Passage

NEAREST = 3
"""Documents that an abstention names."""

MOST_WORDS = 8
"""Of the question, that an abstention repeats."""

_FAR = 0.2
"""The cosine below which a passage has nothing to do with the question."""

_PLAIN_WORD = re.compile(r"[^\W_]+(?:['-][^\W_]+)*")
_LONGEST_WORD = 30


def not_found(question: str, passages: Sequence[Passage]) -> str:
    """Markdown for the asker. Of the question it repeats plain words only, which can name or link nothing."""
    said = "I did not find an answer to this in the documents that I can search."
    looked_for = _looked_for(question, passages)
    nearest = dict.fromkeys(passage.document for passage in passages if passage.scores.dense >= _FAR)
    links = [f"- {link(document)}" for document in list(nearest)[:NEAREST]]
    if not links:
        return " ".join(part for part in (said, looked_for, "Nothing in them comes near it.") if part)
    return "\n".join([" ".join(part for part in (said, looked_for, "The nearest ones are:") if part), *links])


def link(document: DocumentLink) -> str:
    """A document's title as a Markdown link to it, or the title alone where it has no address."""
    title = re.sub(r"([\\\[\]*_`<>~])", r"\\\1", " ".join(document.title.split()) or document.id)
    if not re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", document.url):
        return title
    url = document.url.replace("\\", "%5C").replace(" ", "%20").replace("(", "%28").replace(")", "%29")
    return f"[{title}]({url.replace('<', '%3C').replace('>', '%3E')})"


def _looked_for(question: str, passages: Sequence[Passage]) -> str:
    """The words that were looked for, and those of them that nothing found has: often the reason."""
    words = _words(question)
    if not words:
        return ""
    said = f"I looked for {_listed(words)}"
    having = {
        stem for one in passages for stem in content_words(f"{one.document.title} {' '.join(one.heading)} {one.text}")
    }
    missing = [word for word in words if not set(content_words(word)) & having]
    if not passages or not missing:
        return f"{said}."
    if len(missing) == len(words):
        return f"{said}; no passage that I found has these words."
    return f"{said}; no passage that I found has {_listed(missing, 'or')}."


def _words(question: str) -> list[str]:
    plain = [word for word in tokens(question) if _PLAIN_WORD.fullmatch(word) and len(word) <= _LONGEST_WORD]
    by_stem = {stem: word for word in reversed(plain) for stem in content_words(word)[:1]}
    return list(reversed(by_stem.values()))[:MOST_WORDS]


def _listed(words: Sequence[str], joint: str = "and") -> str:
    quoted = [f"“{word}”" for word in words]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} {joint} {quoted[-1]}"
