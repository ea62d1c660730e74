"""The tools themselves, without the protocol that they are called by."""

import re
from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from anyio import to_thread
from pydantic import BaseModel

from briefqa.api.judgements import VerifyReply, VerifyRequest
from briefqa.api.limiting import check_asked
from briefqa.api.mcp.links import Links, with_links
from briefqa.api.mcp.shapes import (
    AskArguments,
    FetchArguments,
    FetchedDocument,
    SearchArguments,
    SearchResults,
)
from briefqa.api.observing import noted
from briefqa.api.schemas import AnswerReply
from briefqa.api.streaming import Events, in_threads
from briefqa.api.verification import verify_answer
from briefqa.assembly.service import Service
from briefqa.datatypes import Answer, Document, JsonValue, Span
from briefqa.errors import UnknownDocumentError, UsageError
from briefqa.wire import (
    WireObject,
    answer_to_wire,
    conditions_from_wire,
    document_to_wire,
    href_to,
    search_to_wire,
)

_PASSAGES = 10
MOST_FETCHED: Final = 100_000
"""Code points of text that are given at once; longer documents come in parts."""

_PART = re.compile(r"(?P<doc_id>[\s\S]+)#chars=(?P<start>\d{1,12})-(?P<end>\d{1,12})")

_Taken = TypeVar("_Taken", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Tool(Generic[_Taken]):
    """Something that an agent can have done; none of it changes anything.

    Each run is given the service, its arguments and what makes links.
    """

    name: str
    title: str
    description: str
    takes: type[_Taken]
    gives: type[BaseModel]
    run: Callable[[Service, _Taken, Links], Awaitable[WireObject]]


async def _search(service: Service, wanted: SearchArguments, links: Links) -> WireObject:
    check_asked(wanted.query)
    result = await to_thread.run_sync(lambda: service.search(wanted.query, top_k=_PASSAGES))
    passages = search_to_wire(noted(result))["passages"]
    found: dict[str, WireObject] = {}
    for passage in _objects(passages):
        doc_id = str(passage["doc_id"])
        if doc_id in found:
            found[doc_id]["text"] = f"{found[doc_id]['text']}\n\n[…]\n\n{passage['text']}"
            continue
        found[doc_id] = {
            "id": doc_id,
            "title": passage["title"],
            "url": links(passage),
            "text": passage["text"],
            "published": passage["published"],
        }
    return {"results": [*found.values()]}


async def _fetch(service: Service, wanted: FetchArguments, links: Links) -> WireObject:
    document, span = await to_thread.run_sync(_part_of, service, wanted.id)
    known = document_to_wire(document.info)
    length = len(document.text)
    if span is None:
        span = Span(0, min(length, MOST_FETCHED)) if length else None
    start, end = (span.start, span.end) if span is not None else (0, 0)
    if (start, end) != (0, length) and span is not None:
        known["href"] = href_to(document.info, span)
    following = f"{document.info.doc_id}#chars={end}-{min(length, end + MOST_FETCHED)}"
    metadata: WireObject = {
        name: known[name]
        for name in (
            "doc_id",
            "source",
            "authors",
            "published",
            "tags",
            "language",
            "source_url",
            "abstract",
            "text_sha256",
            "file_sha256",
        )
    }
    return {
        "id": wanted.id,
        "title": document.info.title,
        "text": document.text[start:end],
        "url": links(known),
        "metadata": {
            **metadata,
            "start": start,
            "end": end,
            "characters": length,
            "next": following if end < length else None,
        },
    }


async def _ask(service: Service, wanted: AskArguments, links: Links) -> WireObject:
    check_asked(wanted.question, top_k=wanted.top_k)

    def start() -> Events:
        return service.stream(
            wanted.question,
            top_k=wanted.top_k,
            where=conditions_from_wire(wanted.filters),
            since=wanted.since,
            as_of=wanted.as_of,
        )

    # Cancelled between two events, so that an agent that leaves stops the language model.
    async with aclosing(in_threads(await to_thread.run_sync(start))) as coming:
        async for event in coming:
            if isinstance(event, Answer):
                return _linked(answer_to_wire(event), links)
    msg = "an answer ends with itself"
    raise AssertionError(msg)


async def _verify(service: Service, wanted: VerifyRequest, links: Links) -> WireObject:
    checked = await to_thread.run_sync(verify_answer, service, wanted)
    return _linked(checked, links)


TOOLS: Final[Mapping[str, Tool[BaseModel]]] = {
    tool.name: tool  # type: ignore[misc] # each is only ever run with the arguments it takes
    for tool in (
        Tool(
            "search",
            "Search the documents",
            "Find the documents that bear on a question, best first, each with its most relevant "
            "passages and an id for fetch.",
            SearchArguments,
            SearchResults,
            _search,
        ),
        Tool(
            "fetch",
            "Read a document",
            "Read the text of a document that search found. A document of more than "
            f"{MOST_FETCHED:,} characters comes in parts; metadata.next is the id of the next.",
            FetchArguments,
            FetchedDocument,
            _fetch,
        ),
        Tool(
            "ask",
            "Ask a question",
            "Answer a question from the documents, each sentence with citations that quote the "
            "exact words it rests on, or say that the documents do not answer it.",
            AskArguments,
            AnswerReply,
            _ask,
        ),
        Tool(
            "verify",
            "Verify citations",
            "Check citations of an answer against the documents: whether each quote stands where "
            "it says, and whether each sentence says what its quotes do. Pass what ask returned.",
            VerifyRequest,
            VerifyReply,
            _verify,
        ),
    )
}
"""By name, in the order in which they are listed."""


def _part_of(service: Service, id_: str) -> tuple[Document, Span | None]:
    """Return the document of an id, and which part of it is meant, if one is."""
    try:
        return service.document(id_), None
    except UnknownDocumentError:
        named = _PART.fullmatch(id_)
        if named is None:
            raise
    document = service.document(named["doc_id"])
    start, end = int(named["start"]), min(int(named["end"]), len(document.text))
    if start >= end:
        msg = (
            f"{id_[:200]!r} names no part of a text of {len(document.text)} characters; "
            "expected START < END, and START within the text"
        )
        raise UsageError(msg)
    return document, Span(start, min(end, start + MOST_FETCHED))


def _linked(found: WireObject, links: Links) -> WireObject:
    return {name: with_links(each, links) for name, each in found.items()}


def _objects(value: JsonValue) -> list[WireObject]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
