"""Which sentences make little sense without the one before.

English alone; of any other language no sentence is said to lean.
"""

import re

_ITSELF = (
    "article|blog|brief|briefing|chapter|digest|document|essay|guide|note|page|paper|policy brief"
    "|post|report|section|study|submission"
)
# What points back: *It needs …*, *These three …*, *The former …*.
_POINTING = (
    rf"(?:[Tt]his|[Tt]hese)(?! (?:{_ITSELF})\b)|[Tt]hat(?! (?:the|a|an)\b)|[Tt]hose(?! who\b)"
    r"|[Ss]uch|[Tt]hey|[Tt]heir|[Tt]hem|[Hh]e|[Ss]he|[Hh]is|[Hh]er|[Ii]ts"
    r"|[Ii]t(?! (?:is|was|has been|seems|appears) (?:\w+ly )?(?:\w+ )?(?:that|to)\b)"
    r"|[Bb]oth(?!\b[^.;]* and )|[Tt]he (?:former|latter|two|same|other|others|result|second one)"
    r"|[Tt]here(?! (?:is|are|was|were|has|have|had|may|might|will|would|can|could|seems?)\b)"
)
_JOINING = (
    "However|Similarly|Likewise|Moreover|Furthermore|Further|Also|Nevertheless|Nonetheless"
    "|Instead|Therefore|Hence|Thus|Consequently|Accordingly|Conversely|Otherwise|Additionally"
    "|In addition|As such|As a result|By contrast|In contrast|In turn|For this reason|Here|But|Yet"
)
# Before the subject may stand when, where or how: *In 1685, he …*.
_INTRODUCING = (
    r"(?:(?:In|By|At|On|During|After|Before|Since|From|Until|For|Under|With|Through|Despite|Like"
    r"|Later|Soon|Then|Finally|Eventually|Today|Now|Meanwhile|First|Next|Again)\b"
    r"[^,;:.A-Z]{0,40}, )?"
)
_LEANING = re.compile(rf"[\W_]{{0,3}}(?:(?:{_JOINING})\b|{_INTRODUCING}(?:{_POINTING})\b)")


def leans(sentence: str) -> bool:
    """Tell whether ``sentence`` points back to the one before it."""
    return _LEANING.match(sentence) is not None
