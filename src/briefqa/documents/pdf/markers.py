"""The signs and numbers that items of lists, notes and references open with."""

import re

_SIGN = r"[-*+•◦▪▫●○■□❖➢✓‣⁃–—]"  # noqa: RUF001 - these signs are meant
_COUNT = (
    r"\(?\d{1,3}[.)]|\(?[A-Za-z][.)]|\([ivx]{1,5}\)|[ivx]{1,5}[.)]|\.\d{1,2}"
    r"|\d{1,2}(?:\.\d{1,2}){1,3}\.?"
)
_BULLET = re.compile(rf"{_SIGN}\s")
_COUNTED = re.compile(rf"(?:{_COUNT})\s")
_ALONE = re.compile(rf"{_SIGN}|{_COUNT}")
_NOTE = re.compile(r"(?:\[?\(?\d{1,3}[\])]?|[*†‡§¶]{1,3})\s*\S")
_NOTE_NUMBER = re.compile(r"[\[(]?(\d{1,3})[\])]?\s*[^\s\d.,%]")


def opens_bullet(text: str) -> bool:
    """Say whether ``text`` opens with the sign of an item."""
    return _BULLET.match(text) is not None


def opens_counted(text: str) -> bool:
    """Say whether ``text`` opens with the number or letter of an item."""
    return _COUNTED.match(text) is not None


def opens_item(text: str) -> bool:
    """Say whether ``text`` opens as an item of a list does."""
    return opens_bullet(text) or opens_counted(text)


def is_marker(text: str) -> bool:
    """Say whether ``text`` is nothing but what an item opens with."""
    return _ALONE.fullmatch(text) is not None


def opens_note(text: str) -> bool:
    """Say whether ``text`` opens as a footnote does."""
    return _NOTE.match(text) is not None


def counts_on(text: str, following: str) -> bool:
    """Say whether both open with a number, as notes and references do, the second one higher."""
    first, second = _NOTE_NUMBER.match(text), _NOTE_NUMBER.match(following)
    return first is not None and second is not None and int(second[1]) == int(first[1]) + 1
