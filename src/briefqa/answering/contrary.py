"""Whether a sentence says the opposite of what a question takes for granted.

English alone; in any other language nothing is found.
"""

import re

_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")

_DENIALS = frozenset(
    ["cannot", "neither", "never", "no", "nobody", "none", "nor", "not", "nothing", "without"]
)
# What may stand for a denial in a sentence, but is none in a question.
_HALF_DENIALS = re.compile(
    r"(?:few|hardly|barely|rarely|seldom|only|except|unless|unlike\w*|unable|unwilling|unknown"
    r"|impossible|inability|fail\w*|lack\w*|refus\w*|reject\w*|absen\w*|den(?:y|ie)\w*)$"
)

_PAIRS = """
    above/below accept/reject accepted/rejected active/passive advantage/disadvantage after/before
    agree/disagree agreed/disagreed allow/forbid allowed/forbidden always/never ancient/modern
    asynchronous/synchronous asynchronously/synchronously attack/defend attacked/defended
    began/ended begin/end best/worst better/worse big/small biggest/smallest bought/sold
    brother/sister build/destroy built/destroyed buy/sell cause/prevent caused/prevented
    cheap/expensive closed/opened common/rare complex/simple create/destroy created/destroyed
    daughter/son day/night deadliest/safest decrease/increase decreased/increased defeat/victory
    dependent/independent difficult/easy direct/indirect directly/indirectly domestic/foreign
    earlier/later earliest/latest early/late east/west eastern/western enemy/friend
    entered/left exclude/include excluded/included expensive/cheap export/import
    exported/imported external/internal failure/success failed/succeeded false/true
    farthest/nearest father/mother fast/slow fell/rose female/male fewer/more fewest/most
    final/first finish/start first/last formal/informal gain/lose gained/lost global/local
    heavy/light high/low higher/lower highest/lowest husband/wife inside/outside joined/left
    king/queen largest/smallest larger/smaller large/small last/first least/most legal/illegal
    less/more long/short longer/shorter longest/shortest lose/win lost/won lowered/raised
    major/minor majority/minority man/woman maximum/minimum men/women mandatory/optional
    multiple/single native/foreign negative/positive new/old newer/older newest/oldest
    north/south northern/southern northeast/southwest northwest/southeast oldest/youngest
    older/younger oppose/support opposed/supported outdoor/indoor peace/war permanent/temporary
    poor/rich private/public pull/push regular/irregular responsible/irresponsible
    rural/urban same/different shallow/deep started/ended stopped/started strong/weak
    stronger/weaker strongest/weakest summer/winter top/bottom upper/lower voluntary/compulsory
    wet/dry
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

    So *inside* and *outside*, *first* and *last*, *friendly* and *unfriendly*.
    """
    asked, said = set(words_said(question)), set(words_said(sentence))
    return any((_opposite_of(word, said) - asked) for word in asked - said)


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
