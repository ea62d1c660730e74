"""Writes and reads the folders that runs are kept in; `briefqa.evaluation.runs` says what is there.

``run.json`` comes last and has the SHA-256 of the other files, so that a folder without it,
or with files of another run, is no run. What else lies in the folder is left alone. In
``run.trec``, an id that holds white space has it percent-encoded.
"""

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self, TypeVar
from urllib.parse import quote

from briefqa.datatypes import JsonValue
from briefqa.errors import RunFolderError
from briefqa.evaluation.runs import (
    FORMAT,
    METRICS,
    PARTIAL,
    QUESTIONS,
    RANKING,
    RUN,
    CitedQuote,
    Estimate,
    ExpectedReference,
    GivenAnswer,
    QuestionRecord,
    RankedPassage,
    Run,
    Summary,
)
from briefqa.evaluation.scoring import ranking_of
from briefqa.indexing.durable import make_folder, replace_file

_FILES = (QUESTIONS, RANKING, METRICS)
_BREAKS_A_COLUMN = re.compile(r"[\s%]")

_Row = dict[str, Any]  # Any: parsed JSON
_Built = TypeVar("_Built")


def write_run(folder: Path, run: Run) -> None:
    """Keep ``run`` in ``folder``, in the place of the run that was there, if any.

    Raises:
        OSError: If the disk refuses; the folder then holds no run.
    """
    make_folder(folder)
    (folder / RUN).unlink(missing_ok=True)
    contents = {
        QUESTIONS: "".join(map(record_to_line, run.questions)),
        RANKING: "".join(_ranking_lines(run)),
        METRICS: _json(asdict(run.summary), indent=1) + "\n",
    }
    hashes: dict[str, JsonValue] = {}
    for name, text in contents.items():
        data = text.encode("utf-8")
        replace_file(folder / name, data)
        hashes[name] = hashlib.sha256(data).hexdigest()
    about = {**run.about, "format": FORMAT, "name": run.name, "files": hashes}
    replace_file(folder / RUN, (_json(about, indent=1) + "\n").encode("utf-8"))
    (folder / PARTIAL).unlink(missing_ok=True)


def read_run(folder: Path) -> Run:
    """Return the run that ``folder`` holds.

    Raises:
        RunFolderError: If it holds none, or not the one that was written.
    """
    path = folder / RUN
    about = _parsed(path, _read(path), dict)
    if about.get("format") != FORMAT:
        detail = f"has format {about.get('format')!r}, but this version reads format {FORMAT}"
        raise RunFolderError(path, detail)
    data = {name: _read(folder / name) for name in _FILES}
    for name, content in data.items():
        files = about.get("files")
        expected = files.get(name) if isinstance(files, dict) else None
        if hashlib.sha256(content).hexdigest() != expected:
            raise RunFolderError(folder / name, "is not the file that was written with the run")
    questions = folder / QUESTIONS
    return Run(
        name=str(about.get("name")),
        about=about,
        questions=tuple(
            _parsed(questions, line, _record, line_number=number)
            for number, line in enumerate(data[QUESTIONS].splitlines(), 1)
        ),
        summary=_parsed(folder / METRICS, data[METRICS], _summary),
    )


class PartialRun:
    """The questions of a run under way, kept as they come."""

    def __init__(self, folder: Path, identity: Mapping[str, JsonValue]) -> None:
        """Take up what an earlier attempt left in ``folder``, if it was at the same run.

        Args:
            folder: The folder of the run; made if missing.
            identity: All that a record depends on: set, index, options.

        Raises:
            OSError: If the disk refuses.
        """
        make_folder(folder)
        self._path = folder / PARTIAL
        self._head = _json({"identity": dict(identity)})
        self.known, kept = _partial_records(self._path, self._head)
        self._stream: IO[str] = self._path.open("w", encoding="utf-8", newline="\n")
        # What a kill cut off in the middle of a line must not spoil the next.
        self._stream.writelines([f"{self._head}\n", *(f"{line}\n" for line in kept)])
        self._stream.flush()

    def keep(self, record: QuestionRecord) -> None:
        """Write ``record`` down at once."""
        self._stream.write(record_to_line(record))
        self._stream.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stream.close()


def _partial_records(path: Path, head: str) -> tuple[dict[str, QuestionRecord], list[str]]:
    """Return the records of an earlier attempt by query id, and their lines."""
    try:
        first, *lines = path.read_text(encoding="utf-8").split("\n")
    except (FileNotFoundError, UnicodeDecodeError):
        return {}, []
    known: dict[str, QuestionRecord] = {}
    kept: list[str] = []
    # The last piece is empty, or a line that was never finished.
    for line in lines[:-1] if first == head else []:
        try:
            record = _record(json.loads(line))
        except (ValueError, TypeError, KeyError, AttributeError):
            break
        known[record.query_id] = record
        kept.append(line)
    return known, kept


def record_to_line(record: QuestionRecord) -> str:
    """Return ``record`` as a line of JSON, with its line break."""
    return _json(asdict(record)) + "\n"


def _ranking_lines(run: Run) -> list[str]:
    """Return the lines of ``run.trec``.

    The score falls by one a rank: readers sort by it, and equal scores would let them put
    documents into an order of their own.
    """
    name = _column(run.name)
    lines: list[str] = []
    for record in run.questions:
        ranking = ranking_of(record.passages)
        query_id, most = _column(record.query_id), len(ranking) + 1
        lines += (
            f"{query_id} Q0 {_column(doc_id)} {rank} {most - rank} {name}\n"
            for rank, doc_id in enumerate(ranking, 1)
        )
    return lines


def _column(name: str) -> str:
    if not re.search(r"\s", name):
        return name
    return _BREAKS_A_COLUMN.sub(lambda match: quote(match[0], safe=""), name)


def _json(value: object, *, indent: int | None = None) -> str:
    # Escaped, so that half characters and odd line breaks of a question do no harm.
    return json.dumps(value, allow_nan=False, indent=indent)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        detail = "is missing; expected the folder of a run, as `briefqa eval run` writes it"
        raise RunFolderError(path, detail) from error
    except OSError as error:
        raise RunFolderError(path, f"cannot be read: {error.strerror}") from error


def _parsed(
    path: Path, data: bytes, build: Callable[[_Row], _Built], *, line_number: int | None = None
) -> _Built:
    try:
        return build(json.loads(data))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        where = "" if line_number is None else f"line {line_number} "
        raise RunFolderError(path, f"{where}cannot be understood: {error}") from error


def _record(row: _Row) -> QuestionRecord:
    answer = row["answer"]
    return QuestionRecord(
        **{
            **row,
            "references": tuple(ExpectedReference(**each) for each in row["references"]),
            "passages": tuple(
                RankedPassage(**{**each, "duplicates": tuple(each["duplicates"])})
                for each in row["passages"]
            ),
            "answer": None if answer is None else _answer(answer),
            "problems": tuple(row["problems"]),
        }
    )


def _answer(row: _Row) -> GivenAnswer:
    return GivenAnswer(
        **{**row, "citations": tuple(CitedQuote(**each) for each in row["citations"])}
    )


def _summary(row: _Row) -> Summary:
    return Summary(
        measures={name: Estimate(**each) for name, each in row["measures"].items()},
        abstention=row["abstention"],
        curves={name: _points(points) for name, points in row["curves"].items()},
        latency_ms=row["latency_ms"],
    )


def _points(points: Sequence[Sequence[float]]) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(point) for point in points)
