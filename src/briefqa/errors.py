"""Every error raised on purpose, and the exit code of each.

```
BriefqaError (1)
├── UsageError (2)                 the request cannot be carried out as written
│   ├── MissingFolderError         the folder to index does not exist
│   ├── SourceNameError            folders whose documents cannot be told apart
│   ├── QuestionError              an empty or overlong question
│   ├── LimitError                 a number outside its range
│   ├── ConditionError             a filter that cannot be understood
│   ├── DateError                  what cannot be the date of as_of or since
│   ├── SettingsError              a setting that cannot be understood
│   ├── DatasetError               a question set that cannot be understood
│   ├── CalibrationError           too few questions to fit the confidence to
│   ├── RunFolderError             a folder that holds no run of an evaluation, or a broken one
│   ├── UnknownModelError          no language model of that name is configured
│   ├── UnknownPluginError         no plug-in of that name is installed
│   ├── DocumentIdError            what cannot be the id of a document
│   ├── DocumentOwnedError         a document that only its folder can change
│   ├── FolderNeededError          an index in a store where one in a folder is needed
│   ├── RunsError                  runs of an evaluation that cannot be held against each other
│   └── AddressInUseError          the port to serve on is taken
├── NoDocumentsError (3)           a folder without a readable document
├── UnknownDocumentError (3)       no document of that id in the index
├── NotRemovedError (3)            no document of that id was removed
├── NoGenerationError (3)          no generation of that id is kept
├── DocumentError (1)              one file that cannot be read
├── IndexFileError (4)             the index cannot be used
│   ├── IndexMissingError          no index there
│   ├── IndexMismatchError         built with another model
│   ├── IndexFormatError           built with another format
│   ├── IndexOutdatedError         built by another version of the readers
│   ├── StoreVersionError          a server that is too old to hold the index
│   └── IndexDamagedError          a file does not match its checksum
├── GateError (1)                  a build that finds less than the index that serves
├── IndexLockedError (1)           another process is writing
├── IndexWriteError (1)            the index folder cannot be written
├── LoadError (1)                  an answer that the server has no time for
│   ├── BusyError                  too many are under way
│   ├── StoppingError              the server is being stopped
│   └── AnswerTimeoutError         it took longer than one may
└── BackendError (5)               a model or store cannot be reached
    ├── WeightsError               model files that are not what they should be
    ├── ModelFaultError            a language model that writes nothing, or not all
    ├── StoreError                 a store for vectors that is down, or refuses
    ├── ClusterError               a Ray cluster that is down, or whose workers will not do
    ├── ReplyError                 a server that refuses a request, or replies with nonsense
    └── ExportError                a model that onnxruntime cannot run faithfully
```
"""

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from briefqa.datatypes import FaultKind


class BriefqaError(Exception):
    """Root of every error this package raises on purpose."""

    exit_code: ClassVar[int] = 1


class UsageError(BriefqaError):
    """The request cannot be carried out as it was written."""

    exit_code = 2


