"""Puts a piece of a question in the place of what is like it: "and France?"."""

import re
from collections.abc import Sequence
from dataclasses import replace

from briefqa.answering.conversation.words import (
    DETERMINERS,
    PREPOSITIONS,
    VERBS,
    Name,
    NameKind,
    Word,
    names_in,
    words_of,
)

_END = re.compile(r"[\s?.!…]*$")
_MOST_FRAGMENT = 6
_ACRONYM = 3
_MOST_DROPPED = 5
_ORDINALS = frozenset(str.split("first second third fourth fifth last next other others"))
_FILLERS = frozenset(str.split("only just and or also then as"))


def put_in(fragment: str, question: str, *, is_first: bool) -> str | None:
    """Return ``question`` with ``fragment`` in the place of what is like it; None if it fits not.

    What is not in place of anything is put at the end, with its preposition.
    """
    fragment = _END.sub("", fragment)
    words = words_of(fragment)
    if not words or len(words) > _MOST_FRAGMENT:
        return None
    if any(word.lower in _ORDINALS for word in words):
        # "The second way?" is one of several, and in the place of none.
        return None
    names = names_in(fragment, words)
    covered = {at for name in names for at in range(name.first, name.last + 1)}
    others = [word for at, word in enumerate(words) if at not in covered]
    if not names or any(word.lower not in PREPOSITIONS | DETERMINERS | _FILLERS for word in others):
        return _phrase_put_in(fragment, words, question)
    if is_first and _may_be_no_name(words, names):
        # "Trade?" has its capital from where it stands.
        names = [replace(names[0], kind=NameKind.NAME)]
        if not any(name.kind is NameKind.NAME for name in names_in(question)):
            return _phrase_put_in(fragment, words, question)
    result = question
    for name in names:
        put = _name_put_in(fragment, words, name, result)
        if put is None:
            return _phrase_put_in(fragment, words, question) if len(names) == 1 else None
        result = put
    return result


def _may_be_no_name(words: Sequence[Word], names: Sequence[Name]) -> bool:
    return (
        len(words) == len(names) == 1
        and names[0].kind is NameKind.NAME
        and words[0].text[1:].islower()
    )


def _name_put_in(fragment: str, words: Sequence[Word], name: Name, question: str) -> str | None:
    said = fragment[name.start : name.end]
    lead = words[name.first - 1].lower if name.first else ""
    if lead == "the":
        said = f"the {said}"
        lead = words[name.first - 2].lower if name.first > 1 else ""
    preposition = lead if lead in PREPOSITIONS else ""
    ours = words_of(question)
    rival = _rival(name, preposition, question, ours)
    if rival is not None:
        start = rival.start
        before = ours[rival.first - 1] if rival.first else None
        if before is not None and before.lower == "the" and _stands_alone(rival, ours):
            start = before.start
        elif said.startswith("the ") and before is not None and before.lower == "the":
            said = said.removeprefix("the ")
        if start == 0:
            said = capital(said)
        return question[:start] + said + question[rival.end :]
    if not preposition and name.kind is not NameKind.YEAR:
        return None
    return _added(question, f"{preposition or 'in'} {said}")


def _stands_alone(name: Name, words: Sequence[Word]) -> bool:
    """Say whether a "the" before the name is the name's own: "the UK", "the UK's position"."""
    if words[name.last].end > name.end:
        return True
    after = words[name.last + 1] if name.last + 1 < len(words) else None
    return (
        after is None
        or not after.is_content
        or name.kind is not NameKind.PLACE
        or (
            # "the UK sign" goes on with a verb, "the UK government" with a noun: who can tell?
            name.end - name.start <= _ACRONYM
        )
    )


def _rival(name: Name, preposition: str, question: str, words: Sequence[Word]) -> Name | None:
    """Return the name of ``question`` that another takes the place of: the one most like it."""
    best: tuple[int, Name | None] = (0, None)
    for other in names_in(question, words):
        likeness = _likeness(name.kind, other.kind)
        if not likeness:
            continue
        before = [word.lower for word in words[max(0, other.first - 2) : other.first]]
        if preposition and preposition in before:
            likeness += 2
        if likeness > best[0]:
            best = likeness, other
    return best[1]


def _likeness(one: NameKind, other: NameKind) -> int:
    if one is other:
        return 3
    # A place or a person that is not known for one is a name like any other.
    is_loose = NameKind.NAME in {one, other} and {one, other} <= {
        NameKind.NAME,
        NameKind.PLACE,
        NameKind.PERSON,
    }
    return 1 if is_loose else 0


def _phrase_put_in(fragment: str, words: Sequence[Word], question: str) -> str | None:
    """Return ``question`` with the phrase after its last preposition replaced by ``fragment``."""
    alike = _alike(fragment, words, question)
    if alike is not None:
        return alike
    lead = words[0].lower if words[0].lower in PREPOSITIONS else ""
    phrase = fragment[words[1].start :] if lead and len(words) > 1 else fragment
    ours = words_of(question)
    places = [at for at, word in enumerate(ours) if word.lower in PREPOSITIONS and at > 1]
    if lead:
        places = [at for at in places if ours[at].lower == lead]
    elif places and ours[places[-1]].lower == "of":
        # "the role of trade": who knows whether the role goes on?
        places = []
    if not places or places[-1] + 1 >= len(ours):
        return _added(question, fragment) if lead else None
    dropped = ours[places[-1] + 1 :]
    verbs = [at for at, word in enumerate(dropped) if word.lower in VERBS]
    if verbs and not lead:
        # What is done to something else can be done to this: "discuss trade".
        dropped = dropped[verbs[-1] + 1 :]
    if not dropped or len(dropped) > _MOST_DROPPED or (verbs and lead):
        return None
    cut = ours[len(ours) - len(dropped) - 1].end
    return f"{question[:cut]} {phrase}{_mark(question)}"


def _alike(fragment: str, words: Sequence[Word], question: str) -> str | None:
    """Return ``question`` with "hard power" for "soft power", "the path" for "the line"."""
    if words[0].lower == "the":
        ours = words_of(question)
        last = [at for at, word in enumerate(ours) if word.lower == "the"][-1:]
        if last and all(each.is_content and not each.is_capital for each in ours[last[0] + 1 :]):
            return f"{question[: ours[last[0]].start]}{fragment}{_mark(question)}"
    content = [word for word in words if word.is_content]
    ours = words_of(question)
    length = len(content)
    if length < 2:  # noqa: PLR2004 - what qualifies, and the word that both have
        return None
    for at in range(length - 1, len(ours)):
        run = ours[at - length + 1 : at + 1]
        if run[-1].lower == content[-1].lower and all(word.is_content for word in run):
            said = fragment[content[0].start : content[-1].end]
            start = at - length + 1
            while content[0].is_capital and start > 1 and ours[start - 1].is_capital:
                # "European data rules" gives way as a whole to "California's rules".
                start -= 1
            return question[: ours[start].start] + said + question[run[-1].end :]
    return None


def _added(question: str, phrase: str) -> str:
    return f"{_END.sub('', question)} {phrase}{_mark(question)}"


def _mark(question: str) -> str:
    return "?" if question.rstrip().endswith("?") else ""


def capital(text: str) -> str:
    """Return ``text`` with its first letter a capital."""
    return text[:1].upper() + text[1:]
