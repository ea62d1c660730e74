"""Command ``index``."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from briefqa.cli.options import IndexOption, JsonOption, NoColorOption
from briefqa.cli.output import print_json, say
from briefqa.cli.progress import progress_on_stderr
from briefqa.machine import rare_collections, short_turns

if TYPE_CHECKING:
    from briefqa.assembly.gating import Gate
    from briefqa.documents import ReadingOptions
    from briefqa.indexing.rewriting import SyncReport
    from briefqa.settings import DocumentsSettings, Settings

_SOME_FAILED = 1


FoldersArgument = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[FOLDER]...",
        help="Folders of documents, each as its path or as NAME=PATH; by default those of the "
        "last time.",
    ),
]
NewEmbedderOption = Annotated[
    str | None,
    typer.Option(
        "--embedder",
        metavar="SPEC",
        help="Embedding model, as NAME or NAME:ARGUMENT; by default the index's own, "
        "or all-MiniLM-L6-v2.",
    ),
]
OcrOption = Annotated[
    bool | None,
    typer.Option("--ocr/--no-ocr", help="Have tesseract read pages that are images."),
]
RecallOption = Annotated[
    float | None,
    typer.Option(
        "--recall",
        metavar="SHARE",
        help="Share of the ten nearest vectors that a search of a large index is to find.",
    ),
]
GpuOption = Annotated[
    bool, typer.Option("--gpu", help="Have a GPU embed, through sentence-transformers.")
]
WatchOption = Annotated[
    bool, typer.Option("--watch", help="Stay, and follow every change of the folders.")
]
AllowEmptyOption = Annotated[
    bool, typer.Option("--allow-empty", help="Accept a folder without documents.")
]
NoGateOption = Annotated[
    bool,
    typer.Option("--no-gate", help="Publish the index even if the questions of the gate suffer."),
]
RayOption = Annotated[
    str | None,
    typer.Option(
        "--ray",
        metavar="ADDRESS",
        help="Read and embed on all machines of a Ray cluster: HOST:PORT, ray://HOST:PORT, or "
        "auto for the one that this machine belongs to.",
    ),
]
StrictOption = Annotated[
    bool, typer.Option("--strict", help="Exit with 1 if any file cannot be read.")
]


def index(
    folders: FoldersArgument = None,
    *,
    index_folder: IndexOption = None,
    embedder: NewEmbedderOption = None,
    ocr: OcrOption = None,
    recall: RecallOption = None,
    gpu: GpuOption = False,
    watch: WatchOption = False,
    allow_empty: AllowEmptyOption = False,
    strict: StrictOption = False,
    no_gate: NoGateOption = False,
    ray: RayOption = None,
    as_json: JsonOption = False,
    no_color: NoColorOption = False,
) -> int:
    """Make an index of folders, or bring it in step with them.

    Only what has changed is embedded again; what is gone from the folders is
    gone from the index. Ids of documents begin with the name of their folder
    where there are several. With --watch, each change is followed until Ctrl-C,
    and with --json each report is one line.
    """
    with rare_collections():
        # Slow to import, and `--help` needs none.
        from briefqa.assembly.building import roots_to_index  # noqa: PLC0415
        from briefqa.assembly.places import require_folder  # noqa: PLC0415
        from briefqa.settings import load_settings  # noqa: PLC0415

    sections = {
        "documents": None if ocr is None else {"ocr": ocr},
        "vectors": None if recall is None else {"recall": recall},
    }
    settings = load_settings({"index": index_folder, "embedder": embedder, **sections})
    folder = require_folder(settings.index)
    roots = roots_to_index(folders or None, folder)
    report: SyncReport | None = None

    def bring_in_step() -> None:
        nonlocal report
        report = build(
            settings,
            folders=folders or None,
            gpu=gpu,
            allow_empty=allow_empty,
            gate=None if no_gate else gate_of(settings),
            ray=ray,
            no_color=no_color,
        )
        show(report, folder, as_json=as_json, no_color=no_color)

    if watch:
        from briefqa.assembly.watching import follow  # noqa: PLC0415 - only this needs it

        say("briefqa: watching the folders (Ctrl-C stops it)")
        follow(roots, folder, bring_in_step)
    else:
        bring_in_step()
    return _SOME_FAILED if strict and report is not None and report.failed else 0


def build(
    settings: "Settings",
    *,
    folders: Sequence[str] | None = None,
    gpu: bool = False,
    restored: Sequence[str] = (),
    allow_empty: bool = False,
    gate: "Gate | None" = None,
    ray: str | None = None,
    no_color: bool = False,
) -> "SyncReport":
    """Bring the index in step with its folders, as the settings say, and show progress."""
    from briefqa.assembly.building import build_index  # noqa: PLC0415 - readers import slowly
    from briefqa.chunking import ChunkingOptions  # noqa: PLC0415

    with progress_on_stderr(no_color=no_color) as listener, short_turns():
        return build_index(
            folders,
            settings.index,
            embedder=settings.embedder,
            chunking=ChunkingOptions(size=settings.chunking.size, prefix=settings.chunking.prefix),
            reading=reading_options(settings.documents),
            recall=settings.vectors.recall,
            gpu=gpu,
            restored=restored,
            allow_empty=allow_empty,
            gate=gate,
            ray=ray,
            on_progress=listener,
        )


def gate_of(settings: "Settings") -> "Gate | None":
    """Return the gate that is set, if one is."""
    if settings.gate.questions is None:
        return None
    from briefqa.assembly.gating import Gate  # noqa: PLC0415 - slow to import

    return Gate(
        questions=settings.gate.questions,
        measure=settings.gate.measure,
        margin=settings.gate.margin,
        reranker=settings.reranker or None,
        rerank_top=settings.rerank_top,
    )


def reading_options(settings: "DocumentsSettings") -> "ReadingOptions":
    """Return how files are to be read."""
    from briefqa.documents import ReadingOptions  # noqa: PLC0415 - readers are slow to import

    return ReadingOptions(
        ocr=settings.ocr,
        ocr_languages=settings.ocr_languages,
        most_bytes=settings.max_megabytes * 1_000_000,
        timeout_s=settings.timeout_s,
        memory_bytes=settings.memory_megabytes * 1_000_000,
    )


def show(report: "SyncReport", index_folder: Path, *, as_json: bool, no_color: bool) -> None:
    """Print what became of the index."""
    if as_json:
        from briefqa.wire import report_to_wire  # noqa: PLC0415 - for the few that read it

        print_json(report_to_wire(report))
    else:
        _summarise(report, index_folder, no_color=no_color)


def _summarise(report: "SyncReport", index_folder: Path, *, no_color: bool) -> None:
    from briefqa.cli.pages import Page, counted  # noqa: PLC0415 - rich is only for people

    page = Page(no_color=no_color)
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
    if report.excluded:
        counts["left out on purpose"] = report.excluded
    page.line("Documents: " + ", ".join(f"{count:,} {what}" for what, count in counts.items()))
    page.line(
        f"Chunks: {report.embedded:,} embedded, {report.reused:,} reused; "
        f"{report.seconds:.1f} seconds"
    )
    if not report.published:
        page.line("Nothing had changed.")
    if report.notices:
        page.line()
        page.line(f"{counted(len(report.notices), 'notice')}:", style="bold")
        for notice in report.notices:
            page.line(f"{notice.doc_id}: {notice.detail}", indent=2)
    if report.failed:
        page.line()
        page.line(f"{counted(len(report.failed), 'file')} could not be read:", style="bold")
        for error in report.failed:
            page.line(f"{error.source}: {error.detail} ({error.reason})", indent=2)
