"""Makes a question self-contained by rule, out of the question that it leans on."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from briefqa.answering.conversation.leaning import Leaning, Pronoun, leaning_of
from briefqa.answering.conversation.substituting import capital, put_in
from briefqa.answering.conversation.topics import is_place, is_plural, people_in, topic_of
from briefqa.answering.conversation.words import (
    AUXILIARIES,
    Name,
    NameKind,
    Word,
    keywords,
    names_in,
    words_of,
)
from briefqa.datatypes import Turn

_OWNING = frozenset(str.split("its their his her"))
_PEOPLE = frozenset(str.split("he she him his her hers they them their theirs"))
_THING = frozenset(str.split("it its"))
_PERSON = frozenset(str.split("he she him his her hers"))
_SEVERAL = frozenset(str.split("they them their theirs these those"))
_WHY = re.compile(r"(?:and |but |so )?(why|how|when|where|since when|how come)\W*", re.IGNORECASE)
_SPECIFIC = 3


@dataclass(frozen=True, slots=True)
class Resolved:
    """A question made self-contained.

    ``focus`` is what "it" stood for in it, which the next one goes on about.
    """

    text: str
    focus: str | None = None


def resolve(question: str, before: Turn, focus: str | None = None) -> Resolved:
    """Return ``question`` made self-contained, or as it is if it stands on its own.

    Args:
        question: What is asked now.
        before: The turn that came last, its question self-contained.
        focus: What "it" stood for in that question, if it stood there.
    """
    leaning = leaning_of(question)
    if leaning is None:
        return Resolved(question)
    if leaning.pronoun is not None:
        return _with_pronoun_resolved(question, leaning.pronoun, before, focus)
    return Resolved(_completed(question, leaning, before), focus)


def _completed(question: str, leaning: Leaning, before: Turn) -> str:
    if leaning.fragment is not None:
        put = put_in(
            leaning.fragment,
            before.question,
            is_first=question.strip().startswith(leaning.fragment),
        )
        if put is not None:
            return put
    asked = _WHY.fullmatch(question.strip())
    first = words_of(before.question)[:1]
    if asked is not None and first and first[0].lower in AUXILIARIES:
        # "Did they sign?" and "why?" make "Why did they sign?".
        return f"{capital(asked[1])} {_lowered(before.question, first[0])}"
    return _carried_over(question, before)


def _with_pronoun_resolved(
    question: str, pronoun: Pronoun, before: Turn, focus: str | None
) -> Resolved:
    word = pronoun.word
    is_hollow = word.lower in {"this", "that"} and not keywords(question)
    if pronoun.is_pointing or is_hollow:
        return Resolved(_carried_over(question, before))
    is_same = word.lower in _THING and focus is not None
    found = focus if is_same else _antecedent(word.lower, before)
    # Searched from where it was found on: what stands before it was cut off only in front.
    at = re.search(rf"\b{re.escape(word.text)}\b", question)
    if found is None or at is None:
        is_general = word.lower == "they" and len(keywords(question).split()) >= _SPECIFIC
        return Resolved(question if is_general else _carried_over(question, before))
    stands_for = found if word.lower in _THING else None
    if at.start() == 0:
        found = capital(found)
    is_owner = word.lower in _OWNING and not (
        word.lower == "her" and _ends_phrase(question, at.end())
    )
    put = _owner(found) if is_owner else found
    resolved = question[: at.start()] + put + question[at.end() :]
    # A question that says next to nothing may mean anything of the one before it.
    is_little = word.lower not in _PERSON and len(keywords(resolved).split()) <= _SPECIFIC
    besides = _words_besides if is_little else _names_besides
    return Resolved(_bracketed(resolved, besides(resolved, before.question)), stands_for)


def _names_besides(resolved: str, question: str) -> list[str]:
    """Return what ``question`` names and ``resolved`` does not: the pronoun may mean that."""
    said = resolved.casefold()
    words = words_of(question)
    return [
        _with_noun(question, words, name)
        for name in names_in(question, words)
        if question[name.start : name.end].casefold() not in said
    ]


def _with_noun(question: str, words: Sequence[Word], name: Name) -> str:
    """Return a name with the nouns that go on from it: "AI governance"."""
    end, last = name.end, words[name.last]
    if name.kind is NameKind.NAME and last.end == end:
        for word in words[name.last + 1 :]:
            if not word.is_content or question[end : word.start].strip():
                break
            end = word.end
    return question[name.start : end]


def _ends_phrase(question: str, end: int) -> bool:
    after = words_of(question[end:])[:1]
    return not after or not after[0].is_content


def _owner(phrase: str) -> str:
    return f"{phrase}'" if phrase.endswith("s") and is_plural(phrase) else f"{phrase}'s"


def _antecedent(pronoun: str, before: Turn) -> str | None:
    """Return what ``pronoun`` stands for; None if nothing agrees with it."""
    people = people_in(before)
    if pronoun in _SEVERAL:
        topic = topic_of(before.question)
        if topic is not None and (is_plural(topic) or is_place(topic)):
            return topic
        return _joined(people) if len(people) > 1 and pronoun in _PEOPLE else None
    if pronoun in _PEOPLE:
        return people[0] if people else _someone(before.question)
    topic = topic_of(before.question)
    if topic is None or (is_plural(topic) and not is_place(topic)):
        return None
    return topic


def _someone(question: str) -> str | None:
    """Return the last name of ``question`` that may be a surname: Lammy, but not OCPL."""
    words = words_of(question)
    found = [
        question[name.start : name.end]
        for name in names_in(question, words)
        if name.kind is NameKind.NAME
        and name.first == name.last
        and words[name.first].text[1:].islower()
    ]
    return found[-1] if found else None


def _joined(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}"


def _carried_over(question: str, before: Turn) -> str:
    """Return ``question`` with what it may be about after it, in brackets."""
    about = keywords(before.question) or _first_name(before.answer)
    return _bracketed(question, _words_besides(question, about))


def _words_besides(resolved: str, question: str) -> list[str]:
    """Return the keywords of ``question`` that ``resolved`` lacks."""
    said = {word.lower for word in words_of(resolved)}
    return [word for word in keywords(question).split() if word.lower() not in said]


def _bracketed(question: str, parts: Sequence[str]) -> str:
    return f"{question.strip()} ({' '.join(parts)})" if parts else question


def _first_name(text: str) -> str:
    names = names_in(text[:500])
    return text[names[0].start : names[0].end] if names else ""


def _lowered(question: str, first: Word) -> str:
    return question[: first.start] + first.text.lower() + question[first.end :]
