"""What an answer to a question looks like: how many, a number of them; who, a name; how often, a rhythm."""

import re
from dataclasses import dataclass

from bot.answering.words import stem, tokens

_NUMBER = re.compile(
    r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|sixty|half|twice|"
    r"no (?:limit|maximum|minimum))\b",
    re.IGNORECASE,
)
_SPAN = re.compile(
    r"(?:\d|\b(?:a|an|one|two|three|four|five|six|seven|eight|nine|ten|twelve|few|several)\b)[\w\s–-]{0,12}?"
    r"[\s-](?:second|minute|hour|(?:business |working |calendar )?day|week|month|quarter|year|pay period)s?\b",
    re.IGNORECASE,
)
_MOMENT = re.compile(
    r"\d{1,2}[:.]\d\d|\b\d{1,2} ?[ap]\.?m\b|\b(?:mon|tues|wednes|thurs|fri|satur|sun)days?\b|"
    r"\b(?:january|february|march|april|may|june|july|august|september|october|november|december) \d|"
    r"\d(?:st|nd|rd|th)?\b (?:of )?(?:january|february|march|april|may|june|july|august|september|october|november|december)\b|"
    r"\b\d+(?:st|nd|rd|th)\b|\b(?:noon|midnight|quarterly|annually|immediately|as soon as|until|by the end)\b",
    re.IGNORECASE,
)  # fmt: skip
_RHYTHM = re.compile(
    r"\b(?:hourly|daily|nightly|weekly|bi-?weekly|fortnightly|monthly|quarterly|annual|annually|yearly|every|each|once|"
    r"twice|times an?|per|an? (?:day|week|month|quarter|year))\b",
    re.IGNORECASE,
)
_SUM = re.compile(
    r"[$£€¥]\s?\d|\d[\d,.]*\s?(?:%|percent|dollars|euros?|pounds|cents|gbp|usd|eur)\b|\d\s?%|\bfree\b", re.IGNORECASE
)
_PERSON = re.compile(
    r"#[a-z]|@\w|\b(?:your|the|our|their) (?:[\w-]+ ){0,2}(?:manager|supervisor|team|lead|director|office|group|boss|officer|desk)s?\b|"
    r"\b[A-Z][\w’'-]+ [A-Z][\w’'-]+",
)  # fmt: skip
_PLACE = re.compile(
    r"#[a-z]|https?://|@\w|\b(?i:in|at|on|to|from|through|via|under|into) (?:the |our |your |a )?[A-Z#`\"“*]|"
    r"\b(?i:floor|room|street|building|folder|page|drive|tab|menu|form|site|website|channel)\b",
)
_RULING = re.compile(
    r"\b(?:may|can|cannot|can['’]t|can not|must|mustn['’]t|should|allowed|permitted|prohibited|eligible|entitled|required|"
    r"requires?|need|do not|don['’]t|does not|never|not|only|yes|no|able|unable|have to|possible|optional|approved?)\b",
    re.IGNORECASE,
)
_WAY = re.compile(
    r"^\W*(?:to|by|ask|send|submit|fill|use|go|open|contact|e-?mail|request|post|click|call|write|complete|log|check|"
    r"visit|make|put|talk|select|choose|enter|add|create|follow|run|set|get|sign)\b|"
    r"\b(?:you (?:can|should|must|need to|will need to|have to)|please)\b|#[a-z]",
    re.IGNORECASE,
)  # fmt: skip
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.\w")
_PHONE = re.compile(r"\d[\d().\s-]{5,}\d")
_DEFINITION = re.compile(r"\b(?:is|are|means?|stands? for|refers? to|defined)\b|^[^.:,]{2,40}[:–—]", re.IGNORECASE)
_NAME = re.compile(r"`|(?<=[\w,] )[A-Z][\w-]*|[A-Z]{2,}|#\d")

_ASKED: tuple[tuple[re.Pattern[str], re.Pattern[str]], ...] = tuple(
    (re.compile(asked, re.IGNORECASE), form)
    for asked, form in (
        (r"\be-?mail address|\bwhat(?:['’]s| is) the e-?mail\b", _EMAIL),
        (r"\b(?:tele)?phone number|\bnumber (?:of|for|do i call|to call|can \w+ call)\b|\b(?:call|ring|dial)\b", _PHONE),
        (r"\bhow often\b|\bhow frequently\b", _RHYTHM),
        (r"\bhow (?:long|soon|early|late|quickly|fast|far (?:ahead|in advance))\b|\blongest\b|\bnotice period\b", _SPAN),
        (r"\b(?:when|what time|which day|by when|deadline|until when|what date|payday)\b", _MOMENT),
        (r"\bhow much (?:money|does|do|can i spend|is|will|per|for|of my)\b|\b(?:price|costs?|pays?|salary|bonus|fee|spend|expensive|budget|allowance)\b", _SUM),
        (r"\bhow (?:many|much|big|high|old)\b|\b(?:limit|max|maximum|min|minimum|size|number|amount|percent\w*|most)\b", _NUMBER),
        (r"\b(?:who|whom|whose|who['’]s)\b", _PERSON),
        (r"\b(?:where|which (?:channel|page|site|form))\b", _PLACE),
        (r"^(?:[^?]{0,60}[.,;:]\s*)?(?:can|may|must|should|do|does|is|are|am|will|did|have) \w+", _RULING),
        (r"\bhow (?:do|can|should|does|to|would) \b", _WAY),
        (r"^\W*what(?:['’]s|'re| is| are| does) (?:an? |the )?[\w-]+(?: [\w-]+)?(?: mean| stand for)?\W*$", _DEFINITION),
        (r"\b(?:which|what(?:'s| is)? (?:kind|type|sort|tool|code|name|address|channel|number)|code|address|name of)\b", _NAME),
    )
)  # fmt: skip
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
