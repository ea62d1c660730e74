"""Command ``verify``."""

import json
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from briefqa.answering import SourceLocator, check_receipt
from briefqa.assembly.service import open_texts
from briefqa.cli.options import IndexOption, JsonOption, NoColorOption
from briefqa.cli.output import print_json, say
from briefqa.errors import MissingFolderError, UsageError
from briefqa.wire import checks_to_wire, receipts_from_wire, uncited_numbers

if TYPE_CHECKING:
    from briefqa.answering import ReceiptCheck
    from briefqa.indexing import Generation

_STDIN = Path("-")
_BROKEN = 1


def verify(
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="What `briefqa ask --json` printed; - reads stdin."),
    ],
    *,
    index: IndexOption = None,
    sources: Annotated[
        Path | None,
        typer.Option(
            "--sources", metavar="DIR", help="Folder of the source files; by default as indexed."
        ),
    ] = None,
    no_sources: Annotated[
        bool, typer.Option("--no-sources", help="Do not read the source files again.")
    ] = False,
    as_json: JsonOption = False,
    no_color: NoColorOption = False,
) -> int:
    """Check every citation of an answer against the index and the source files.

    A citation holds if its quote stands at its offsets in the text that it
    names, and the source file has not changed since. Each [n] in the answer
    must have a citation. Exits with 1 if anything does not hold.
    """
    from briefqa.settings import load_settings  # noqa: PLC0415 - slow, and `--help` needs none

    if sources is not None and not sources.is_dir():
        raise MissingFolderError(sources)
    value = _read(file)
    receipts = receipts_from_wire(value)
    uncited = uncited_numbers(_answer_text(value), receipts)
    settings = load_settings({"index": index})
    with open_texts(settings.index) as generation:
        locate = None if no_sources else _locator(generation, settings.index, sources)
        checks = [check_receipt(receipt, generation, locate=locate) for receipt in receipts]
    if as_json:
        print_json(checks_to_wire(checks, uncited))
    else:
        _print(checks, uncited, no_color=no_color)
    return 0 if all(check.holds for check in checks) and not uncited else _BROKEN


def _read(file: Path) -> object:
    named = "stdin" if file == _STDIN else repr(str(file))
    try:
        data = sys.stdin.buffer.read() if file == _STDIN else file.read_bytes()
    except OSError as error:
        msg = f"{named} cannot be read: {error.strerror}"
        raise UsageError(msg) from error
    try:
        value: object = json.loads(data)
    except (ValueError, RecursionError) as error:
        msg = f"{named} is not JSON: {error}; expected what `briefqa ask --json` printed"
        raise UsageError(msg) from error
    return value


def _answer_text(value: object) -> str:
    found = value.get("answer") if isinstance(value, dict) else None
    if found is not None and not isinstance(found, str):
        msg = "answer is not a string; expected what `briefqa ask --json` printed"
        raise UsageError(msg)
    return found or ""


def _locator(generation: "Generation", index: Path, folder: Path | None) -> SourceLocator:
    """Return what leads to source files: in ``folder`` if one was given, else where indexed."""
    if folder is not None:
        return folder.joinpath
    for root in generation.sources.roots:
        if not root.folder.is_dir():
            say(
                f"note: the indexed folder {str(root.folder)!r} is gone, so its source files "
                "are not checked; see --sources"
            )
    return partial(generation.sources.path_of, index=index)


def _print(checks: "Sequence[ReceiptCheck]", uncited: Sequence[int], *, no_color: bool) -> None:
    from briefqa.cli.pages import Page, counted  # noqa: PLC0415 - rich is only for people

    page = Page(no_color=no_color)
    for check in checks:
        receipt = check.receipt
        where = f"[{receipt.number}] {receipt.doc_id} {receipt.start}-{receipt.end}"
        if check.problem is None:
            page.line(f"holds  {where}", style="green")
        else:
            page.line(f"broken {where}: {check.problem}", style="red")
    for number in uncited:
        page.line(f"broken [{number}]: the answer cites it, but it is not there", style="red")
    broken = sum(not check.holds for check in checks) + len(uncited)
    page.line(f"{counted(len(checks), 'citation')} checked, {broken} broken", style="bold")
