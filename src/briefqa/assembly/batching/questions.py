"""Reads questions one after another, whatever form their file has.

The form is told by the content, never by the name: JSON lines, XML or SGML
topics of TREC, lines of an id and a question with a tab between, or lines of
questions; any of them may be packed with gzip.
"""

import gzip
import io
import json
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain

from briefqa.assembly.batching.topics import Topic, sgml_topics, xml_topics
from briefqa.datatypes import JsonValue
from briefqa.errors import UsageError

LONGEST_LINE = 1_048_576
"""Most bytes of a line, or of an SGML topic, that are read."""

_LARGEST_XML = 64_000_000
_LONGEST_HEAD = 65_536
_GZIP = b"\x1f\x8b"
_UTF8_MARK = b"\xef\xbb\xbf"
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_TEXTS = ("question", "text", "query")
_IDS = ("id", "_id", "query_id", "qid")
_ID_HEADS = {*(name.encode() for name in _IDS), b"number", b"num"}
_TEXT_HEADS = {*(name.encode() for name in _TEXTS), b"title"}
_SPACE = re.compile(rb"\s")
_TAG = re.compile(rb"<([A-Za-z][\w.-]*)")
_XML_ROOTS = {b"topics", b"topic"}
_XML_STARTS = (b"<?xml", b"<!doctype")
# What may stand before the first element of an XML text.
_PROLOG = ((b"<?", b"?>"), (b"<!--", b"-->"), (b"<!", b">"))


@dataclass(frozen=True, slots=True)
class BatchQuestion:
    """A question of a file, the ``position``-th from 1, and what its own line says about asking.

    ``question_id`` is the position where the file states none. ``filters`` are as
    over HTTP. ``problem`` says why it cannot be asked, where it cannot.
    """

    position: int
    question_id: str
    text: str
    top_k: int | None = None
    filters: tuple[JsonValue, ...] = ()
    since: str | None = None
    as_of: str | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class _Line:
    """A line without its break; ``text`` is empty where ``problem`` says what is wrong with it."""

    number: int
    text: str
    problem: str | None = None


def read_questions(stream: io.BufferedReader, *, name: str) -> Iterator[BatchQuestion]:
    """Yield the questions of a file in its order, as they are asked for.

    A line that cannot be asked is yielded with its problem. Nothing but one line
    is held in memory; only XML is read as a whole, up to 64 MB.

    Args:
        stream: The bytes of the file.
        name: What an error calls it.

    Raises:
        UsageError: If the file as a whole cannot be understood.
    """
    try:
        yield from _read(_unpacked(stream), name)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        msg = f"{name} is a damaged gzip file: {error}"
        raise UsageError(msg) from error


def _unpacked(stream: io.BufferedReader) -> io.BufferedReader:
    if stream.peek(len(_GZIP))[: len(_GZIP)] != _GZIP:
        return stream
    return io.BufferedReader(gzip.GzipFile(fileobj=stream))


def _read(stream: io.BufferedReader, name: str) -> Iterator[BatchQuestion]:
    numbered = enumerate(_raw_lines(stream), 1)
    number, first = next(((n, line) for n, line in numbered if line.strip()), (0, b""))
    if first.startswith(_UTF16_MARKS):
        msg = f"{name} is in UTF-16; save it in UTF-8"
        raise UsageError(msg)
    head, lines = [first], (line for _, line in numbered)
    start = first.strip()
    if start.startswith(b"<"):
        tag = _first_tag(head, lines)
        if tag == b"top":
            yield from _from_topics(sgml_topics(chain(head, lines), longest=LONGEST_LINE))
            return
        if tag in _XML_ROOTS or start.lower().startswith(_XML_STARTS):
            yield from _from_topics(xml_topics(_whole(head, lines, name), name))
            return
    yield from _from_lines(_decoded(chain(head, lines), number), start)


def _raw_lines(stream: io.BufferedReader) -> Iterator[bytes]:
    """Yield lines with their breaks; of one that is too long, its beginning."""
    mark = _UTF8_MARK
    while line := stream.readline(LONGEST_LINE + 1):
        yield line.removeprefix(mark)
        mark = b""
        while line and not line.endswith(b"\n"):
            line = stream.readline(LONGEST_LINE)


def _first_tag(head: list[bytes], lines: Iterator[bytes]) -> bytes | None:
    """Return the name of the first element, in lower case; lines are moved to ``head`` for it."""
    while (tag := _tag_after_prolog(b"".join(head).lstrip())) is None:
        more = next(lines, None)
        if more is None or sum(map(len, head)) > _LONGEST_HEAD:
            head += [] if more is None else [more]
            return None
        head.append(more)
    return tag


def _tag_after_prolog(rest: bytes) -> bytes | None:
    is_inside = True
    while is_inside:
        is_inside = False
        for opening, closing in _PROLOG:
            if rest.startswith(opening):
                _, end, rest = rest.partition(closing)
                rest, is_inside = rest.lstrip(), bool(end)
                break
    found = _TAG.match(rest)
    return found[1].lower() if found else None


