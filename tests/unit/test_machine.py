"""How many cores there are is what the system says, unless somebody says it."""

import os

import pytest

from briefqa.machine import CORES, available_cores


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
