"""Where the lines of a text begin and end."""

from briefqa.datatypes import Span


class LineSpans:
    """The lines of a text, counted from 0."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._starts = [0]
        at = text.find("\n")
        while at >= 0:
            self._starts.append(at + 1)
            at = text.find("\n", at + 1)

    def __len__(self) -> int:
        return len(self._starts)

    def span(self, first: int, last: int) -> Span | None:
        """Return lines [first, last) without the white space around them, if anything is left."""
        start = self._starts[first]
        end = self._starts[last] if last < len(self._starts) else len(self._text)
        return trimmed(self._text, start, end)


def trimmed(text: str, start: int, end: int) -> Span | None:
    """Return [start, end) without the white space around it, if anything is left."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return Span(start, end) if start < end else None
