"""Tells whether a question leans on what was asked before it, and how."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from briefqa.answering.conversation.words import (
    AUXILIARIES,
    DETERMINERS,
    PREPOSITIONS,
    QUESTION_WORDS,
    NameKind,
    Word,
    names_in,
    words_of,
)

_CONNECTOR = re.compile(
    r"(?:and|but|or|so|also|then|ok|okay|well|now|yes|no)\b[\s,:–—-]*", re.IGNORECASE
)
_WHAT_ABOUT = re.compile(r"(?:what|how) about\b\s*|what of\b\s*", re.IGNORECASE)
_BARE = re.compile(
    r"(?:why(?: not| so)?|(?:for )?how(?: so| come| much| many| often| long| far| exactly)?|"
    r"since when|"
    r"until when|when(?: exactly)?|where(?: exactly)?|who(?: exactly)?|whose|whom|"
    r"(?:by|for|to|with|from) (?:whom|who|what|when)|which(?: ones?)?|what(?: exactly| for| else)?|"
    r"who else|where else|when else|anything else|really|such as|for example|for instance|"
    r"like what|(?:in )?what way|says who|who says(?: so)?)",
    re.IGNORECASE,
)
_MORE = re.compile(
    r"(?:(?:please )?(?:can|could|would) you )?(?:please )?"
    r"(?:(?:tell|say|give)(?: me| us)? (?:more|an example|examples|more examples|(?:some |more )?"
    r"details)(?: about (?:it|that|this|them))?|elaborate|explain|go on|continue|"
    r"expand on (?:it|that|this)|more(?: details?| please| examples?)?|examples?|details?|"
    r"summari[sz]e|(?:what )?(?:happened|comes|came|follows|followed) (?:next|then|after that|"
    r"before that))(?: please)?",
    re.IGNORECASE,
)
_CHOICE = re.compile(
    r"(?:and )?(?:only )?(?:which (?:one|ones|of (?:them|these|those|the two))\b.*|(?:the )?"
    r"(?:first|second|third|fourth|fifth|last|other|others|latter|former|next|previous|same)"
    r"(?: one| ones| two| three)?)",
    re.IGNORECASE,
)
_POINTING_BACK = re.compile(
    r"\bthe (?:former|latter|(?:first|second|third|last|other) ones?)\b", re.IGNORECASE
)
_TOO = re.compile(r",? (?:as well|too|also|instead)\W*$", re.IGNORECASE)
_ONE = re.compile(r"(?:the|that|those|the other) (?:one|ones)\b\s*", re.IGNORECASE)
_OBJECTS = frozenset(str.split("it them this that him these those"))
_PERSONAL = frozenset(str.split("it its they them their theirs he she his him her hers"))
_POINTING = frozenset(str.split("this that these those"))
_SUBJECT_OR_OWNER = frozenset(str.split("they their theirs he she his her hers"))
# After these "it" stands for nothing: it takes years to, it is likely that.
_EMPTY_AFTER = frozenset(
    str.split("take takes took mean means cost costs rain rains snow snows seem seems")
)
_BEING = frozenset(str.split("is was be would will might may"))
_EMPTY_UNTIL = frozenset(str.split("to that if when for the"))
_MOST_FRAGMENT_WORDS = 6
_MOST_BEFORE = 12
_LATIN_END = 0x250
_SHORT = 2
_FEW = 2
_LEAD = 2


@dataclass(frozen=True, slots=True)
class Pronoun:
    """A word of a question that stands for something that the question does not name.

    ``is_pointing`` says that it goes with a noun: "this report".
    """

    word: Word
    is_pointing: bool = False


@dataclass(frozen=True, slots=True)
class Leaning:
    """How a question leans: ``fragment`` is what there is of it where it is no whole one."""

    fragment: str | None = None
    pronoun: Pronoun | None = None


def leaning_of(question: str) -> Leaning | None:
    """Return how ``question`` leans on what came before; None if it stands on its own."""
    question = question.strip()
    rest = question
    while (joined := _CONNECTOR.match(rest)) is not None:
        rest = rest[joined.end() :]
    is_joined = rest != question or _TOO.search(rest) is not None
    plain = rest.rstrip(" ?.!…")
    words = words_of(rest)
    if not words:
        return Leaning(fragment=question) if is_joined or not question.strip(" ?.!…") else None
    about = _WHAT_ABOUT.match(rest)
    if about is not None:
        return Leaning(fragment=_ONE.sub("", rest[about.end() :]))
    if any(form.fullmatch(plain) for form in (_BARE, _MORE, _CHOICE)):
        return Leaning()
    if _is_fragment(rest, words, is_joined=is_joined):
        return Leaning(fragment=_ONE.sub("", rest))
    pronoun = open_pronoun(rest, words)
    if pronoun is not None:
        return Leaning(pronoun=pronoun)
    return Leaning() if _is_hollow(rest, words, is_joined=is_joined) else None


def _is_fragment(text: str, words: Sequence[Word], *, is_joined: bool) -> bool:
    """Say whether ``text`` is no whole question: "Germany?", "in 2024?", "the one on trade?"."""
    if not words or len(words) > _MOST_FRAGMENT_WORDS:
        return False
    first = words[0].lower
    # Only of languages whose words are parted by spaces can it be said that there are few.
    if not all(ord(letter) < _LATIN_END for letter in text if letter.isalpha()):
        return False
    if first in QUESTION_WORDS | AUXILIARIES or any(
        word.lower in QUESTION_WORDS | AUXILIARIES for word in words[1:]
    ):
        return False
    names = names_in(text, words)
    covered = {at for name in names for at in range(name.first, name.last + 1)}
    bare = {at for at, word in enumerate(words) if word.lower in PREPOSITIONS | DETERMINERS}
    if covered and len(covered | bare) == len(words):
        # Without a question mark it may as well be what someone looks for.
        is_plain = all(name.kind in {NameKind.PLACE, NameKind.YEAR} for name in names)
        return "?" in text or is_joined or is_plain
    if is_joined:
        return True
    is_part = first in PREPOSITIONS | DETERMINERS or len(words) <= _SHORT
    return "?" in text and (is_part or _ONE.match(text) is not None)


def _is_hollow(text: str, words: Sequence[Word], *, is_joined: bool) -> bool:
    """Say whether a whole question names nothing that it is about."""
    if names_in(text, words) or words[0].lower not in QUESTION_WORDS | AUXILIARIES:
        return False
    content = [word for word in words if word.is_content]
    lower = [word.lower for word in words]
    if _POINTING_BACK.search(text):
        return True
    if lower[-1] in {"there", "then"} and lower[-2:-1] not in (["is"], ["are"], ["was"], ["were"]):
        return len(content) <= _FEW
    return len(content) <= (1 if is_joined or "else" in lower else 0)


def open_pronoun(text: str, words: Sequence[Word]) -> Pronoun | None:
    """Return the first pronoun of ``text`` for which nothing in it stands."""
    names = {name.first: name for name in names_in(text, words)}
    for at, word in enumerate(words[:_MOST_BEFORE]):
        if word.lower in _PERSONAL or word.lower in _POINTING:
            if at in names:
                continue
            found = _opened(words, at)
            if found is not None:
                return found
        if at in names and not _qualifies(words, names[at].last):
            # From here on a pronoun may stand for what is named.
            return None
    return None


def _qualifies(words: Sequence[Word], last: int) -> bool:
    """Say whether a name only says which of several it is: "Chinese leaders"."""
    after = words[last + 1] if last + 1 < len(words) else None
    return (
        after is not None
        and after.is_content
        and after.lower.endswith("s")
        and words[last].text.lower() == words[last].lower
    )


def _opened(words: Sequence[Word], at: int) -> Pronoun | None:
    word = words[at]
    if word.lower in _POINTING:
        return _pointing(words, at)
    if word.lower == "it" and _is_empty(words, at):
        return None
    return Pronoun(word) if _nothing_before(words, at) else None


def _pointing(words: Sequence[Word], at: int) -> Pronoun | None:
    word = words[at]
    ends = at + 1 == len(words)
    after = None if ends else words[at + 1]
    before = words[at - 1].lower if at else ""
    if ends or (after is not None and not after.is_content and after.lower not in DETERMINERS):
        if word.lower == "that" and not ends and before not in AUXILIARIES:
            return None
        if word.lower == "those" and after is not None and after.lower in {"who", "that", "which"}:
            return None
        return Pronoun(word) if _nothing_before(words, at) else None
    if word.lower == "that" and before not in AUXILIARIES | PREPOSITIONS:
        return None
    if word.lower in {"those", "that"} and before in QUESTION_WORDS:
        return None
    return Pronoun(word, is_pointing=True) if _nothing_before(words, at) else None


def _is_empty(words: Sequence[Word], at: int) -> bool:
    after = [word.lower for word in words[at + 1 : at + 6]]
    before = words[at - 1].lower if at else ""
    if after and after[0] in _EMPTY_AFTER and any(each in _EMPTY_UNTIL for each in after[1:]):
        return True
    if after[:2] in (["get", "dark"], ["get", "light"], ["get", "cold"]):
        return True
    is_copula = before in _BEING or (bool(after) and after[0] in _BEING)
    return is_copula and any(each in {"to", "that", "for", "when", "if"} for each in after[:4])


def _nothing_before(words: Sequence[Word], at: int) -> bool:
    """Say whether no word before ``at`` can be what the pronoun there stands for."""
    before = words[:at]
    content = [place for place, word in enumerate(before) if word.is_content]
    if not content:
        return True
    first = before[0].lower
    if first in PREPOSITIONS and len(before) > 1 and before[1].lower in QUESTION_WORDS:
        return _nothing_before(words[1:], at - 1)
    if first not in QUESTION_WORDS:
        return _hangs_on(before, content) and first in AUXILIARIES
    if before[-1].lower in AUXILIARIES:
        # "What role does it play?", "How many countries have they named?"
        return content == list(range(content[0], at - 1)) and content[0] <= _LEAD
    return _is_object(words, at, content)


def _is_object(words: Sequence[Word], at: int, content: Sequence[int]) -> bool:
    """Say whether the pronoun is what something is done to, and no word before it can be it."""
    before, pronoun = words[:at], words[at].lower
    first = before[0].lower
    if list(content) == [2] and [word.lower for word in before[:2]] == ["why", "not"]:
        return pronoun in _OBJECTS
    if list(content) == [1] and first in {"who", "what", "which"}:
        # "Who wrote it?", "What led to them?"; but "Who sold his house?" is of whoever did.
        is_subject = at + 1 < len(words) and words[at + 1].lower in AUXILIARIES
        is_object = pronoun in _OBJECTS and not is_subject
        return is_object or (pronoun == "its" and first == "who")
    if pronoun in _SUBJECT_OR_OWNER:
        return False
    # "Why do companies comply with it?": what there is cannot be it, for it is a plural.
    is_other = (
        pronoun == "it"
        and not any(word.is_content for word in words[at + 1 :])
        and before[-1].lower in PREPOSITIONS
        and not any(word.lower in {"a", "an", "the"} for word in before)
        and any(before[place].lower.endswith("s") for place in content[:2])
    )
    return is_other or _hangs_on(before, content)


def _hangs_on(before: Sequence[Word], content: Sequence[int]) -> bool:
    """Say whether all there is before is one noun that a preposition joins to the pronoun."""
    last = before[-1].lower
    is_one = content[-1] - content[0] == len(content) - 1
    return (
        is_one
        and last in PREPOSITIONS
        and content[-1] == len(before) - 2
        and content[0] > 0
        and before[content[0] - 1].lower in {"the", "a", "an", "many", "much", "any"}
    )
