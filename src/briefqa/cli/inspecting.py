"""Commands ``documents list``, ``documents show``, ``check`` and ``config show``."""

import json
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from briefqa.assembly.opening import open_texts
from briefqa.cli.asking import NOTHING_FOUND
from briefqa.cli.harmless import harmless
from briefqa.cli.options import IndexOption, JsonOption, NoColorOption, WhereOption
from briefqa.cli.output import print_json, print_json_list
from briefqa.datatypes import DocId, JsonValue
from briefqa.errors import IndexFileError, UsageError
from briefqa.retrieval import nothing_satisfies, parse_conditions
from briefqa.wire import document_to_wire

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from briefqa.datatypes import DocumentInfo
    from briefqa.indexing import Generation
    from briefqa.settings import Settings


def list_documents(
    *,
    index: IndexOption = None,
    where: WhereOption = None,
    as_json: JsonOption = False,
    no_color: NoColorOption = False,
) -> int:
    """List the documents of the index with title and date.

    Exits with 3 if there are conditions that none of them satisfies.
    """
    conditions = parse_conditions(where or ())
    with _open(index) as generation:
        found = generation.documents_matching(conditions)
        newer = generation.superseded(())
        code = NOTHING_FOUND if conditions and not found else 0
        if as_json:
            # There may be a million: each is read as it is printed.
            documents = (
                document_to_wire(info, superseded_by=newer.get(info.doc_id, ())) for info in found
            )
            print_json_list("documents", documents)
            return code
        heads, rows = _listed(found, newer)
    from briefqa.cli.pages import Page  # noqa: PLC0415 - rich is only for people

    page = Page(no_color=no_color)
    if code:
        page.line(nothing_satisfies(conditions))
    else:
        page.table(heads, rows)
    return code


def show_document(
    doc_id: Annotated[
        str, typer.Argument(metavar="ID", help="Id, as `briefqa documents list` gives it.")
    ],
    *,
    index: IndexOption = None,
    text: Annotated[
        bool, typer.Option("--text", help="Print the canonical text and nothing else.")
    ] = False,
    as_json: JsonOption = False,
    no_color: NoColorOption = False,
) -> int:
    """Show what is known of a document, or its text.

    The canonical text is what the offsets of citations count in; it is printed
    byte for byte unless stdout is a terminal.
    """
    if text and as_json:
        msg = "--text and --json exclude each other; give one"
        raise UsageError(msg)
    with _open(index) as generation:
        document = generation.document(DocId(doc_id))
        chunks = len(generation.chunks_of(DocId(doc_id)))
        newer = generation.superseded(()).get(DocId(doc_id), ())
    if text:
        _print_text(document.text)
    elif as_json:
        known = document_to_wire(document.info, superseded_by=newer)
        print_json({**known, "chunks": chunks})
    else:
        from briefqa.cli.pages import Page  # noqa: PLC0415 - rich is only for people

        fields = _fields(document.info, len(document.text), chunks, newer)
        Page(no_color=no_color).fields(fields)
    return 0


def check(
    *,
    index: IndexOption = None,
    fast: Annotated[
        bool, typer.Option("--fast", help="Only compare checksums; do not read the contents.")
    ] = False,
    as_json: JsonOption = False,
    no_color: NoColorOption = False,
) -> int:
    """Look for damage in the index, file by file.

    Says as well which documents name another that supersedes them, or that they supersede,
    and there is no such one. Exits with 4 if there is damage.
    """
    # Readers import slowly.
    from briefqa.assembly.checking import check_index, misreferences  # noqa: PLC0415

    settings = _settings(index)
    problems = check_index(settings.index, fast=fast)
    notices = () if problems else misreferences(settings.index)
    if as_json:
        found: list[JsonValue] = [{"path": each.path, "detail": each.detail} for each in problems]
        said: list[JsonValue] = [{"doc_id": each.doc_id, "detail": each.detail} for each in notices]
        print_json({"sound": not problems, "problems": found, "notices": said})
    else:
        from briefqa.cli.pages import Page, counted  # noqa: PLC0415 - rich is only for people

        page = Page(no_color=no_color)
        for problem in problems:
            page.line(f"{problem.path}: {problem.detail}", style="red")
        if problems:
            page.line(f"{counted(len(problems), 'problem')}; {_remedy(settings.index)} the index")
        else:
            page.line(f"{settings.index} is sound.", style="green")
        for notice in notices:
            page.line(f"{notice.doc_id}: {notice.detail}", style="yellow")
    return IndexFileError.exit_code if problems else 0


def show_config(*, as_json: JsonOption = False, no_color: NoColorOption = False) -> int:
    """Show every setting in force, and where its value came from."""
    from briefqa.settings import load_settings, origins  # noqa: PLC0415 - slow to import

    # First, because it says what is wrong with a file that cannot be read.
    load_settings()
    found = origins()
    if as_json:
        rows: list[JsonValue] = [
            {"name": each.name, "value": each.value, "origin": each.origin} for each in found
        ]
        print_json({"settings": rows})
        return 0
    from briefqa.cli.pages import Page  # noqa: PLC0415 - rich is only for people

    Page(no_color=no_color).table(
        ("setting", "value", "from"),
        [(each.name, each.value or "(unset)", each.origin) for each in found],
    )
    return 0


def _remedy(index: str) -> str:
    from briefqa.assembly.places import milvus_address  # noqa: PLC0415

    if milvus_address(index) is None:
        return "`briefqa index` rebuilds"
    return f"`briefqa migrate FOLDER {index}` replaces"


def _settings(index: str | None) -> "Settings":
    from briefqa.settings import load_settings  # noqa: PLC0415 - slow, and `--help` needs none

    return load_settings({"index": index})


def _open(index: str | None) -> "Generation":
    """Open what the index serves, without its model, which a catalogue does not need."""
    return open_texts(_settings(index).index)


def _print_text(text: str) -> None:
    if sys.stdout.isatty():
        sys.stdout.write(harmless(text) + "\n")
    else:
        sys.stdout.flush()
        sys.stdout.buffer.write(text.encode())


def _listed(
    found: "Iterable[DocumentInfo]", newer: "Mapping[DocId, Sequence[DocId]]"
) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Return heads and rows, with a column of what supersedes what only if anything does."""
    rows: list[tuple[str, ...]] = []
    for info in found:
        above = ", ".join(newer.get(info.doc_id, ()))
        rows.append((info.doc_id, info.metadata.published or "", info.title, above))
    if not any(above for *_, above in rows):
        return ("id", "date", "title"), [row[:-1] for row in rows]
    return ("id", "date", "title", "superseded by"), rows


def _fields(
    info: "DocumentInfo", characters: int, chunks: int, newer: "Sequence[DocId]"
) -> list[tuple[str, str]]:
    meta = info.metadata
    fields = [
        ("id", info.doc_id),
        ("title", info.title),
        ("source", info.source),
        ("authors", ", ".join(meta.authors)),
        ("published", meta.published),
        ("superseded by", ", ".join(newer)),
        ("tags", ", ".join(meta.tags)),
        ("language", meta.language),
        ("source_url", meta.source_url),
        ("abstract", meta.abstract),
        *((f"metadata.{name}", _shown(value)) for name, value in meta.extra.items()),
        ("characters", f"{characters:,}"),
        ("chunks", f"{chunks:,}"),
        ("text_sha256", info.text_sha256),
        ("file_sha256", info.file_sha256),
    ]
    return [(name, value) for name, value in fields if value]


def _shown(value: JsonValue) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
