"""Reads who a sentence says does, suffers or is what: its subjects, each with its verb.

English alone, by its surface: auxiliaries, endings, prepositions, commas. Of a sentence that is
built in another way nothing is read, so that nothing is held against it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

from briefqa.answering.grounding.words import Token, TokenKind

BE = frozenset(str.split("is are was were be been being am become becomes became"))
HAVE = frozenset(str.split("has have had having"))
AUXILIARIES = (
    BE | HAVE | frozenset(str.split("do does did can could will would may might must shall should"))
)
RELATIVES = frozenset(str.split("who which that whose whom where"))
PRONOUNS = frozenset(str.split("he she it they this these his her its their"))
JOINING = frozenset(str.split("and or but nor &"))
OPENING = frozenset(str.split("because although though if when while whereas unless since"))
ARTICLES = frozenset(str.split("the a an"))
PREPOSITIONS = frozenset(
    str.split(
        "of in on at for from with by to as into under over between among during after before "
        "about against within through per throughout across toward towards upon outside inside "
        "without around near alongside despite including until unless like beyond behind beside"
    )
)
_FRAMES = PREPOSITIONS | OPENING | frozenset(str.split("according following based"))
_PARTING = frozenset(",;:(")
_LATER = 2
"""Words that stand at least before a relative clause: its noun is one of them."""

_FORMS = """
    begin began begun|become became|come came|fall fell fallen|find found|give gave given
    grow grew grown|hold held|keep kept|lead led|lose lost|meet met|pay paid|run ran
    rise rose risen|say said|see saw seen|send sent|sell sold|stand stood|take took taken
    tell told|go went gone|win won|write wrote written|build built|know knew known
    show showed shown|draw drew drawn|bear bore born|choose chose chosen
    speak spoke spoken|break broke broken|drive drove driven|bring brought|buy bought
    catch caught|teach taught|think thought|fight fought|seek sought|leave left
    spend spent|lend lent|bend bent|mean meant|feel felt|deal dealt|make made
    throw threw thrown|sing sang sung|steal stole stolen|strike struck|shoot shot
    put|cut|set|let|hit|shut|split|spread|cast
