"""Finds what two statements say differently of one matter, and nothing where they do not."""

from dataclasses import dataclass

from briefqa.answering.grounding.amounts import amounts_of, differing_amounts
from briefqa.answering.grounding.claims import Claim, ClaimKind
from briefqa.answering.grounding.matters import (
    is_one_matter,
    is_same_claim,
    tells_apart,
    turns,
)
from briefqa.answering.grounding.polarity import compare_polarity
from briefqa.answering.grounding.statements import Statement
from briefqa.answering.grounding.times import are_of_one_time, differing_times
from briefqa.answering.grounding.vocabulary import CHANGES
from briefqa.datatypes import Verdict

_POLAR = frozenset({ClaimKind.NEGATION, ClaimKind.DIRECTION})


@dataclass(frozen=True, slots=True)
class Attested:
    """A statement, and what is known of its document.

    ``published`` is an ISO date. ``subject`` has the keys of the words in its title that say
    what it is about; documents are of one subject if those of one are among those of the other.
    """

    statement: Statement
    published: str | None = None
    subject: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Difference:
    """The words, and their tokens [start, end), in which two statements differ."""

    kind: ClaimKind
    ours: str
    theirs: str
    our_place: tuple[int, int]
    their_place: tuple[int, int]


def find_differences(one: Attested, other: Attested) -> tuple[Difference, ...]:
    """Return where two statements differ on one matter; none if they may both be true.

    To swap the two swaps the sides of each difference, and changes nothing else.
    """
    ours, theirs = one.statement, other.statement
    published = one.published, other.published
    is_one_subject = _is_part(one.subject, other.subject) or _is_part(other.subject, one.subject)
    if ours.text == theirs.text or not is_one_matter(ours, theirs, is_one_subject=is_one_subject):
        return ()
    if tells_apart(ours, theirs) or not are_of_one_time(ours, theirs, published):
        return ()
    amounts = differing_amounts(ours, theirs)
    times = differing_times(ours, theirs, published)
    if amounts is None or times is None or (times and (amounts or amounts_of(ours))):
        # Figures beside different dates are of different times: 5 in 2023, and 6 in 2024.
        return ()
    if amounts and turns(ours, theirs) - {CHANGES}:
        return ()
    if not amounts and not times:
        return _in_polarity(ours, theirs) if is_same_claim(ours, theirs) else ()
    kind = ClaimKind.DATE if times else ClaimKind.QUANTITY
    return tuple(
        Difference(
            kind,
            ours.said(mine.start, mine.end),
            theirs.said(yours.start, yours.end),
            (mine.start, mine.end),
            (yours.start, yours.end),
        )
        for mine, yours in (*amounts, *times)
    )


def _is_part(subject: frozenset[str], other: frozenset[str]) -> bool:
    return bool(subject) and subject <= other


def _in_polarity(ours: Statement, theirs: Statement) -> tuple[Difference, ...]:
    """Return the words that the one denies, or turns round, and the other does not."""
    forth, back = _contradicted(ours, theirs), _contradicted(theirs, ours)
    turned = {(each.kind, each.quoted, each.said) for each in back}
    found = [each for each in forth if (each.kind, each.said, each.quoted) in turned]
    if not found:
        return ()
    clearest = min(found, key=lambda each: len(each.said) + len(each.quoted or ""))
    mine, yours = _place(clearest.said, ours), _place(clearest.quoted or "", theirs)
    if clearest.said == clearest.quoted:
        # One word, which one of the two denies.
        mine, yours = _with_denial(mine, ours), _with_denial(yours, theirs)
    said, quoted = ours.said(*mine), theirs.said(*yours)
    return (Difference(clearest.kind, said, quoted, mine, yours),) if said != quoted else ()


def _contradicted(ours: Statement, theirs: Statement) -> list[Claim]:
    return [
        claim
        for claim in compare_polarity(ours, theirs)
        if claim.outcome is Verdict.CONTRADICTED and claim.kind in _POLAR
    ]


def _with_denial(place: tuple[int, int], statement: Statement) -> tuple[int, int]:
    start, end = place
    return (statement.denials[start], end) if statement.denied[start] else place


def _place(said: str, statement: Statement) -> tuple[int, int]:
    """Return the tokens of words that a statement holds, where it first holds them."""
    start = statement.text.find(said)
    inside = [
        at
        for at, token in enumerate(statement.tokens)
        if start <= token.start and token.end <= start + len(said)
    ]
    return (inside[0], inside[-1] + 1) if inside else (0, len(statement.tokens))
