"""Holds the names of a sentence against the words of its quotes."""

from collections.abc import Iterator

from briefqa.answering.grounding.claims import Claim, ClaimKind
from briefqa.answering.grounding.statements import Name, Statement
from briefqa.answering.grounding.vocabulary import ROLES
from briefqa.answering.grounding.words import Token
from briefqa.datatypes import Verdict

_SHORTEST_ACRONYM = 3
_MOST_COMPARED = 64


def compare_names(sentence: Statement, quotes: Statement) -> Iterator[Claim]:
    """Yield a claim for each name of the sentence."""
    forms = {_form(token) for token in quotes.tokens if token.is_content}
    acronyms = {_initials(name, quotes) for name in quotes.names if len(name.words) > 1}
    for name in sentence.names:
        missing = [
            at
            for at in name.words
            if _form(sentence.tokens[at]) not in forms
            and not _is_short(sentence, at, quotes, acronyms, name=name)
        ]
        said = sentence.said(name.start, name.end)
        if not missing or _initials(name, sentence) in quotes.places:
            yield Claim(ClaimKind.NAME, said, said, Verdict.SUPPORTED)
            continue
        yield _missing(name, missing, sentence, quotes)


def _form(token: Token) -> str:
    """Return what a name is compared by: not its stem, or Government were governance."""
    return token.key if token.key.startswith("@") else token.lower.removesuffix("s")


def _is_short(
    sentence: Statement, at: int, quotes: Statement, acronyms: set[str], *, name: Name
) -> bool:
    """Say whether a word is an initial, or a short form, of a name in the quotes."""
    token = sentence.tokens[at]
    if len(token.lower) == 1 and len(name.words) > 1:
        # An initial stands for whatever begins with it.
        return any(
            quotes.tokens[each].lower.startswith(token.lower)
            for other in quotes.names
            for each in other.words
        )
    return len(token.key) >= _SHORTEST_ACRONYM and token.key in acronyms


def _initials(name: Name, statement: Statement) -> str:
    """Return the letters that a name of several words is shortened to: AISI."""
    if len(name.words) == 1:
        return ""
    words = (statement.tokens[at].text for at in name.words)
    return "".join(word if word.isupper() else word[0] for word in words).lower()


def _missing(name: Name, missing: list[int], sentence: Statement, quotes: Statement) -> Claim:
    """Say of a name that is not held whether another stands in its place."""
    said = sentence.said(name.start, name.end)
    other = _counterpart(name, missing, sentence, quotes)
    if other is not None:
        quoted = quotes.said(other.start, other.end)
        return Claim(ClaimKind.NAME, said, quoted, Verdict.CONTRADICTED)
    if len(missing) < len(name.words):
        return Claim(ClaimKind.NAME, said, None, Verdict.PARTLY)
    outcome = Verdict.UNSUPPORTED if name.is_sure else Verdict.PARTLY
    return Claim(ClaimKind.NAME, said, None, outcome)


def _counterpart(
    name: Name, missing: list[int], sentence: Statement, quotes: Statement
) -> Name | None:
    """Return the name of the quotes that the sentence has another one instead of."""
    ours = {sentence.tokens[at].key for at in name.words}
    said = {sentence.tokens[at].key for each in sentence.names for at in each.words}
    held = ours - {sentence.tokens[at].key for at in missing}
    around = sentence.around(name.start, name.end)
    best: tuple[int, Name | None] = (0, None)
    for other in quotes.names[:_MOST_COMPARED]:
        theirs = {quotes.tokens[at].key for at in other.words}
        left = theirs - said
        if held and not held & theirs:
            continue
        if not left or not _may_replace(missing, left, sentence, quotes, other):
            continue
        shared = len(around & quotes.around(other.start, other.end)) + len(held & theirs)
        if shared > best[0]:
            best = shared, other
    return best[1]


def _may_replace(
    missing: list[int], left: set[str], sentence: Statement, quotes: Statement, other: Name
) -> bool:
    """Say whether what is missing and what stands instead are both roles, or neither is."""
    roles = {sentence.tokens[at].lower in ROLES for at in missing}
    theirs = {
        quotes.tokens[at].lower in ROLES for at in other.words if quotes.tokens[at].key in left
    }
    return bool(roles & theirs)
