"""What an evaluation asks: one generation of an index, or a server.

Both are read from their JSON form, so that a run over HTTP records what a run over the same
index does.
"""

from collections.abc import Callable, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING, TypeVar

from briefqa.answering import (
    CALIBRATION,
    Calibration,
    Models,
    Options,
    answer_question,
    search_passages,
)
from briefqa.datatypes import DocId
from briefqa.errors import ReplyError
from briefqa.evaluation.running import Asked, Found
from briefqa.evaluation.runs import CitedQuote, GivenAnswer, RankedPassage
from briefqa.indexing import Generation
from briefqa.protocols import Embedder, Reranker
from briefqa.retrieval import DEFAULT_RERANK_TOP
from briefqa.wire import WireObject, answer_to_wire, search_to_wire

if TYPE_CHECKING:
    # An index is asked without HTTP.
    from briefqa.backends.http_client import HttpClient

_Kind = TypeVar("_Kind")
_Result = TypeVar("_Result")


class GenerationAsker:
    """Asks one generation, whatever is published meanwhile."""

    def __init__(
        self,
        generation: Generation,
        embedder: Embedder,
        *,
        reranker: Reranker | None = None,
        rerank_top: int = DEFAULT_RERANK_TOP,
        calibration: Calibration = CALIBRATION,
    ) -> None:
        self._generation = generation
        self._models = Models(embedder, reranker, calibration=calibration)
        self._rerank_top = rerank_top

    def search(self, question: str, /, *, top_k: int) -> Found:
        """Return the ``top_k`` best passages, with their lengths in tokens."""
        result = search_passages(question, self._generation, self._models, self._options(top_k))
        starts = self._models.embedder.tokens.offsets([each.text for each in result.passages])
        return _found(search_to_wire(result), list(map(len, starts)))

    def ask(self, question: str, /, *, top_k: int) -> Asked:
        """Answer, or decline."""
        answer = answer_question(question, self._generation, self._models, self._options(top_k))
        return _asked(answer_to_wire(answer))

    def text(self, doc_id: str, /) -> str:
        """Return the canonical text of a document.

        Raises:
            UnknownDocumentError: If there is none of that id.
        """
        return self._generation.document(DocId(doc_id)).text

    def _options(self, top_k: int) -> Options:
        return Options(k=top_k, rerank_top=self._rerank_top)


class ServerAsker:
    """Asks a server; how many tokens its passages have is not known."""

    def __init__(self, client: "HttpClient") -> None:
        self._client = client

    def search(self, question: str, /, *, top_k: int) -> Found:
        """Return the ``top_k`` best passages."""
        path = "/v1/search"
        reply = self._client.post(path, {"question": question, "top_k": top_k})
        return _understood(path, lambda: _found(reply))

    def ask(self, question: str, /, *, top_k: int) -> Asked:
        """Answer, or decline."""
        path = "/v1/ask"
        reply = self._client.post(path, {"question": question, "top_k": top_k})
        return _understood(path, lambda: _asked(reply))

    def text(self, doc_id: str, /) -> str:
        """Return the canonical text of a document.

        Raises:
            UnknownDocumentError: If there is none of that id.
        """
        return self._client.document_text(doc_id)


def _understood(path: str, read: Callable[[], _Result]) -> _Result:
    try:
        return read()
    except (KeyError, TypeError) as error:
        detail = f"the reply is not as this version expects it: {error}"
        raise ReplyError(path, detail) from error


def _found(row: WireObject, lengths: Sequence[int] = ()) -> Found:
    rows = _objects(row, "passages")
    return Found(
        tuple(_passage(*each) for each in zip_longest(rows, lengths)),
        _numbers(row, "took_ms"),
    )


def _asked(row: WireObject) -> Asked:
    answer = GivenAnswer(
        answered=_field(row, "answered", bool),
        confidence=_number(row, "confidence"),
        text=_field(row, "answer", str),
        citations=tuple(_citation(each) for each in _objects(row, "citations")),
    )
    return Asked(answer, _numbers(row, "took_ms"))


def _passage(row: WireObject, length: int | None) -> RankedPassage:
    chunk_id = _field(row, "chunk_id", str)
    return RankedPassage(
        rank=_field(row, "rank", int),
        doc_id=_field(row, "doc_id", str),
        chunk_id=chunk_id,
        start=_field(row, "start", int),
        end=_field(row, "end", int),
        score=_number(row, "score"),
        scores=_numbers(row, "scores"),
        text=_field(row, "text", str),
        tokens=length,
        duplicates=tuple(map(str, _field(row, "duplicates", list))),
    )


def _citation(row: WireObject) -> CitedQuote:
    return CitedQuote(
        number=_field(row, "number", int),
        doc_id=_field(row, "doc_id", str),
        start=_field(row, "start", int),
        end=_field(row, "end", int),
        quote=_field(row, "quote", str),
    )


def _field(row: WireObject, name: str, kind: type[_Kind]) -> _Kind:
    found = row[name]
    if not isinstance(found, kind):
        msg = f"{name!r} is not of type {kind.__name__}"
        raise TypeError(msg)
    return found


def _number(row: WireObject, name: str) -> float:
    found = row[name]
    if not isinstance(found, int | float):
        msg = f"{name!r} is not a number"
        raise TypeError(msg)
    return float(found)


def _numbers(row: WireObject, name: str) -> dict[str, float]:
    found = _field(row, name, dict)
    return {stage: _number(found, stage) for stage in found}


def _objects(row: WireObject, name: str) -> list[WireObject]:
    found = _field(row, name, list)
    for each in found:
        if not isinstance(each, dict):
            msg = f"{name!r} holds something that is not an object"
            raise TypeError(msg)
    return found
