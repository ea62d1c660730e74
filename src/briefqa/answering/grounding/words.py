"""Cuts a text into words, numbers and marks, each with what it is compared by."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum, auto
from fractions import Fraction

from briefqa.answering.grounding.units import is_suffix
from briefqa.answering.grounding.vocabulary import (
    ACRONYMS,
    LONGEST_PLACE,
    PLACES,
    STOP_WORDS,
)

BREAK = "¶"
"""Stands between quotes that were put together: nothing reaches across it."""

_TOKEN = re.compile(
    r"(?P<footnote>(?:(?<=[^\W\d_]{3}[.,;!?])|(?<=[^\W\d_][”\"’)])|(?<=[.,;!?][”\"’)]))"
    r"\d{1,3}(?=\s|$))"
    r"|(?P<code>\d+(?:\.\d+){2,}|\d+(?:[:/]\d+)+"
    r"|[A-Z][^\W\d_]*-\d[\w]*(?:\.\d\w*)*|[^\W\d_]+\d\w*(?:\.\d\w*)*)"
    r"|(?P<number>\d{1,3}(?:[, '’\u00a0\u2009\u202f]\d{3})+(?!\d)(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)"
    r"|(?P<word>(?:[^\W\d_]\.){2,}|[^\W\d_]+(?:[’'][^\W\d_]+)*)"
    r"|(?P<mark>\S)"
)
_FOOTED = re.compile(r"([a-z]{4,})\d{1,3}")
_POSSESSIVE = re.compile(r"['’]s$|['’]$")
_PLURAL_ACRONYM = re.compile(r"^([A-Z]{2,})s$")
_SUFFIXES = tuple(
    str.split("""
    isations izations isation ization ational ations ation itions ition ments ment nesses ness
    ities ity ances ance ences ence ingly ings ing edly ies ied ers ors er or ed es ists ist
    isms ism ives ive als al ly s e y
    """)
)
_SHORTEST_STEM = 4
_BREAKS = frozenset(",;:()[]—!?." + BREAK)
_BREAKING_WORDS = frozenset(
    str.split("but because which who while whereas although though if when unless")
)
_SENTENCE_ENDS = frozenset(".!?:" + BREAK)


class TokenKind(Enum):
    """What a token is."""

    WORD = auto()
    NUMBER = auto()
    CODE = auto()
    """Letters and digits in one: ``GPT-4``, ``1990s``, ``10:30``."""
    MARK = auto()


@dataclass(frozen=True, slots=True)
class Token:
    """A word, number or mark at [start, end) of a text.

    ``key`` is what it is compared by: a stem, the name of a country, a code; empty
    where the token says nothing that is compared. ``clause`` counts the parts of the text
    between commas and the like; ``opens`` says that a sentence begins here.
    """

    kind: TokenKind
    text: str
    lower: str
    start: int
    end: int
    key: str = ""
    clause: int = 0
    opens: bool = False

    @property
    def is_content(self) -> bool:
        """Say whether the token carries meaning that a quote must hold."""
        return bool(self.key) and self.kind is not TokenKind.NUMBER

    @property
    def is_capital(self) -> bool:
        """Say whether it is written as a name is."""
        return self.text[0].isupper()

    @property
    def value(self) -> Fraction:
        """The number that the digits write.

        Raises:
            ValueError: If the token is no number.
        """
        return Fraction("".join(c for c in self.text if c.isdecimal() or c == "."))


def stem(word: str) -> str:
    """Return what ``word``, in lower case, shares with its other forms, British or American."""
    word = word.replace("z", "s").replace("our", "or")
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= _SHORTEST_STEM:
            return _undoubled(word.removesuffix(suffix))
    if word.endswith("s") and not word.endswith("ss") and len(word) >= _SHORTEST_STEM:
        return word[:-1]
    return word


def tokens_of(text: str) -> tuple[Token, ...]:
    """Return the tokens of ``text`` in order; numbers of footnotes are left out."""
    found = _placed(_glued(list(_raw(text))))
    marked: list[Token] = []
    clause, opens = 0, True
    for token in found:
        is_break = token.lower in _BREAKS or token.lower in _BREAKING_WORDS
        clause += is_break
        marked.append(replace(token, clause=clause, opens=opens))
        if token.kind is not TokenKind.MARK:
            opens = False
        elif token.text in _SENTENCE_ENDS:
            opens = True
    return tuple(marked)


def _raw(text: str) -> Iterator[Token]:
    for match in _TOKEN.finditer(text):
        group = match.lastgroup
        said, start, end = match.group(), match.start(), match.end()
        if group == "footnote":
            continue
        if group == "code" and (footed := _FOOTED.fullmatch(said)):
            group, said = "word", footed.group(1)
        if group == "word":
            yield _word(said, start, end)
        elif group == "code":
            yield Token(TokenKind.CODE, said, said.lower(), start, end, said.lower())
        elif group == "number":
            yield Token(TokenKind.NUMBER, said, said, start, end, said)
        else:
            yield Token(TokenKind.MARK, said, said, start, end)


def _word(said: str, start: int, end: int) -> Token:
    lower = said.lower().replace("’", "'")
    bare = _POSSESSIVE.sub("", lower)
    if plural := _PLURAL_ACRONYM.match(said):
        return Token(TokenKind.WORD, said, lower, start, end, plural.group(1).lower())
    if "." in bare:
        bare = bare.replace(".", "")
    key = "" if lower in STOP_WORDS or "n't" in lower else stem(bare)
    if said.isupper() and len(bare) > 1 and bare in STOP_WORDS:
        key = bare
    return Token(TokenKind.WORD, said, bare, start, end, key)


def _glued(tokens: list[Token]) -> list[Token]:
    """Make a code of digits and the letters right after them, unless these are a unit."""
    kept: list[Token] = []
    for token in tokens:
        before = kept[-1] if kept else None
        if (
            before is not None
            and before.kind is TokenKind.NUMBER
            and token.kind is TokenKind.WORD
            and before.end == token.start
            and not is_suffix(token.text)
        ):
            said = before.text + token.text
            kept[-1] = Token(
                TokenKind.CODE, said, said.lower(), before.start, token.end, said.lower()
            )
        else:
            kept.append(token)
    return kept


def _placed(tokens: list[Token]) -> list[Token]:
    """Give the words of a country's name one key: the first has it, the others none."""
    placed = list(tokens)
    at = 0
    while at < len(placed):
        length, name = _place_at(placed, at)
        for step in range(length):
            placed[at + step] = replace(placed[at + step], key="" if step else f"@{name}")
        at += length or 1
    return placed


def _place_at(tokens: list[Token], at: int) -> tuple[int, str]:
    if tokens[at].kind is not TokenKind.WORD:
        return 0, ""
    words = [_possessed(token) for token in tokens[at : at + LONGEST_PLACE]]
    for length in range(len(words), 0, -1):
        form = tuple(words[:length])
        name = PLACES.get(form)
        if name is None:
            continue
        written = tokens[at].text
        if name != "ai" and not written[0].isupper():
            continue
        if length == 1 and form[0] in ACRONYMS and not _POSSESSIVE.sub("", written).isupper():
            continue
        return length, name
    return 0, ""


def _possessed(token: Token) -> str:
    lower = token.text.lower().replace("’", "'")
    return lower if lower == "people's" else token.lower


def _undoubled(word: str) -> str:
    if len(word) > _SHORTEST_STEM and word[-1] == word[-2] and word[-1] not in "aeiousl":
        return word[:-1]
    return word
