"""txtai: its own segmentation, vectors by transformers, content kept beside them."""

from collections.abc import Callable, Sequence
from pathlib import Path

from compared.chunks import CHUNK_TOKENS, tokenizer_of
from txtai import Embeddings


def _passages(files: Sequence[Path], model: Path) -> list[tuple[str, str]]:
    from txtai.pipeline import Segmentation  # noqa: PLC0415 - brings much that a question needs not

    cut = Segmentation(chunker="recursive", tokenizer=tokenizer_of(model), chunk_size=CHUNK_TOKENS)
    texts = cut([path.read_text(encoding="utf-8") for path in files])
    return [
        (f"{path.name}#{number}", passage)
        for path, passages in zip(files, texts, strict=True)
        for number, passage in enumerate(passages)
    ]


def build(files: Sequence[Path], index: Path, model: Path) -> None:
    """Index the files."""
    embeddings = Embeddings(path=str(model), content=True)
    embeddings.index(_passages(files, model))
    embeddings.save(str(index))


def opened(index: Path, model: Path) -> Callable[[str, int], list[str]]:  # noqa: ARG001 - saved with it
    """Return a search: the ids of the ``k`` best passages."""
    embeddings = Embeddings()
    embeddings.load(str(index))

    def search(question: str, k: int) -> list[str]:
        return [found["id"] for found in embeddings.search(question, k)]

    return search


def update(files: Sequence[Path], changed: Sequence[Path], index: Path, model: Path) -> None:  # noqa: ARG001
    """Index the changed files again; it has to be told which they are."""
    embeddings = Embeddings()
    embeddings.load(str(index))
    for path in changed:
        held = embeddings.search(
            "select id from txtai where id like :id", 1000, parameters={"id": f"{path.name}#%"}
        )
        embeddings.delete([found["id"] for found in held])
    embeddings.upsert(_passages(changed, model))
    embeddings.save(str(index))
