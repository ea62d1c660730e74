"""Cuts a document into chunks that fit the model's window."""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from briefqa.chunking.sentences import units
from briefqa.datatypes import Block, BlockKind, Chunk, ChunkId, Document, Span
from briefqa.protocols import TokenCounter

CHUNKING_VERSION = 1
"""Raised whenever the same document would be cut in another way."""

_CUT_INSIDE_BLOCK = 0.3
_CUT_AFTER_COLON = 0.6
_MOST_CHARACTERS_A_TOKEN = 12
_SOFTEST_FIRST = (
    re.compile(r"[;:]\s+|；"),  # noqa: RUF001 - the mark of Chinese and Japanese is meant
    re.compile(r",\s+|[，、]"),  # noqa: RUF001 - the same
    re.compile(r"\s+"),
)


@dataclass(frozen=True, slots=True)
class ChunkingOptions:
    """How large chunks are, in tokens of the embedding model.

    ``size`` is the most a chunk's own text may have, ``prefix`` the most that
    title and headings may add before it. Both shrink to fit a small window.
    """

    size: int = 200
    prefix: int = 32


@dataclass(frozen=True, slots=True)
class _Unit:
    """A piece that is not cut; ``tokens``, at least 1, is its length."""

    span: Span
    sentence: Span | None
    tokens: int
    ends_block: bool


class _TokenRuler:
    """Counts the tokens of any part of one text."""

    def __init__(self, text: str, tokens: TokenCounter) -> None:
        self._starts = tokens.offsets([text])[0]

    def count(self, span: Span) -> int:
        return bisect_left(self._starts, span.end) - bisect_left(self._starts, span.start)

    def cut_after(self, span: Span, tokens: int) -> int:
        """Return where the token after the first ``tokens`` of ``span`` starts, or its end."""
        at = bisect_left(self._starts, span.start) + tokens
        return min(self._starts[at], span.end) if at < len(self._starts) else span.end


