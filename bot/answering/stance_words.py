"""English words that say how a text speaks of its subject: modes, negations, opposites, relations, people."""

import re
from typing import Literal

from bot.answering.words import stem

Mode = Literal["duty", "advice", "may", "can", "forbidden", "optional", "directive", "none"]

_MODES: dict[Mode, str] = dict(  # noqa: C406  # as pairs, as their order counts: the first that fits
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
MODE = re.compile("|".join(rf"(?P<{mode}>(?:^|\b)(?:{pattern})\b)" for mode, pattern in _MODES.items()), re.IGNORECASE)
"""The auxiliaries of all modes, each in a group of its mode's name."""

DIRECTIVE = frozenset(
    stem(verb)
    for verb in """
    accept add apply approve arrange ask attach avoid bill block book bring browse call cancel change charge
    check choose claim click collect complete confirm consider consult contact continue coordinate copy create
    decide delete describe discuss do document download email enable ensure enter explain expect fill find
    follow forward get give go hand have hit hold identify include inform install invite join keep label leave
    let link list log look mail make mark meet mention message move name note notify obtain open paste pay ping
    place plan post prepare press print provide put reach read receive record refer register remember remove
    rename reply report request reserve respect respond return review run save schedule search see select send
    set share ship show sign speak start state stop submit take talk tell track treat try turn type update
    upload use verify visit wait walk work write
    """.split()
)
INTRODUCES = frozenset(
    "please then first next finally also always just now lastly simply to and or second third".split()
)
NEGATIONS = frozenset(
    "not no never none nobody nothing neither nor cannot without unless except excluding unable ineligible prohibited "
    "forbidden banned disallowed prohibits non isn't aren't wasn't weren't don't doesn't didn't can't couldn't won't "
    "wouldn't shouldn't mustn't haven't hasn't hadn't needn't".split()
)
BACKWARD = frozenset("allowed permitted eligible required acceptable prohibited forbidden banned disallowed".split())
ENDS_A_LIST = re.compile(r",\s*(?:and|or)\b|\s*(?:and|or)\b", re.IGNORECASE)
BREAK = re.compile(
    r"[,;:()\n•|·]|[.!?](?=\s|$)|\s[-–—]+\s|\b(?:but|if|unless|when|because|while|although|though|whereas|so|which|who|"
    r"until|once)\b(?!\w)|\b(?:and|or)\b(?=\s+(?:\w+\s+){0,2}(?:must|may|can|should|cannot|can't|will|do not|don't|not|"
    r"never|have to|need to|you|we|they|it)\b)",
    re.IGNORECASE,
)
OPPOSITES: tuple[tuple[frozenset[str], ...], ...] = tuple(
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
        "monday mondays/tuesday tuesdays/wednesday wednesdays/thursday thursdays/friday fridays/saturday saturdays/"
        "sunday sundays",
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
STRONG: tuple[tuple[frozenset[str], frozenset[str]], ...] = tuple(
    (frozenset(said.split()), frozenset(told.split()))
    for said, told in (
        ("only solely exclusively", "only solely exclusively just"),
        ("all every everyone everybody always each", "all every everyone everybody always each any anyone whole must"),
        ("immediately instantly", "immediately instantly immediate asap right soon once"),
        ("automatically", "automatically automatic"),
        ("guaranteed guarantee guarantees", "guaranteed guarantee guarantees"),
    )
)
RELATIONS = {
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
PEOPLE = frozenset(
    "you we i they he she it employee employees staff everyone anyone people person individual individuals someone "
    "member members that this these those who us one tts 18f gsa".split()
)
STANDS_FOR = frozenset("they he she it this that these those who".split())
AUXILIARY = re.compile(
    r"\b(?:must|may|can|should|shall|might|could|will|cannot|can't|won't|mustn't|have to|has to|need to|needs to|"
    r"is required to|are required to)\b",
    re.IGNORECASE,
)

TELLS: dict[Mode, frozenset[Mode]] = {
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
