"""Paragraphs that go on in the next column or on the next page become one."""

from collections.abc import Iterable, Iterator

from briefqa.datatypes import BlockKind
from briefqa.documents.pdf.joining import ends_sentence, join
from briefqa.documents.pdf.paragraphs import Part

_SAME_SIZE = 0.08


def joined_across(parts: Iterable[Part]) -> Iterator[Part]:
    """Yield ``parts`` in order, those that a column or page end cut in two as one.

    Footnotes between the two halves are passed over, and follow the whole.
    """
    open_part: Part | None = None
    notes: list[Part] = []
    for part in parts:
        if part.is_note:
            notes.append(part)
        elif open_part is not None and part.opens and _goes_on(open_part, part):
            _append(open_part, part)
        else:
            if open_part is not None:
                yield open_part
            yield from notes
            notes = []
            open_part = part
    if open_part is not None:
        yield open_part
    yield from notes


def _goes_on(part: Part, following: Part) -> bool:
    prose = {BlockKind.PARAGRAPH, BlockKind.LIST_ITEM}
    if part.kind not in prose or following.kind is not BlockKind.PARAGRAPH:
        return False
    alike = abs(part.size - following.size) <= _SAME_SIZE * max(part.size, following.size)
    if not alike or part.is_bold != following.is_bold or ends_sentence(part.text):
        return False
    if following.text[0].islower():
        return True
    # A name or number may well be the first word of a page; a full line before it goes on.
    return part.is_open and part.lines > 1 and following.lines > 1


def _append(part: Part, following: Part) -> None:
    text = join(part.text, following.text)
    start = len(text) - len(following.text)
    if part.marks[-1][1] != following.page:
        part.marks.append((start, following.page))
    part.text = text
    part.lines += following.lines
    part.is_open = following.is_open
