"""Command ``index``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from briefqa.cli.options import IndexOption, JsonOption, NoColorOption
from briefqa.cli.output import print_json
from briefqa.cli.progress import progress_on_stderr
from briefqa.errors import MissingFolderError
from briefqa.wire import report_to_wire

if TYPE_CHECKING:
    from briefqa.cli.pages import Page
    from briefqa.indexing.sync import SyncReport

_SOME_FAILED = 1


def index(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Folder of documents.")],
    *,
    index_folder: IndexOption = None,
    embedder: Annotated[
        str | None,
        typer.Option(
            "--embedder",
            metavar="SPEC",
            help="Embedding model, as NAME or NAME:ARGUMENT; by default the index's own, "
            "or all-MiniLM-L6-v2.",
        ),
    ] = None,
    allow_empty: Annotated[
        bool, typer.Option("--allow-empty", help="Accept a folder without documents.")
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with 1 if any file cannot be read.")
    ] = False,
    as_json: JsonOption = False,
    no_color: NoColorOption = False,
) -> int:
    """Make an index of a folder, or bring it in step with the folder.

    Only what has changed is embedded again; what is gone from the folder is
    gone from the index.
    """
    from briefqa.settings import load_settings  # noqa: PLC0415 - slow, and `--help` needs none

    settings = load_settings({"index": index_folder, "embedder": embedder})
    if not folder.is_dir():
        # Before a model is loaded for nothing.
        raise MissingFolderError(folder)

    from briefqa.assembly.building import build_index  # noqa: PLC0415 - readers are slow to import
    from briefqa.chunking import ChunkingOptions  # noqa: PLC0415

    with progress_on_stderr(no_color=no_color) as listener:
        report = build_index(
            folder,
            settings.index,
            embedder=settings.embedder,
            chunking=ChunkingOptions(size=settings.chunking.size, prefix=settings.chunking.prefix),
            allow_empty=allow_empty,
            on_progress=listener,
        )
    if as_json:
        print_json(report_to_wire(report))
    else:
        from briefqa.cli.pages import Page  # noqa: PLC0415 - rich is only for people

        _summarise(report, settings.index, Page(no_color=no_color))
    return _SOME_FAILED if strict and report.failed else 0


def _summarise(report: "SyncReport", index_folder: Path, page: "Page") -> None:
    from briefqa.cli.pages import counted  # noqa: PLC0415 - rich is only for people

    page.line(
        f"{index_folder} holds {counted(report.documents, 'document')} "
        f"in {counted(report.chunks, 'chunk')}, generation {report.generation}.",
        style="bold",
    )
    counts = {
        "added": len(report.added),
        "changed": len(report.changed),
        "removed": len(report.removed),
        "unchanged": report.unchanged,
        "failed": len(report.failed),
    }
    page.line("Documents: " + ", ".join(f"{count:,} {what}" for what, count in counts.items()))
    page.line(
        f"Chunks: {report.embedded:,} embedded, {report.reused:,} reused; "
        f"{report.seconds:.1f} seconds"
    )
    if not report.published:
        page.line("Nothing had changed.")
    if report.failed:
        page.line()
        page.line(f"{counted(len(report.failed), 'file')} could not be read:", style="bold")
        for error in report.failed:
            page.line(f"{error.source}: {error.detail} ({error.reason})", indent=2)
