"""Knows English verbs: which words are forms of one, and of which.

The list is derived from WordNet 3.0 by ``scripts/derive_verbs.py``.
"""

from functools import lru_cache
from importlib.resources import files

_SHORTEST_BASE = 2


@lru_cache(1)
def _list() -> tuple[dict[str, bool], dict[str, str]]:
    """Return each verb with whether it is hardly ever another word, and irregular forms of it."""
    is_sure: dict[str, bool] = {}
    base_of: dict[str, str] = {}
    text = files(__package__).joinpath("verbs.txt").read_text(encoding="utf-8")
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        base, *forms = line.split()
        name = base.removesuffix("?")
        is_sure[name] = name == base
        base_of |= dict.fromkeys(forms, name)
    return is_sure, base_of


@lru_cache(4_096)
def base_of(word: str) -> str | None:
    """Return the verb that ``word``, in lower case, is a form of: *keeps* of *keep*."""
    verbs, irregular = _list()
    if word in irregular:
        return irregular[word]
    return next((base for base in _bases(word) if base in verbs), None)


def is_chiefly_verb(word: str) -> bool:
    """Say whether the verb that ``word`` is a form of is hardly ever a noun or an adjective."""
    base = base_of(word)
    return base is not None and _list()[0][base]


def is_irregular_past(word: str) -> bool:
    """Say whether ``word`` is a past form or a participle without *-ed*."""
    return word in _list()[1] and not word.endswith(("ing", "s"))


def _bases(word: str) -> list[str]:
    found = [word]
    for ending in ("s", "es", "ed", "d", "ing"):
        rest = word.removesuffix(ending)
        if rest == word or len(rest) < _SHORTEST_BASE:
            continue
        if ending in {"ed", "ing"}:
            found.append(f"{rest}e")
            if rest[-1] == rest[-2]:
                found.append(rest[:-1])
        found.append(rest)
    if word.endswith(("ies", "ied")):
        found.append(f"{word[:-3]}y")
    return found
