"""Commands ``documents remove`` and ``documents restore``."""

from pathlib import Path
from typing import Annotated

import typer

from briefqa.cli.indexing import build, show
from briefqa.cli.options import IndexOption, JsonOption, NoColorOption

IdArgument = Annotated[
    str, typer.Argument(metavar="ID", help="Id, as `briefqa documents list` gives it.")
]


def remove_document(
    doc_id: IdArgument,
    *,
    index: IndexOption = None,
    as_json: JsonOption = False,
    no_color: NoColorOption = False,
) -> int:
    """Take a document out of the index, and keep it out.

    Its file in the folder is not touched; `briefqa documents restore` lets the
    document in again. The generation before still holds its text until
    `briefqa generations gc`.
    """
    from briefqa.assembly.documents import remove_from_index  # noqa: PLC0415 - slow to import
    from briefqa.settings import load_settings  # noqa: PLC0415 - slow, and `--help` needs none

    settings = load_settings({"index": index})
    report = remove_from_index(doc_id, settings.index)
    show(report, Path(settings.index), as_json=as_json, no_color=no_color)
    return 0


def restore_document(
    doc_id: IdArgument,
    *,
    index: IndexOption = None,
    as_json: JsonOption = False,
    no_color: NoColorOption = False,
) -> int:
    """Let a removed document into the index again, and bring the index in step.

    Exits with 3 if no document of that id was removed.
    """
    from briefqa.assembly.documents import require_excluded  # noqa: PLC0415 - slow to import
    from briefqa.settings import load_settings  # noqa: PLC0415 - slow, and `--help` needs none

    settings = load_settings({"index": index})
    require_excluded(doc_id, settings.index)
    report = build(settings, restored=[doc_id], no_color=no_color)
    show(report, Path(settings.index), as_json=as_json, no_color=no_color)
    return 0
