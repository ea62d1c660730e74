"""Holds who does what in a sentence against who does it in its quotes.

All words of *Louis abolished it* may stand in a quote in which an edict did. Where the quote has
the verb, its subject there must be the one of the sentence; where the sentence only links two
things, the quote must link them: by *is*, by a comma, by brackets. What a quote says by other
words or in another order is not known from what it does not say, and counts as not said.
"""

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet

from briefqa.answering.generating.bonds import (
    ARTICLES,
    AUXILIARIES,
    BE,
    HAVE,
    JOINING,
    OPENING,
    PREPOSITIONS,
    PRONOUNS,
    RELATIVES,
    Bond,
    Voice,
    is_adverb,
    read_bonds,
    verb_key,
)
from briefqa.answering.generating.clauses import two_clauses
from briefqa.answering.generating.quoted import (
    A_VERB,
    Quotes,
    before_insert,
    governor_of,
    is_passive_at,
    read_quotes,
)
from briefqa.answering.grounding.words import BREAK, Token, TokenKind, tokens_of

_LIGHT = (
    BE
    | HAVE
    | frozenset(
        str.split(
            "do does did include includes included use uses used call called name named know known "
            "make made refer refers"
        )
    )
)
"""Verbs that a quote may leave out, or say by a comma."""

_INSERTING, _CLOSING = frozenset(",([—–-"), frozenset(",)]—–-")
_POSSESSIVE = ("'s", "’s")
_MOST_ALIEN = 1
"""Words that may stand between two things that a quote links, and not in the sentence."""

_MOST_PLACES = 12


def unsaid_relation(sentence: str, quotes: Sequence[str]) -> str | None:
    """Return the words of ``sentence`` that its quotes have, but not of one another.

    Args:
        sentence: Without the marks of its citations.
        quotes: The exact words it cites; a sentence that is all of one is not looked at.

    Returns:
        The subject and what is said of it, or None if nothing is known against it.
    """
    said = " ".join(sentence.split())
    folded = [" ".join(quote.split()) for quote in quotes]
    if any(said.rstrip(".!?") == quote.rstrip(".!?") for quote in folded):
        return None
    held = read_quotes(f" {BREAK} ".join(folded))
    for clause in _clauses(said):
        tokens = tokens_of(clause)
        for bond in read_bonds(tokens):
            end = bond.verb if bond.verb is not None else bond.complement[-1]
            # Where a verb comes twice, each may have an object of its own.
            is_once = len(held.verbs.get(verb_key(tokens[end]), ())) == 1
            is_verbatim = is_once and _is_verbatim(tokens[: end + 1], held)
            if not is_verbatim and not _is_said(bond, tokens, held):
                return " ".join(tokens[at].text for at in (*bond.phrase, end))
    return None


def _clauses(sentence: str) -> tuple[str, ...]:
    """Return the two clauses that a mark parts, or all of a sentence that has one."""
    parted = (both for both in two_clauses(sentence) if sentence[len(both[0])] in ",;")
    return next(parted, (sentence,))


def _is_verbatim(tokens: Sequence[Token], quotes: Quotes) -> bool:
    """Say whether a clause of the quotes begins with ``tokens``, word by word."""
    words = [token.lower for token in tokens]
    held = [token.lower for token in quotes.tokens]
    starts = (at for at, word in enumerate(held) if word == words[0])
    return any(
        held[at : at + len(words)] == words and (not at or _opens(quotes.tokens[at - 1]))
        for at in starts
    )


def _opens(before: Token) -> bool:
    is_word = before.kind is TokenKind.WORD
    return not is_word or before.lower in JOINING | OPENING | RELATIVES


def _is_said(bond: Bond, tokens: Sequence[Token], quotes: Quotes) -> bool:
    phrase = [tokens[at].key for at in bond.phrase]
    heads = phrase[-1:] if phrase[-1] in quotes.places else phrase
    subjects = [at for key in heads for at in quotes.places.get(key, ())][:_MOST_PLACES]
    if bond.verb is None:
        return _is_linked(bond, tokens, quotes, subjects)
    verbs = quotes.verbs.get(verb_key(tokens[bond.verb]), ())[:_MOST_PLACES]
    if not verbs:
        return tokens[bond.verb].lower in _LIGHT
    own = {tokens[at].key for at in bond.subject}
    return any(
        _is_subject(quotes, subject, verb, bond.voice, own)
        for verb in verbs
        for subject in subjects
        if bond.voice is Voice.PASSIVE or not _is_of_other(tokens, bond.verb, quotes, verb, own)
    )


