"""LlamaIndex: its sentence splitter and its own vector store, persisted as it does by default."""

from collections.abc import Callable, Sequence
from pathlib import Path

from compared.chunks import BATCH, CHUNK_TOKENS, tokenizer_of
from llama_index.core import Document, StorageContext, VectorStoreIndex, load_index_from_storage
from llama_index.core.node_parser import SentenceSplitter
from llama_index.embeddings.huggingface import HuggingFaceEmbedding


def _embedding(model: Path) -> HuggingFaceEmbedding:
    return HuggingFaceEmbedding(model_name=str(model), embed_batch_size=BATCH)


def _splitter(model: Path) -> SentenceSplitter:
    tokenizer = tokenizer_of(model)
    return SentenceSplitter(
        chunk_size=CHUNK_TOKENS, chunk_overlap=0, tokenizer=lambda text: tokenizer.encode(text).ids
    )


def _documents(files: Sequence[Path]) -> list[Document]:
    return [Document(text=path.read_text(encoding="utf-8"), id_=path.name) for path in files]


def _loaded(index: Path, model: Path, splitter: SentenceSplitter | None) -> VectorStoreIndex:
    stored = StorageContext.from_defaults(persist_dir=str(index))
    cut = [splitter] if splitter else None
    return load_index_from_storage(stored, embed_model=_embedding(model), transformations=cut)


def build(files: Sequence[Path], index: Path, model: Path) -> None:
    """Index the files."""
    made = VectorStoreIndex.from_documents(
        _documents(files), embed_model=_embedding(model), transformations=[_splitter(model)]
    )
    made.storage_context.persist(persist_dir=str(index))


def opened(index: Path, model: Path) -> Callable[[str, int], list[str]]:
    """Return a search: the ids of the ``k`` best passages."""
    loaded = _loaded(index, model, None)

    def search(question: str, k: int) -> list[str]:
        found = loaded.as_retriever(similarity_top_k=k).retrieve(question)
        return [f"{each.node.ref_doc_id}#{each.node.node_id}" for each in found]

    return search


def update(files: Sequence[Path], changed: Sequence[Path], index: Path, model: Path) -> None:  # noqa: ARG001
    """Refresh the index; it finds out by their hashes which files have changed."""
    loaded = _loaded(index, model, _splitter(model))
    loaded.refresh_ref_docs(_documents(files))
    loaded.storage_context.persist(persist_dir=str(index))