class MissingFolderError(UsageError):
    """The folder to index does not exist."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        super().__init__(f"{str(folder)!r} is not a folder; give the path of a folder of documents")


class SourceNameError(UsageError):
    """Several folders are indexed, and one has a name that cannot tell its documents apart."""

    def __init__(self, name: str, detail: str) -> None:
        self.name = name
        self.detail = detail
        super().__init__(
            f"{name!r} cannot be the name of a folder to index: {detail}; "
            "give each of several folders a name of its own: NAME=FOLDER"
        )


class QuestionError(UsageError):
    """The question is empty or too long."""


class LimitError(UsageError):
    """A number lies outside its allowed range."""

    def __init__(self, name: str, *, found: float, least: float, most: float) -> None:
        self.name = name
        self.found = found
        super().__init__(f"{name} is {found}, but must lie between {least} and {most}")


class ConditionError(UsageError):
    """A condition on documents cannot be understood.

    ``condition`` is what was written, ``part`` the part that is wrong, ``detail``
    what is wrong with it and what is allowed. ``place`` counts from 0 where the
    condition was one of several.
    """

    def __init__(self, condition: str, part: str, detail: str, *, place: int | None = None) -> None:
        self.condition = condition
        self.part = part
        self.detail = detail
        self.place = place
        super().__init__(f"condition {_shortened(condition)!r}: {detail}")

    def at(self, place: int) -> "ConditionError":
        """Return this error as that of the condition at ``place`` among several."""
        return ConditionError(self.condition, self.part, self.detail, place=place)


class DateError(UsageError):
    """What was given as ``name``, which is as_of or since, is no date."""

    def __init__(self, name: str, *, found: str) -> None:
        self.name = name
        self.found = found
        super().__init__(
            f"{name} is {_shortened(found)!r}, which is no date; write 2025, 2025-03 or 2025-03-31"
        )


class SettingsError(UsageError):
    """A setting has a value that cannot be understood."""


class DatasetError(UsageError):
    """A question set, or ``line`` of one of its files, is not what it should be."""

    def __init__(self, path: Path, detail: str, *, line: int | None = None) -> None:
        self.path = path
        self.detail = detail
        self.line = line
        where = f"{path}:{line}" if line is not None else str(path)
        super().__init__(f"question set {where}: {detail}")


class CalibrationError(UsageError):
    """There are too few questions that the documents answer, or that they do not."""

    def __init__(self, answerable: int, unanswerable: int, *, fewest: int) -> None:
        self.answerable = answerable
        self.unanswerable = unanswerable
        super().__init__(
            f"{answerable} questions are marked as answered by the documents and {unanswerable} as "
            f"not; at least {fewest} of each are needed, and some 50 of each to be sure of much"
        )


class RunFolderError(UsageError):
    """A folder holds no run of an evaluation, or one that cannot be read."""

    def __init__(self, path: Path, detail: str) -> None:
        self.path = path
        self.detail = detail
        super().__init__(f"{path}: {detail}")


class UnknownPluginError(UsageError):
    """No plug-in of that name is installed."""

    def __init__(self, *, group: str, name: str, known: Sequence[str]) -> None:
        self.group = group
        self.name = name
        self.known = tuple(known)
        super().__init__(
            f"no plug-in {name!r} in {group!r}; installed are: {', '.join(known) or 'none'}"
        )


class UnknownModelError(UsageError):
    """No language model of that name is configured."""

    def __init__(self, name: str, *, known: Sequence[str]) -> None:
        self.name = name
        self.known = tuple(known)
        there = f"there are {', '.join(known)}" if known else "none is configured"
        super().__init__(
            f"there is no language model {_shortened(name)!r}: {there}; "
            "describe it in briefqa.toml under [models.NAME]"
        )


class DocumentIdError(UsageError):
    """What was given as the id of a document cannot be one."""

    def __init__(self, doc_id: str, detail: str) -> None:
        self.doc_id = doc_id
        self.detail = detail
        super().__init__(
            f"{doc_id[:100]!r} cannot be the id of a document: {detail}; "
            "expected a path such as 'reports/2025/brief.pdf'"
        )


class DocumentOwnedError(UsageError):
    """A document that came from an indexed folder cannot be replaced from outside."""

    def __init__(self, doc_id: str, *, source: str) -> None:
        self.doc_id = doc_id
        self.source = source
        super().__init__(
            f"document {doc_id!r} comes from the file {source!r} of an indexed folder; "
            "change that file, or send the document under another id"
        )


class FolderNeededError(UsageError):
    """A command works on the files of an index, and was given one that lies in a store."""

    def __init__(self, address: str, *, advice: str) -> None:
        self.address = address
        super().__init__(f"the index {address!r} is not in a folder: {advice}")


class RunsError(UsageError):
    """Runs of an evaluation cannot be held against each other as was asked."""


class AddressInUseError(UsageError):
    """The address to serve on belongs to another process."""

    def __init__(self, *, host: str, port: int) -> None:
        self.host = host
        self.port = port
        super().__init__(
            f"port {port} on {host} is in use; stop the other server or choose another with --port"
        )


class NoDocumentsError(BriefqaError):
    """The folders hold no document that can be read.

    ``failed`` says of each file that was tried why it could not be read.
    """

    exit_code = 3

    def __init__(
        self,
        folders: Sequence[Path],
        *,
        looked_for: Sequence[str],
        failed: Sequence["DocumentError"],
    ) -> None:
        self.folders = tuple(folders)
        self.looked_for = tuple(looked_for)
        self.failed = tuple(failed)
        shown = "; ".join(str(error) for error in self.failed[:3])
        more = f" and {len(failed) - 3} more" if len(failed) > 3 else ""  # noqa: PLR2004
        super().__init__(
            f"no document in {', '.join(repr(str(each)) for each in folders)} can be read; "
            "looked for "
            f"{', '.join(looked_for)}" + (f"; failed: {shown}{more}" if failed else "")
        )


class UnknownDocumentError(BriefqaError):
    """The index holds no document of that id."""

    exit_code = 3

    def __init__(self, doc_id: str) -> None:
        self.doc_id = doc_id
        super().__init__(
            f"no document {doc_id!r} in the index; `briefqa documents list` names them all"
        )


class NotRemovedError(BriefqaError):
    """No document of that id was removed from the index, so none can be restored."""

    exit_code = 3

    def __init__(self, doc_id: str, *, removed: Sequence[str]) -> None:
        self.doc_id = doc_id
        self.removed = tuple(removed)
        super().__init__(
            f"no document {doc_id!r} was removed from the index; "
            f"removed were: {', '.join(removed[:10]) or 'none'}"
        )


class NoGenerationError(BriefqaError):
    """The index keeps no generation of that id, or none to go back to."""

    exit_code = 3

    def __init__(self, generation: str | None, *, kept: Sequence[str]) -> None:
        self.generation = generation
        self.kept = tuple(kept)
        found = "no earlier generation" if generation is None else f"no generation {generation!r}"
        super().__init__(
            f"{found} in the index; kept are {', '.join(kept)} (the first one serves); "
            "`briefqa generations list` tells about them"
        )


class DocumentError(BriefqaError):
    """One file that cannot be read; ``reason`` is a kind, ``detail`` a sentence."""

    def __init__(self, source: str, *, reason: str, detail: str) -> None:
        self.source = source
        self.reason = reason
        self.detail = detail
        super().__init__(f"{source}: {detail}")


class IndexFileError(BriefqaError):
    """The index cannot be used as it is."""

    exit_code = 4


class IndexMissingError(IndexFileError):
    """There is no index in the folder, or at the address of a store."""

    def __init__(self, folder: Path | str, *, advice: str | None = None) -> None:
        self.folder = folder
        how = advice or f"build one with `briefqa index FOLDER --index {folder}`"
        super().__init__(f"no index in {str(folder)!r}; {how}")


class IndexMismatchError(IndexFileError):
    """The index was built with a different model from the one configured."""

    def __init__(self, *, built_with: str, configured: str) -> None:
        self.built_with = built_with
        self.configured = configured
        super().__init__(
            f"index was built with {built_with!r} but {configured!r} is configured; ask with "
            f"the first, or rebuild it with `briefqa index FOLDER --embedder {configured}`"
        )


class IndexFormatError(IndexFileError):
    """The index has a format that this version does not read."""

    def __init__(self, *, found: object, expected: int) -> None:
        self.found = found
        self.expected = expected
        super().__init__(
            f"index has format {found!r} but this version reads format {expected}; "
            "run `briefqa index` to rebuild it"
        )


class IndexOutdatedError(IndexFileError):
    """The documents of the index were read or cut by another version of this program."""

    def __init__(self) -> None:
        super().__init__(
            "the documents of the index were read by another version of briefqa, and one more "
            "would not fit among them; run `briefqa index` first, which reads them again"
        )


class IndexDamagedError(IndexFileError):
    """A file of the index is missing or does not match its checksum."""

    def __init__(
        self, path: Path | str, detail: str, *, advice: str = "run `briefqa index` to rebuild it"
    ) -> None:
        self.path = path
        self.detail = detail
        super().__init__(f"index is damaged: {path}: {detail}; {advice}")


class StoreVersionError(IndexFileError):
    """The server that is to hold the index is too old for it."""

    def __init__(self, address: str, *, found: str, least: str) -> None:
        self.address = address
        self.found = found
        super().__init__(
            f"{address}: the server is Milvus {found}, but {least} or newer is needed, which "
            "searches by words as well as by vectors; use a newer server"
        )


class GateError(BriefqaError):
    """A build finds less than the index that serves, so it was not published."""

    def __init__(  # noqa: PLR0913 - both figures, and what they are of
        self,
        questions: Path,
        *,
        measure: str,
        built: float,
        serving: float,
        margin: float,
        count: int,
    ) -> None:
        self.questions = questions
        self.measure = measure
        self.built = built
        self.serving = serving
        self.margin = margin
        self.count = count
        super().__init__(
            f"the build is worse than the index that serves: {measure} {built:.4f} against "
            f"{serving:.4f} over {count} questions of {str(questions)!r}, and at most {margin:g} "
            "may be lost; the index serves what it did; publish the build all the same with "
            "`briefqa index --no-gate`"
        )


class IndexLockedError(BriefqaError):
    """Another process holds the writer's lock."""

    def __init__(self, folder: Path, *, holder: str) -> None:
        self.folder = folder
        self.holder = holder
        super().__init__(f"index {str(folder)!r} is being written by {holder}; wait for it to end")


