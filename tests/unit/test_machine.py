"""How many cores there are is what the system says, unless somebody says it."""

import gc
import hashlib
import os
import sys
from pathlib import Path

import pytest

from briefqa import machine
from briefqa.machine import CORES, available_cores, rare_collections, sha256_of, short_turns


@pytest.mark.parametrize(("said", "cores"), [("1", 1), ("3", 3)])
def test_what_is_said_holds(monkeypatch: pytest.MonkeyPatch, said: str, cores: int) -> None:
    """Of several processes each has its share, though all of them see every core."""
    monkeypatch.setenv(CORES, said)

    assert available_cores() == cores


@pytest.mark.parametrize("said", ["", "0", "-1", "default", "two", "²"])
def test_what_is_no_number_is_not_heard(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    """Python takes ``default`` there too; nothing that stands there ends the program."""
    monkeypatch.delenv(CORES, raising=False)
    cores = available_cores()
    monkeypatch.setenv(CORES, said)

    assert available_cores() == cores
    assert 1 <= cores <= (os.cpu_count() or 1)


def test_garbage_is_looked_for_as_before_once_all_is_imported() -> None:
    """What a server, a chat or a watch leaves behind would otherwise stay, its files open."""
    before = gc.get_threshold()

    with rare_collections():
        rarer = gc.get_threshold()
    after = gc.get_threshold()
    with pytest.raises(KeyError), rare_collections():
        raise KeyError

    assert rarer > before
    assert after == gc.get_threshold() == before


def test_what_was_made_while_collections_were_rare_is_never_looked_through() -> None:
    """All that was imported stays: the first look at it took as long as a tenth of a question."""
    gc.collect()
    try:
        with rare_collections():
            made = [[number] for number in range(1000)]
        looked_through = gc.get_objects()
        frozen = gc.get_freeze_count()
    finally:
        gc.unfreeze()

    assert frozen >= len(made)
    assert not any(each is made[0] for each in looked_through)


@pytest.mark.parametrize("size", [0, 1, 7, 8, 9, 16, 17])
def test_a_file_is_hashed_whole_whatever_its_size(
    size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A model whose last part was passed over would be taken for whole."""
    monkeypatch.setattr(machine, "_HASHED_AT_ONCE", 8)
    data = bytes(range(size))
    (tmp_path / "file").write_bytes(data)

    assert sha256_of(tmp_path / "file") == hashlib.sha256(data).hexdigest()


def test_turns_are_as_long_as_before_once_the_work_is_done_or_has_failed() -> None:
    """A server that was opened in short turns would change threads too often ever after."""
    before = sys.getswitchinterval()

    with short_turns():
        shorter = sys.getswitchinterval()
    after = sys.getswitchinterval()
    with pytest.raises(KeyError), short_turns():
        raise KeyError

    assert shorter < before
    assert (after, sys.getswitchinterval()) == pytest.approx((before, before))
