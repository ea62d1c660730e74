"""An opened index and its model, joined: one object to ask."""

import logging
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from briefqa.answering import (
    Evidence,
    Receipt,
    ReceiptCheck,
    SourceLocator,
    answer_question,
    check_receipts,
    find_evidence,
    search_passages,
)
from briefqa.assembly.embedders import embedder_for_questions
from briefqa.assembly.exports import MODELS_FOLDER
from briefqa.assembly.rerankers import reranker_for_questions
from briefqa.backends.faiss import FaissBackend
from briefqa.backends.tantivy import TantivyBackend
from briefqa.datatypes import (
    Answer,
    Condition,
    DocId,
    Document,
    DocumentInfo,
    IndexInfo,
    SearchResult,
)
from briefqa.errors import BackendError, IndexFileError
from briefqa.indexing import Current, Generation, open_generation, read_current
from briefqa.protocols import Embedder, ProgressListener, Reranker
from briefqa.retrieval import (
    DEFAULT_RERANK_TOP,
    check_rerank_top,
    date_conditions,
    parse_conditions,
)

if TYPE_CHECKING:
    # Few questions are to be explained, and the others need not wait for it.
    from briefqa.retrieval.explaining import Explanation
    from briefqa.retrieval.why_not import WhyNot

DEFAULT_TOP_K = 5

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Opened:
    """A generation and the model that made it: always swapped together.

    ``current`` is what the index said when the generation was opened.
    """

    current: Current
    generation: Generation
    embedder: Embedder


