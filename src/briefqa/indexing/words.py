"""The word index of a generation, which is opened once the files that it maps are sure."""

from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from briefqa.datatypes import ChunkId
from briefqa.errors import IndexDamagedError
from briefqa.indexing.blocks import CheckedFiles
from briefqa.protocols import KeptWords, LexicalBackend, Selection


def open_words(
    words: LexicalBackend, folder: Path, files: CheckedFiles, *, chunks: int
) -> KeptWords:
    """Open the index in ``folder``, which holds that many chunks.

    Where it has large files, a thread opens it, and whoever asks it first waits for that.

    Raises:
        IndexDamagedError: If it cannot be read, or holds another number; where it has large
            files, the methods of the index raise it.
    """
    large = files.large_below(folder)

    def opened() -> KeptWords:
        # They are mapped by what reads them, so no part of them can be sure by itself.
        for path in large:
            files.check(path, 0, files.size(path))
        try:
            index = words.open(folder)
            require_chunks(chunks, len(index), folder)
        except IndexDamagedError as error:
            # Nobody who could fall back on another generation waits for this one.
            files.damage = error
            raise
        return index

    if not large:
        return opened()
    thread = ThreadPoolExecutor(1, thread_name_prefix="briefqa-words")
    try:
        return _Words(thread.submit(opened))
    finally:
        thread.shutdown(wait=False)


def require_chunks(expected: int, found: int, path: Path) -> None:
    """Raise IndexDamagedError unless ``path`` holds as many chunks as expected."""
    if found != expected:
        raise IndexDamagedError(path, f"holds {found} chunks instead of {expected}")


class _Words:
    """An index that a thread opens."""

    def __init__(self, opening: "Future[KeptWords]") -> None:
        self._opening = opening

    def __len__(self) -> int:
        return len(self._opening.result())

    def search(
        self, question: str, k: int, /, *, among: Selection | None = None
    ) -> list[tuple[ChunkId, float]]:
        return self._opening.result().search(question, k, among=among)

    def terms(self, text: str, /) -> list[str]:
        return self._opening.result().terms(text)

    def language(self, text: str, /) -> str:
        return self._opening.result().language(text)

    def languages(self, first: int, last: int, /) -> list[str]:
        return self._opening.result().languages(first, last)

    def document_frequency(self, term: str, /) -> int:
        return self._opening.result().document_frequency(term)
