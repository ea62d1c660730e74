"""An index that a command opens is let go of, once another has taken its place."""

import gc
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from briefqa import build_index
from briefqa.cli.opening import open_configured
from briefqa.indexing import read_current
from briefqa.settings import load_settings


def _open_below(folder: Path) -> list[str]:
    held = [os.path.realpath(entry) for entry in Path("/proc/self/fd").iterdir()]
    return [path for path in held if path.startswith(f"{folder}{os.sep}")]


@pytest.fixture
def no_garbage_is_looked_for() -> Iterator[None]:
    """A server passes over what it held when it began, and looks at the rest rarely."""
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("no_garbage_is_looked_for")
@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux which files are open")
def test_a_generation_that_was_swapped_out_is_closed(tmp_path: Path) -> None:
    """A server that kept it would keep its files on the disk, however often it is indexed anew."""
    briefs, index = tmp_path / "briefs", tmp_path / "index"
    briefs.mkdir()
    (briefs / "one.txt").write_text("The canal was closed in May.", encoding="utf-8")
    build_index(briefs, index, embedder="hash")
    first = read_current(index).serving.folder(index)

    with open_configured(load_settings({"index": str(index)})) as service:
        service.search("When was the canal closed?", where=["published < 2030"])
        service.ask("When was the canal closed?")
        listed = service.documents()
        assert _open_below(first)
        (briefs / "two.txt").write_text("It was opened again in June.", encoding="utf-8")
        build_index(briefs, index, embedder="hash")
        service.search("When was it opened again?")

        # Whoever still reads from it may go on.
        assert [document.source for document in listed] == ["one.txt"]
        assert _open_below(first)
        del listed
        assert not _open_below(first)
        assert _open_below(read_current(index).serving.folder(index))
