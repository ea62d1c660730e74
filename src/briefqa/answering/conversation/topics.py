"""What a pronoun may stand for: the thing that a question is about, or who an answer names."""

import re
from collections.abc import Sequence

from briefqa.answering.conversation.words import (
    AUXILIARIES,
    PREPOSITIONS,
    QUESTION_WORDS,
    VERBS,
    Name,
    NameKind,
    Word,
    names_in,
    words_of,
)
from briefqa.datatypes import Turn

_REQUEST = re.compile(
    r"(?:please )?(?:tell (?:me|us) (?:more )?about|describe|explain|summari[sz]e|outline|"
    r"what about|how about)\s+",
    re.IGNORECASE,
)
_STOP = re.compile(
    r"[,;:?!()]|\.(?=\s|$)| into | and (?=(?:who|what|when|where|why|how|which|by)\b)",
    re.IGNORECASE,
)
_DETERMINED = frozenset(str.split("the a an this that these those its their his her our my your"))
_ENDED = re.compile(
    r"\w{3,}ed|written|built|made|held|begun|begin|given|taken|known|led|run|set|paid|won|lost|"
    r"chosen|shown|seen|found|sent|kept|put|born|signed|called|important|based|located"
)
_COPULAS = frozenset(str.split("is are was were"))
_NOUNS = 3
_MOST_WORDS = 12
_MOST_READ = 2_000
_LISTED = re.compile(r"\s*,?\s*(?:and|&)\s*|\s*,\s*")


def topic_of(question: str) -> str | None:
    """Return what ``question`` is about, as it stands there; None if that cannot be told.

    Of the subject and an object it is the subject, which what is said next most often goes
    on about. Source: Grosz, Joshi and Weinstein, Centering (1995).
    """
    question = question.strip()
    words = words_of(question)
    asked = _REQUEST.match(question)
    if asked is not None or not words:
        return None if asked is None else _trimmed(question[asked.end() :])
    at = next((at for at, word in enumerate(words) if word.lower in AUXILIARIES), None)
    is_led = at == 0 or words[0].lower in QUESTION_WORDS
    if at is not None and is_led and at + 1 < len(words):
        return _after_auxiliary(question, words, at)
    return _object(question, words) if words[0].lower in {"who", "what", "which"} else None


def _after_auxiliary(question: str, words: Sequence[Word], at: int) -> str | None:
    rest = question[words[at + 1].start :]
    # "Which brief is on trade?" and "Which law did they pass?" are about what the answer is.
    if words[at].lower in _COPULAS:
        is_asked_for = at > 1 and words[0].lower in {"which", "what"}
        return None if is_asked_for else _participle_off(_trimmed(rest))
    is_asked_for = at > 1 and words[0].lower in {"which", "whose"}
    return None if is_asked_for else _subject(rest)


def _object(question: str, words: Sequence[Word]) -> str | None:
    """Return what stands after the verb: "Who wrote the brief on trade?"."""
    if words[0].lower != "who":
        starts = [word for word in words[1:] if word.lower in _DETERMINED]
        return _trimmed(question[starts[0].start :]) if starts else None
    return _trimmed(question[words[2].start :]) if len(words) > 2 else None  # noqa: PLR2004


def _subject(rest: str) -> str | None:
    """Return what ``rest``, which comes after "does" or its like, begins with."""
    words = words_of(rest)
    names = {name.first: name for name in names_in(rest, words)}
    first = 1 if words[0].lower in _DETERMINED else 0
    name = names.get(first)
    if name is not None:
        return _named_subject(rest, words, name)
    run: list[Word] = []
    for word in words[first:]:
        if not word.is_content or (run and (word.is_capital or word.lower in VERBS)):
            break
        run.append(word)
    if first == 0:
        # Without an article only a plural can be the subject.
        is_plural = bool(run) and run[0].lower.endswith("s")
        return run[0].text if is_plural else None
    if not run:
        return None
    after = len(run) + first
    is_cut = after < len(words) and words[after].lower in VERBS
    if not is_cut and len(run) > 1:
        # One of them is the verb; after two nouns it seldom comes later.
        run = run[: -1 if len(run) <= _NOUNS else 1]
    end = run[-1].end
    joined = _joined(rest, words, len(run) + first)
    return rest[: joined or end]


