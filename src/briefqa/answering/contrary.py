"""Whether a sentence says the opposite of what a question takes for granted.

English alone; in any other language nothing is found.
"""

import re

from briefqa.answering.grounding.vocabulary import OPPOSITES

_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")

_DENIALS = frozenset(
    ["cannot", "neither", "never", "no", "nobody", "none", "nor", "not", "nothing", "without"]
)
# What may stand for a denial in a sentence, but is none in a question.
_HALF_DENIALS = re.compile(
    r"(?:few|hardly|barely|rarely|seldom|only|except|unless|unlike\w*|unable|unwilling|unknown"
    r"|impossible|inability|fail\w*|lack\w*|refus\w*|reject\w*|absen\w*|den(?:y|ie)\w*)$"
)

# Beside those that tell whether a sentence says what its quotes do.
_PAIRS = """
    above/below active/passive advantage/disadvantage agree/disagree agreed/disagreed
    always/never ancient/modern asynchronous/synchronous asynchronously/synchronously
    attack/defend attacked/defended big/small bottom/top bought/sold brother/sister
    build/destroy built/destroyed buy/sell cause/prevent caused/prevented cheap/expensive
    closed/opened common/rare complex/simple compulsory/voluntary create/destroy
    created/destroyed daughter/son day/night deep/shallow defeat/victory dependent/independent
    different/same difficult/easy direct/indirect directly/indirectly domestic/foreign dry/wet
    earliest/latest early/late east/west eastern/western enemy/friend enter/leave
    external/internal failed/succeeded false/true farthest/nearest fast/slow father/mother
    female/male fewest/most final/first finish/start first/last foreign/native formal/informal
    global/local heavy/light high/low husband/wife illegal/legal indoor/outdoor inside/outside
    irregular/regular irresponsible/responsible join/leave king/queen large/small long/short
    longer/shorter longest/shortest lose/win lost/won lower/upper lowered/raised major/minor
    man/woman mandatory/optional men/women multiple/single new/old newer/older newest/oldest
    north/south northeast/southwest northern/southern northwest/southeast older/younger
    oldest/youngest peace/war permanent/temporary poor/rich private/public pull/push
    rural/urban summer/winter
"""


def _opposites() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for pair in _PAIRS.split():
        one, other = pair.split("/")
        found.setdefault(one, set()).add(other)
        found.setdefault(other, set()).add(one)
    return {word: frozenset(others) for word, others in found.items()}


_OPPOSITES = _opposites()
_SHORTEST_DENIED = 5
"""Letters of a word before which *un* denies: shorter ones make *until* and *unit*."""


def words_said(text: str) -> list[str]:
    """Return the words of ``text`` in lower case, in order."""
    return [word.casefold() for word in _WORD.findall(text)]


def is_opposed(question: str, sentence: str) -> bool:
    """Tell whether ``sentence`` has the opposite of a word of ``question``, and not that word.

    So *inside* and *outside*, *rose* and *fell*, *friendly* and *unfriendly*.
    """
    asked, said = set(words_said(question)), set(words_said(sentence))
    return any(
        (_opposite_of(word, said) - asked) or _is_turned(word, asked, said) for word in asked - said
    )


def _is_turned(word: str, asked: set[str], said: set[str]) -> bool:
    """Tell whether the sentence has words of the other side alone, and the question of this."""
    if word not in OPPOSITES:
        return False
    group, side = OPPOSITES[word]
    there = {OPPOSITES[each] for each in said if each in OPPOSITES}
    is_asked_both = any(OPPOSITES.get(each) == (group, 1 - side) for each in asked)
    return (group, 1 - side) in there and (group, side) not in there and not is_asked_both


def is_denial(text: str) -> bool:
    """Tell whether ``text`` denies something in so many words."""
    return any(_denies(word) for word in words_said(text))


def may_deny(text: str) -> bool:
    """Tell whether ``text`` denies something, be it by halves."""
    return any(_denies(word) or _HALF_DENIALS.match(word) for word in words_said(text))


def _denies(word: str) -> bool:
    return word in _DENIALS or word.endswith(("n't", "n’t"))


def _opposite_of(word: str, said: set[str]) -> set[str]:
    found = set(_OPPOSITES.get(word, frozenset()) & said)
    denied = [f"non{word}", f"non-{word}", f"un{word}"] if len(word) >= _SHORTEST_DENIED else []
    for prefix in ("non-", "non", "un"):
        rest = word.removeprefix(prefix)
        if rest != word and len(rest) >= _SHORTEST_DENIED:
            denied.append(rest)
    return found | (said & set(denied))
