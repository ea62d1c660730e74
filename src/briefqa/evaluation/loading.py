"""Reads question sets: BEIR folders, with or without references, and files of questions.

The forms are those of Thakur et al., "BEIR: A Heterogeneous Benchmark for Zero-shot
Evaluation of Information Retrieval Models" (2021), and of a file with a question and its
evidence a line.
"""

import gzip
import hashlib
import json
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from briefqa.datatypes import DocId, Span
from briefqa.errors import DatasetError
from briefqa.evaluation.datasets import Dataset, Query, Reference

_QUERIES = ("queries.jsonl", "queries.jsonl.gz")
_QUESTIONS = ("questions.jsonl", "questions.jsonl.gz")
_CORPUS = ("corpus.jsonl", "corpus.jsonl.gz", "corpus")
_REFERENCES = ("references.jsonl", "references.jsonl.gz")
_QREL_COLUMNS = 3

_Row = Mapping[str, object]


def load_dataset(path: Path) -> Dataset:
    """Return the question set at ``path``, its queries in the order of the file.

    Args:
        path: A folder with ``queries.jsonl`` and ``qrels.tsv`` or ``qrels/*.tsv``, and
            perhaps ``references.jsonl``; one ``qrels/NAME.tsv`` of such a folder, which
            leaves out the queries it does not judge; a file of questions, or a folder with
            ``questions.jsonl``. ``corpus.jsonl``, or a folder ``corpus``, beside them are its
            documents. Any JSONL file may be packed with gzip.

    Raises:
        DatasetError: If there is no question set, or a line of it cannot be understood.
    """
    path = path.absolute()
    if path.suffix == ".tsv":
        return _load_split(path)
    if path.is_file():
        return _load_questions(path, path.parent)
    queries = _first_of(path, _QUERIES)
    if queries is not None:
        return _load_beir(path, queries, _qrel_files(path))
    questions = _first_of(path, _QUESTIONS)
    if questions is None:
        raise DatasetError(
            path, f"expected a JSONL file of questions, or a folder with {_QUERIES[0]} or "
            f"{_QUESTIONS[0]}"
        )  # fmt: skip
    return _load_questions(questions, path)


def _load_split(qrels: Path) -> Dataset:
    folder = qrels.parent.parent if qrels.parent.name == "qrels" else qrels.parent
    queries = _first_of(folder, _QUERIES)
    if queries is None or not qrels.is_file():
        raise DatasetError(qrels, f"expected a file of qrels, and {_QUERIES[0]} in {folder}")
    whole = _load_beir(folder, queries, [qrels])
    judged = set(_qrels([qrels]))
    kept = tuple(query for query in whole.queries if query.query_id in judged)
    return replace(whole, name=f"{folder.name}-{qrels.stem}", path=qrels, queries=kept)


def _load_beir(folder: Path, queries: Path, qrel_files: Sequence[Path]) -> Dataset:
    relevant = _qrels(qrel_files)
    stated = _first_of(folder, _REFERENCES)
    references = _references(stated) if stated is not None else {}
    found = _unique(queries, lambda row: _query(row, relevant, references))
    known = {query.query_id for query in found}
    for query_id in [*relevant, *references]:
        if query_id not in known:
            raise DatasetError(queries, f"holds no query {query_id!r}, which is judged elsewhere")
    files = [queries, *qrel_files, *([stated] if stated is not None else [])]
    return _dataset(folder.name, folder, found, files)


def _load_questions(file: Path, folder: Path) -> Dataset:
    found = _unique(file, _question)
    stem = file.name.partition(".")[0]
    name = folder.name if file.name in _QUESTIONS else stem
    # A file of questions is about its neighbours only where it is the questions of a folder.
    corpus = folder if file.name in _QUESTIONS else None
    return _dataset(name, corpus or file, found, [file], corpus=corpus)


def _dataset(
    name: str, path: Path, queries: list[Query], files: Sequence[Path], corpus: Path | None = None
) -> Dataset:
    digest = hashlib.sha256()
    for file in files:
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    folder = corpus or (path if path.is_dir() else None)
    documents = _first_of(folder, _CORPUS) if folder is not None else None
    return Dataset(name, path, tuple(queries), documents, digest.hexdigest())


def _first_of(folder: Path, names: Sequence[str]) -> Path | None:
    return next((folder / name for name in names if (folder / name).exists()), None)


def _qrel_files(folder: Path) -> list[Path]:
    single = folder / "qrels.tsv"
    return [single] if single.is_file() else sorted((folder / "qrels").glob("*.tsv"))


def _unique(file: Path, read: Callable[[_Row], Query]) -> list[Query]:
    """Return the query of each line; no two may share an id."""
    found: dict[str, Query] = {}
    for number, row in _rows(file):
        try:
            query = read(row)
        except ValueError as error:
            raise DatasetError(file, str(error), line=number) from error
        if query.query_id in found:
            raise DatasetError(file, f"repeats the id {query.query_id!r}", line=number)
        found[query.query_id] = query
    if not found:
        raise DatasetError(file, "holds no question; expected a JSON object a line")
    return list(found.values())


