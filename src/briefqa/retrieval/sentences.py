"""Where the sentences of a chunk begin, as its tokens are counted."""

from briefqa.datatypes import Chunk


def sentence_starts(chunk: Chunk) -> list[int]:
    """Return where each sentence begins in the embedded text; with what stands before it.

    There is one at least, so that every chunk has a nearest one.
    """
    before = chunk.text_start - chunk.span.start
    return [before + start for start in starts_of(chunk)]


def starts_of(chunk: Chunk) -> list[int]:
    """Return the same in the text of the document.

    What stands between two sentences goes with the first, and what stands before all of them
    with the first of all.
    """
    return [chunk.span.start, *(span.start for span in chunk.sentences[1:])]
