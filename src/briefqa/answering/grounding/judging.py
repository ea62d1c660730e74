"""Judges a sentence by the words it cites, by rule alone."""

import re
from collections.abc import Iterator, Sequence

from briefqa.answering.grounding.arithmetic import is_shown_by_numbers
from briefqa.answering.grounding.claims import Claim, ClaimKind, Judgement, judgement_of
from briefqa.answering.grounding.naming import compare_names
from briefqa.answering.grounding.numbers import compare_numbers
from briefqa.answering.grounding.polarity import compare_polarity
from briefqa.answering.grounding.statements import Statement, read_statement
from briefqa.answering.grounding.words import BREAK
from briefqa.datatypes import Verdict

HELD_TO_SUPPORT = 0.8
"""Share of a sentence's content words that its quotes must hold; below it is partly supported."""
HELD_AT_ALL = 0.5
"""Below this share it is unsupported."""
LONGEST_SENTENCE, LONGEST_QUOTES = 2_000, 10_000
"""Code points of a sentence and of its quotes together that are judged by their words."""

_BRACKETED = re.compile(r"\[(\d+)\]")
_MOST_NAMED = 5
_FIRST_UNSPACED = "\u2e80"
"""From here on scripts put no spaces between words."""


def judge_sentence(sentence: str, quotes: Sequence[str]) -> Judgement:
    """Return how ``quotes`` bear on ``sentence``, claim by claim.

    A sentence that is, white space folded, a part of one of them is supported. Of any other
    the quantities, dates and names must occur in the quotes, nothing may be denied or said to
    go the other way, and at least 80 in 100 of the content words must be held (50 for any
    support at all). The rules know English; of other languages they see digits and words.
    A sentence of over 2,000 code points, or quotes of over 10,000, is not read: one that is
    no part of its quotes is unsupported.

    Args:
        sentence: One sentence, without the marks of its citations.
        quotes: The exact words it cites, in any order.
    """
    said = _folded(sentence)
    folded = [_folded(quote) for quote in quotes]
    for quote in folded:
        if _is_part(said, quote):
            return judgement_of((Claim(ClaimKind.WORDING, said, said, Verdict.SUPPORTED),))
    is_long = len(said) > LONGEST_SENTENCE or sum(map(len, folded)) > LONGEST_QUOTES
    if is_long or not any(folded):
        return judgement_of((Claim(ClaimKind.WORDING, said, None, Verdict.UNSUPPORTED),))
    ours = read_statement(said)
    theirs = read_statement(f" {BREAK} ".join(folded))
    claims = (
        *compare_numbers(ours, theirs),
        *compare_names(ours, theirs),
        *compare_polarity(ours, theirs),
        *_wording(ours, theirs),
    )
    return judgement_of(claims)


def _folded(text: str) -> str:
    """Return ``text`` on one line; ``[7]`` becomes ``(7)``, as an answer has it."""
    return _BRACKETED.sub(r"(\1)", " ".join(text.split()))


def _is_part(part: str, whole: str) -> bool:
    """Say whether ``part`` stands in ``whole`` without cutting a word or a number."""
    start = whole.find(part) if part else -1
    while start >= 0:
        end = start + len(part)
        if _may_cut(whole, start) and _may_cut(whole, end):
            return True
        start = whole.find(part, start + 1)
    return False


def _may_cut(text: str, at: int) -> bool:
    if at in {0, len(text)} or text[at - 1].isspace() or text[at].isspace():
        return True
    before, after = text[at - 1], text[at]
    if before.isalnum() and after.isalnum():
        return min(before, after) >= _FIRST_UNSPACED
    # Nothing may be taken off a number: not its sign, nor what follows its point.
    near = text[max(0, at - 2) : at + 2]
    return not any(character.isdigit() for character in near)


def _wording(sentence: Statement, quotes: Statement) -> Iterator[Claim]:
    """Yield one claim on the share of the content words that the quotes hold."""
    named = {at for name in sentence.names if name.is_sure for at in name.words}
    words = [key for key, places in sentence.places.items() if not named.issuperset(places)]
    missing = [
        key
        for key in words
        if key not in quotes.places
        and not is_shown_by_numbers(sentence.tokens[sentence.places[key][0]].text, sentence, quotes)
    ]
    if not words and (sentence.quantities or sentence.dates or sentence.names):
        return
    share = 1 - len(missing) / len(words) if words else 0.0
    if share >= HELD_TO_SUPPORT:
        outcome = Verdict.SUPPORTED
    else:
        outcome = Verdict.PARTLY if share >= HELD_AT_ALL else Verdict.UNSUPPORTED
    shown = missing if outcome is not Verdict.SUPPORTED else words
    said = ", ".join(sentence.tokens[sentence.places[key][0]].text for key in shown[:_MOST_NAMED])
    quoted = None if outcome is not Verdict.SUPPORTED else said
    yield Claim(ClaimKind.WORDING, said or sentence.text, quoted, outcome)
