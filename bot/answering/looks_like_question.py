"""Whether something that people say to each other looks like a question for the documents. In doubt, it does not."""

import re

from bot.answering.sentences import split_sentences
from bot.answering.stand_alone import leans
from bot.answering.words import content_words, count_words, tokens

FEWEST_WORDS = 3
MOST_WORDS = 80
"""A longer message is a story, told to people."""

_FEWEST_MEANING = 2
_CODE = re.compile(r"```|`[^`\n]{20,}`|^\s*(?:\$ |>>> |at \w+\.|Traceback )", re.MULTILINE)
_QUOTED = re.compile(r"^\s*>.*$", re.MULTILINE)
_EMOJI = re.compile(r":[a-z0-9_+'-]+:")
_ADDRESSED = re.compile(r"(?<!\w)@(?!(?:here|channel|everyone)\b)\w")
_GREETING = re.compile(
    r"^\W*(?:hi|hello|hey|morning|good (?:morning|afternoon|evening)|hallo|moin|servus|guten (?:tag|morgen)|bonjour|"
    r"salut|hola|buenos días|ciao|buongiorno|olá|hoi)\b(?:\s+(?:all|everyone|everybody|team|folks|there|together|"
    r"zusammen|alle|leute|à tous|tout le monde|todos|equipo|tutti|allemaal))?[\s,.!-]*",
    re.IGNORECASE,
)
_POLITE = re.compile(
    r"^\W*(?:(?:quick|short|stupid|silly|dumb|general) question|question|frage|kurze frage|une question|pregunta|"
    r"sorry|excuse me|please|bitte)\W+",
    re.IGNORECASE,
)
_VOCATIVE = re.compile(r"^[A-ZÄÖÜÉ][\w'-]+,\s+\w")
_TO_ONE_PERSON = re.compile(
    r"\b(?:(?:can|could|will|would|did|do|does|have|are|were|is|was|shall|should) (?:you|he|she)|"
    r"you (?:guys )?(?:free|around|there|ok|okay|coming)|kannst du|könntest du|hast du|bist du|willst du|tu peux|"
    r"peux-tu|as-tu|puedes|tienes|your (?:opinion|thoughts|take))\b",
    re.IGNORECASE,
)
_ASKS_WHAT_IS_KNOWN = re.compile(
    r"\b(?:(?:do|does|would|can|could) (?:you|anyone|anybody|someone|somebody)(?: here| please)? (?:know|tell|explain|"
    r"remember|point|remind)|(?:anyone|anybody|someone|somebody) (?:know|knows|here know)|weiß (?:jemand|wer)|"
    r"weiss (?:jemand|wer)|kann mir (?:jemand|wer) sagen|quelqu'un sait|alguien sabe|qualcuno sa|alguém sabe|"
    r"weet iemand)\b",
    re.IGNORECASE,
)
_SOCIAL = re.compile(
    r"\b(?:how are you|how(?:'s| is) it going|what'?s up|how was your|who'?s in|who is in|who wants|"
    r"anyone (?:for|up for|want|wants|else)|shall we|should we|want to|wanna|wie geht'?s|ça va|qué tal|come va|"
    r"right\?|ok\?|okay\?|agreed\?|thoughts\?|makes sense\?)",
    re.IGNORECASE,
)
_QUESTION_WORD = re.compile(
    r"^\W*(?:(?:at|by|for|from|in|on|to|until|since|with|about) )?(?:who|whom|whose|what|what's|when|where|where's|why|"
    r"how|how's|which|wer|wem|wen|was|wann|wo|wohin|woher|warum|wieso|wie|wieviel|welche[rsnm]?|qui|quand|où|pourquoi|"
    r"comment|combien|quel(?:le)?s?|est-ce que|qu'est-ce|qué|quién|cuándo|dónde|por qué|cómo|cuánt[oa]s?|cuál|chi|cosa|"
    r"quando|dove|perché|come|quanto|quale|quem|onde|porque|como|qual|wat|waar|waarom|hoe|welke?|wie)\b",
    re.IGNORECASE,
)
_ASKING_VERB = re.compile(
    r"^\W*(?:is|are|was|were|do|does|did|can|could|may|must|should|will|would|has|have|am|gibt|kann|darf|muss|soll|ist|"
    r"sind|hat|haben|peut-on|puis-je|y a-t-il|puedo|hay|posso|c'è|há|kan|mag|moet|is er)\b\s+\w+",
    re.IGNORECASE,
)
_WANTS_TO_KNOW = re.compile(
    r"\b(?:i(?:'m| am)? (?:wonder(?:ing)?|looking for|trying to find(?: out)?)|how do (?:i|we)|where do (?:i|we)|"
    r"ich frage mich|ich suche|je cherche|estoy buscando|cerco)\b",
    re.IGNORECASE,
)
_ASKED = ("?", "？", "؟")
_SMALL_TALK = frozenset(
    """
    a all and for i is it me much so that the this to us very was we you your
    thanks thank thx ty cheers ok okay k great perfect cool nice good fine awesome super lovely brilliant excellent got
    understood see right sure yes no yep yeah nope never mind nevermind sorry bye hi hello hey morning welcome wow haha
    lol helps helpful helped much appreciated will do worked works done clear makes sense noted done lot bunch million
    danke dankeschön merci gracias grazie obrigado bedankt alles klar gut prima klasse ja nein bitte genau verstanden
    d'accord parfait oui non vale perfecto sí bene perfetto
    """.split()
)


def looks_like_question(text: str, *, alone: bool = True) -> bool:
    """Whether a message, as a person reads it, asks something that documents could answer.

    It is no code, not addressed to a person (an @ or a name before it, or "can you"), neither a courtesy nor a remark,
    and neither very short nor long. `alone`: nothing came before it that a pronoun in it could mean.
    """
    if _CODE.search(text) or _ADDRESSED.search(text):
        return False
    said = _EMOJI.sub(" ", _QUOTED.sub(" ", text)).strip()
    if not FEWEST_WORDS <= count_words(said) <= MOST_WORDS or (alone and len(content_words(said)) < _FEWEST_MEANING):
        return False
    said = _POLITE.sub("", _GREETING.sub("", said))
    if _VOCATIVE.match(said) and not _QUESTION_WORD.match(said):
        return False
    parts = [said[start:end] for start, end in split_sentences(said)]
    asking = [part for part in parts if _is_asking(part)]
    return bool(asking) and (not alone or not leans(" ".join(asking)) or len(parts) > len(asking))


def is_small_talk(text: str) -> bool:
    """Whether a message only thanks, agrees or greets, so that nobody waits for an answer to it."""
    words = tokens(_EMOJI.sub(" ", text))
    return not text.rstrip().endswith(_ASKED) and all(word in _SMALL_TALK for word in words)


def _is_asking(sentence: str) -> bool:
    if _SOCIAL.search(sentence):
        return False
    if _ASKS_WHAT_IS_KNOWN.search(sentence):
        return True
    if _TO_ONE_PERSON.search(sentence) or sentence.endswith("!"):
        return False
    if sentence.endswith(_ASKED):
        return True
    # Without its mark, a question begins as one, and does not end as a statement.
    begins = _QUESTION_WORD.match(sentence) or _ASKING_VERB.match(sentence) or _WANTS_TO_KNOW.search(sentence)
    return bool(begins) and not sentence.endswith((".", "…", ":", "。"))