def _query(
    row: _Row,
    relevant: Mapping[str, Mapping[DocId, int]],
    references: Mapping[str, Sequence[Reference]],
) -> Query:
    query_id = _name(row, "_id")
    return Query(
        query_id,
        _text(row, "text"),
        {doc_id: grade for doc_id, grade in relevant.get(query_id, {}).items() if grade > 0},
        tuple(references.get(query_id, ())),
        _answerable(row),
    )


def _question(row: _Row) -> Query:
    """Read a line with evidence: where that is empty, the documents do not answer."""
    stated = row.get("evidence")
    if stated is not None and not isinstance(stated, list):
        msg = 'expected "evidence" to be a list of objects with "doc" and "quote"'
        raise ValueError(msg)
    references = tuple(_evidence(each) for each in stated or ())
    is_answerable = _answerable(row)
    if is_answerable is None and stated is not None:
        is_answerable = bool(references)
    return Query(
        _name(row, "id" if "id" in row else "_id"),
        _text(row, "question" if "question" in row else "text"),
        dict.fromkeys((reference.doc_id for reference in references), 1),
        references,
        is_answerable,
    )


def _evidence(item: object) -> Reference:
    if not isinstance(item, dict):
        msg = 'expected each item of "evidence" to be an object with "doc" and "quote"'
        raise ValueError(msg)  # noqa: TRY004 - what is wrong is the file, not a type of ours
    quote = _text(item, "quote")
    return Reference(DocId(_name(item, "doc")), quote)


def _qrels(files: Sequence[Path]) -> dict[str, dict[DocId, int]]:
    """Return the grades by query and document, as stated; those of 0 and below included."""
    found: dict[str, dict[DocId, int]] = {}
    for file in files:
        for number, line in enumerate(_lines(file), 1):
            cells = line.rstrip("\r\n").split("\t")
            if cells == [""] or (number == 1 and not _is_grade(cells[-1])):
                continue
            if len(cells) != _QREL_COLUMNS or not _is_grade(cells[-1]):
                raise DatasetError(
                    file, "expected query id, document id and a whole number, divided by tabs",
                    line=number,
                )  # fmt: skip
            query_id, doc_id, grade = cells[0], DocId(cells[1]), int(cells[2])
            if found.setdefault(query_id, {}).setdefault(doc_id, grade) != grade:
                raise DatasetError(file, f"grades {doc_id!r} a second time", line=number)
    return found


def _is_grade(cell: str) -> bool:
    return cell.removeprefix("-").isascii() and cell.removeprefix("-").isdigit()


def _references(file: Path) -> dict[str, list[Reference]]:
    found: dict[str, list[Reference]] = {}
    for number, row in _rows(file):
        try:
            query_id, reference = _name(row, "query_id"), _reference(row)
        except ValueError as error:
            raise DatasetError(file, str(error), line=number) from error
        found.setdefault(query_id, []).append(reference)
    return found


def _reference(row: _Row) -> Reference:
    text, start, end = _text(row, "text"), row.get("start"), row.get("end")
    # A bool is an int to Python, but not to whoever wrote the file.
    if type(start) is not int or type(end) is not int:
        msg = 'expected "start" and "end" to be whole numbers'
        raise ValueError(msg)
    span = Span(start, end)
    if len(span) != len(text):
        expected = f'expected a "text" of {len(span)} characters from {start} to {end}'
        msg = f"{expected}, found {len(text)}"
        raise ValueError(msg)
    return Reference(DocId(_name(row, "corpus_id")), text, span)


def _rows(file: Path) -> Iterator[tuple[int, _Row]]:
    for number, line in enumerate(_lines(file), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise DatasetError(file, f"is not JSON: {error}", line=number) from error
        if not isinstance(row, dict):
            raise DatasetError(file, "expected a JSON object", line=number)
        yield number, row


def _lines(file: Path) -> Iterator[str]:
    is_packed = file.suffix == ".gz"
    try:
        # Not by `splitlines`: JSON may hold a line separator that is none here.
        with gzip.open(file, "rb") if is_packed else file.open("rb") as stream:
            for number, line in enumerate(stream, 1):
                try:
                    yield line.decode("utf-8-sig" if number == 1 else "utf-8")
                except UnicodeDecodeError as error:
                    raise DatasetError(file, "is not UTF-8", line=number) from error
    except (OSError, EOFError, zlib.error) as error:
        raise DatasetError(file, f"cannot be read: {error}") from error


def _name(row: _Row, field: str) -> str:
    found = row.get(field)
    if isinstance(found, bool) or not isinstance(found, str | int) or not str(found).strip():
        msg = f'expected "{field}" to be an id: a string that is not empty'
        raise ValueError(msg)
    return str(found)


def _text(row: _Row, field: str) -> str:
    found = row.get(field)
    if not isinstance(found, str) or not found.strip():
        msg = f'expected "{field}" to be a string that is not empty'
        raise ValueError(msg)
    return found


def _answerable(row: _Row) -> bool | None:
    found = row.get("answerable")
    if found is not None and not isinstance(found, bool):
        msg = 'expected "answerable" to be true or false'
        raise ValueError(msg)
    return found
