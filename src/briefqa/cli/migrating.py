"""Command ``migrate``."""

from typing import Annotated

import typer

from briefqa.cli.options import JsonOption, NoColorOption
from briefqa.cli.output import print_json
from briefqa.cli.progress import progress_on_stderr

_PLACE = "an index folder, milvus://HOST:PORT/NAME or milvus-lite:PATH."


def migrate(
    source: Annotated[str, typer.Argument(metavar="FROM", help=f"Index to copy: {_PLACE}")],
    target: Annotated[str, typer.Argument(metavar="TO", help=f"Where it is to serve: {_PLACE}")],
    *,
    as_json: JsonOption = False,
    no_color: NoColorOption = False,
) -> int:
    """Copy what an index serves into Milvus, or from there into a folder.

    Nothing is read or embedded again: ids, texts, hashes and vectors stay the same, and so
    do answers. The target serves the copy once it has proved to be whole, and keeps what it
    served before for `briefqa generations rollback`. Needs the extra milvus.
    """
    from briefqa.assembly.migrating import migrate as copy  # noqa: PLC0415 - slow to import

    with progress_on_stderr(no_color=no_color) as listener:
        done = copy(source, target, on_progress=listener)
    if as_json:
        print_json(
            {
                "generation": done.generation,
                "documents": done.documents,
                "chunks": done.chunks,
                "copied": done.is_new,
            }
        )
        return 0
    from briefqa.cli.pages import Page, counted  # noqa: PLC0415 - rich is only for people

    page = Page(no_color=no_color)
    held = f"{counted(done.documents, 'document')}, {counted(done.chunks, 'chunk')}"
    was = "now serves" if done.is_new else "serves as before"
    page.line(f"{target} {was} generation {done.generation}: {held}.", style="bold")
    return 0
