"""A document with words that occur nowhere else is deleted; then they are looked for everywhere."""

import gc
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import BuiltinFunctionType, FunctionType, ModuleType

import numpy as np
from starlette.testclient import TestClient
from tantivy import Query
from tests.corpus import Corpus, fill
from tests.faults.trial import Sample, Trial

from briefqa.api import create_app
from briefqa.assembly.service import Service
from briefqa.datatypes import DocId
from briefqa.documents import read_file
from briefqa.errors import UnknownDocumentError
from briefqa.indexing import read_current
from briefqa.indexing.changes import put_document, remove_document
from briefqa.indexing.generations import TOKENS
from briefqa.indexing.retention import collect_garbage

_WORDS = {
    "name": "zimbrelquoth",
    "title": "vexolandric",
    "author": "quillambert",
    "tag": "brindlemoor",
    "heading": "oxterwhelk",
    "text": "jaspwintle",
    "sentence": "fernoquaddles",
}
# What is looked for in files: the words as stems, which the words themselves begin with.
_STEMS = {place: word.removesuffix("es").removesuffix("e") for place, word in _WORDS.items()}
_LIVE = "GDPR of the Dresden plant"
_MARKDOWN = """---
title: The {title} plan
authors: [Ada {author}]
tags: [{tag}, water]
source_url: https://example.org/{name}
---
# On {heading}

The {text} was decided on a Monday. Two {sentence} came by boat.
"""
_PASSED_OVER = (ModuleType, FunctionType, BuiltinFunctionType, type)


@dataclass(frozen=True, slots=True)
class Case:
    """``plant`` brings a document into the index, ``delete`` takes it away again.

    ``words`` are the words that are its own, and must be nowhere afterwards.
    """

    plant: Callable[[Corpus], object]
    delete: Callable[[Corpus], object]
    doc_id: DocId
    words: Mapping[str, str]


def _document(**words: str) -> str:
    return _MARKDOWN.format(**{**_WORDS, **words})


def _planted(name: str) -> Callable[[Corpus], object]:
    return lambda corpus: (corpus.write(name, _document()), corpus.sync())


def _unlinked(name: str) -> Callable[[Corpus], object]:
    def unlink(corpus: Corpus) -> None:
        (corpus.folder / name).unlink()
        corpus.sync()

    return unlink


def _sent(doc_id: str, text: str) -> Callable[[Corpus], object]:
    return lambda corpus: put_document(
        DocId(doc_id), text.encode(), corpus.index, backends=corpus.backends, read=read_file
    )


def _removed(doc_id: str) -> Callable[[Corpus], object]:
    return lambda corpus: remove_document(DocId(doc_id), corpus.index, backends=corpus.backends)


def _record(corpus: Corpus) -> None:
    text = f"The {_WORDS['text']} was decided. Two {_WORDS['sentence']} came."
    corpus.write_records("more.jsonl", (_WORDS["name"], text), ("kept", "Rain fell on Dresden."))
    corpus.sync()


def _record_deleted(corpus: Corpus) -> None:
    corpus.write_records("more.jsonl", ("kept", "Rain fell on Dresden."))
    corpus.sync()


def _without(*places: str) -> dict[str, str]:
    return {place: word for place, word in _WORDS.items() if place not in places}


_FILE = f"briefs/{_WORDS['name']}.md"
CASES = {
    "file deleted": Case(_planted(_FILE), _unlinked(_FILE), DocId(_FILE), _WORDS),
    "record deleted": Case(
        _record,
        _record_deleted,
        DocId(_WORDS["name"]),
        _without("title", "author", "tag", "heading"),
    ),
    # An id stays on record, so that the document stays out: here it holds no word of its own.
    "document removed": Case(_planted("plan.md"), _removed("plan.md"), DocId("plan.md"), _WORDS),
    "upload removed": Case(_sent(_FILE, _document()), _removed(_FILE), DocId(_FILE), _WORDS),
    "upload replaced": Case(
        _sent("sent.md", _document()),
        _sent("sent.md", "# Rain\n\nRain fell on Dresden.\n"),
        DocId("sent.md"),
        _WORDS,
    ),
    "passage deleted": Case(
        _planted("plan.md"),
        lambda corpus: (
            corpus.write("plan.md", _document(text="bill", sentence="envoys")),
            corpus.sync(),
        ),
        DocId("plan.md"),
        {place: _WORDS[place] for place in ("text", "sentence")},
    ),
}
"""By what is done."""


