"""What an answer to a question looks like: how many, a number of them; who, a name; how often, a rhythm."""

import re
from dataclasses import dataclass

from bot.answering.words import stem, tokens

_NUMBER_WORD = r"(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|sixty)"
_MONTH = r"(?:january|february|march|april|may|june|july|august|september|october|november|december)"


def _pattern(*alternatives: str, case: bool = False) -> re.Pattern[str]:
    return re.compile("|".join(alternatives), 0 if case else re.IGNORECASE)


_NUMBER = _pattern(r"\d", rf"\b{_NUMBER_WORD}\b", r"\b(?:half|twice|no (?:limit|maximum|minimum))\b")
_SPAN = _pattern(
    rf"(?:\d|\b(?:an?|few|several|{_NUMBER_WORD})\b)[\w\s–-]{{0,12}}?"
    r"[\s-](?:second|minute|hour|(?:business |working |calendar )?day|week|month|quarter|year|pay period)s?\b"
)
_MOMENT = _pattern(
    r"\d{1,2}[:.]\d\d",
    r"\b\d{1,2} ?[ap]\.?m\b",
    r"\b(?:mon|tues|wednes|thurs|fri|satur|sun)days?\b",
    rf"\b{_MONTH} \d",
    rf"\d(?:st|nd|rd|th)?\b (?:of )?{_MONTH}\b",
    r"\b\d+(?:st|nd|rd|th)\b",
    r"\b(?:noon|midnight|quarterly|annually|immediately|as soon as|until|by the end)\b",
)
_RHYTHM = _pattern(
    r"\b(?:hourly|daily|nightly|(?:bi-?)?weekly|fortnightly|monthly|quarterly|annual(?:ly)?|yearly)\b",
    r"\b(?:every|each|once|twice|times an?|per|an? (?:day|week|month|quarter|year))\b",
)
_SUM = _pattern(
    r"[$£€¥]\s?\d",
    r"\d[\d,.]*\s?(?:percent|dollars|euros?|pounds|cents|gbp|usd|eur)\b",
    r"\d\s?%",
    r"\bfree\b",
)
_PERSON = _pattern(
    r"#[a-z]",
    r"@\w",
    r"\b(?:your|the|our|their) (?:[\w-]+ ){0,2}"
    r"(?:manager|supervisor|team|lead|director|office|group|boss|officer|desk)s?\b",
    r"\b[A-Z][\w’'-]+ [A-Z][\w’'-]+",
    case=True,
)
_PLACE = _pattern(
    r"#[a-z]",
    r"https?://",
    r"@\w",
    r"\b(?i:in|at|on|to|from|through|via|under|into) (?:the |our |your |a )?[A-Z#`\"“*]",
    r"\b(?i:floor|room|street|building|folder|page|drive|tab|menu|form|site|website|channel)\b",
    case=True,
)
_RULING = _pattern(
    r"\b(?:may|can|cannot|can not|can['’]t|must|mustn['’]t|should|able|unable|allowed|permitted|prohibited|possible)\b",
    r"\b(?:eligible|entitled|required|requires?|need|have to|optional|approved?)\b",
    r"\b(?:do not|don['’]t|does not|never|not|only|yes|no)\b",
)
_WAY = _pattern(
    r"^\W*(?:to|by|ask|send|submit|fill|use|go|open|contact|e-?mail|request|post|click|call|write|complete|log|check|"
    r"visit|make|put|talk|select|choose|enter|add|create|follow|run|set|get|sign)\b",
    r"\b(?:you (?:can|should|must|need to|will need to|have to)|please)\b",
    r"#[a-z]",
)
_EMAIL = _pattern(r"[\w.+-]+@[\w-]+\.\w")
_PHONE = _pattern(r"\d[\d().\s-]{5,}\d")
_DEFINITION = _pattern(r"\b(?:is|are|means?|stands? for|refers? to|defined)\b", r"^[^.:,]{2,40}[:–—]")
_NAME = _pattern(r"`", r"(?<=[\w,] )[A-Z][\w-]*", r"[A-Z]{2,}", r"#\d", case=True)

_ASKED: tuple[tuple[re.Pattern[str], re.Pattern[str]], ...] = (
    (_pattern(r"\be-?mail address", r"\bwhat(?:['’]s| is) the e-?mail\b"), _EMAIL),
    (
        _pattern(
            r"\b(?:tele)?phone number",
            r"\bnumber (?:of|for|do i call|to call|can \w+ call)\b",
            r"\b(?:call|ring|dial)\b",
        ),
        _PHONE,
    ),
    (_pattern(r"\bhow (?:often|frequently)\b"), _RHYTHM),
    (
        _pattern(
            r"\bhow (?:long|soon|early|late|quickly|fast|far (?:ahead|in advance))\b",
            r"\blongest\b",
            r"\bnotice period\b",
        ),
        _SPAN,
    ),
    (_pattern(r"\b(?:when|what time|which day|by when|deadline|until when|what date|payday)\b"), _MOMENT),
    (
        _pattern(
            r"\bhow much (?:money|does|do|can i spend|is|will|per|for|of my)\b",
            r"\b(?:price|costs?|pays?|salary|bonus|fee|spend|expensive|budget|allowance)\b",
        ),
        _SUM,
    ),
    (
        _pattern(
            r"\bhow (?:many|much|big|high|old)\b",
            r"\b(?:limit|max|maximum|min|minimum|size|number|amount|percent\w*|most)\b",
        ),
        _NUMBER,
    ),
    (_pattern(r"\b(?:who|whom|whose|who['’]s)\b"), _PERSON),
    (_pattern(r"\b(?:where|which (?:channel|page|site|form))\b"), _PLACE),
    (_pattern(r"^(?:[^?]{0,60}[.,;:]\s*)?(?:can|may|must|should|do|does|is|are|am|will|did|have) \w+"), _RULING),
    (_pattern(r"\bhow (?:do|can|should|does|to|would) \b"), _WAY),
    (
        _pattern(r"^\W*what(?:['’]s|'re| is| are| does) (?:an? |the )?[\w-]+(?: [\w-]+)?(?: mean| stand for)?\W*$"),
        _DEFINITION,
    ),
    (
        _pattern(
            r"\b(?:which|what(?:'s| is)? (?:kind|type|sort|tool|code|name|address|channel|number))\b",
            r"\b(?:code|address|name of)\b",
        ),
        _NAME,
    ),
)
_COUNTED = re.compile(r"\bhow many (?:\w+ )?(\w+)", re.IGNORECASE)


@dataclass(frozen=True)
class ExpectedAnswer:
    """Patterns that are found in answers to such a question, and what is counted if the question asks how many."""

    patterns: tuple[re.Pattern[str], ...]
    counted: frozenset[str]

    def fit(self, text: str) -> float:
        """How much the text looks like an answer: 0 to 1, and 0 where nothing is known of the question."""
        if not self.patterns:
            return 0.0
        share = sum(1.0 for pattern in self.patterns if pattern.search(text)) / len(self.patterns)
        if self.counted and share:
            share = share / 2 + (0.5 if self.counted & {stem(word) for word in tokens(text)} else 0.0)
        return share


def expected_answer(question: str) -> ExpectedAnswer:
    """What an answer to this question looks like."""
    patterns = tuple(form for asked, form in _ASKED if asked.search(question))[:2]
    counted = frozenset(stem(word.lower()) for match in _COUNTED.finditer(question) for word in match[0].split()[2:])
    return ExpectedAnswer(patterns, counted)
