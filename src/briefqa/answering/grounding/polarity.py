"""Holds what a sentence denies, how surely, and which way, against its quotes."""

from collections.abc import Iterator, Sequence

from briefqa.answering.grounding.claims import Claim, ClaimKind
from briefqa.answering.grounding.statements import Statement
from briefqa.answering.grounding.vocabulary import OPPOSITES
from briefqa.answering.grounding.words import TokenKind, stem
from briefqa.datatypes import Verdict

_PREFIXES = ("un", "non", "dis", "in", "im", "ir", "il")
_SHORTEST = 4
_MOST_OPPOSITES = 64


def compare_polarity(sentence: Statement, quotes: Statement) -> Iterator[Claim]:
    """Yield a claim for each word that one side denies, and for each opposite."""
    firsts = _first_denied(sentence, quotes), _first_denied(quotes, sentence)
    for at, token in enumerate(sentence.tokens):
        if token.kind is not TokenKind.WORD:
            continue
        if token.is_content and (nearest := _aligned(at, sentence, quotes)):
            yield from _denial(at, nearest, sentence, quotes, firsts)
            yield from _modality(at, nearest, sentence, quotes)
        elif token.is_content:
            yield from _prefixed(at, sentence, quotes)
        yield from _opposite(at, sentence, quotes)
    yield from _counted(sentence, quotes)


def _counted(sentence: Statement, quotes: Statement) -> Iterator[Claim]:
    """Compare how often something is denied or weakened, where all else is the same."""
    if not sentence.is_like(quotes):
        return
    said, quoted = sentence.text, quotes.text
    if sentence.denial_count != quotes.denial_count:
        yield Claim(ClaimKind.NEGATION, said, quoted, Verdict.CONTRADICTED)
    if sentence.modals != quotes.modals:
        yield Claim(ClaimKind.MODALITY, said, quoted, Verdict.PARTLY)


def _aligned(at: int, sentence: Statement, quotes: Statement) -> Sequence[int]:
    """Return where the quotes have the word at ``at`` among the words it stands among here."""
    places = quotes.at(sentence.tokens[at].key)
    return _most_alike(at, places, sentence, quotes)[1]


def _most_alike(
    at: int, places: Sequence[int], sentence: Statement, quotes: Statement
) -> tuple[int, list[int]]:
    if not places:
        return 0, []
    around = sentence.around(at, at + 1)
    shared = [len(around & quotes.around(place, place + 1)) for place in places]
    best = max(shared)
    return best, [place for place, count in zip(places, shared, strict=True) if count == best]


def _first_denied(statement: Statement, other: Statement) -> frozenset[int]:
    """Return, of what each denial denies, the first word that the other side has too."""
    first: dict[int, int] = {}
    for at, denial in enumerate(statement.denials):
        if denial >= 0 and statement.tokens[at].key in other.places:
            first.setdefault(denial, at)
    return frozenset(first.values())


def _denial(
    at: int,
    nearest: Sequence[int],
    sentence: Statement,
    quotes: Statement,
    firsts: tuple[frozenset[int], frozenset[int]],
) -> Iterator[Claim]:
    ours = bool(sentence.denied[at])
    same = [place for place in nearest if bool(quotes.denied[place]) == ours]
    if same:
        if ours:
            said, quoted = _with_denial(at, sentence), _with_denial(same[0], quotes)
            yield Claim(ClaimKind.NEGATION, said, quoted, Verdict.SUPPORTED)
        return
    place = nearest[0]
    is_first = at in firsts[0] if ours else place in firsts[1]
    if not is_first:
        return
    # "Not an ordinary bank" says little of "a bank".
    is_at_once = ours or quotes.denied[place] == 1
    outcome = Verdict.CONTRADICTED if is_at_once else Verdict.PARTLY
    yield Claim(
        ClaimKind.NEGATION, _with_denial(at, sentence), _with_denial(place, quotes), outcome
    )


def _with_denial(at: int, statement: Statement) -> str:
    start = statement.denials[at] if statement.denied[at] else at
    return statement.said(start, at + 1)


def _modality(
    at: int, nearest: Sequence[int], sentence: Statement, quotes: Statement
) -> Iterator[Claim]:
    ours = sentence.modal[at]
    theirs = {quotes.modal[place] for place in nearest}
    if theirs == {""} and not ours:
        return
    place = nearest[0]
    said, quoted = _with_modal(at, sentence), _with_modal(place, quotes)
    outcome = Verdict.SUPPORTED if ours in theirs else Verdict.PARTLY
    yield Claim(ClaimKind.MODALITY, said, quoted, outcome)


def _with_modal(at: int, statement: Statement) -> str:
    start = at
    while start and statement.tokens[start - 1].clause == statement.tokens[at].clause:
        if statement.tokens[start - 1].is_content:
            break
        start -= 1
    return statement.said(start, at + 1)


def _prefixed(at: int, sentence: Statement, quotes: Statement) -> Iterator[Claim]:
    """Find the word that differs by un- or the like: ``safe`` where the quotes say ``unsafe``."""
    token = sentence.tokens[at]
    for prefix in _PREFIXES:
        bare = token.lower.removeprefix(prefix)
        inner = stem(bare) if bare != token.lower and len(bare) >= _SHORTEST else ""
        for key in (inner, stem(prefix + token.lower)):
            places = quotes.at(key) if len(key) >= _SHORTEST else ()
            if key == "" or not places:
                continue
            shared, nearest = _most_alike(at, places, sentence, quotes)
            place = nearest[0]
            if shared and bool(quotes.denied[place]) == bool(sentence.denied[at]):
                said, quoted = _with_denial(at, sentence), _with_denial(place, quotes)
                yield Claim(ClaimKind.NEGATION, said, quoted, Verdict.CONTRADICTED)
            return


def _opposite(at: int, sentence: Statement, quotes: Statement) -> Iterator[Claim]:
    """Find ``fell`` where the quotes say ``rose`` among the same words."""
    if sentence.tokens[at].lower not in OPPOSITES:
        return
    group, side = OPPOSITES[sentence.tokens[at].lower]
    side ^= bool(sentence.denied[at])
    sides: tuple[list[int], list[int]] = [], []
    for place, token in enumerate(quotes.tokens):
        found = OPPOSITES.get(token.lower)
        if found is not None and found[0] == group and len(sides[0]) < _MOST_OPPOSITES:
            is_same = found[1] ^ bool(quotes.denied[place]) == side
            sides[0 if is_same else 1].append(place)
    same, _ = _most_alike(at, sides[0], sentence, quotes)
    other, places = _most_alike(at, sides[1][:_MOST_OPPOSITES], sentence, quotes)
    said = sentence.tokens[at].text
    if places and (other > same or (not sides[0] and other)):
        quoted = quotes.tokens[places[0]].text
        yield Claim(ClaimKind.DIRECTION, said, quoted, Verdict.CONTRADICTED)
