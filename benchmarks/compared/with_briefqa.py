"""briefqa, for questions to an open index; the rest is measured through its commands."""

from collections.abc import Callable
from pathlib import Path

from briefqa import open_index


def opened(index: Path, model: Path) -> Callable[[str, int], list[str]]:  # noqa: ARG001 - the index names it
    """Return a search: the ids of the ``k`` best passages."""
    service = open_index(index)

    def search(question: str, k: int) -> list[str]:
        found = service.search(question, top_k=k).passages
        return [f"{passage.document.doc_id}#{passage.hit.chunk.chunk_id}" for passage in found]

    return search