UNTOUCHED = "what it held before is untouched"


class IndexWriteError(BriefqaError):
    """The index folder cannot be written; the message says what it holds."""

    def __init__(self, folder: Path, detail: str, *, left: str = UNTOUCHED) -> None:
        self.folder = folder
        self.detail = detail
        super().__init__(f"cannot write the index in {str(folder)!r}: {detail}; {left}")


class LoadError(BriefqaError):
    """The server has no time for an answer; ``retry_after_s`` says when it may have, if ever."""

    def __init__(self, detail: str, *, retry_after_s: int | None = None) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(detail)

    def headers(self) -> dict[str, str] | None:
        """Return what HTTP says of it beside the status."""
        return None if self.retry_after_s is None else {"Retry-After": str(self.retry_after_s)}


class BusyError(LoadError):
    """Too many answers are under way."""

    def __init__(self, detail: str, *, retry_after_s: int) -> None:
        super().__init__(
            f"{detail}; ask again in {retry_after_s} seconds", retry_after_s=retry_after_s
        )


class StoppingError(LoadError):
    """The server is being stopped, and takes or finishes nothing more."""

    def __init__(self, *, retry_after_s: int) -> None:
        super().__init__(
            "the server is being stopped; ask again once it is back", retry_after_s=retry_after_s
        )