class _Window:
    """What a model reads at once, and what of it the options leave to text and prefix."""

    def __init__(self, tokens: TokenCounter, options: ChunkingOptions) -> None:
        self._tokens = tokens
        self._room = min(options.prefix, tokens.max_tokens // 4)
        self.size = min(options.size, tokens.max_tokens - self._room)
        if self.size < 1 or self._room < 0:
            msg = f"{options} leave no room for text in a window of {tokens.max_tokens} tokens"
            raise ValueError(msg)
        self._prefixes: dict[tuple[str, ...], str] = {}

    def fits(self, chunk: Chunk) -> bool:
        """Say whether the model reads all of ``chunk``, and its text is not too long."""
        embedded = chunk.embedded_text
        starts = self._starts(embedded)
        own = len(starts) - bisect_left(starts, len(embedded) - len(chunk.text))
        return own <= self.size and len(starts) <= self._tokens.max_tokens

    def prefix(self, parts: tuple[str, ...]) -> str:
        """Return title and headings on a line each, cut to the room there is for them.

        The title and the nearest heading matter most: those between are dropped
        first, then the end of what is left.
        """
        if parts not in self._prefixes:
            kept = list(dict.fromkeys(" ".join(part.split()) for part in parts if part.strip()))
            while len(kept) > 2 and len(self._starts("\n".join(kept))) > self._room:  # noqa: PLR2004
                del kept[1]
            prefix = "\n".join(kept)
            while len(starts := self._starts(prefix)) > self._room:
                prefix = prefix[: starts[self._room]].rstrip()
            self._prefixes[parts] = prefix
        return self._prefixes[parts]

    def _starts(self, text: str) -> list[int]:
        return self._tokens.offsets([text])[0]


def chunk_document(
    document: Document, tokens: TokenCounter, options: ChunkingOptions
) -> list[Chunk]:
    """Cut ``document`` into chunks in reading order.

    No chunk crosses a heading. Cuts fall between blocks where they can, else
    between sentences, else between words. Together the chunks cover all of the
    text but white space, and none overlap. ``embedded_text`` of every chunk
    fits ``tokens.max_tokens``, unless a single character does not.

    Raises:
        ValueError: If ``options`` leave no room for text.
    """
    text = document.text
    window = _Window(tokens, options)
    ruler = _TokenRuler(text, tokens)
    chunks: list[Chunk] = []
    for blocks in _sections(document.blocks):
        pieces = [unit for block in blocks for unit in _fitting(text, block, ruler, window.size)]
        for run in _packed(pieces, text, window.size):
            chunks += _within_window(document, blocks, run, window)
    return chunks


def _sections(blocks: Sequence[Block]) -> Iterator[list[Block]]:
    """Group blocks under one heading; a heading opens the section it names."""
    number = 0

    def section(block: Block) -> int:
        nonlocal number
        number += block.kind is BlockKind.HEADING
        return number

    for _, group in groupby(blocks, key=section):
        yield list(group)


def _fitting(text: str, block: Block, ruler: _TokenRuler, size: int) -> Iterator[_Unit]:
    """Yield the units of ``block``, cutting those longer than ``size``."""
    found = list(units(text, block))
    for at, (span, sentence) in enumerate(found):
        parts = list(_cut_to_size(text, span, ruler, size))
        for part in parts:
            quoted = sentence if len(parts) == 1 else _overlap(part, sentence)
            is_last = at == len(found) - 1 and part == parts[-1]
            yield _Unit(part, quoted, max(1, ruler.count(part)), is_last)


def _cut_to_size(text: str, span: Span, ruler: _TokenRuler, size: int) -> Iterator[Span]:
    most_characters = size * _MOST_CHARACTERS_A_TOKEN
    while len(span) > 1 and (ruler.count(span) > size or len(span) > most_characters):
        reach = min(ruler.cut_after(span, size), span.start + most_characters)
        first, rest = _cut_in_two(text, span, reach)
        yield first
        span = rest
    yield span


def _cut_in_two(text: str, span: Span, reach: int) -> tuple[Span, Span]:
    """Cut a ``span`` that neither starts nor ends in white space, at ``reach`` or gently before.

    The cut falls after a clause in the second half of what is in reach, else
    after a word, else at ``reach``, which lies before the end of ``span``.
    """
    reach = max(reach, span.start + 1)
    half = span.start + (reach - span.start) // 2
    cut = reach
    for mark in _SOFTEST_FIRST:
        ends = [found.end() for found in mark.finditer(text, half, reach)]
        if ends:
            cut = ends[-1]
            break
    end = start = cut
    while text[end - 1].isspace():
        end -= 1
    while text[start].isspace():
        start += 1
    return Span(span.start, end), Span(start, span.end)


def _overlap(part: Span, sentence: Span | None) -> Span | None:
    if sentence is None:
        return None
    start, end = max(part.start, sentence.start), min(part.end, sentence.end)
    return Span(start, end) if start < end else None


def _packed(pieces: Sequence[_Unit], text: str, size: int) -> list[list[_Unit]]:
    """Split ``pieces`` into runs of at most ``size`` tokens, even in length, cut gently.

    The cheapest split is found by dynamic programming: a run costs the square
    of how far it is from an even share, and more where it ends inside a block
    or after a colon that announces what follows.
    """
    total = sum(piece.tokens for piece in pieces)
    share = max(1, total / max(1, -(-total // size)))
    best: list[tuple[float, int]] = [(0.0, 0)]
    for end in range(1, len(pieces) + 1):
        cut = _cost_of_cut(pieces[end - 1], text) if end < len(pieces) else 0.0
        options: list[tuple[float, int]] = []
        length = 0
        for start in range(end - 1, -1, -1):
            length += pieces[start].tokens
            if length > size and options:
                break
            uneven = (length - share) / share
            options.append((best[start][0] + uneven * uneven + cut, start))
        best.append(min(options))
    runs: list[list[_Unit]] = []
    end = len(pieces)
    while end:
        start = best[end][1]
        runs.append(list(pieces[start:end]))
        end = start
    return runs[::-1]


def _cost_of_cut(last: _Unit, text: str) -> float:
    if text[last.span.end - 1] == ":":
        return _CUT_AFTER_COLON
    return 0.0 if last.ends_block else _CUT_INSIDE_BLOCK


def _within_window(
    document: Document, blocks: Sequence[Block], run: Sequence[_Unit], window: _Window
) -> Iterator[Chunk]:
    """Yield ``run`` as a chunk, or in parts if the model's window turns out too small.

    Tokens are counted on the whole text first; a cut can change how its
    neighbours are tokenised, so what will be embedded is counted again.
    """
    chunk = _chunk(document, blocks, run, window)
    if window.fits(chunk):
        yield chunk
    elif len(chunk.span) == 1:
        yield replace(chunk, prefix="")
    else:
        for half in _halves(run, document.text):
            yield from _within_window(document, blocks, half, window)


def _halves(run: Sequence[_Unit], text: str) -> tuple[list[_Unit], list[_Unit]]:
    if len(run) > 1:
        middle = len(run) // 2
        return list(run[:middle]), list(run[middle:])
    unit = run[0]
    left, right = _cut_in_two(text, unit.span, (unit.span.start + unit.span.end) // 2)
    return (
        [_Unit(left, _overlap(left, unit.sentence), unit.tokens, ends_block=False)],
        [_Unit(right, _overlap(right, unit.sentence), unit.tokens, unit.ends_block)],
    )


def _chunk(
    document: Document, blocks: Sequence[Block], run: Sequence[_Unit], window: _Window
) -> Chunk:
    span = Span(run[0].span.start, run[-1].span.end)
    doc_id = document.info.doc_id
    title = document.info.metadata.title
    above = heading = blocks[-1].heading
    # What the chunk itself opens with need not stand before it too.
    if span.start == blocks[0].span.start:
        above = heading[:-1] if blocks[0].kind is BlockKind.HEADING else heading
        title = None if blocks[0].kind is BlockKind.HEADER else title
    return Chunk(
        chunk_id=ChunkId(f"{doc_id}#{span.start}-{span.end}"),
        doc_id=doc_id,
        span=span,
        text=span.of(document.text),
        heading=heading,
        prefix=window.prefix((title, *above) if title else above),
        sentences=tuple(unit.sentence for unit in run if unit.sentence),
    )