"""
_IRREGULAR: dict[str, str] = {
    form: forms.split()[0]
    for line in _FORMS.strip().splitlines()
    for forms in line.split("|")
    for form in forms.split()
}
_PAST = frozenset(form for form, base in _IRREGULAR.items() if form != base) | frozenset(
    str.split("put cut set let hit shut split spread cast")
)
_SHORTEST_PAST = 4
_SHORTEST_PARTICIPLE = 5


class Voice(Enum):
    """How a verb stands to its subject."""

    ACTIVE = auto()
    PASSIVE = auto()
    LINKING = auto()
    """It is, or has, what follows: the subject and that belong together."""


@dataclass(frozen=True, slots=True)
class Bond:
    """A subject and what is said of it, as places of tokens.

    ``phrase`` are the words of the subject without what stands behind its first preposition or
    comma, ``subject`` all of them. ``verb`` is the word that carries the meaning; where the
    verb only links, it is None and ``complement`` are the words that it leads to, which
    ``is_of_place`` says to stand behind a preposition.
    """

    subject: tuple[int, ...]
    phrase: tuple[int, ...]
    voice: Voice
    verb: int | None = None
    complement: tuple[int, ...] = ()
    is_of_place: bool = False


def verb_key(token: Token) -> str:
    """Return what forms of a verb have in common: led and leads, won and winning."""
    word = token.lower
    bare = word.removesuffix("ing")
    for form in (
        word,
        word.removesuffix("s"),
        word.removesuffix("es"),
        bare,
        f"{bare}e",
        bare[:-1],
    ):
        if form in _IRREGULAR:
            return f"v:{_IRREGULAR[form]}"
    return token.key or word


def is_auxiliary(token: Token) -> bool:
    """Say whether a word is an auxiliary; May is a month."""
    is_month = token.lower == "may" and token.is_capital and not token.opens
    return token.lower in AUXILIARIES and not is_month


def is_past(token: Token) -> bool:
    """Say whether a word looks like the past form of a verb, or like its participle."""
    word = token.lower
    return word in _PAST or (word.endswith("ed") and len(word) >= _SHORTEST_PAST)


def is_participle(token: Token) -> bool:
    """Say whether a word may stand behind *is* as what is done to something."""
    return is_past(token) or (
        token.lower.endswith("en") and len(token.lower) >= _SHORTEST_PARTICIPLE
    )


def is_adverb(token: Token) -> bool:
    """Say whether a word looks like one that only says how."""
    return token.lower.endswith("ly")


def read_bonds(tokens: Sequence[Token]) -> tuple[Bond, ...]:
    """Return what a sentence says of its subject, and of the noun before a relative clause."""
    found: list[Bond] = []
    verb = _main_verb(tokens)
    if verb is not None:
        subject = _without_frame(tokens, _content(tokens, 0, verb), verb)
        found += _bonds(tokens, subject, verb)
        found += _apposed(tokens, subject, verb)
    for at in range(_LATER, len(tokens)):
        if tokens[at].lower in {"who", "which"}:
            found += _relative(tokens, at)
    return tuple(found)


def _bonds(tokens: Sequence[Token], subject: Sequence[int], verb: int) -> list[Bond]:
    phrase = _first_phrase(tokens, subject)
    if not phrase:
        return []
    said = tuple(subject)
    voice, place = _voice(tokens, verb)
    if place is not None:
        return [Bond(said, phrase, voice, place), *_by(tokens, place, voice)]
    complement = _complement(tokens, verb)
    if not complement or tokens[complement[-1]].kind is TokenKind.NUMBER:
        return []
    between = tokens[verb + 1 : complement[0]]
    is_of_place = any(token.lower in PREPOSITIONS for token in between)
    return [Bond(said, phrase, voice, None, complement, is_of_place)]


def _by(tokens: Sequence[Token], verb: int, voice: Voice) -> list[Bond]:
    """Return who does what is done: *… was built by the board*."""
    if voice is not Voice.PASSIVE or verb + 1 == len(tokens) or tokens[verb + 1].lower != "by":
        return []
    agent = _complement(tokens, verb + 1)
    is_acting = bool(agent) and not tokens[agent[0]].lower.endswith("ing")
    return [Bond(agent, agent, Voice.ACTIVE, verb)] if is_acting else []


def _apposed(tokens: Sequence[Token], subject: Sequence[int], verb: int) -> list[Bond]:
    """Return what a subject is said to be between commas: *Ada Holm, a member of …, …*."""
    phrase = _first_phrase(tokens, subject)
    comma = phrase[-1] + 1 if phrase else verb
    if comma + 1 >= verb or tokens[comma].text != "," or tokens[comma + 1].lower not in ARTICLES:
        return []
    complement = _complement(tokens, comma)
    return [Bond(phrase, phrase, Voice.LINKING, None, complement)] if complement else []


def _relative(tokens: Sequence[Token], at: int) -> list[Bond]:
    """Return what a relative clause says of the noun that stands right before it."""
    start = at
    while start and tokens[start - 1].text in {",", "("}:
        start -= 1
    end = start
    while (
        start
        and tokens[start - 1].kind is not TokenKind.MARK
        and (tokens[start - 1].key or tokens[start - 1].lower in ARTICLES)
    ):
        start -= 1
    verb = at + 1
    while verb < len(tokens) and is_adverb(tokens[verb]):
        verb += 1
    subject = _content(tokens, start, end)
    # "Which the board keeps": another subject comes first.
    is_verb = verb < len(tokens) and (
        tokens[verb].lower in AUXILIARIES
        or (bool(tokens[verb].key) and not tokens[verb].is_capital)
    )
    return _bonds(tokens, subject, verb) if is_verb and subject else []


def _content(tokens: Sequence[Token], start: int, end: int) -> list[int]:
    return [
        at for at in range(start, end) if tokens[at].key and tokens[at].kind is not TokenKind.MARK
    ]


def _main_verb(tokens: Sequence[Token]) -> int | None:
    """Return the place of the first verb that is of no relative clause, if any is found."""
    found: list[tuple[int, bool, bool]] = []
    is_relative = False
    for at, token in enumerate(tokens):
        if token.kind is TokenKind.MARK:
            is_relative = is_relative and token.text not in ",;"
        elif token.lower in RELATIVES | OPENING and at:
            is_relative = True
        elif at and is_auxiliary(token):
            found.append((at, True, is_relative))
        elif at and _is_verb(tokens, at):
            found.append((at, False, is_relative))
    chosen = [each for each in found if not each[2]]
    if not chosen or (tokens[0].lower in PRONOUNS and _is_present(tokens, 1)):
        return None
    at, is_helping, _ = chosen[0]
    follows = tokens[at + 1].lower if at + 1 < len(tokens) else ""
    if not is_helping and follows in PREPOSITIONS - {"to"}:
        # "The treaty signed in 1900 was …": the verb is still to come.
        return next((each[0] for each in chosen if each[1]), at)
    return at


def _is_present(tokens: Sequence[Token], at: int) -> bool:
    """Say whether a verb stands right behind a pronoun: *She competes …*."""
    while at < len(tokens) and is_adverb(tokens[at]):
        at += 1
    is_word = at < len(tokens) and tokens[at].lower not in AUXILIARIES
    return is_word and bool(tokens[at].key) and tokens[at].lower.endswith("s")


def _is_verb(tokens: Sequence[Token], at: int) -> bool:
    token = tokens[at]
    if token.kind is not TokenKind.WORD or token.is_capital:
        return False
    follows = tokens[at + 1].lower if at + 1 < len(tokens) else ""
    is_present = token.lower.endswith("s") and follows in ARTICLES | {
        "its", "their", "his", "her", "no", "about",
    }  # fmt: skip
    return is_past(token) or is_present


def _without_frame(tokens: Sequence[Token], subject: list[int], verb: int) -> list[int]:
    """Leave out when and where: *In 1900, …*, *According to the board, …*."""
    if not subject or tokens[0].lower not in _FRAMES:
        return subject
    commas = [at for at in range(verb) if tokens[at].text == ","]
    if not commas:
        return subject
    last = [at for at in subject if at > commas[-1]]
    return last or [at for at in subject if at > commas[0]]


def _first_phrase(tokens: Sequence[Token], places: Sequence[int]) -> tuple[int, ...]:
    phrase: list[int] = []
    for at in places:
        between = tokens[phrase[-1] + 1 : at] if phrase else ()
        if any(
            token.lower in PREPOSITIONS | RELATIVES or token.text in _PARTING for token in between
        ):
            break
        phrase.append(at)
    return tuple(phrase)


def _voice(tokens: Sequence[Token], verb: int) -> tuple[Voice, int | None]:
    """Return how the verb that begins at ``verb`` stands to its subject, and its place."""
    first = tokens[verb].lower
    if first not in AUXILIARIES:
        return Voice.ACTIVE, verb
    is_be = first in BE
    at = verb + 1
    while at < len(tokens) and _is_skipped(tokens[at]):
        is_be = is_be or tokens[at].lower in BE
        at += 1
    if at == len(tokens):
        return Voice.LINKING, None
    token = tokens[at]
    if is_be and is_participle(token):
        return Voice.PASSIVE, at
    is_going_on = is_be and token.lower.endswith("ing")
    is_done = not is_be and (first not in HAVE or is_participle(token))
    if token.key and (is_going_on or is_done):
        return Voice.ACTIVE, at
    return Voice.LINKING, None


def _is_skipped(token: Token) -> bool:
    """Say whether a word stands between an auxiliary and its verb."""
    if token.lower in AUXILIARIES or is_adverb(token):
        return True
    says_nothing = token.kind is TokenKind.WORD and not token.key
    return says_nothing and token.lower not in PREPOSITIONS | ARTICLES and not is_past(token)


def _complement(tokens: Sequence[Token], verb: int) -> tuple[int, ...]:
    found: list[int] = []
    for at in range(verb + 1, len(tokens)):
        token = tokens[at]
        ends = token.lower in PREPOSITIONS | RELATIVES or token.text in {*_PARTING, ")"}
        if found and ends:
            break
        if token.key:
            found.append(at)
    return tuple(found)
