"""When an index is brought in step while its folders change."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from briefqa.assembly import watching
from briefqa.assembly.watching import follow
from briefqa.errors import BriefqaError, GateError, IndexLockedError
from briefqa.indexing.sources import Root


class _Calls:
    """Counts calls, and fails those it is told to."""

    def __init__(self, *failing: int, error: BriefqaError | None = None) -> None:
        self.count = 0
        self._failing = failing
        self._error = error or IndexLockedError(Path("index"), holder="another process")

    def __call__(self) -> None:
        self.count += 1
        if self.count in self._failing:
            raise self._error


@contextmanager
def _following(folder: Path, calls: _Calls) -> Iterator[None]:
    stop = threading.Event()
    roots = (Root("", folder),)
    thread = threading.Thread(
        target=follow, args=(roots, folder / "index", calls), kwargs={"stop": stop}
    )
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(10)
    assert not thread.is_alive()


def _wait(until: Callable[[], bool]) -> bool:
    ends = time.monotonic() + 20
    while not until() and time.monotonic() < ends:
        time.sleep(0.02)
    return until()


def test_every_kind_of_change_is_followed(tmp_path: Path) -> None:
    """New, changed, renamed and deleted files, also in folders made later."""
    calls = _Calls()
    changes: list[Callable[[], object]] = [
        lambda: (tmp_path / "a.md").write_text("one"),
        lambda: (tmp_path / "a.md").write_text("two"),
        (tmp_path / "new").mkdir,
        lambda: (tmp_path / "new/b.md").write_text("one"),
        lambda: (tmp_path / "new/b.md").rename(tmp_path / "b.md"),
        (tmp_path / "b.md").unlink,
    ]
    with _following(tmp_path, calls):
        assert _wait(lambda: calls.count == 1)
        for change in changes:
            seen = calls.count
            change()
            assert _wait(lambda seen=seen: calls.count > seen)  # type: ignore[misc]


def test_the_index_and_hidden_files_are_no_documents(tmp_path: Path) -> None:
    """Writing the index must not set off another round, for ever."""
    (tmp_path / "index").mkdir()
    calls = _Calls()
    with _following(tmp_path, calls):
        assert _wait(lambda: calls.count == 1)

        (tmp_path / "index" / "CURRENT").write_text("x")
        (tmp_path / ".git").mkdir()
        (tmp_path / ".git" / "HEAD").write_text("x")
        (tmp_path / ".a.md.swp").write_text("x")
        time.sleep(2)

        assert calls.count == 1


def test_a_failure_does_not_end_the_watch(tmp_path: Path) -> None:
    """Another writer is done in a moment."""
    calls = _Calls(2)
    with _following(tmp_path, calls):
        assert _wait(lambda: calls.count == 1)
        (tmp_path / "a.md").write_text("one")
        assert _wait(lambda: calls.count == 2)
        (tmp_path / "a.md").write_text("two")
        assert _wait(lambda: calls.count == 3)


def test_a_build_that_was_refused_is_not_built_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would be refused again, after as much work; a locked index is tried again."""
    monkeypatch.setattr(watching, "_RETRY_S", 0.1)
    refusal = GateError(
        Path("q"), measure="recall@5", built=0, serving=1, margin=0, count=1
    )  # fmt: skip
    refused, locked = _Calls(2, error=refusal), _Calls(2)
    (tmp_path / "b").mkdir()
    with _following(tmp_path, refused), _following(tmp_path / "b", locked):
        assert _wait(lambda: refused.count == locked.count == 1)
        (tmp_path / "b" / "a.md").write_text("one")
        assert _wait(lambda: refused.count == 2 and locked.count > 2)
        time.sleep(1)

        assert refused.count == 2


def test_a_first_failure_is_told(tmp_path: Path) -> None:
    """A command that cannot work must not wait in silence."""
    with pytest.raises(IndexLockedError):
        follow((Root("", tmp_path),), tmp_path / "index", _Calls(1))
