"""Reads what a sentence of a model cites, and takes the marks and the Markdown off it."""

import re
from collections.abc import Collection

_LIST_MARK = re.compile(r"^(?:[-*+•>]\s+|\(?\d{1,2}[.)]\s+|#{1,6}\s+)+")
_EMPHASIS = re.compile(r"\*\*|__|`|(?<!\w)[*_](?=\w)|(?<=[\w.!?])[*_](?!\w)")
_BRACKETS = re.compile(r"\s*[\[(【]([^\[\]()【】]{0,80})[\])】]")
_SPACE_BEFORE = re.compile(r"\s+([.,;:!?])")
_SHORT = re.compile(r"[\w\s,;^#-]{0,12}")


def read_marks(line: str, known: Collection[str]) -> tuple[str, tuple[str, ...]]:
    """Return what a line says, without marks and Markdown, and the known keys that it cites.

    Square brackets are for citations: those that hold no known key are left out with what is
    in them, if that is short, and else are made round.

    Args:
        line: One sentence, on one line.
        known: The keys that there are, in lower case.
    """
    key = re.compile(
        rf"(?<!\w)(?:{'|'.join(map(re.escape, known)) or '(?!)'})(?!\w)", re.IGNORECASE
    )
    keys = tuple(dict.fromkeys(each.lower() for each in key.findall(line)))

    def without_marks(match: re.Match[str]) -> str:
        inside = match.group(1)
        if key.search(inside):
            return ""
        if match.group().lstrip()[0] == "(":
            return match.group()
        return "" if _SHORT.fullmatch(inside) else f" ({inside})"

    text = _BRACKETS.sub(without_marks, _LIST_MARK.sub("", line))
    text = key.sub("", text).replace("[", "(").replace("]", ")")
    text = " ".join(_EMPHASIS.sub("", text).split())
    return _SPACE_BEFORE.sub(r"\1", text).strip(), keys