class AnswerTimeoutError(LoadError):
    """An answer took longer than one may, and was stopped."""

    def __init__(self, *, most_s: float) -> None:
        self.most_s = most_s
        super().__init__(
            f"the answer was not whole after {most_s:g} seconds, which is the most, and was "
            "stopped; ask for less, or without a language model"
        )


class BackendError(BriefqaError):
    """A model or store cannot be loaded or reached."""

    exit_code = 5


class WeightsError(BackendError):
    """Model files are missing or are not the ones expected."""


class StoreError(BackendError):
    """A store for vectors cannot be reached, or refuses what is asked of it."""

    def __init__(self, address: str, detail: str) -> None:
        self.address = address
        self.detail = detail
        super().__init__(f"{address}: {detail}")


class ClusterError(BackendError):
    """A Ray cluster cannot be reached, or has no workers that can do what is asked of them."""

    def __init__(self, address: str, detail: str) -> None:
        self.address = address
        self.detail = detail
        super().__init__(f"Ray cluster {address!r}: {detail}")


class ReplyError(BackendError):
    """A server refuses a request, or replies with what cannot be understood."""

    def __init__(self, url: str, detail: str) -> None:
        self.url = url
        self.detail = detail
        super().__init__(f"{url}: {detail}")


class ModelFaultError(BackendError):
    """A language model writes nothing, or stops before its answer is whole."""

    def __init__(self, kind: FaultKind, detail: str) -> None:
        self.kind = kind
        self.detail = detail
        super().__init__(f"the language model failed ({kind.value}): {detail}")


class ExportError(BackendError):
    """A model cannot be turned into a graph that gives the same vectors or scores."""

    def __init__(self, model: str, *, reason: str) -> None:
        self.model = model
        self.reason = reason
        super().__init__(f"{model!r} cannot be exported for onnxruntime: {reason}")


def _shortened(text: str, most: int = 80) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