def _is_subject(
    quotes: Quotes, subject: int, verb: int, voice: Voice, own: AbstractSet[str]
) -> bool:
    """Say whether the quotes have ``subject`` do, or suffer, what ``verb`` says."""
    is_passive = is_passive_at(quotes, verb)
    if quotes.sentence[subject] != quotes.sentence[verb]:
        is_free = governor_of(quotes, subject)[0] not in PREPOSITIONS
        is_turned = voice is Voice.ACTIVE and is_passive
        is_before = subject < verb
        return is_before and is_free and not is_turned and quotes.is_bridged(verb)
    governor, place = governor_of(quotes, subject)
    if voice is Voice.ACTIVE:
        return _is_agent(quotes, subject, verb, own, is_passive=is_passive)
    if subject < verb:
        is_own = not quotes.foreign(subject + 1, verb, own)
        return is_own or (is_passive and not governor and _reaches(quotes, subject, verb, own))
    if is_passive:
        return governor in BE
    start = verb + 1
    end = place if governor in PREPOSITIONS else subject
    return governor == A_VERB or not quotes.foreign(start, max(start, end), own)


def _is_of_other(
    said: Sequence[Token], verb: int, quotes: Quotes, place: int, own: AbstractSet[str]
) -> bool:
    """Say whether the object of ``verb`` is, in the quotes, that of another's verb.

    Of *The UK praised Spain, and Spain praised France* the UK praised no one but Spain.
    """
    held = (at for at in range(verb + 1, len(said)) if said[at].key in quotes.places)
    named = next((said[at].key for at in held if said[at].is_capital), None)
    if named is None or said[verb + 1].lower in PREPOSITIONS:
        return False
    number = quotes.sentence[place]
    after = [at for at in quotes.places[named] if at > place and quotes.sentence[at] == number]
    if not after:
        return False
    between = range(place + 1, after[0])
    names = {said[at].key for at in range(len(said))} | own
    is_other = any(
        quotes.tokens[at].is_capital and quotes.tokens[at].key not in names for at in between
    )
    return is_other and any(
        verb_key(quotes.tokens[at]) == verb_key(quotes.tokens[place]) for at in between
    )


def _is_agent(
    quotes: Quotes, subject: int, verb: int, own: AbstractSet[str], *, is_passive: bool
) -> bool:
    """Say whether ``subject`` is who does what ``verb`` says."""
    governor, place = governor_of(quotes, subject)
    tokens = quotes.tokens
    if is_passive:
        return subject > verb and governor == "by"
    if subject > verb:
        # "The reign of Suleiman": the verb is a noun.
        is_next = not any(token.key for token in tokens[verb + 1 : place])
        return governor in {"of", "by"} and is_next
    if not governor:
        return _reaches(quotes, subject, verb, own)
    # "The edict, which abolished …": it is the object of one verb and the subject of the next.
    between = tokens[subject + 1 : verb]
    is_next = any(t.lower in RELATIVES for t in between) or tokens[verb].lower.endswith("ing")
    return is_next and not quotes.foreign(subject + 1, verb, own)


def _reaches(quotes: Quotes, subject: int, verb: int, own: AbstractSet[str]) -> bool:
    """Say whether what stands between a noun and a verb leaves the noun its subject."""
    if not quotes.foreign(subject + 1, verb, own):
        return True
    tokens = quotes.tokens
    at = before_insert(tokens, verb - 1)
    while at > subject and _stands_before_verb(tokens[at]):
        at = before_insert(tokens, at - 1)
    if at <= subject:
        return True
    first, last = tokens[subject + 1], tokens[at]
    if last.lower in JOINING:
        return True
    if first.text in _INSERTING:
        return last.text in _CLOSING or last.lower in RELATIVES
    return first.lower in PREPOSITIONS | RELATIVES


