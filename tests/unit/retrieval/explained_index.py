"""An index of more short documents than there are candidates, and what asks it."""

from dataclasses import dataclass
from pathlib import Path

from hypothesis import strategies as st
from tests.corpus import Corpus

from briefqa.answering import Models, Options, search_passages
from briefqa.datatypes import DocId, SearchResult
from briefqa.indexing import Generation
from briefqa.protocols import Reranker
from briefqa.retrieval import parse_conditions
from briefqa.retrieval.why_not import WhyNot, why_not

# Words that are their own stems and no stop words, so that counting needs no analyser.
WORDS = ("grid", "chip", "water", "wind", "coal", "dam", "port", "ship", "tax", "law", "loan")
QUESTIONS = st.lists(st.sampled_from([*WORDS, "volcano", "who"]), min_size=1, max_size=6).map(
    " ".join
)
CONDITIONS = st.sampled_from([(), ("doc_id~1",), ("doc_id~7", "published>=2025")])


@dataclass(frozen=True)
class ExplainedIndex:
    """An index, and what asks it."""

    corpus: Corpus
    generation: Generation
    reranker: Reranker | None = None
    rerank_top: int = 20

    def search(self, question: str, k: int, *where: str) -> SearchResult:
        """Return the passages of a search."""
        return search_passages(
            question,
            self.generation,
            Models(self.corpus.embedder, self.reranker),
            Options(k=k, where=parse_conditions(where), rerank_top=self.rerank_top),
        )

    def why_not(self, doc_id: str, question: str, k: int, *where: str) -> WhyNot:
        """Return what became of a document in the same search."""
        return why_not(
            DocId(doc_id),
            question,
            self.generation,
            self.corpus.embedder,
            k=k,
            where=parse_conditions(where),
            reranker=self.reranker,
            rerank_top=self.rerank_top,
        )


def explained_index(folder: Path) -> ExplainedIndex:
    """Index 130 documents of one chunk each, of which some repeat others, in ``folder``."""
    corpus = Corpus(folder / "briefs", folder / "index")
    for number in range(130):
        words = [WORDS[number * step % len(WORDS)] for step in range(1, 4 + number % 9)]
        dated = f"published: {2020 + number % 8}\n" if number % 3 else ""
        head = f"---\nauthor: Writer {number}\n{dated}---\n\n"
        corpus.write(f"d{number}.md", f"{head}{' '.join(words)}.\n")
    corpus.sync()
    return ExplainedIndex(corpus, corpus.open())