def deletion_trials(
    name: str, place: Path, sample: Sample, cases: Mapping[str, Case] = CASES
) -> Iterator[Trial]:
    """Delete a document in every way, and look for its words: at once, and after a clean-up."""
    for number in sample.of(range(len(cases))):
        point = list(cases)[number]
        case, folder = cases[point], place / str(number)
        (folder / "briefs").mkdir(parents=True)
        corpus = fill(Corpus(folder / "briefs", folder / "index"))
        corpus.sync()
        case.plant(corpus)
        traces = _traces(corpus, case)
        problems = [*_unseen(corpus, case, traces)]
        with Service(corpus.index) as service, TestClient(create_app(service)) as client:
            problems += _unanswered(service, client, case)
            case.delete(corpus)
            problems += _kept_in_memory(service, client, case)
            problems += [f"{where} still gives it" for where in _answered(service, client, case)]
        older = {each for each in (corpus.index / "generations").iterdir() if each.is_dir()}
        older -= {read_current(corpus.index).serving.folder(corpus.index)}
        problems += _found(corpus, case, traces, passed_over=older)
        yield Trial(name, "-", point, "deleted", tuple(problems))
        problems = [] if _files_with(corpus.index, traces) else ["nothing was there to collect"]
        collect_garbage(corpus.index)
        problems += _found(corpus, case, traces, passed_over=set())
        yield Trial(name, "-", f"{point}, then collected", "deleted", tuple(problems))


def _traces(corpus: Corpus, case: Case) -> dict[str, tuple[bytes, ...]]:
    """Return what the document leaves in files: its words, its vectors and its tokens."""
    codes = ("utf-8", "utf-16-le", "utf-16-be")
    traces = {
        place: tuple(stem.encode(code) for code in codes) for place, stem in _stems(case).items()
    }
    with corpus.open() as generation:
        own = [
            chunk.chunk_id
            for chunk in generation.chunks_of(case.doc_id)
            if any(stem in chunk.embedded_text.lower() for stem in _stems(case).values())
        ]
        # As files are, in lower case.
        rows = tuple(row.tobytes().lower() for row in generation.vectors.vectors(own))
        assert generation.tokens is not None
        tokens = generation.tokens.tokens(own)
    # Those of a whole chunk: one token alone is a few bytes, which may stand anywhere.
    ids = tuple(each.ids.tobytes().lower() for each in tokens)
    signs = tuple(each.codes.tobytes().lower() for each in tokens)
    return {**traces, "vector": rows, "row of tokens": ids, "row of signs": signs}


def _unseen(corpus: Corpus, case: Case, traces: Mapping[str, tuple[bytes, ...]]) -> Iterator[str]:
    """Say what the search of files does not find although it is there: it would prove nothing."""
    serving = read_current(corpus.index).serving.folder(corpus.index)
    seen = {place for _, place in _files_with(serving, traces)}
    for place in traces.keys() - seen:
        yield f"the {place} is in no file while the document is there"
    if not [*_indexed_words(corpus, case)]:
        yield "the word index lacks it while the document is there"
    if not [*_counted_tokens(corpus, case)]:
        yield "no token counts it while the document is there"


def _unanswered(service: Service, client: TestClient, case: Case) -> Iterator[str]:
    """Warm every cache; say which way does not lead to the document while it is there."""
    ways = {"search", "ask", "search over HTTP", "the text route", "the document", "lexical"}
    ways |= {f"the filter on {name}" for name in case.words.keys() & {"tag", "author", "title"}}
    if case.words.keys() & {"title", "name"}:
        ways.add("the list")
    for where in sorted(ways - set(_answered(service, client, case))):
        yield f"{where} does not give it while it is there"
    if not any(True for _ in _strings_with(case, service, client.app)):
        yield "no string in memory holds it while it is there"


def _answered(service: Service, client: TestClient, case: Case) -> Iterator[str]:
    """Name every way to ask that gives a word of the document."""
    for word in case.words.values():
        yield from (where for where, told in _asked(service, client, word) if _holds(case, told))
    listed = list(service.documents()), client.get("/v1/documents").json()
    if any(_holds(case, each) for each in listed):
        yield "the list"
    reply = client.get(f"/v1/documents/{case.doc_id}/text")
    # Where there is none, the reply says so, and repeats the id.
    if reply.is_success and _holds(case, reply.text):
        yield "the text route"
    with suppress(UnknownDocumentError):
        if _holds(case, service.document(case.doc_id).text):
            yield "the document"
    words = service._index.current().generation.words
    if any(words.document_frequency(stem) for stem in _stems(case).values()):
        yield "lexical"