def _joined(rest: str, words: Sequence[Word], at: int) -> int | None:
    """Return where a name ends that "of" joins to the noun before: "the head of OCPL"."""
    if at + 1 >= len(words) or words[at].lower not in {"of", "on"}:
        return None
    start = at + 2 if words[at + 1].lower == "the" else at + 1
    found = [name for name in names_in(rest, words) if name.first == start]
    if not found:
        return None
    end = found[0].end
    for word in words[found[0].last + 1 :]:
        if not word.is_content or word.lower in VERBS:
            break
        end = word.end
    return end


def _named_subject(rest: str, words: Sequence[Word], name: Name) -> str:
    """Return the name, or what belongs to it: "the UK's position"."""
    owner = words[name.last]
    if owner.end == name.end:
        return rest[: name.end]
    end = owner.end
    for word in words[name.last + 1 : name.last + 4]:
        if not word.is_content or word.lower in VERBS:
            break
        end = word.end
        if word.lower.endswith("s"):
            break
    return rest[:end] if end > owner.end else rest[: name.end]


def _trimmed(text: str) -> str | None:
    """Return ``text`` up to where its first clause ends; None if that is no short phrase."""
    end = _STOP.search(text)
    kept = (text[: end.start()] if end else text).strip()
    words = words_of(kept)
    if not words or len(words) > _MOST_WORDS or not any(word.is_content for word in words):
        return None
    return kept if words[0].lower not in PREPOSITIONS | QUESTION_WORDS else None


def _participle_off(phrase: str | None) -> str | None:
    """Return ``phrase`` up to its verb: "the initiative launched" is about the initiative."""
    if phrase is None:
        return None
    words = words_of(phrase)
    for at, word in enumerate(words[1:], 1):
        is_noun_next = at + 1 < len(words) and words[at + 1].is_content
        if _ENDED.fullmatch(word.lower) and not word.is_capital and not is_noun_next:
            return phrase[: words[at - 1].end] if words[at - 1].is_content else phrase
    return phrase


def is_plural(phrase: str) -> bool:
    """Say whether "they" can stand for ``phrase``: a plural, or several things joined."""
    words = words_of(phrase)
    if any(word.lower == "and" for word in words):
        return True
    head = next(
        (at for at, word in enumerate(words) if at and word.lower in PREPOSITIONS), len(words)
    )
    last = words[head - 1]
    is_owner = last.text.lower() != last.lower
    return last.lower.endswith("s") and not last.lower.endswith(("ss", "us", "is")) and not is_owner


def is_place(phrase: str) -> bool:
    """Say whether ``phrase`` is a place and nothing else."""
    return any(
        name.kind is NameKind.PLACE and name.end == len(phrase) for name in names_in(phrase)[:1]
    )


def people_in(turn: Turn) -> list[str]:
    """Return the people that a turn names: those of its question, or else of its answer.

    Of an answer they are the ones named first, one after the other; who was asked for is
    there, and not in the question.
    """
    asked, answered = _people(turn.question)[-1:], _listed(turn.answer[:_MOST_READ])
    is_asked_for = turn.question.lstrip().lower().startswith("who")
    return (answered or asked) if is_asked_for else (asked or answered)


def _people(text: str) -> list[str]:
    return [text[name.start : name.end] for name in names_in(text) if name.kind is NameKind.PERSON]


def _listed(text: str) -> list[str]:
    """Return the first person of ``text``, and all that are listed with them."""
    names = [name for name in names_in(text) if name.kind is NameKind.PERSON]
    if not names:
        return []
    found = names[:1]
    for name in names[1:]:
        if not _LISTED.fullmatch(text[found[-1].end : name.start]):
            break
        found.append(name)
    return [text[name.start : name.end] for name in found]