def _stands_before_verb(token: Token) -> bool:
    if token.kind is not TokenKind.WORD:
        return False
    if token.lower in AUXILIARIES or is_adverb(token):
        return True
    others = PREPOSITIONS | JOINING | RELATIVES | PRONOUNS | ARTICLES
    return not token.key and token.lower not in others


def _is_linked(
    bond: Bond, tokens: Sequence[Token], quotes: Quotes, subjects: Sequence[int]
) -> bool:
    """Say whether the quotes say of the subject that it is what the sentence says."""
    wanted = [tokens[at].key for at in bond.complement]
    known = [key for key in wanted if key in quotes.places]
    heads = wanted[-1:] if wanted[-1] in quotes.places else known
    phrase = {tokens[at].key for at in bond.phrase}
    own = {token.key for token in tokens if token.key}
    is_number = tokens[bond.phrase[-1]].kind is TokenKind.NUMBER
    for subject in subjects:
        for place in _near(quotes, heads, known):
            is_itself = quotes.tokens[place].key in phrase and abs(subject - place) <= len(
                bond.phrase
            )
            if not is_itself and _links(
                quotes, subject, place, own, is_free=bond.is_of_place or is_number
            ):
                return not is_number or not _has_number(quotes, subject, place, own)
    return False


def _near(quotes: Quotes, heads: Sequence[str], known: Sequence[str]) -> Iterator[int]:
    """Yield the places of a head in whose sentence all known words of its phrase stand."""
    for head in heads:
        for at in quotes.places[head][:_MOST_PLACES]:
            number = quotes.sentence[at]
            if all(
                any(quotes.sentence[each] == number for each in quotes.places[key]) for key in known
            ):
                yield at


def _has_number(quotes: Quotes, one: int, other: int, own: AbstractSet[str]) -> bool:
    between = quotes.tokens[min(one, other) + 1 : max(one, other)]
    return any(token.kind is TokenKind.NUMBER and token.key not in own for token in between)


def _links(
    quotes: Quotes, subject: int, place: int, own: AbstractSet[str], *, is_free: bool
) -> bool:
    governor = governor_of(quotes, subject)[0]
    tokens = quotes.tokens
    if quotes.sentence[subject] != quotes.sentence[place]:
        is_before = subject < place and governor not in PREPOSITIONS
        return is_before and quotes.is_bridged(place)
    start, end = min(subject, place) + 1, max(subject, place)
    links = [at for at in range(start, end) if tokens[at].lower in BE]
    between = tokens[start:end]
    aliens = sum(bool(token.key) and token.key not in own for token in between)
    if links and subject < place:
        if governor in PREPOSITIONS or governor == A_VERB:
            return not quotes.foreign(start, links[0], own)
        return _reaches(quotes, subject, links[0], own)
    if links and governor in BE:
        before = tokens[start : links[-1]]
        if sum(bool(token.key) and token.key not in own for token in before) <= _MOST_ALIEN:
            return True
    if aliens > _MOST_ALIEN or _is_parted(between) or _is_listed(tokens, start, end, own):
        return False
    is_owner = subject < place and (
        tokens[subject].text.endswith(_POSSESSIVE) or (bool(between) and between[0].lower == "s")
    )
    return not is_owner and (
        is_free or not any(t.lower in PREPOSITIONS - {"of", "as"} for t in between)
    )


def _is_parted(between: Sequence[Token]) -> bool:
    """Say whether a bracket closes there that opened before: what follows is another item."""
    depth = 0
    for token in between:
        depth += (token.text == "(") - (token.text == ")")
        if depth < 0:
            return True
    return False


def _is_listed(tokens: Sequence[Token], start: int, end: int, own: AbstractSet[str]) -> bool:
    """Say whether commas leave open to which neighbour a word belongs: *A, chair, B, clerk*."""
    if not any(token.text == "," for token in tokens[start:end]):
        return False
    first = start - 1
    while first and tokens[first - 1].kind is TokenKind.WORD:
        first -= 1
    before = tokens[first - 2] if first > 1 and tokens[first - 1].text == "," else None
    return before is not None and before.is_capital and bool(before.key) and before.key not in own
