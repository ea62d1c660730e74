"""A small index to write answers from."""

from pathlib import Path

from tests.corpus import Corpus, RecordingEmbedder

FILES = {
    "fund.md": "# The fund\n\nThe harbour fund holds £2 billion. It was set up in March 2020 by "
    "the harbour board. Nine ports have joined it since then.\n",
    "ferry.txt": "The ferry to the island began in 1931. It does not sail in winter. "
    "Tickets cost four pounds.\n",
    "light.txt": "The lighthouse is repaired by the harbour board. Its lamp is electric.\n",
}


def small_corpus(folder: Path, files: dict[str, str] | None = None) -> Corpus:
    """Index files (these ones, if there are no others) with the hash embedder."""
    (folder / "briefs").mkdir()
    corpus = Corpus(folder / "briefs", folder / "index", RecordingEmbedder(256))
    for name, text in (files or FILES).items():
        corpus.write(name, text)
    corpus.sync()
    return corpus
