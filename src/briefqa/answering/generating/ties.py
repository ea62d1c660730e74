"""Holds each word of a sentence against the word of its quotes that it belongs to there.

All words of *the Paris Declaration* may stand in *the Seoul Declaration and the Paris Summit*. So
every content word must be in the quotes, every modifier must belong to its noun there, and every
noun must hang on the same word in the same way. Without a verb nothing is said, and nothing read:
what has none must stand in the quotes as it is. What a quote says in another way than these rules
know counts as not said.
"""

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from briefqa.answering.generating.binding import is_apposed, is_bound
from briefqa.answering.generating.bonds import is_participle
from briefqa.answering.generating.clauses import two_clauses
from briefqa.answering.generating.held import Held, read_held, weighed
from briefqa.answering.generating.moods import read_moods
from briefqa.answering.generating.parts import Part, parts_of
from briefqa.answering.generating.phrases import LINK, Phrase, Role, read_phrases
from briefqa.answering.generating.wording import is_clause, is_run, unheld_words
from briefqa.answering.grounding.vocabulary import ROLES
from briefqa.answering.grounding.words import BREAK, Token, tokens_of

_OF_PLACE = frozenset(str.split("in on at within during into throughout inside upon"))
_OF = frozenset(str.split("of by in on at for from within between among"))


def loose_words(sentence: str, quotes: Sequence[str]) -> str | None:
    """Return words of ``sentence`` that its quotes have not, or not together.

    Args:
        sentence: Without the marks of its citations.
        quotes: The exact words it cites; a sentence that is all of one is not looked at.

    Returns:
        The first such words, or None if all are held.
    """
    said = " ".join(sentence.split())
    folded = [" ".join(quote.split()) for quote in quotes]
    if any(said.rstrip(".!?") == quote.rstrip(".!?") for quote in folded):
        return None
    held = read_held(f" {BREAK} ".join(folded))
    tokens = weighed(tokens_of(said))
    parts = parts_of(tokens)
    if read_moods(tokens, parts).is_unstated_by(held.moods):
        return said
    if is_clause(tokens, held) or any(said.rstrip(".!?") in quote for quote in folded):
        return None
    # A name may come again in each clause where the quote has a pronoun.
    clauses = next(two_clauses(said), (said,)) if held.leaning else (said,)
    unheld = next((word for clause in clauses for word in unheld_words(clause, held)), None)
    if unheld is None and not {Part.VERB, Part.AUXILIARY} & set(parts):
        return None if is_run(tokens, held) else said
    return unheld or _loose_phrase(tokens, parts, held)


def _loose_phrase(tokens: Sequence[Token], parts: Sequence[Part], held: Held) -> str | None:
    phrases = read_phrases(tokens, parts).phrases
    tied = [_Tied(tokens, phrases[:number], phrase, held) for number, phrase in enumerate(phrases)]
    for each in tied:
        if not each.is_held() or any(not _is_done(verb, each, tied) for verb in each.verbs()):
            return " ".join(tokens[at].text for at in each.phrase.words)
    return None


def _is_done(verb: str, tied: "_Tied", others: Sequence["_Tied"]) -> bool:
    """Say whether the quotes have the phrase, or another name of it, do what the verb says."""
    if tied.does(verb):
        return True
    return not tied.phrase.is_joined and any(
        verb in other.phrase.does
        and other.phrase.role in {Role.SUBJECT, Role.BESIDE}
        and not other.phrase.is_joined
        and other.does(verb)
        for other in others
    )


