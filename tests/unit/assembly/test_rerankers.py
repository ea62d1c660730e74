"""Which reranker a question gets."""

import logging
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from tests.models import write_tiny_reranker

from briefqa.assembly.rerankers import reranker_for_questions
from briefqa.backends.onnx import OnnxReranker
from briefqa.backends.sentence_transformers import reranker as plugin
from briefqa.backends.sentence_transformers.reranker import SentenceTransformersReranker
from briefqa.errors import BackendError, SettingsError, UnknownPluginError

if TYPE_CHECKING:
    from briefqa.protocols import Progress

PASSAGES = ["a b", "c", "d e f"]


@pytest.fixture(scope="module")
def spec(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A reranker by path."""
    return f"sentence-transformers:{write_tiny_reranker(tmp_path_factory.mktemp('m'), seed=3)}"


@pytest.fixture(scope="module")
def built(spec: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of models it has been exported into."""
    models = tmp_path_factory.mktemp("index") / "models"
    reranker_for_questions(spec, models)
    return models


@pytest.mark.model
def test_the_first_use_exports_and_tells_how_far_it_is(spec: str, tmp_path: Path) -> None:
    """It takes seconds, once; a terminal that is silent for so long looks dead."""
    told: list[Progress] = []

    reranker = reranker_for_questions(spec, tmp_path / "models", on_progress=told.append)

    fingerprint = reranker.reranker_id.rpartition("@")[2]
    assert isinstance(reranker, OnnxReranker)
    assert {path.name for path in (tmp_path / "models").iterdir()} <= {fingerprint, ".lock"}
    assert [(each.stage, each.done, each.total) for each in told] == [
        ("reranker", 0, 2), ("reranker", 1, 2), ("reranker", 2, 2),
    ]  # fmt: skip


@pytest.mark.model
def test_later_uses_load_only_the_export(
    spec: str, built: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Loading the model's own library takes longer than most questions."""

    def load(argument: str, /) -> SentenceTransformersReranker:
        pytest.fail(f"{argument} was loaded")

    monkeypatch.setattr(plugin, "load", load)
    told: list[Progress] = []

    reranker = reranker_for_questions(spec, built, on_progress=told.append)

    assert isinstance(reranker, OnnxReranker)
    assert told == []


@pytest.mark.model
def test_a_damaged_export_is_made_afresh(
    spec: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Its source is at hand, for the setting names it."""
    before = reranker_for_questions(spec, tmp_path)
    weights = tmp_path / before.reranker_id.rpartition("@")[2] / "model.bin"
    expected = before.score("a", PASSAGES)
    data = bytearray(weights.read_bytes())
    data[len(data) // 2] ^= 1
    # Not in place: the open model maps the file.
    weights.unlink()
    weights.write_bytes(data)

    with caplog.at_level(logging.WARNING):
        after = reranker_for_questions(spec, tmp_path)

    assert isinstance(after, OnnxReranker)
    assert "is damaged" in caplog.text
    np.testing.assert_allclose(after.score("a", PASSAGES), expected, atol=1e-6)


@pytest.mark.model
def test_a_reranker_without_a_place_for_its_export_runs_as_it_is(
    spec: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever can only read an index can still ask it."""
    (tmp_path / "models").write_text("in the way")

    with caplog.at_level(logging.WARNING):
        reranker = reranker_for_questions(spec, tmp_path / "models")

    assert isinstance(reranker, SentenceTransformersReranker)
    assert "cannot be written" in caplog.text
    assert reranker.score("a", PASSAGES).shape == (3,)


def test_an_unknown_reranker_is_named(tmp_path: Path) -> None:
    """A typing error, before anything is loaded or written."""
    with pytest.raises(UnknownPluginError, match=r"'monot5' in 'briefqa\.rerankers'"):
        reranker_for_questions("monot5:x", tmp_path / "models")
    with pytest.raises(BackendError, match="is not a folder"):
        reranker_for_questions("sentence-transformers:./nowhere", tmp_path / "models")
    with pytest.raises(SettingsError, match="needs a model"):
        reranker_for_questions("sentence-transformers", tmp_path / "models")

    assert not (tmp_path / "models").exists()


@pytest.mark.model
def test_a_question_imports_no_torch(spec: str, built: Path) -> None:
    """Those libraries take seconds to import, and a question takes milliseconds."""
    code = """if True:
        import sys
        from pathlib import Path
        from briefqa.assembly.rerankers import reranker_for_questions
        reranker = reranker_for_questions(sys.argv[1], Path(sys.argv[2]))
        print(reranker.score("a", ["b", "c d"]).shape)
        heavy = {"torch", "transformers", "sentence_transformers", "scipy", "sklearn", "onnx"}
        print(sorted(heavy & {name.partition(".")[0] for name in sys.modules}))
    """

    run = subprocess.run(
        [sys.executable, "-c", code, spec, str(built)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert run.stdout.splitlines() == ["(2,)", "[]"], run.stderr