def _whole(head: Iterable[bytes], lines: Iterable[bytes], name: str) -> bytes:
    parts: list[bytes] = []
    size = 0
    for line in chain(head, lines):
        size += len(line)
        if size > _LARGEST_XML or len(line) > LONGEST_LINE:
            msg = (
                f"{name} has more than {_LARGEST_XML // 1_000_000} MB of XML, or more than "
                f"{LONGEST_LINE:,} bytes of it in one line; give such questions as JSON lines"
            )
            raise UsageError(msg)
        parts.append(line)
    return b"".join(parts)


def _decoded(lines: Iterable[bytes], first: int) -> Iterator[_Line]:
    """Yield the lines that are not blank; ``first`` is the number of the first."""
    for number, line in enumerate(lines, first):
        if len(line) > LONGEST_LINE:
            yield _Line(number, "", f"line {number} has more than {LONGEST_LINE:,} bytes")
            continue
        try:
            text = line.decode().strip("\r\n")
        except UnicodeDecodeError as error:
            yield _Line(number, "", f"line {number} is not UTF-8: {error.reason}")
            continue
        if text.strip():
            yield _Line(number, text)


def _from_topics(topics: Iterable[Topic]) -> Iterator[BatchQuestion]:
    for position, topic in enumerate(topics, 1):
        problem = topic.problem
        yield BatchQuestion(position, topic.topic_id or str(position), topic.text, problem=problem)


def _from_lines(lines: Iterator[_Line], start: bytes) -> Iterator[BatchQuestion]:
    """Read each line in the way that ``start``, the first of them, asks for."""
    cells = [cell.strip() for cell in start.split(b"\t", 1)]
    read = _from_plain
    if start.startswith(b"{"):
        read = _from_json
    elif len(cells) > 1 and all(cells) and not _SPACE.search(cells[0]):
        read = _from_tabbed
        if cells[0].lower() in _ID_HEADS and cells[1].lower() in _TEXT_HEADS:
            next(lines)
    for position, line in enumerate(lines, 1):
        if line.problem is None:
            yield read(position, line)
        else:
            yield BatchQuestion(position, str(position), "", problem=line.problem)


def _from_plain(position: int, line: _Line) -> BatchQuestion:
    return BatchQuestion(position, str(position), line.text.strip())


def _from_tabbed(position: int, line: _Line) -> BatchQuestion:
    question_id, tab, text = line.text.partition("\t")
    if not tab:
        problem = f"line {line.number} has no tab between an id and a question"
        return BatchQuestion(position, str(position), line.text.strip(), problem=problem)
    return BatchQuestion(position, question_id.strip() or str(position), text.strip())


def _from_json(position: int, line: _Line) -> BatchQuestion:
    try:
        record = json.loads(line.text)
    except (ValueError, RecursionError) as error:
        problem = f"line {line.number} is not JSON: {error}"
        return BatchQuestion(position, str(position), "", problem=problem)
    if not isinstance(record, dict):
        problem = f"line {line.number} is JSON, but no object with a question or text"
        return BatchQuestion(position, str(position), "", problem=problem)
    found, text = (_first(record, names) for names in (_IDS, _TEXTS))
    bare = BatchQuestion(
        position,
        str(found) if _is_id(found) else str(position),
        text if isinstance(text, str) else "",
    )
    try:
        return _with_options(bare, record)
    except TypeError as error:
        return replace(bare, problem=f"line {line.number}: {error}")


def _with_options(bare: BatchQuestion, record: Mapping[str, JsonValue]) -> BatchQuestion:
    """Return the question with what its record says about asking it; `TypeError` if that is odd.

    Other fields of a record, such as those of a data set, are passed over.
    """
    found, text = (_first(record, names) for names in (_IDS, _TEXTS))
    if not isinstance(text, str):
        msg = f"{' or '.join(_TEXTS)} must be a string"
        raise TypeError(msg)
    if found is not None and not _is_id(found):
        msg = "the id must be a string or a whole number"
        raise TypeError(msg)
    top_k, filters = record.get("top_k"), record.get("filters")
    # A bool is an int to Python, but not to whoever wrote the file.
    if isinstance(top_k, bool) or not isinstance(top_k, int | None):
        msg = "top_k must be a whole number"
        raise TypeError(msg)
    if not isinstance(filters, list | None):
        msg = 'filters must be a list, such as ["published>=2025"]'
        raise TypeError(msg)
    dates = [record.get(name) for name in ("since", "as_of")]
    since, as_of = (each if each is None else str(each) for each in dates)
    return replace(bare, top_k=top_k, filters=tuple(filters or ()), since=since, as_of=as_of)


def _first(record: Mapping[str, JsonValue], names: Iterable[str]) -> JsonValue:
    return next((record[name] for name in names if record.get(name) is not None), None)


def _is_id(value: JsonValue) -> bool:
    return (isinstance(value, int) and not isinstance(value, bool)) or (
        isinstance(value, str) and bool(value.strip())
    )
