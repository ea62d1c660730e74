"""What `briefqa doctor` says of an installation."""

import sys
from importlib import metadata
from pathlib import Path

import pytest

from briefqa.assembly.exports import installed_models
from briefqa.cli import diagnosing
from briefqa.cli.diagnosing import examine
from briefqa.cli.findings import State
from briefqa.settings import Settings

_EXPORTING = ("sentence-transformers", "torch", "transformers")


@pytest.fixture(autouse=True)
def _without_libraries(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Have the libraries that export a model, and one more, not be installed."""

    def version(name: str) -> str:
        if name in {*_EXPORTING, "tokenizers"}:
            raise metadata.PackageNotFoundError(name)
        return "1.0"

    monkeypatch.setattr(diagnosing, "version", version)
    monkeypatch.setattr(sys, "prefix", str(tmp_path))


def _states(index: Path) -> dict[str, State]:
    return {each.name: each.state for each in examine(Settings(index=str(index)))}


def test_libraries_that_export_are_needed_where_there_is_nothing_to_serve(
    tmp_path: Path,
) -> None:
    """Without them the first index cannot be made."""
    found = _states(tmp_path / "index")

    assert {found[name] for name in (*_EXPORTING, "tokenizers")} == {State.FAIL}


def test_an_installation_with_exported_models_is_well_without_them(
    tmp_path: Path,
) -> None:
    """An image has been made to lack them; a failure would send its user after nothing."""
    (installed_models() / "123456789abc").mkdir(parents=True)
    (installed_models() / "123456789abc" / "model.json").write_text("{}")

    found = _states(tmp_path / "index")

    assert {found[name] for name in _EXPORTING} == {State.WARN}
    assert found["tokenizers"] is State.FAIL