def _asked(service: Service, client: TestClient, word: str) -> Iterator[tuple[str, object]]:
    """Yield a way to ask for ``word``, and what it gives beside the question itself."""
    question = f"What of {word}?"
    yield "search", service.search(question, top_k=50).passages
    answer = service.ask(question, top_k=50)
    yield "ask", (answer.text, answer.citations, answer.passages)
    asked = {"question": question, "top_k": 50}
    yield "search over HTTP", client.post("/v1/search", json=asked).json()["passages"]
    for name in ("tag", "author", "title", "source", "doc_id"):
        yield f"the filter on {name}", list(service.documents(where=[f"{name}~{word}"]))


def _holds(case: Case, told: object) -> bool:
    return any(stem in str(told).lower() for stem in _stems(case).values())


def _kept_in_memory(service: Service, client: TestClient, case: Case) -> Iterator[str]:
    """Say what a running service still holds, once a question has made it look."""
    service.search(_LIVE)
    for text in sorted(set(_strings_with(case, service, client.app))):
        yield f"the running service holds {text[:60]!r}"


def _strings_with(case: Case, *starts: object) -> Iterator[str]:
    """Yield the texts that can be reached from ``starts`` and hold a word of the document."""
    stems = [stem.encode() for stem in _stems(case).values()]
    seen: set[int] = set()
    ahead: list[object] = list(starts)
    while ahead:
        each = ahead.pop()
        if id(each) in seen or isinstance(each, _PASSED_OVER):
            continue
        seen.add(id(each))
        if isinstance(each, (str, bytes)):
            data = each.encode(errors="replace") if isinstance(each, str) else each
            if any(stem in data.lower() for stem in stems):
                yield data.decode(errors="replace")
        ahead += gc.get_referents(each)


def _found(
    corpus: Corpus,
    case: Case,
    traces: Mapping[str, tuple[bytes, ...]],
    *,
    passed_over: set[Path],
) -> Iterator[str]:
    """Say which files of the index hold a trace of the document.

    The word index keeps terms and ids packed, and of tokens one file says no more than
    how many chunks hold them, so these are asked as well.
    """
    for path, place in _files_with(corpus.index, traces):
        if not passed_over & {path, *path.parents}:
            yield f"the {place} is in {path.suffix or path.name}"
    yield from _indexed_words(corpus, case)
    yield from _counted_tokens(corpus, case)


def _files_with(folder: Path, traces: Mapping[str, tuple[bytes, ...]]) -> list[tuple[Path, str]]:
    """Return files below ``folder`` that hold a trace, or have it in their names, and which."""
    found: list[tuple[Path, str]] = []
    for path in folder.rglob("*"):
        data = path.read_bytes().lower() if path.is_file() else b""
        data += path.relative_to(folder).as_posix().lower().encode()
        found += [
            (path, place)
            for place, shapes in traces.items()
            if any(shape in data for shape in shapes)
        ]
    return found


def _indexed_words(corpus: Corpus, case: Case) -> Iterator[str]:
    """Say which words the word index of the generation that serves has, as terms or in ids."""
    folder = read_current(corpus.index).serving.folder(corpus.index) / "lexical"
    words = corpus.words.open(folder)
    for place, stem in _stems(case).items():
        if words.document_frequency(stem):
            yield f"the {place} is a term of the word index"
    searcher = words._searcher
    everything = searcher.search(Query.all_query(), max(1, len(words))).hits
    for _, address in everything:
        stored = str(searcher.doc(address).to_dict()).lower()
        if any(stem in stored for stem in _stems(case).values()):
            yield "a stored field of the word index holds it"


def _counted_tokens(corpus: Corpus, case: Case) -> Iterator[str]:
    """Say which words the generation that serves counts among its tokens."""
    folder = read_current(corpus.index).serving.folder(corpus.index) / TOKENS
    frequencies = np.frombuffer((folder / "frequencies.bin").read_bytes(), dtype="<i8")
    held = set(np.flatnonzero(frequencies).tolist())
    for place, word in case.words.items():
        _, (tokens,) = corpus.embedder.embed_document_tokens([word])
        if held & set(tokens.ids.tolist()):
            yield f"the {place} is counted among the tokens"


def _stems(case: Case) -> dict[str, str]:
    return {place: _STEMS[place] for place in case.words}
