"""What a text states, read once: its quantities, dates and names, and which words it denies."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from briefqa.answering.grounding.dates import CalendarDate, read_date
from briefqa.answering.grounding.quantities import Quantity, read_quantity
from briefqa.answering.grounding.vocabulary import HONORIFICS
from briefqa.answering.grounding.words import Token, TokenKind, tokens_of

_REACH = 8
_ALIKE = 0.9
"""Share of their content words that two texts have in common if they say the same."""
_MOST_ALIKE = 64
"""Places of one word that are looked at: a quote may be a book."""

_DENIALS = frozenset(
    str.split(
        "not no never without neither nor cannot unable lack lacks lacked lacking fail fails "
        "failed failing hardly scarcely barely none nobody nothing can't won't"
    )
)
_NO_DENIAL = frozenset(str.split("only merely just simply solely least doubt"))
_DENIED = 3
_MODALS = {
    **dict.fromkeys(str.split("may might could perhaps possibly potentially"), "possible"),
    **dict.fromkeys(str.split("should must ought shall"), "due"),
}
_MODAL_REACH = 4
_JOINTS = frozenset(str.split("of for de van von al &"))


@dataclass(frozen=True, slots=True)
class Name:
    """A name in tokens [start, end), these being its words; ``is_sure`` unless it opens."""

    start: int
    end: int
    words: tuple[int, ...]
    is_sure: bool


@dataclass(frozen=True, slots=True)
class Statement:
    """A text as the rules see it.

    ``places`` leads from a key to the tokens that have it. ``denied`` has, for each token,
    how far it stands behind a denial (1 at once, 0 not at all) and ``denials`` where that
    is; ``modal`` has the kind of its auxiliary or is empty. ``denial_count`` and
    ``modals`` count both wherever they stand.
    """

    text: str
    tokens: tuple[Token, ...]
    quantities: tuple[Quantity, ...]
    dates: tuple[CalendarDate, ...]
    names: tuple[Name, ...]
    places: dict[str, tuple[int, ...]]
    denied: tuple[int, ...]
    denials: tuple[int, ...]
    modal: tuple[str, ...]
    denial_count: int
    modals: tuple[str, ...]

    def said(self, start: int, end: int) -> str:
        """Return the words of tokens [start, end)."""
        return self.text[self.tokens[start].start : self.tokens[end - 1].end]

    def around(self, start: int, end: int) -> frozenset[str]:
        """Return the keys of the words near tokens [start, end), without theirs."""
        near = (*self.tokens[max(0, start - _REACH) : start], *self.tokens[end : end + _REACH])
        return frozenset(token.key for token in near if token.is_content)

    def is_like(self, other: "Statement") -> bool:
        """Say whether the two have nearly all of their content words in common."""
        ours, theirs = set(self.places), set(other.places)
        return len(ours & theirs) >= _ALIKE * len(ours | theirs)

    def at(self, key: str) -> tuple[int, ...]:
        """Return the first places of ``key``."""
        return self.places.get(key, ())[:_MOST_ALIKE]


def read_statement(text: str) -> Statement:
    """Return what ``text`` states."""
    tokens = tokens_of(text)
    dates, quantities = _numbers(tokens)
    taken = {at for date in dates for at in range(date.start, date.end)}
    taken |= {at for each in quantities for at in range(each.start, each.end)}
    places: dict[str, list[int]] = {}
    for at, token in enumerate(tokens):
        if token.is_content and at not in taken:
            places.setdefault(token.key, []).append(at)
    denied, denials = _denied(tokens)
    return Statement(
        text,
        tokens,
        tuple(quantities),
        tuple(dates),
        tuple(_names(tokens, taken)),
        {key: tuple(found) for key, found in places.items()},
        denied,
        denials,
        _modal(tokens),
        sum(_is_denial(tokens, at) for at in range(len(tokens))),
        tuple(sorted(kind for t in tokens if (kind := _kind(t)))),
    )


def _numbers(tokens: Sequence[Token]) -> tuple[list[CalendarDate], list[Quantity]]:
    dates: list[CalendarDate] = []
    quantities: list[Quantity] = []
    at = 0
    while at < len(tokens):
        if date := read_date(tokens, at):
            dates.append(date)
            at = date.end
        elif quantity := read_quantity(tokens, at):
            quantities.append(quantity)
            at = quantity.end
        else:
            at += 1
    return dates, quantities


def _names(tokens: Sequence[Token], taken: set[int]) -> Iterator[Name]:
    at = 0
    while at < len(tokens):
        if not _is_name(tokens[at]) or at in taken:
            at += 1
            continue
        words, end = [at], at + 1
        while end < len(tokens) and end not in taken:
            if _is_name(tokens[end]) or (not tokens[end].key and tokens[end].is_capital):
                words.append(end)
            elif not (
                tokens[end].lower in _JOINTS and end + 1 < len(tokens) and _is_name(tokens[end + 1])
            ) and not (
                tokens[end].text == "." and tokens[end - 1].end - tokens[end - 1].start == 1
            ):
                break
            end += 1
        keyed = tuple(
            place for place in words if tokens[place].key and tokens[place].lower not in HONORIFICS
        )
        if keyed:
            first = tokens[words[0]]
            is_sure = len(keyed) > 1 or not first.opens or first.text[1:].lower() != first.text[1:]
            yield Name(at, end, keyed, is_sure)
        at = end


def _is_name(token: Token) -> bool:
    is_word = token.kind in {TokenKind.WORD, TokenKind.CODE}
    return is_word and bool(token.key) and (token.is_capital or token.kind is TokenKind.CODE)


def _denied(tokens: Sequence[Token]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    denied = [0] * len(tokens)
    denials = [-1] * len(tokens)
    for at, token in enumerate(tokens):
        if not _is_denial(tokens, at):
            continue
        count = 0
        for place in range(at + 1, min(len(tokens), at + 1 + _REACH)):
            # What is slipped in at once parts nothing: "would not, in their view, bring".
            if count == _DENIED or (count and tokens[place].clause != token.clause):
                break
            if tokens[place].is_content:
                count += 1
                # A second denial takes back the first.
                denied[place] = 0 if denied[place] else count
                denials[place] = at
    return tuple(denied), tuple(denials)


def _is_denial(tokens: Sequence[Token], at: int) -> bool:
    word = tokens[at].text.lower().replace("’", "'")
    if word not in _DENIALS and not word.endswith("n't"):
        return False
    after = tokens[at + 1].lower if at + 1 < len(tokens) else ""
    return after not in _NO_DENIAL


def _modal(tokens: Sequence[Token]) -> tuple[str, ...]:
    modal = [""] * len(tokens)
    for at, token in enumerate(tokens):
        kind = _kind(token)
        if not kind:
            continue
        for place in range(at + 1, min(len(tokens), at + 1 + _MODAL_REACH)):
            if tokens[place].is_content:
                modal[place] = kind
                break
    return tuple(modal)


def _kind(token: Token) -> str:
    """Return how an auxiliary weakens its verb; May is a month."""
    is_month = token.is_capital and not token.opens
    return "" if is_month else _MODALS.get(token.lower, "")
