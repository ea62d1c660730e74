"""Tells the verbs that state something from those of what is only meant, said or supposed.

*The board plans to sell the port* does not say that it sold it, nor does *critics say that it sold
it* or *if it sells it*.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from briefqa.answering.generating.bonds import BE
from briefqa.answering.generating.parts import Part
from briefqa.answering.generating.phrases import LINK, action_key
from briefqa.answering.grounding.words import BREAK, Token

_SAYING = frozenset(str.split("say says said saying state states stated stating"))
_FACTIVE = frozenset(
    str.split("show find know reveal confirm mean demonstrate prove discover ensure establish note")
)
"""Verbs behind which *that* opens what is so."""

_ENDING = frozenset(".;:!?" + BREAK)


@dataclass(frozen=True, slots=True)
class Moods:
    """Keys of the verbs that state something, and of those that do not.

    ``said`` has the keys of all words of each part that someone says or thinks, ``told`` those of
    all other words.
    """

    stated: frozenset[str]
    supposed: frozenset[str]
    said: tuple[frozenset[str], ...]
    told: frozenset[str]

    def is_unstated_by(self, other: "Moods") -> bool:
        """Say whether anything is stated here that ``other`` only supposes, or has someone say."""
        if self.stated & (other.supposed - other.stated):
            return True
        known = self.told & (other.told.union(*other.said))
        return not self.said and not known <= other.told and any(known <= s for s in other.said)


def read_moods(tokens: Sequence[Token], parts: Sequence[Part]) -> Moods:
    """Return how the verbs of ``tokens`` are meant, of which ``parts`` says what they are."""
    stated: set[str] = set()
    supposed: set[str] = set()
    told: set[str] = set()
    said: list[set[str]] = []
    words, is_conditional = told, False
    for at, (token, part) in enumerate(zip(tokens, parts, strict=True)):
        if token.opens:
            is_conditional = _has_condition(tokens, at)
        if token.text in _ENDING:
            words = told
        elif _opens_said(tokens, parts, at):
            words = set()
            said.append(words)
        elif part is Part.VERB or (part is Part.AUXILIARY and token.lower in BE):
            key = action_key(token) if part is Part.VERB else LINK
            is_meant = at > 0 and tokens[at - 1].lower == "to"
            (supposed if words is not told or is_conditional or is_meant else stated).add(key)
        words |= {token.key} - {""}
    return Moods(
        frozenset(stated), frozenset(supposed), tuple(map(frozenset, said)), frozenset(told)
    )


def _has_condition(tokens: Sequence[Token], start: int) -> bool:
    """Say whether all that a sentence says holds only if something else does."""
    for token in tokens[start:]:
        if token.lower in {"if", "unless"}:
            return True
        if token.text in _ENDING - {":"}:
            break
    return False


def _opens_said(tokens: Sequence[Token], parts: Sequence[Part], at: int) -> bool:
    """Say whether what someone says, thinks or asks begins at ``at``."""
    if tokens[at].lower == "whether":
        return True
    if tokens[at].lower != "that" or not at:
        return False
    before = tokens[at - 1]
    is_verb = parts[at - 1] is Part.VERB and action_key(before) not in _FACTIVE
    return is_verb or before.lower in _SAYING
