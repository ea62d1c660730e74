"""Reads what each noun of a text hangs on: its verb, the noun before its preposition, its list.

English alone, by surface. What stands behind a preposition may belong to more than one word before
it: then it has several hosts, and any of them may be meant.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum, auto

from briefqa.answering.generating.bonds import BE, JOINING
from briefqa.answering.generating.parts import Part
from briefqa.answering.generating.verbs import base_of
from briefqa.answering.grounding.words import BREAK, Token, stem

LINK = "="
"""The verb that only links, as a host."""

_ENDING = frozenset(".;!?—" + BREAK)
_OWNERS = frozenset(str.split("its their his her"))
_OUTSIDE_VERB = {Part.NOUN, Part.MARK, Part.JOINING, Part.PREPOSITION, Part.DETERMINER}


class Role(Enum):
    """How a phrase hangs on its hosts."""

    SUBJECT = auto()
    """Before its verb; or of no verb at all."""
    OBJECT = auto()
    AFTER = auto()
    """Behind a preposition, which the phrase names."""
    BESIDE = auto()
    """Behind a comma or in brackets: another name of the one before, or the next of a list."""


@dataclass(slots=True)
class Phrase:
    """Words that belong to one noun, the last of them, and what that hangs on.

    ``hosts`` are the keys of the words that it may hang on, ``near`` the one that stands next to
    it and ``verb`` the last verb before. ``does`` are the verbs that it is the subject of. What
    *and* or a comma joins is of one ``group``. ``owner`` is a pronoun before it. A frame opens its
    clause: *In 1931, …*.
    """

    words: list[int]
    end: int
    sentence: int
    preposition: str = ""
    owner: str = ""
    has_article: bool = False
    role: Role = Role.SUBJECT
    hosts: frozenset[str] = frozenset()
    near: str = ""
    verb: str = ""
    does: frozenset[str] = frozenset()
    group: int = 0
    is_joined: bool = False
    is_bracketed: bool = False
    is_frame: bool = False

    @property
    def head(self) -> int:
        """The place of the noun itself."""
        return self.words[-1]


def action_key(token: Token) -> str:
    """Return what forms of a verb, and its noun, have in common: led and leads."""
    base = base_of(token.lower)
    return stem(base) if base else token.key or token.lower


@dataclass(slots=True)
class _Clause:
    """What was read of a clause: ``chain`` has the heads since its verb, or since it began."""

    verbs: list[str] = field(default_factory=list)
    chain: list[str] = field(default_factory=list)
    subject: str = ""
    is_after_verb: bool = False
    is_leaning: bool = False
    """Whether its subject is a pronoun."""
    is_opening: bool = False
    """Whether it only opens: *After the war ended, …*, *To build …, …*."""
    last: Phrase | None = None
    waiting: list[Phrase] = field(default_factory=list)
    """Phrases before the verb."""


@dataclass(slots=True)
class _Ahead:
    """The words of a phrase that is not whole, and what stands before it."""

    words: list[int] = field(default_factory=list)
    preposition: str = ""
    joiner: str = ""
    owner: str = ""
    has_article: bool = False


@dataclass(slots=True)
class Reading:
    """The phrases of a text in order, and the verbs whose subject is a pronoun."""

    phrases: list[Phrase]
    leaning: set[str]


def read_phrases(tokens: Sequence[Token], parts: Sequence[Part]) -> Reading:
    """Return the phrases of ``tokens``, of which ``parts`` says what they are."""
    reader = _Reader(tokens, parts)
    reader.read()
    return Reading(reader.phrases, reader.leaning)


@dataclass(slots=True)
class _Reader:
    """Goes over the words of a text once."""

    tokens: Sequence[Token]
    parts: Sequence[Part]
    phrases: list[Phrase] = field(default_factory=list)
    leaning: set[str] = field(default_factory=set)
    clause: _Clause = field(default_factory=_Clause)
    ahead: _Ahead = field(default_factory=_Ahead)
    outside: list[tuple[_Clause, _Ahead]] = field(default_factory=list)
    group: int = 0
    sentence: int = 0

    def read(self) -> None:
        for at, part in enumerate(self.parts):
            if part is Part.NOUN:
                self.ahead.words.append(at)
            elif self.tokens[at].text == "(":
                self._open_bracket(at)
            elif self.tokens[at].text == ")" and self.outside:
                self._close(at)
                self.clause, self.ahead = self.outside.pop()
            elif part is not Part.INSIDE and not (part is Part.ADVERB and self.ahead.words):
                self._close(at)
                self._step(at, part)
        self._close(len(self.tokens))

    def _open_bracket(self, at: int) -> None:
        """Set what stands in brackets aside: behind them goes on what stood before."""
        end = next((p for p in range(at, len(self.tokens)) if self.tokens[p].text == ")"), None)
        if end is None:
            return
        # "An image (photon) sensor": the phrase goes on as well.
        if end + 1 == len(self.parts) or self.parts[end + 1] is not Part.NOUN:
            self._close(at)
        self.outside.append((self.clause, self.ahead))
        self.clause, self.ahead = _Clause(last=self.clause.last), _Ahead(joiner="(")

    def _step(self, at: int, part: Part) -> None:
        word = self.tokens[at].lower
        if part is Part.PREPOSITION:
            self.ahead.preposition = word
        elif part is Part.DETERMINER:
            self.ahead.has_article = True
            self.ahead.owner = word if word in _OWNERS else ""
        elif part is Part.JOINING:
            self.ahead.joiner = word
        elif part is Part.PRONOUN:
            self.clause.is_leaning |= not (self.clause.is_after_verb or self.clause.chain)
        elif part in {Part.VERB, Part.AUXILIARY}:
            self._verb(at, part)
        elif part is Part.RELATIVE:
            self._relative()
        elif part is Part.OPENING:
            self._new_clause()
            self.clause.is_opening = True
        elif part is Part.MARK:
            self._mark(word)

    def _mark(self, mark: str) -> None:
        if mark == ":":
            # What follows may be what the last noun announced.
            last = self.clause.last
            self._new_clause()
            self.clause.last, self.ahead.joiner = last, mark
        elif mark in _ENDING:
            self._new_clause()
            self.sentence += 1
        elif self.clause.is_opening and self.clause.is_after_verb:
            self._new_clause()
        else:
            self.ahead = _Ahead(joiner=mark)

    def _new_clause(self) -> None:
        self.clause, self.ahead = _Clause(), _Ahead()

    def _relative(self) -> None:
        """Begin a clause whose subject, or object, is the noun before it."""
        antecedent = self.clause.last
        self._new_clause()
        if antecedent is not None:
            self.clause.subject = self.tokens[antecedent.head].key
            self.clause.chain = [self.clause.subject]
            self.clause.waiting = [antecedent]
            self.clause.last = antecedent

    def _verb(self, at: int, part: Part) -> None:
        clause = self.clause
        if not clause.is_after_verb or self.parts[at - 1] in _OUTSIDE_VERB:
            clause.subject = clause.subject or (clause.chain[0] if clause.chain else "")
            clause.verbs, clause.chain = [], []
        key = action_key(self.tokens[at]) if part is Part.VERB else LINK
        if part is Part.VERB or self.tokens[at].lower in BE:
            clause.verbs.append(key)
        if not clause.is_after_verb and not clause.is_leaning:
            clause.is_opening |= all(phrase.is_frame for phrase in clause.waiting)
        if clause.is_leaning:
            self.leaning.add(key)
        for phrase in clause.waiting:
            phrase.does |= frozenset(clause.verbs)
            if phrase.role is Role.AFTER:
                phrase.hosts |= frozenset(clause.verbs)
                phrase.near, phrase.verb = phrase.near or key, phrase.verb or key
        if clause.last is not None and clause.last.end == at:
            # "The schools founded by …": the noun right before is what it is said of.
            clause.last.does |= frozenset(clause.verbs)
        clause.is_after_verb = True
        self.ahead = _Ahead()

    def _close(self, end: int) -> None:
        ahead, self.ahead = self.ahead, self.ahead if not self.ahead.words else _Ahead()
        if not ahead.words:
            return
        is_second = ahead.joiner and self.clause.is_after_verb and not ahead.preposition
        if is_second and self._is_before_verb(end):
            self._new_clause()
        phrase = Phrase(
            ahead.words, end, self.sentence, ahead.preposition, ahead.owner, ahead.has_article
        )
        self._place(phrase, ahead.joiner)
        self.clause.last = phrase
        self.clause.chain.append(self.tokens[phrase.head].key)
        self.phrases.append(phrase)

    def _is_before_verb(self, at: int) -> bool:
        while at < len(self.parts) and self.parts[at] in {Part.ADVERB, Part.OTHER}:
            at += 1
        return at < len(self.parts) and self.parts[at] in {Part.VERB, Part.AUXILIARY}

    def _place(self, phrase: Phrase, joiner: str) -> None:
        """Give a phrase its role, hosts and group."""
        clause = self.clause
        before = clause.last
        if not clause.is_after_verb:
            clause.waiting.append(phrase)
        is_parted = before is None or (before.is_frame and joiner == ",")
        if joiner and before is not None and not is_parted and not phrase.preposition:
            _join(phrase, before, joiner)
            return
        self.group += 1
        phrase.group = self.group
        phrase.verb = clause.verbs[-1] if clause.verbs else ""
        linked = [clause.subject] if LINK in clause.verbs and clause.subject else []
        verbs = [*clause.verbs, *linked]
        if phrase.preposition:
            phrase.role = Role.AFTER
            phrase.is_frame = not (clause.is_after_verb or clause.chain)
            phrase.hosts = frozenset([*clause.chain, *verbs])
            phrase.near = clause.chain[-1] if clause.chain else phrase.verb
        elif clause.is_after_verb:
            phrase.role = Role.OBJECT
            phrase.hosts, phrase.near = frozenset(verbs), phrase.verb


def _join(phrase: Phrase, before: Phrase, joiner: str) -> None:
    phrase.is_joined, phrase.is_bracketed = joiner in JOINING, joiner == "("
    phrase.role = before.role if phrase.is_joined else Role.BESIDE
    phrase.preposition, phrase.group = before.preposition, before.group
    phrase.hosts, phrase.near, phrase.verb = before.hosts, before.near, before.verb
    phrase.is_frame = before.is_frame
