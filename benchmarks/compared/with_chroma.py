"""Chroma, persistent, in its own process; it cuts nothing, so LangChain's splitter does."""

from collections.abc import Callable, Sequence
from pathlib import Path

import chromadb
from chromadb.utils.embedding_functions import SentenceTransformerEmbeddingFunction
from compared.chunks import split_by_tokens


def _client(index: Path) -> chromadb.ClientAPI:
    return chromadb.PersistentClient(str(index), chromadb.Settings(anonymized_telemetry=False))


def _embedding(model: Path) -> SentenceTransformerEmbeddingFunction:
    return SentenceTransformerEmbeddingFunction(model_name=str(model), normalize_embeddings=True)


def _add(
    client: chromadb.ClientAPI, collection: chromadb.Collection, files: Sequence[Path], model: Path
) -> None:
    ids, texts = split_by_tokens(files, model)
    files_of = [{"file": each.partition("#")[0]} for each in ids]
    most = client.get_max_batch_size()
    for start in range(0, len(ids), most):
        part = slice(start, start + most)
        collection.add(ids=ids[part], documents=texts[part], metadatas=files_of[part])


def build(files: Sequence[Path], index: Path, model: Path) -> None:
    """Index the files."""
    client = _client(index)
    collection = client.create_collection("files", embedding_function=_embedding(model))
    _add(client, collection, files, model)


def opened(index: Path, model: Path) -> Callable[[str, int], list[str]]:
    """Return a search: the ids of the ``k`` best passages."""
    collection = _client(index).get_collection("files", embedding_function=_embedding(model))

    def search(question: str, k: int) -> list[str]:
        return list(collection.query(query_texts=[question], n_results=k)["ids"][0])

    return search


def update(files: Sequence[Path], changed: Sequence[Path], index: Path, model: Path) -> None:  # noqa: ARG001
    """Index the changed files again; it has to be told which they are."""
    client = _client(index)
    collection = client.get_collection("files", embedding_function=_embedding(model))
    collection.delete(where={"file": {"$in": [path.name for path in changed]}})
    _add(client, collection, changed, model)
