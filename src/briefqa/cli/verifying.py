"""Command ``verify``."""

import json
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from briefqa.answering import ReceiptCheck, SourceLocator, Standing, check_receipts
from briefqa.assembly.judging import (
    SentenceCheck,
    check_sentences,
    sentences_from_wire,
    with_sentences,
)
from briefqa.assembly.opening import open_texts
from briefqa.cli.options import IndexOption, NoColorOption
from briefqa.cli.output import json_text, print_json, say
from briefqa.datatypes import JsonValue
from briefqa.errors import MissingFolderError, UsageError
from briefqa.wire import checks_to_wire, receipts_from_wire, uncited_numbers

if TYPE_CHECKING:
    from briefqa.cli.pages import Page
    from briefqa.indexing import Generation

_STDIN = Path("-")
_BROKEN = 1
_STYLES = {Standing.HOLDS: "yellow", Standing.MOVED: "yellow", Standing.GONE: "red"}


FileArgument = Annotated[
    Path,
    typer.Argument(metavar="FILE", help="What `briefqa ask --json` printed; - reads stdin."),
]
SourcesOption = Annotated[
    Path | None,
    typer.Option(
        "--sources", metavar="DIR", help="Folder of the source files; by default as indexed."
    ),
]
NoSourcesOption = Annotated[
    bool, typer.Option("--no-sources", help="Do not read the source files again.")
]
UpdateOption = Annotated[
    Path | None,
    typer.Option(
        "--update", metavar="FILE", help="Write the answer there, with its citations renewed."
    ),
]
BatchOption = Annotated[
    bool, typer.Option("--batch", help="FILE is what `briefqa batch` wrote: an answer a line.")
]
ObjectsOption = Annotated[
    bool,
    typer.Option(
        "--json", help="Print one JSON object on stdout, with --batch one for each line to revisit."
    ),
]


def verify(
    file: FileArgument,
    *,
    index: IndexOption = None,
    sources: SourcesOption = None,
    no_sources: NoSourcesOption = False,
    update: UpdateOption = None,
    batch: BatchOption = False,
    as_json: ObjectsOption = False,
    no_color: NoColorOption = False,
) -> int:
    """Check every citation of an answer against the index and the source files.

    A citation holds if its quote stands at its offsets in the text that it
    names, and the source file has not changed since. Otherwise it is said where
    its words have moved to, or that they are gone. Each [n] in the answer must
    have a citation. Exits with 1 if anything does not hold; with --batch, if
    anything moved or is gone.
    """
    from briefqa.settings import load_settings  # noqa: PLC0415 - slow, and `--help` needs none

    if sources is not None and not sources.is_dir():
        raise MissingFolderError(sources)
    if batch:
        from briefqa.cli.rechecking import recheck_file  # noqa: PLC0415 - few need it

        if update is not None:
            msg = "--update renews one answer, and --batch checks many; give one of them"
            raise UsageError(msg)
        settings = load_settings({"index": index})
        with open_texts(settings.index) as generation:
            locate = None if no_sources else _locator(generation, settings.index, sources)
            return recheck_file(file, generation, locate, as_json=as_json, no_color=no_color)
    value = _read(file)
    receipts = receipts_from_wire(value)
    uncited = uncited_numbers(_answer_text(value), receipts)
    judged = check_sentences(sentences_from_wire(value), receipts)
    settings = load_settings({"index": index})
    with open_texts(settings.index) as generation:
        locate = None if no_sources else _locator(generation, settings.index, sources)
        checks = check_receipts(receipts, generation, locate=locate)
    if update is not None:
        _write(update, value, checks)
    if as_json:
        print_json(with_sentences(checks_to_wire(checks, uncited), judged))
    else:
        _print(checks, uncited, judged, no_color=no_color)
    is_said = all(each.holds for each in judged)
    return 0 if all(check.holds for check in checks) and is_said and not uncited else _BROKEN


