"""A folder of documents, an index of it, and real backends that note what they are given."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from briefqa.backends.faiss import FaissBackend, FaissStore
from briefqa.backends.hashing import HashEmbedder
from briefqa.backends.tantivy import TantivyBackend, TantivyIndex
from briefqa.chunking import ChunkingOptions
from briefqa.datatypes import DocId
from briefqa.documents import ReadingOptions, read_file
from briefqa.indexing import Generation, open_generation, read_current
from briefqa.indexing.generations import TOKENS, Backends
from briefqa.indexing.rewriting import SyncReport
from briefqa.indexing.sources import roots_of
from briefqa.indexing.sync import sync
from briefqa.protocols import ChunkNumbers, Progress, ReadFiles, Vectors


class RecordingEmbedder(HashEmbedder):
    """The hash embedder, and a record of each text it was given."""

    def __init__(self, dim: int = 32) -> None:
        super().__init__(dim)
        self.seen: list[str] = []

    def embed_documents(self, texts: Sequence[str], /) -> Vectors:
        """Embed passages; returns shape (len(texts), dim)."""
        self.seen += texts
        return super().embed_documents(texts)


class RecordingStores(FaissBackend):
    """FAISS, and a record of each store that was parsed."""

    def __init__(self) -> None:
        super().__init__()
        self.parsed: list[Path] = []

    def load(self, folder: Path, chunks: ChunkNumbers, files: ReadFiles, /) -> FaissStore:
        """Reopen what ``finish`` wrote."""
        self.parsed.append(folder)
        return super().load(folder, chunks, files)


class RecordingWords(TantivyBackend):
    """tantivy, and a record of each folder that was opened."""

    def __init__(self) -> None:
        super().__init__()
        self.opened: list[Path] = []

    def open(self, folder: Path, /) -> TantivyIndex:
        """Open the index in ``folder`` for reading."""
        self.opened.append(folder)
        return super().open(folder)


@dataclass
class Corpus:
    """A folder of documents and the index made of it."""

    folder: Path
    index: Path
    embedder: RecordingEmbedder = field(default_factory=RecordingEmbedder)
    stores: RecordingStores = field(default_factory=RecordingStores)
    words: RecordingWords = field(default_factory=RecordingWords)
    progress: list[Progress] = field(default_factory=list)
    folders: list[str | Path] = field(default_factory=list)

    def write(self, name: str, text: str) -> Path:
        """Write one file of the folder."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def write_records(self, name: str, *records: tuple[str, str]) -> Path:
        """Write (id, text) records into one JSONL file of the folder."""
        lines = [json.dumps({"_id": doc_id, "text": text}) for doc_id, text in records]
        return self.write(name, "".join(f"{line}\n" for line in lines))

    def sync(
        self,
        *,
        chunking: ChunkingOptions = ChunkingOptions(size=24, prefix=8),  # noqa: B008 - frozen
        restored: Sequence[str] = (),
        allow_empty: bool = False,
    ) -> SyncReport:
        """Make the index equal to the folder, or to the folders where there are several."""
        return sync(
            roots_of(self.folders or [self.folder]),
            self.index,
            backends=self.backends,
            read=read_file,
            chunking=chunking,
            options=ReadingOptions(),
            restored={DocId(doc_id) for doc_id in restored},
            allow_empty=allow_empty,
            on_progress=self.progress.append,
        )

    @property
    def backends(self) -> Backends:
        """What the index is written with."""
        return Backends(self.stores, self.words, self.embedder)

    def open(self) -> Generation:
        """Open the index."""
        return open_generation(self.index, self.backends)

    def token_files(self) -> dict[str, bytes]:
        """Return what the generation that serves keeps of its tokens, by file."""
        folder = read_current(self.index).serving.folder(self.index) / TOKENS
        return {path.name: path.read_bytes() for path in folder.iterdir()}

    def generations(self) -> set[str]:
        """Name everything in the folder of generations."""
        return {path.name for path in (self.index / "generations").glob("*")}


def fill(corpus: Corpus) -> Corpus:
    """Write three files with four documents into the folder."""
    corpus.write(
        "chips.md",
        "# Chips\n\nGermany makes chips in Dresden. Few other towns do.\n\n## Power\n\n"
        + " ".join(f"At hour {hour} a plant needs power." for hour in range(12)),
    )
    corpus.write(
        "grid/power.txt", "The grid is old. Copper is dear. Näher als Öl: the sun, 太陽.\n"
    )
    corpus.write_records(
        "notes.jsonl", ("n1", "Chips need water."), ("n2", "Water is scarce in summer.")
    )
    return corpus
