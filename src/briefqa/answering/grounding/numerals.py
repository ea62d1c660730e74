"""Reads a number out of tokens, in digits or in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from fractions import Fraction

from briefqa.answering.grounding.units import GLUED_SCALES, SCALES, VAGUE
from briefqa.answering.grounding.words import Token, TokenKind

_SMALL = {
    word: number
    for number, word in enumerate(
        str.split(
            "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
            "fifteen sixteen seventeen eighteen nineteen"
        )
    )
}
_TENS = {
    word: number * 10
    for number, word in enumerate(
        str.split("twenty thirty forty fifty sixty seventy eighty ninety"), 2
    )
}
_ORDINALS = {
    word: number
    for number, word in enumerate(
        str.split(
            "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth "
            "thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth"
        ),
        1,
    )
} | {"twentieth": 20, "thirtieth": 30, "hundredth": 100}
_PARTS = {
    "half": 2,
    "halves": 2,
    "quarter": 4,
    "quarters": 4,
    **{f"{word}s": number for word, number in _ORDINALS.items() if number > 2},  # noqa: PLR2004
    **{word: number for word, number in _ORDINALS.items() if number > 2},  # noqa: PLR2004
}
_MULTIPLES = {
    "twice": 2,
    "thrice": 3,
    "double": 2,
    "doubles": 2,
    "doubled": 2,
    "doubling": 2,
    "triple": 3,
    "triples": 3,
    "tripled": 3,
    "tripling": 3,
    "quadruple": 4,
    "quadrupled": 4,
    "twofold": 2,
    "threefold": 3,
    "fourfold": 4,
    "fivefold": 5,
    "tenfold": 10,
}
_GLYPHS = {
    "½": Fraction(1, 2),
    "⅓": Fraction(1, 3),
    "⅔": Fraction(2, 3),
    "¼": Fraction(1, 4),
    "¾": Fraction(3, 4),
}
_ENDS_OF_ORDINALS = frozenset({"st", "nd", "rd", "th"})
_ARTICLES = frozenset({"a", "an"})
_HUNDRED = 100


class Form(Enum):
    """How a number is used."""

    COUNT = auto()
    ORDINAL = auto()
    SHARE = auto()
    """A part of a whole: a third, half."""
    MULTIPLE = auto()
    """How many times as much: twice, doubled."""
    VAGUE = auto()
    """An order of size: hundreds, millions."""


@dataclass(frozen=True, slots=True)
class Numeral:
    """A number that stands in tokens up to, not with, ``end``.

    ``is_plain`` says that it is one token of digits, as a year is.
    """

    value: Fraction
    end: int
    form: Form = Form.COUNT
    is_plain: bool = False


def read_numeral(tokens: Sequence[Token], at: int) -> Numeral | None:
    """Return the number that begins at token ``at``; None if none does."""
    token = tokens[at]
    if token.kind is TokenKind.NUMBER:
        return _digits(tokens, at)
    if token.kind is TokenKind.MARK:
        glyph = _GLYPHS.get(token.text)
        return None if glyph is None else Numeral(glyph, at + 1, Form.SHARE)
    if token.kind is not TokenKind.WORD:
        return None
    return _share(tokens, at) or _in_words(tokens, at)


def _digits(tokens: Sequence[Token], at: int) -> Numeral:
    value, end = tokens[at].value, at + 1
    after = _glued(tokens, end)
    if after is not None and after.lower in _ENDS_OF_ORDINALS:
        return Numeral(value, end + 1, Form.ORDINAL)
    if after is not None and after.text in _GLYPHS:
        value, end = value + _GLYPHS[after.text], end + 1
    scaled = _scaled(tokens, end, value, is_glued=after is not None)
    return Numeral(*scaled, is_plain=scaled[1] == at + 1 and tokens[at].text.isdecimal())


def _scaled(
    tokens: Sequence[Token], at: int, value: Fraction, *, is_glued: bool
) -> tuple[Fraction, int]:
    """Multiply by the words of scale that follow; return the value and where they end."""
    if is_glued and at < len(tokens) and tokens[at].text in GLUED_SCALES:
        return value * GLUED_SCALES[tokens[at].text], at + 1
    end = at
    while scale := SCALES.get(_word(tokens, _past_hyphen(tokens, end))):
        end = _past_hyphen(tokens, end) + 1
        value *= scale
    return value, end


def _share(tokens: Sequence[Token], at: int) -> Numeral | None:
    """Read ``a third``, ``two-thirds``, ``half``, ``twice``."""
    word = tokens[at].lower
    if word in _MULTIPLES:
        return Numeral(Fraction(_MULTIPLES[word]), at + 1, Form.MULTIPLE)
    before = tokens[at - 1].lower if at else ""
    if word == "half" and before not in _ORDINALS and before not in {"latter", "former"}:
        return _half(tokens, at)
    return _part(tokens, at, 1 if word in _ARTICLES else _SMALL.get(word, 0))


def _part(tokens: Sequence[Token], at: int, over: int) -> Numeral | None:
    end = _past_hyphen(tokens, at + 1)
    part = _PARTS.get(_word(tokens, end))
    if not over or part is None or (over > 1) != tokens[end].lower.endswith("s"):
        return None
    if not tokens[end].lower.endswith("s") and tokens[end].lower != "half":
        # A third party is no third of a party.
        follower = tokens[end + 1] if end + 1 < len(tokens) else None
        if follower is not None and follower.is_content:
            return None
    if tokens[end].lower == "half":
        return _half(tokens, end)
    return Numeral(Fraction(over, part), end + 1, Form.SHARE)


def _half(tokens: Sequence[Token], at: int) -> Numeral:
    """Read ``half``, ``half a million``, ``half a dozen``."""
    end = at + 1
    if _word(tokens, end) in _ARTICLES and _word(tokens, end + 1) in SCALES:
        value, end = _scaled(tokens, end + 1, Fraction(1, 2), is_glued=False)
        return Numeral(value, end)
    return Numeral(Fraction(1, 2), end, Form.SHARE)


def _in_words(tokens: Sequence[Token], at: int) -> Numeral | None:
    word = tokens[at].lower
    if word in VAGUE:
        return _vague(tokens, at)
    if word in _ORDINALS:
        return Numeral(Fraction(_ORDINALS[word]), at + 1, Form.ORDINAL)
    if word in _ARTICLES:
        if _word(tokens, at + 1) in SCALES:
            value, end = _scaled(tokens, at + 1, Fraction(1), is_glued=False)
            return Numeral(value, end)
        return None
    return _cardinal(tokens, at)


def _vague(tokens: Sequence[Token], at: int) -> Numeral:
    """Read ``hundreds``, ``hundreds of billions``."""
    value, end = Fraction(SCALES[tokens[at].lower]), at + 1
    while _word(tokens, end) == "of" and _word(tokens, end + 1) in VAGUE:
        value *= SCALES[tokens[end + 1].lower]
        end += 2
    return Numeral(value, end, Form.VAGUE)


def _cardinal(tokens: Sequence[Token], at: int) -> Numeral | None:
    """Read ``two million three hundred and twenty-five thousand``."""
    total, part, end, last = Fraction(0), Fraction(0), at, 0
    form = Form.COUNT
    while True:
        place = _past_hyphen(tokens, end) if end > at else end
        if end > at and _word(tokens, place) == "and" and last >= _HUNDRED:
            place += 1
        word = _word(tokens, place)
        size = _fits(word, last)
        if size == 0 and not (word == "zero" and end == at):
            if word in _ORDINALS and _ORDINALS[word] < 10 and last in range(20, 100):  # noqa: PLR2004
                part, end, form = part + _ORDINALS[word], place + 1, Form.ORDINAL
            break
        if word in SCALES:
            part *= size
            if size > _HUNDRED or word == "dozen":
                total, part = total + part, Fraction(0)
        else:
            part += size
        end, last = place + 1, size
    return None if end == at else Numeral(total + part, end, form)


def _fits(word: str, last: int) -> int:
    """Return what ``word`` adds or multiplies by after a word worth ``last``; 0 if it cannot."""
    if word in SCALES and word not in VAGUE:
        return SCALES[word] if last else 0
    size = _SMALL.get(word, 0) or _TENS.get(word, 0)
    if not last or last >= _HUNDRED:
        return size
    # After twenty comes one to nine, and after these a scale or nothing.
    return size if last >= 20 and size < 10 else 0  # noqa: PLR2004


def _word(tokens: Sequence[Token], at: int) -> str:
    return tokens[at].lower if at < len(tokens) else ""


def _glued(tokens: Sequence[Token], at: int) -> Token | None:
    is_glued = at < len(tokens) and tokens[at].start == tokens[at - 1].end
    return tokens[at] if is_glued else None


def _past_hyphen(tokens: Sequence[Token], at: int) -> int:
    return at + 1 if _word(tokens, at) == "-" and at + 1 < len(tokens) else at
