"""Holds the words of a sentence against those of its quotes, one by one."""

from collections import Counter
from collections.abc import Iterator, Sequence

from briefqa.answering.generating.bonds import ARTICLES
from briefqa.answering.generating.held import Held, weighed
from briefqa.answering.generating.parts import Part, parts_of
from briefqa.answering.generating.phrases import action_key
from briefqa.answering.grounding.quantities import ORDINAL
from briefqa.answering.grounding.statements import read_statement
from briefqa.answering.grounding.words import BREAK, Token, TokenKind

_LIGHT = frozenset(str.split("include use call name know refer make be have do become"))
"""Verbs that a quote may leave out, or say by a comma."""

_SCOPES = frozenset(
    str.split("all every each both most mostly many several few only always never no half")
)
"""Words that say of how many something holds."""


def unheld_words(text: str, held: Held) -> Iterator[str]:
    """Yield the words of ``text`` that the quotes have not, or not as often.

    Names, dates and quantities that are there in another form were found by other rules.
    """
    statement = read_statement(text)
    tokens = weighed(statement.tokens)
    parts = parts_of(tokens)
    judged = {at for name in statement.names for at in name.words}
    judged |= {at for date in statement.dates for at in range(date.start, date.end)}
    for each in statement.quantities:
        judged |= set(range(each.start, each.end)) if each.unit != ORDINAL else set()
    counts: Counter[str] = Counter()
    for at, token in enumerate(tokens):
        key = token.key or (token.lower if token.lower in _SCOPES else "")
        if token.kind is not TokenKind.WORD or not key:
            continue
        counts[key] += 1
        known = held.counts[key]
        is_verb = parts[at] is Part.VERB and action_key(token) in held.actions | _LIGHT
        if counts[key] > known and not (not known and (at in judged or is_verb)):
            yield token.text


def is_run(tokens: Sequence[Token], held: Held) -> bool:
    """Say whether the words stand in the quotes in one run, as they are."""
    said = [token.key or token.lower for token in tokens if token.text[0].isalnum()]
    said = said[said[0] in ARTICLES :] if said else said
    theirs = [t.key or t.lower for t in held.tokens if t.text[0].isalnum() or t.text == BREAK]
    return any(theirs[at : at + len(said)] == said for at in range(len(theirs)))


def is_clause(tokens: Sequence[Token], held: Held) -> bool:
    """Say whether a clause of the quotes, from one mark to another, is ``tokens``."""
    said = tuple(token.lower for token in tokens if token.text not in ".!?")
    size = len(said)
    for at in range(len(held.words) - size + 1):
        if held.words[at : at + size] == said:
            before, after = held.tokens[at - 1 : at], held.tokens[at + size : at + size + 1]
            if all(each.kind is TokenKind.MARK for each in (*before, *after)):
                return True
    return False
