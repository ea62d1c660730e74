"""An opened index and its models, joined: one object to ask."""

from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from briefqa.answering import (
    Calibration,
    Models,
    Options,
    Receipt,
    ReceiptCheck,
    SourceLocator,
    Weighed,
    Writer,
    check_receipts,
    check_risk,
    search_passages,
    stream_answer,
    weigh_question,
    whole_answer,
)
from briefqa.assembly.cores import Cores
from briefqa.assembly.exports import MODELS_FOLDER
from briefqa.assembly.models import EXTRACTIVE, check_writer, chosen_writer
from briefqa.assembly.opening import FollowedIndex, Opened, follow_index
from briefqa.assembly.rerankers import reranker_for_questions
from briefqa.datatypes import (
    Answer,
    AnswerEvent,
    Condition,
    DocId,
    Document,
    DocumentInfo,
    IndexInfo,
    Policy,
    SearchResult,
    Turn,
)
from briefqa.protocols import LanguageModel, ProgressListener, Reranker, TokenCounter
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


class Service:
    """An opened index, ready to be asked; safe to use from several threads.

    A generation published later is picked up by the next question. A question
    under way keeps the one it began with.
    """

    def __init__(  # noqa: PLR0913 - an index, and whatever is to work on its questions
        self,
        index: Path | str | FollowedIndex = "index",
        *,
        embedder: str | None = None,
        reranker: str | None = None,
        rerank_top: int = DEFAULT_RERANK_TOP,
        risk: float | None = None,
        writers: Mapping[str, Writer] | None = None,
        writer: str | None = None,
        on_progress: ProgressListener | None = None,
    ) -> None:
        """Open the index.

        Args:
            index: The index folder, or an address in Milvus, or what follows one of them.
            embedder: The model expected, as a setting names it; unset takes the index's own.
            reranker: The model that orders passages anew, as a setting names it; none if unset.
            rerank_top: How many of the best passages it orders.
            risk: The one accepted unless a question names another, as in `ask`.
            writers: The language models that may be asked for, by name; one is only looked up
                when it is.
            writer: The one that writes answers unless a question names another; none if unset.
            on_progress: Told of stage ``reranker`` while that model is exported.

        Raises:
            LimitError: If ``rerank_top`` is not between 1 and 100, or ``risk`` out of bounds.
            IndexFileError: If there is no index, or it cannot be used.
            UnknownPluginError: If no reranker of that name is installed.
            UnknownModelError: If there is no language model named ``writer``.
            BackendError: If a model cannot be loaded.
        """
        check_rerank_top(rerank_top)
        check_risk(risk)
        self._index = follow_index(index, embedder=embedder)
        self.writers: Mapping[str, Writer] = writers or {}
        check_writer(self.writers, writer)
        self._writer = writer
        self._rerank_top, self._risk = rerank_top, risk
        self._cores = Cores()
        self._reranker: Reranker | None = None
        if reranker:
            models = self._index.folder / MODELS_FOLDER
            self._reranker = reranker_for_questions(reranker, models, on_progress=on_progress)

    def ask(  # noqa: PLR0913 - the question, and all that an answer depends on
        self,
        question: str,
        *,
        top_k: int = DEFAULT_TOP_K,
        where: Sequence[str | Condition] = (),
        since: str | None = None,
        as_of: str | None = None,
        history: Sequence[Turn] = (),
        risk: float | None = None,
        model: str | LanguageModel | None = None,
        policy: Policy = Policy.STRICT,
    ) -> Answer:
        """Answer ``question`` from the documents, or decline.

        Args:
            question: What is asked.
            top_k: How many passages to give.
            where: Conditions such as ``published>=2025``; only documents that satisfy all
                of them are looked at.
            since: Look only at documents published then or later: 2025, 2025-03 or 2025-03-31.
            as_of: Look only at those published then or before. One without a date is left
                out by either, and counted as ``undated``.
            history: The conversation so far, the oldest turn first.
            risk: Share of the answers given, from 0.001 to 0.999, that the documents may not
                hold; unset for the service's own, or the threshold of the calibration.
            model: The language model that writes the answer, or the name of one; unset for the
                service's own, and "extractive" for none.
            policy: What becomes of a sentence of the model that is not supported.

        Raises:
            QuestionError: If the question is empty or too long.
            LimitError: If ``top_k`` is not between 1 and 100, or another number out of bounds.
            ConditionError: If a condition cannot be understood.
            DateError: If ``since`` or ``as_of`` is no date.
            UnknownModelError: If there is no language model of that name.
        """
        events = self.stream(
            question,
            top_k=top_k,
            where=where,
            since=since,
            as_of=as_of,
            history=history,
            risk=risk,
            model=model,
            policy=policy,
        )
        return whole_answer(events)

    def stream(  # noqa: PLR0913 - as above
        self,
        question: str,
        *,
        top_k: int = DEFAULT_TOP_K,
        where: Sequence[str | Condition] = (),
        since: str | None = None,
        as_of: str | None = None,
        history: Sequence[Turn] = (),
        risk: float | None = None,
        model: str | LanguageModel | None = None,
        policy: Policy = Policy.STRICT,
    ) -> Generator[AnswerEvent, None, None]:
        """Yield the passages, each sentence once it is judged, and at last the answer as a whole.

        Arguments and errors are as in `ask`; what is wrong with them is raised at once. To
        close the iterator stops the language model.
        """
        now = self._index.current()
        writer = chosen_writer(self.writers, self._writer if model is None else model)
        models = Models(now.embedder, self._reranker, writer, self._index.calibration(now))
        options = replace(
            self._options(top_k, where, since, as_of),
            history=tuple(history),
            risk=self._risk if risk is None else risk,
            policy=policy,
        )
        events = stream_answer(question, now.generation, models, options)
        # Whoever waits for a language model leaves the cores to others.
        return events if writer is not None else self._cores.in_turn(events)

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
        options = self._options(top_k, where, since, as_of)
        return self._search(self._index.current(), question, options)

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

        now = self._index.current()
        result = self._search(now, question, self._options(top_k, where, since, as_of))
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

        now = self._index.current()
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

    def weigh(self, question: str) -> Weighed:
        """Return what the confidence rests on, as it is without a reranker.

        Raises:
            QuestionError: If the question is empty or too long.
        """
        now = self._index.current()
        return weigh_question(question, now.generation, now.embedder)

    def verify(
        self, receipts: Iterable[Receipt], *, locate: SourceLocator | None = None
    ) -> list[ReceiptCheck]:
        """Check receipts against the index and, where ``locate`` leads to them, source files."""
        generation = self._index.current().generation
        return check_receipts(list(receipts), generation, locate=locate)

    def documents(self, *, where: Sequence[str | Condition] = ()) -> Sequence[DocumentInfo]:
        """Return every document, by id, or those that satisfy all conditions.

        Raises:
            LimitError: If there are more than 20 conditions.
            ConditionError: If a condition cannot be understood.
        """
        return self._index.current().generation.documents_matching(parse_conditions(where))

    def superseded(self) -> Mapping[DocId, tuple[DocId, ...]]:
        """Return the documents that are out of every search, and those in their place."""
        return self._index.current().generation.superseded(())

    def document(self, doc_id: str) -> Document:
        """Return one document with its canonical text.

        Raises:
            UnknownDocumentError: If there is none of that id.
        """
        return self._index.current().generation.document(DocId(doc_id))

    @property
    def info(self) -> IndexInfo:
        """Names the generation in use and counts what it holds."""
        return self._index.current().generation.info

    @property
    def model_id(self) -> str:
        """Name and fingerprint of the embedding model."""
        return self._index.current().embedder.model_id

    @property
    def tokens(self) -> TokenCounter:
        """The embedding model's own tokenizer."""
        return self._index.current().embedder.tokens

    @property
    def calibration(self) -> Calibration:
        """What turns evidence into a probability: numbers of the index's own, or the shipped."""
        return self._index.calibration(self._index.current())

    @property
    def writer(self) -> str | None:
        """Name of the language model that writes unless a question names another, if any does."""
        return None if self._writer == EXTRACTIVE else self._writer

    @property
    def reranker_id(self) -> str | None:
        """Name and fingerprint of the model that orders passages anew, if there is one."""
        return self._reranker.reranker_id if self._reranker is not None else None

    @property
    def degraded(self) -> str | None:
        """Why an older generation is in use, if one is."""
        return self._index.degraded

    def locate_source(self, source: str) -> Path | None:
        """Return the file of a document's ``source``; None if its folder is not there."""
        return self._index.current().generation.sources.path_of(source, self._index.folder)

    def close(self) -> None:
        """Release the index's files."""
        self._index.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _options(
        self, top_k: int, where: Sequence[str | Condition], since: str | None, as_of: str | None
    ) -> Options:
        conditions = (*parse_conditions(where), *date_conditions(since=since, as_of=as_of))
        return Options(k=top_k, where=conditions, rerank_top=self._rerank_top)

    def _search(self, now: Opened, question: str, options: Options) -> SearchResult:
        models = Models(now.embedder, self._reranker)
        with self._cores:
            return search_passages(question, now.generation, models, options)


open_index = Service