def _read(file: Path) -> JsonValue:
    named = "stdin" if file == _STDIN else repr(str(file))
    try:
        data = sys.stdin.buffer.read() if file == _STDIN else file.read_bytes()
    except OSError as error:
        msg = f"{named} cannot be read: {error.strerror}"
        raise UsageError(msg) from error
    try:
        value: JsonValue = json.loads(data)
    except (ValueError, RecursionError) as error:
        msg = f"{named} is not JSON: {error}; expected what `briefqa ask --json` printed"
        raise UsageError(msg) from error
    return value


def _write(path: Path, value: JsonValue, checks: Sequence[ReceiptCheck]) -> None:
    """Put the answer with its receipts renewed in the place of ``path``, whole or not at all."""
    from briefqa.assembly.renewing import renew_answer  # noqa: PLC0415 - few need it
    from briefqa.indexing.durable import replace_file  # noqa: PLC0415

    text = json_text(renew_answer(value, checks), encoding="utf-8", indent=2)
    try:
        # A link stays, and leads to the file that is written.
        replace_file(path.resolve(), f"{text}\n".encode())
    except OSError as error:
        msg = f"{str(path)!r} cannot be written: {error.strerror}; what it held is untouched"
        raise UsageError(msg) from error


def _answer_text(value: object) -> str:
    found = value.get("answer") if isinstance(value, dict) else None
    if found is not None and not isinstance(found, str):
        msg = "answer is not a string; expected what `briefqa ask --json` printed"
        raise UsageError(msg)
    return found or ""


def _locator(generation: "Generation", index: str, folder: Path | None) -> SourceLocator:
    """Return what leads to source files: in ``folder`` if one was given, else where indexed."""
    if folder is not None:
        return folder.joinpath
    for root in generation.sources.roots:
        if not root.folder.is_dir():
            say(
                f"note: the indexed folder {str(root.folder)!r} is gone, so its source files "
                "are not checked; see --sources"
            )
    return partial(generation.sources.path_of, index=Path(index))


def _print(
    checks: "Sequence[ReceiptCheck]",
    uncited: Sequence[int],
    judged: Sequence[SentenceCheck],
    *,
    no_color: bool,
) -> None:
    from briefqa.cli.pages import Page, counted  # noqa: PLC0415 - rich is only for people

    page = Page(no_color=no_color)
    for check in checks:
        print_check(page, check)
    print_uncited(page, uncited)
    for each in judged:
        if each.problem is not None:
            page.line(f"broken {each.problem}", style="red")
    broken = sum(not check.holds for check in checks) + len(uncited)
    broken += sum(not each.holds for each in judged)
    what = f"{counted(len(checks), 'citation')} and {counted(len(judged), 'sentence')}"
    page.line(f"{what} checked, {broken} broken", style="bold")


def print_check(page: "Page", check: ReceiptCheck, *, indent: int = 0) -> None:
    """Print what has become of a receipt, and why."""
    from briefqa.cli.pages import place_named  # noqa: PLC0415 - rich is only for people

    receipt = check.receipt
    where = f"[{receipt.number}] {receipt.doc_id} {receipt.start}-{receipt.end}"
    if check.problem is None:
        page.line(f"holds  {where}", style="green", indent=indent)
        return
    said = f"{check.standing.value:6} {where}: {check.problem}"
    if check.standing is Standing.HOLDS:
        said = f"holds  {where}, but {check.problem}"
    elif check.now is not None:
        now = check.now
        place = place_named(now.document, now.place)
        said += f"; now at {now.document.doc_id} {now.span.start}-{now.span.end} ({place})"
    elif check.instead is not None:
        said += f"; there now stands {check.instead!r}"
    page.line(said, style=_STYLES[check.standing], indent=indent)


def print_uncited(page: "Page", uncited: Sequence[int], *, indent: int = 0) -> None:
    """Print the numbers that an answer cites without a receipt."""
    for number in uncited:
        said = f"broken [{number}]: the answer cites it, but it is not there"
        page.line(said, style="red", indent=indent)
