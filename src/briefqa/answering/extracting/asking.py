"""What a question asks for: which kind of thing, and an answer of which form.

English alone; of a question in any other language nothing is told, and every sentence
may answer it.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cache


class Kind(StrEnum):
    """The kind of thing that is asked for."""

    NAME = "name"
    PLACE = "place"
    DATE = "date"
    NUMBER = "number"
    AMOUNT = "amount"
    REASON = "reason"
    DEFINITION = "definition"
    ANYTHING = "anything"


class Form(StrEnum):
    """The form that an answer should have."""

    PLAIN = "plain"
    """The best sentences."""
    SEVERAL = "several"
    """Sentences of several documents, or of both things compared."""
    LIST = "list"
    """All items, each with its receipt."""
    DOCUMENTS = "documents"
    """Every document that says something of it, a sentence each."""
    HEADER = "header"
    """What a document says of itself: who wrote it, and when."""
    WORKS = "works"
    """The documents that someone wrote, or that are of some date."""


@dataclass(frozen=True, slots=True)
class Request:
    """A question as the choice of sentences sees it.

    ``subject`` is what is to be defined, where that is asked. ``topic`` is the question
    without what only asks for documents: of *Which briefs discuss soft power?* soft power.
    """

    question: str
    kind: Kind = Kind.ANYTHING
    form: Form = Form.PLAIN
    subject: str | None = None
    topic: str = ""


DOCUMENT_WORDS = (
    "article articles blog blogs brief briefs briefing briefings digest digests document documents "
    "essay essays file files memo memos note notes paper papers post posts publication "
    "publications report reports source sources studies study submission submissions text texts"
)

_DOCUMENT = "(?:policy |opinion |research |blog |working )?(?:" + "|".join(DOCUMENT_WORDS.split())
_DOCUMENT += ")"
_IS = r"(?:'s|’s| is| are| was| were)"
_TERM = r"[\w\s'’/&.“”\"-]{1,60}?"

_AROUND = " \t\n?.,:;!“”\"'’‘"

# Which questions ask for what. The one that begins first counts, the first of equals.
_KINDS = (
    (
        Kind.AMOUNT,
        r"\bhow (?:much|expensive|costly)\b|\bwhat (?:percent\w*|share|proportion|fraction)\b"
        r"|\b(?:what|which)" + _IS + r"? the (?:\w+ ){0,2}"
        r"(?:budget|cost|price|fine|fee|salary|gdp)\b",
    ),
    (
        Kind.NUMBER,
        (
            r"\bhow (?:many|old|often|large|big|far|tall|high|deep|wide|long|fast)\b"
            r"|\bwhat number\b"
        ),
    ),
    # When things *do* happen may be no date: when the pastry is blind baked.
    (
        Kind.DATE,
        (
            r"\bwhen (?:did|was|were|had|will|is|does|do|the)\b"
            r"|\b(?:what|which|whose) (?:\w+ )?(?:years?|dates?|centur(?:y|ies)"
            r"|decades?|months?|days?)\b"
        ),
    ),
    (
        Kind.NAME,
        (
            r"\bwho(?:m|se)?\b|\b(?:what|which) (?:\w+ )?(?:persons?|people|m[ae]n|wom[ae]n|kings?"
            r"|queens?|presidents?|authors?|scientists?|groups?|compan(?:y|ies)|organi[sz]ations?"
            r"|teams?|emperors?|leaders?|chiefs?|rulers?|act(?:or|ress)(?:es)?|singers?|scholars?"
            r"|mathematicians?)\b"
        ),
    ),
    (
        Kind.PLACE,
        (
            r"\bwhere\b|\b(?:what|which) (?:\w+ )?(?:countr(?:y|ies)|cit(?:y|ies)|towns?|regions?"
            r"|states?|rivers?|lakes?|places?|locations?|continents?|provinces?|count(?:y|ies)"
            r"|areas?|streets?|buildings?|islands?)\b"
        ),
    ),
    (
        Kind.REASON,
        r"\bwhy\b|\bwhat" + _IS + r" the (?:\w+ )?(?:reasons?|causes?|purpose)\b"
        r"|\bwhat (?:causes|caused|made|led)\b",
    ),
)
_DEFINED = (
    rf"^\W*what(?: exactly)?{_IS}(?: meant by)?(?: an?| the)? ({_TERM})\s*\??\s*$",
    (
        r"\bwhat (?:does|do|did)(?: the (?:term|word|abbreviation|acronym))?"
        rf" ({_TERM}) (?:mean|stand for|refer to)\b"
    ),
    (
        r"\b(?:define|definition of|meaning of|meant by|counts as)(?: an?| the)?"
        rf"(?: (?:term|word|concept)(?: of)?)? ({_TERM})\s*[?.]?\s*$"
    ),
)
_ABOUT = (
    r"(?:about|on|discuss\w*|mention\w*|cover\w*|address\w*|deal\w* with|talks? (?:about|of)"
    r"|describ\w+|consider\w*|examin\w+|analy[sz]\w+|argu\w+|say|says|stat\w+|refers? to"
    r"|focus\w* on|looks? at|touch\w* on|explain\w*|support\w*|critici[sz]\w+|recommend\w*"
    r"|contain\w*|includ\w+|concern\w*|relat\w+ to|quot\w+|cit\w+|speaks? (?:about|of)|prais\w+)"
)
# What is said of something is looked for by that alone, as are documents that discuss it.
_OF_THESE = r"(?:of (?:the|these|those|your|our) |other |all (?:of )?(?:the )?|the )?"
_SAY_OF = rf"\bwhat (?:do|does|did) {_OF_THESE}{_DOCUMENT} (?:say|tell us) (?:about|of|on)\b"
_FORMS = (
    (
        Form.WORKS,
        (
            rf"\b(?:which|what) {_OF_THESE}{_DOCUMENT} (?:did|has|have|does) .+"
            r"\b(?:writ(?:e|ten)|author(?:ed)?|publish(?:ed)?|produced?)\b"
            rf"|\b(?:which|what) {_OF_THESE}{_DOCUMENT}(?: that| which)? (?:were|was|are|is)"
            r" (?:written|authored|published|produced|by|from)\b"
            rf"|\blist {_OF_THESE}{_DOCUMENT}"
            r" (?:(?:written |authored |published |produced )?(?:by|from)|published in)\b"
        ),
    ),
    (
        Form.DOCUMENTS,
        (
            rf"\b(?:which|what) {_OF_THESE}{_DOCUMENT}"
            rf"(?: (?:that|which|do|does|also|are|is|mostly|mainly|have|has)){{0,2}} {_ABOUT}\b"
            rf"|\bin (?:which|what) {_OF_THESE}{_DOCUMENT}\b"
            rf"|^\W*(?:do|does|did) any (?:of (?:the|these|those|your|our) )?{_DOCUMENT} {_ABOUT}\b"
            rf"|\b(?:list|name|find|show(?: me)?) {_OF_THESE}{_DOCUMENT}"
            rf" (?:that |which )?{_ABOUT}\b"
        ),
    ),
    (
        Form.HEADER,
        (
            r"^\W*who (?:wrote|authored|published|produced"
            r"|(?:is|are|was|were) the (?:co-?)?authors?)\b"
            r"|^\W*when (?:was|were) .+ (?:published|written|released|issued|dated)\W*$"
            rf"|\b(?:authors?|title|date|publication date) of (?:the|this|that) {_DOCUMENT}\b"
            rf"|\b(?:who|whom) (?:was|were|is) (?:the|this|that) {_DOCUMENT}\b.* by\W*$"
            rf"|\bwho (?:wrote|authored|published) (?:the|this|that) {_DOCUMENT}\b"
        ),
    ),
    (
        Form.SEVERAL,
        (
            r"\bcompar(?:e|es|ed|ison)\b|\bdiffer(?:s|ed|ences?)?\b|\bversus\b|\bvs\b"
            r"|\bsimilarit\w+"
            rf"|{_SAY_OF}|\bwhat (?:do|did) {_OF_THESE}{_DOCUMENT} say\b"
            rf"|\baccording to the (?:different |various )?{_DOCUMENT}\b"
        ),
    ),
    (
        Form.LIST,
        (
            r"^\W*(?:list|name|enumerate)\b"
            r"|\b(?:what|which)(?: are| were)?(?: the)? (?:two|three|four|five|six|seven|eight"
            r"|nine|ten|main|key|major|different|various)\b(?! (?:is|was|way)\b)"
            r"|^\W*what (?:are|were) (?:the|some|all)\b"
            r"|\bwhat (?:kinds|types|sorts|steps|measures|reasons|recommendations|factors|ways"
            r"|examples|principles|goals|aims|risks|challenges)\b"
        ),
    ),
)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    # When first used: all of them take a tenth of the time of a search from a cold start.
    return re.compile(pattern, re.IGNORECASE)


def read_question(question: str) -> Request:
    """Return what ``question`` asks for."""
    form, topic = Form.PLAIN, question
    for each, asks in _FORMS:
        if found := _compiled(asks).search(question):
            form = each
            if form is Form.DOCUMENTS or _compiled(_SAY_OF).match(question, found.start()):
                topic = question[found.end() :].strip(_AROUND) or question
            break
    begins = [
        (found.start(), kind)
        for kind, asks in _KINDS
        if (found := _compiled(asks).search(question))
    ]
    if begins:
        return Request(question, min(begins, key=lambda each: each[0])[1], form, topic=topic)
    defined = None if form is Form.LIST else _defined(question)
    return Request(question, Kind.DEFINITION if defined else Kind.ANYTHING, form, defined, topic)


def _defined(question: str) -> str | None:
    """Return what is to be defined, where that is asked."""
    found = next((found for asks in _DEFINED if (found := _compiled(asks).search(question))), None)
    return (found[1].strip(_AROUND) or None) if found else None
