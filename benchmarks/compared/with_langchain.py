"""LangChain with FAISS: its recursive splitter, and its FAISS store saved to a folder."""

from collections.abc import Callable, Sequence
from pathlib import Path

from compared.chunks import BATCH, split_by_tokens
from langchain_community.vectorstores import FAISS
from langchain_huggingface import HuggingFaceEmbeddings


def _embeddings(model: Path) -> HuggingFaceEmbeddings:
    options = {"batch_size": BATCH, "normalize_embeddings": True}
    return HuggingFaceEmbeddings(model_name=str(model), encode_kwargs=options)


def _loaded(index: Path, model: Path) -> FAISS:
    # It is a pickle that this program wrote itself.
    return FAISS.load_local(str(index), _embeddings(model), allow_dangerous_deserialization=True)


def build(files: Sequence[Path], index: Path, model: Path) -> None:
    """Index the files."""
    ids, texts = split_by_tokens(files, model)
    store = FAISS.from_texts(texts, _embeddings(model), ids=ids)
    store.save_local(str(index))


def opened(index: Path, model: Path) -> Callable[[str, int], list[str]]:
    """Return a search: the ids of the ``k`` best passages."""
    store = _loaded(index, model)

    def search(question: str, k: int) -> list[str]:
        return [str(found.id) for found in store.similarity_search(question, k)]

    return search


def update(files: Sequence[Path], changed: Sequence[Path], index: Path, model: Path) -> None:  # noqa: ARG001
    """Index the changed files again; it has to be told which they are."""
    store = _loaded(index, model)
    names = {path.name for path in changed}
    held = store.index_to_docstore_id.values()
    store.delete([each for each in held if each.partition("#")[0] in names])
    ids, texts = split_by_tokens(changed, model)
    store.add_texts(texts, ids=ids)
    store.save_local(str(index))
