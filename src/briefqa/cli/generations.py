"""Commands ``generations list``, ``generations rollback`` and ``generations gc``."""

from typing import TYPE_CHECKING, Annotated

import typer

from briefqa.cli.options import IndexOption, JsonOption, NoColorOption
from briefqa.cli.output import print_json

if TYPE_CHECKING:
    from briefqa.indexing.retention import KeptGeneration

_UNKNOWN = "?"


def list_generations(
    *,
    index: IndexOption = None,
    as_json: JsonOption = False,
    no_color: NoColorOption = False,
) -> int:
    """List the generations that the index keeps, the one that serves first."""
    from briefqa.assembly.keeping import list_generations as kept  # noqa: PLC0415 - slow

    found = kept(_index(index))
    if as_json:
        print_json(
            {
                "generations": [
                    {
                        "generation": each.generation,
                        "serving": each.is_serving,
                        "documents": each.documents,
                        "chunks": each.chunks,
                        "bytes": each.size,
                        "problem": each.problem,
                    }
                    for each in found
                ]
            }
        )
        return 0
    from briefqa.cli.pages import Page  # noqa: PLC0415 - rich is only for people

    heads = ("generation", "documents", "chunks", "size", "state")
    Page(no_color=no_color).table(heads, [_row(each) for each in found])
    return 0


def roll_back(
    generation: Annotated[
        str | None,
        typer.Argument(metavar="[ID]", help="Generation to go back to; by default the one before."),
    ] = None,
    *,
    index: IndexOption = None,
    as_json: JsonOption = False,
    no_color: NoColorOption = False,
) -> int:
    """Let an earlier generation serve again, and keep the present one in its place.

    A server picks it up with its next question. The next `briefqa index` goes
    forward again, since the folders still say what the index is to hold.
    """
    from briefqa.assembly.keeping import roll_back as go_back  # noqa: PLC0415 - slow to import

    serving = go_back(_index(index), generation)
    if as_json:
        print_json({"serving": serving})
        return 0
    from briefqa.cli.pages import Page  # noqa: PLC0415 - rich is only for people

    Page(no_color=no_color).line(f"Generation {serving} serves now.", style="bold")
    return 0


def collect_garbage(
    *,
    index: IndexOption = None,
    as_json: JsonOption = False,
    no_color: NoColorOption = False,
) -> int:
    """Remove every generation but the one that serves, and the texts deleted since then."""
    from briefqa.assembly.keeping import collect_garbage as collect  # noqa: PLC0415 - slow

    removed = collect(_index(index))
    if as_json:
        print_json({"removed": [*removed]})
        return 0
    from briefqa.cli.pages import Page  # noqa: PLC0415 - rich is only for people

    page = Page(no_color=no_color)
    for generation in removed:
        page.line(f"Removed generation {generation}.")
    if not removed:
        page.line("There was nothing to remove.")
    return 0


def _index(index: str | None) -> str:
    from briefqa.settings import load_settings  # noqa: PLC0415 - slow, and `--help` needs none

    return load_settings({"index": index}).index


def _row(each: "KeptGeneration") -> tuple[str, ...]:
    state = each.problem or ("serving" if each.is_serving else "kept")
    counts = (each.documents, each.chunks)
    size = _UNKNOWN if each.size is None else f"{each.size / 1e6:,.1f} MB"
    shown = (_UNKNOWN if count is None else f"{count:,}" for count in counts)
    return each.generation, *shown, size, state