@dataclass(frozen=True, slots=True)
class _Tied:
    """A phrase of a sentence, those before it, and the quotes that must hold it."""

    tokens: Sequence[Token]
    before: Sequence[Phrase]
    phrase: Phrase
    held: Held

    def is_held(self) -> bool:
        """Say whether the quotes have the words of the phrase together, and hanging on the same."""
        keys = self._keys()
        places = self.places()
        return not keys or any(self._is_tied(at) for at in places)

    def does(self, verb: str) -> bool:
        """Say whether the quotes have the phrase do what ``verb`` says."""
        return not self._keys() or any(self._does(at, verb) for at in self.places())

    def verbs(self) -> Iterator[str]:
        """Yield what the phrase is said to do."""
        if self.phrase.role is Role.SUBJECT:
            yield from (v for v in self.phrase.does if v in self.held.actions and v != LINK)

    def _keys(self) -> list[str]:
        keys = [self.tokens[at].key for at in self.phrase.words]
        return [key for key in keys if key in self.held.places]

    def places(self) -> list[int]:
        """Return where the quotes speak of what the phrase speaks of."""
        if not (keys := self._keys()):
            return []
        *modifiers, head = keys
        everywhere, own = self.held.places[head], set(keys)
        bound = [at for at in everywhere if all(is_bound(self.held, m, at, own) for m in modifiers)]
        if not bound:
            return []
        # Said once in full, the noun may come again alone: "the harbour fund … The fund …".
        bare = [at for at in everywhere if at not in bound and self._keys_at(at) <= own]
        return [*bound, *bare]

    def _phrase_of(self, at: int) -> Phrase | None:
        number = self.held.phrase_at.get(at)
        return None if number is None else self.held.phrases[number]

    def _keys_at(self, at: int) -> set[str]:
        phrase = self._phrase_of(at)
        return {self.held.tokens[each].key for each in phrase.words} if phrase else set()

    def _is_tied(self, at: int) -> bool:
        """Say whether the noun at ``at`` hangs on what the phrase hangs on."""
        phrase, other = self.phrase, self._phrase_of(at)
        if self._is_verbatim(at):
            return True
        if other is not None and not self._may_stand_alone(other, at):
            return False
        if phrase.is_joined or phrase.role is Role.BESIDE:
            return self._is_beside(at) or (phrase.is_joined and self._hangs(other, at))
        return self._hangs(other, at)

    def _may_stand_alone(self, other: Phrase, at: int) -> bool:
        """Say whether the noun at ``at`` is no modifier, as *harbour* is in *harbour fund*."""
        is_of = self.phrase.role is Role.AFTER and self.phrase.preposition in _OF
        return at == other.head or is_of or self.held.tokens[at].lower in ROLES

    def _hangs(self, other: Phrase | None, at: int) -> bool:
        phrase = self.phrase
        if phrase.role is Role.SUBJECT or not phrase.near:
            return True
        if other is None:
            return False
        if phrase.role is Role.OBJECT:
            return self._is_object(other, at)
        if phrase.role is Role.AFTER:
            return self._is_after(other, at)
        return False

    def _is_object(self, other: Phrase, at: int) -> bool:
        verb = self.phrase.near
        if verb == LINK:
            return self._is_linked(other, at)
        if verb not in self.held.actions:
            return True
        if other.preposition:
            return other.preposition == "of" and other.near == verb
        is_passive = LINK in other.does or self._is_participle_after(at)
        return verb in other.hosts or (verb in other.does and is_passive)

    def _is_linked(self, other: Phrase, at: int) -> bool:
        """Say whether the noun at ``at`` is said of the subject of the phrase."""
        held = self.held
        subjects = {each for each in self.phrase.hosts if each in held.places}
        if not subjects or LINK in held.leaning:
            return True
        behind = {held.tokens[each].key for each in other.words if each > at}
        if subjects & (other.hosts | behind):
            return True
        return self._is_turned_link(at, subjects) or self._is_named_beside(at, subjects)

    def _is_turned_link(self, at: int, subjects: AbstractSet[str]) -> bool:
        """Say whether one of ``subjects`` is said of the noun at ``at``, which is the same."""
        named, tokens = self.held.tokens[at].key, self.held.tokens
        return any(
            {LINK, named} <= each.hosts and tokens[each.head].key in subjects
            for each in self.held.phrases
        )

    def _is_named_beside(self, at: int, subjects: AbstractSet[str]) -> bool:
        """Say whether the noun at ``at`` and one of ``subjects`` are two names of one thing."""
        number, phrases = self.held.phrase_at[at], self.held.phrases
        pairs = [(number - 1, number, number - 1), (number, number + 1, number + 1)]
        return any(
            one >= 0
            and two < len(phrases)
            and is_apposed(self.held, phrases[one], phrases[two])
            and bool(subjects & self._keys_at(phrases[other].head))
            for one, two, other in pairs
        )

    def _is_participle_after(self, at: int) -> bool:
        tokens = self.held.tokens
        return at + 1 < len(tokens) and is_participle(tokens[at + 1])

    def _is_after(self, other: Phrase, at: int) -> bool:
        phrase, held = self.phrase, self.held
        known = {key for key in self._wanted() if key in held.places or key in held.actions}
        if not known:
            return True
        if self._is_turned(other):
            return False
        if other.preposition and _is_alike(phrase.preposition, other.preposition):
            return bool(known & self._hosts(other))
        behind = {held.tokens[each].key for each in other.words if each > at}
        if phrase.preposition in _OF and known & behind:
            return True
        if phrase.preposition == "by":
            return bool(known & other.does)
        is_free = phrase.preposition == "of" and other.role is not Role.AFTER
        return is_free and bool(known & (other.hosts | other.does))

    def _hosts(self, other: Phrase) -> AbstractSet[str]:
        """Return what a phrase of the quotes may hang on; what opens a sentence belongs to all."""
        if other.preposition == "of":
            return {other.near}
        return other.hosts | (self.held.sentences[other.sentence] if other.is_frame else set())

    def _wanted(self) -> AbstractSet[str]:
        """Return what the phrase may hang on: *of* belongs to the noun, others to the verb too."""
        phrase = self.phrase
        wanted = {phrase.near} if phrase.preposition == "of" else {phrase.near, phrase.verb}
        if phrase.is_frame or LINK in wanted:
            wanted |= phrase.hosts
        return wanted - {LINK, ""}

    def _is_turned(self, other: Phrase) -> bool:
        """Say whether the quotes have it the other way round: *the east of the area*."""
        held = self.held
        head = held.tokens[other.head].key
        return any(
            held.tokens[each.head].key == self.phrase.near and each.near == head
            for each in held.phrases
        )

    def _is_beside(self, at: int) -> bool:
        """Say whether the noun at ``at`` stands in one list with, or beside, the one before."""
        held = self.held
        number = held.phrase_at.get(at)
        if number is None or not self.before:
            return not self.before
        own = held.phrases[number]
        group = [each for each in self.before if each.group == self.phrase.group]
        group = group or list(self.before[-1:])
        partners = {self.tokens[each.head].key for each in group}
        if LINK in own.hosts and partners & own.hosts:
            return True
        return any(
            each.group == own.group
            and any(held.tokens[word].key in partners for word in each.words)
            for each in held.phrases
            if each is not own
        )

    def _does(self, at: int, verb: str) -> bool:
        other = self._phrase_of(at)
        if other is None:
            return False
        if verb in self.held.leaning and other.role is not Role.AFTER:
            return True
        if other.role is Role.AFTER:
            return verb in other.hosts and other.preposition in {"by", "of"}
        return verb in other.does or verb in other.hosts

    def _is_verbatim(self, at: int) -> bool:
        """Say whether all from the word before the phrase stands in the quotes as it is."""
        first, head = self.phrase.words[0], self.phrase.head
        start = next((place for place in range(first - 1, -1, -1) if self.tokens[place].key), None)
        if start is None or self.tokens[head].key != self.held.tokens[at].key:
            return False
        said = tuple(token.lower for token in self.tokens[start : head + 1])
        return self.held.words[max(0, at + 1 - len(said)) : at + 1] == said


def _is_alike(one: str, other: str) -> bool:
    return one == other or {one, other} <= _OF_PLACE