class Service:
    """An opened index, ready to be asked; safe to use from several threads.

    A generation published later is picked up by the next question. A question
    under way keeps the one it began with.
    """

    def __init__(
        self,
        index: Path | str,
        *,
        embedder: str | None = None,
        reranker: str | None = None,
        rerank_top: int = DEFAULT_RERANK_TOP,
        on_progress: ProgressListener | None = None,
    ) -> None:
        """Open the index.

        Args:
            index: The index folder.
            embedder: The model expected, as a setting names it; unset takes the index's own.
            reranker: The model that orders passages anew, as a setting names it; none if unset.
            rerank_top: How many of the best passages it orders.
            on_progress: Told of stage ``reranker`` while that model is exported.

        Raises:
            LimitError: If ``rerank_top`` is not between 1 and 100.
            IndexFileError: If there is no index, or it cannot be used.
            UnknownPluginError: If no reranker of that name is installed.
            BackendError: If a model cannot be loaded.
        """
        check_rerank_top(rerank_top)
        self._index = Path(index)
        self._configured = embedder
        self._swap = threading.Lock()
        self._trouble: str | None = None
        self._opened = self._open(None)
        self._rerank_top = rerank_top
        self._reranker: Reranker | None = None
        if reranker:
            models = self._index / MODELS_FOLDER
            self._reranker = reranker_for_questions(reranker, models, on_progress=on_progress)

    def ask(
        self,
        question: str,
        *,
        top_k: int = DEFAULT_TOP_K,
        where: Sequence[str | Condition] = (),
        since: str | None = None,
        as_of: str | None = None,
    ) -> Answer:
        """Answer ``question`` with sentences of the documents, or decline.

        Args:
            question: What is asked.
            top_k: How many passages to give.
            where: Conditions such as ``published>=2025``; only documents that satisfy all
                of them are looked at.
            since: Look only at documents published then or later: 2025, 2025-03 or 2025-03-31.
            as_of: Look only at those published then or before. One without a date is left
                out by either, and counted as ``undated``.

        Raises:
            QuestionError: If the question is empty or too long.
            LimitError: If ``top_k`` is not between 1 and 100, or there are more than 20 conditions.
            ConditionError: If a condition cannot be understood.
            DateError: If ``since`` or ``as_of`` is no date.
        """
        conditions = (*parse_conditions(where), *date_conditions(since=since, as_of=as_of))
        now = self._current()
        answer = answer_question(
            question,
            now.generation,
            now.embedder,
            k=top_k,
            where=conditions,
            reranker=self._reranker,
            rerank_top=self._rerank_top,
        )
        return replace(answer, undated=now.generation.undated(conditions))

    def search(
        self,
        question: str,
        *,
        top_k: int = DEFAULT_TOP_K,
        where: Sequence[str | Condition] = (),
        since: str | None = None,
        as_of: str | None = None,
    ) -> SearchResult:
        """Return the ``top_k`` best passages, best first; arguments and errors are as in `ask`."""
        conditions = (*parse_conditions(where), *date_conditions(since=since, as_of=as_of))
        return self._search(self._current(), question, top_k, conditions)

    def explain(
        self,
        question: str,
        *,
        top_k: int = DEFAULT_TOP_K,
        where: Sequence[str | Condition] = (),
        since: str | None = None,
        as_of: str | None = None,
    ) -> "tuple[SearchResult, Explanation]":
        """Return what `search` does, and how the passages came by their scores and ranks."""
        from briefqa.retrieval.explaining import explain  # noqa: PLC0415

        conditions = (*parse_conditions(where), *date_conditions(since=since, as_of=as_of))
        now = self._current()
        result = self._search(now, question, top_k, conditions)
        return result, explain(result, now.generation, now.embedder)

    def why_not(  # noqa: PLR0913 - the document, and all that a search depends on
        self,
        doc_id: str,
        question: str,
        *,
        top_k: int = DEFAULT_TOP_K,
        where: Sequence[str | Condition] = (),
        since: str | None = None,
        as_of: str | None = None,
    ) -> "WhyNot":
        """Return which stage of such a `search` loses a document, or its rank if none does."""
        from briefqa.retrieval.why_not import why_not  # noqa: PLC0415

        now = self._current()
        return why_not(
            DocId(doc_id),
            question,
            now.generation,
            now.embedder,
            k=top_k,
            where=(*parse_conditions(where), *date_conditions(since=since, as_of=as_of)),
            reranker=self._reranker,
            rerank_top=self._rerank_top,
        )

    def evidence(self, question: str) -> Evidence:
        """Return what speaks for ``question`` being answered: what the confidence rests on.

        It is that of the passages as they are without a reranker.

        Raises:
            QuestionError: If the question is empty or too long.
        """
        now = self._current()
        return find_evidence(question, now.generation, now.embedder)

    def verify(
        self, receipts: Iterable[Receipt], *, locate: SourceLocator | None = None
    ) -> list[ReceiptCheck]:
        """Check receipts against the index and, where ``locate`` leads to them, source files."""
        generation = self._current().generation
        return check_receipts(list(receipts), generation, locate=locate)

    def documents(self, *, where: Sequence[str | Condition] = ()) -> list[DocumentInfo]:
        """Return every document, by id, or those that satisfy all conditions.

        Raises:
            LimitError: If there are more than 20 conditions.
            ConditionError: If a condition cannot be understood.
        """
        return self._current().generation.documents_matching(parse_conditions(where))

    def document(self, doc_id: str) -> Document:
        """Return one document with its canonical text.

        Raises:
            UnknownDocumentError: If there is none of that id.
        """
        return self._current().generation.document(DocId(doc_id))

    @property
    def info(self) -> IndexInfo:
        """Names the generation in use and counts what it holds."""
        return self._current().generation.info

    @property
    def model_id(self) -> str:
        """Name and fingerprint of the embedding model."""
        return self._current().embedder.model_id

    @property
    def reranker_id(self) -> str | None:
        """Name and fingerprint of the model that orders passages anew, if there is one."""
        return self._reranker.reranker_id if self._reranker is not None else None

    @property
    def degraded(self) -> str | None:
        """Why an older generation is in use, if one is."""
        generation = self._current().generation
        return self._trouble or generation.degraded

    def locate_source(self, source: str) -> Path | None:
        """Return the file of a document's ``source``; None if its folder is not there."""
        return self._current().generation.sources.path_of(source, self._index)

    def close(self) -> None:
        """Release the index's files."""
        self._opened.generation.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _search(
        self, now: _Opened, question: str, top_k: int, conditions: Sequence[Condition]
    ) -> SearchResult:
        result = search_passages(
            question,
            now.generation,
            now.embedder,
            k=top_k,
            where=conditions,
            reranker=self._reranker,
            rerank_top=self._rerank_top,
        )
        return replace(result, undated=now.generation.undated(conditions))

    def _current(self) -> _Opened:
        """Return what serves now, after a look at whether something newer was published.

        What is open goes on serving if that cannot be opened.
        """
        try:
            if read_current(self._index) != self._opened.current:
                with self._swap:
                    if read_current(self._index) != self._opened.current:
                        self._opened = self._open(self._opened)
            self._trouble = None
        except (IndexFileError, BackendError) as error:
            if self._trouble is None:
                _log.warning("still serving %s: %s", self._opened.generation.ref.generation, error)
            self._trouble = str(error)
        return self._opened

    def _open(self, before: _Opened | None) -> _Opened:
        current = read_current(self._index)
        generation = open_texts(self._index)
        model_id = generation.manifest.model_id
        if before is not None and before.embedder.model_id == model_id:
            return _Opened(current, generation, before.embedder)
        models = self._index / MODELS_FOLDER
        embedder = embedder_for_questions(model_id, models, configured=self._configured)
        return _Opened(current, generation, embedder)


def open_index(
    index: Path | str = "index",
    *,
    embedder: str | None = None,
    reranker: str | None = None,
    rerank_top: int = DEFAULT_RERANK_TOP,
    on_progress: ProgressListener | None = None,
) -> Service:
    """Open an index folder to ask it questions; arguments and errors are those of `Service`."""
    return Service(
        index,
        embedder=embedder,
        reranker=reranker,
        rerank_top=rerank_top,
        on_progress=on_progress,
    )


def open_texts(index: Path | str) -> Generation:
    """Open an index without its model: to read documents and check receipts, not to ask.

    Raises:
        IndexFileError: If there is no index, or it cannot be used.
    """
    return open_generation(Path(index), stores=FaissBackend(), words=TantivyBackend())
