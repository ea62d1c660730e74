"""Which embedder indexing and asking get."""

import logging
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from tests.models import write_tiny_model

from briefqa.assembly.embedders import (
    DEFAULT_EMBEDDER,
    embedder_for_indexing,
    embedder_for_questions,
)
from briefqa.assembly.exports import installed_models
from briefqa.backends import sentence_transformers
from briefqa.backends.hashing import HashEmbedder
from briefqa.backends.onnx import OnnxEmbedder
from briefqa.backends.sentence_transformers import SentenceTransformersEmbedder
from briefqa.errors import (
    BackendError,
    ExportError,
    IndexDamagedError,
    IndexMismatchError,
    UnknownPluginError,
)

if TYPE_CHECKING:
    from briefqa.protocols import Progress


@pytest.fixture(scope="module")
def spec(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A model by path."""
    folder = write_tiny_model(tmp_path_factory.mktemp("model"), seed=3, prompts={})
    return f"sentence-transformers:{folder}"


@pytest.fixture(scope="module")
def built(spec: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """The id of a model and the folder of models it has been exported into."""
    models = tmp_path_factory.mktemp("index") / "models"
    return embedder_for_indexing(spec, models).model_id, models


@pytest.fixture
def no_loading(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make it an error to load a model through sentence-transformers."""

    def load(argument: str, /) -> SentenceTransformersEmbedder:
        pytest.fail(f"{argument} was loaded")

    monkeypatch.setattr(sentence_transformers, "load", load)


@pytest.mark.model
def test_the_first_run_exports_and_tells_how_far_it_is(spec: str, tmp_path: Path) -> None:
    """It takes seconds, once; afterwards nothing unfinished may lie about."""
    told: list[Progress] = []

    embedder = embedder_for_indexing(spec, tmp_path / "models", on_progress=told.append)

    fingerprint = embedder.model_id.rpartition("@")[2]
    assert isinstance(embedder, OnnxEmbedder)
    assert {path.name for path in (tmp_path / "models").iterdir()} <= {fingerprint, ".lock"}
    assert (tmp_path / "models" / fingerprint / "model.onnx").is_file()
    assert [(each.stage, each.done, each.total) for each in told] == [
        ("model", 0, 2), ("model", 1, 2), ("model", 2, 2),
    ]  # fmt: skip


@pytest.mark.model
@pytest.mark.usefixtures("no_loading")
def test_only_a_model_that_is_still_the_same_is_taken_for_that_of_the_index(
    spec: str, built: tuple[str, Path], tmp_path: Path
) -> None:
    """Its export is opened before it is known what the model is now; that must not show."""
    model_id, models = built
    other = write_tiny_model(tmp_path / "other", seed=4, prompts={})
    changed = f"{spec}@{sentence_transformers.identify(str(other)).rpartition('@')[2]}"
    shutil.copytree(models, tmp_path / "models")
    export = tmp_path / "models" / model_id.rpartition("@")[2]
    shutil.copytree(export, export.with_name(changed.rpartition("@")[2]))

    same = embedder_for_indexing(spec, tmp_path / "models", built_with=model_id)
    in_vain = embedder_for_indexing(spec, tmp_path / "models", built_with=changed)

    assert same.model_id == in_vain.model_id == model_id


@pytest.mark.model
@pytest.mark.usefixtures("no_loading")
def test_later_runs_load_only_the_export(spec: str, built: tuple[str, Path]) -> None:
    """Loading the model's own library takes longer than most runs."""
    model_id, models = built
    told: list[Progress] = []

    indexing = embedder_for_indexing(spec, models, on_progress=told.append)
    asking = embedder_for_questions(model_id, models, configured=spec)

    assert isinstance(indexing, OnnxEmbedder)
    assert isinstance(asking, OnnxEmbedder)
    assert indexing.model_id == asking.model_id == model_id
    assert told == []


@pytest.fixture
def installed(built: tuple[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The exports that an installation brings with it: here, that of the model."""
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "prefix"))
    shutil.copytree(built[1], installed_models(), ignore=shutil.ignore_patterns(".lock"))
    return installed_models()


@pytest.mark.model
@pytest.mark.usefixtures("no_loading", "installed")
def test_an_installed_export_is_copied_into_the_index(
    spec: str, built: tuple[str, Path], tmp_path: Path
) -> None:
    """An image without torch can index, and the index can go to a machine without the image."""
    model_id, models = built
    fingerprint = model_id.rpartition("@")[2]

    embedder = embedder_for_indexing(spec, tmp_path / "models")

    assert isinstance(embedder, OnnxEmbedder)
    assert {path.name for path in (tmp_path / "models").iterdir()} <= {fingerprint, ".lock"}
    assert _contents(tmp_path / "models" / fingerprint) == _contents(models / fingerprint)


@pytest.mark.model
@pytest.mark.usefixtures("no_loading", "installed")
def test_a_question_takes_an_installed_export_where_it_lies(
    built: tuple[str, Path], tmp_path: Path
) -> None:
    """An index that has lost its own is answered from, and not written to."""
    embedder = embedder_for_questions(built[0], tmp_path / "models")

    assert embedder.model_id == built[0]
    assert not (tmp_path / "models").exists()


@pytest.mark.model
@pytest.mark.usefixtures("no_loading", "installed")
def test_an_installed_export_serves_where_nothing_can_be_written(spec: str, tmp_path: Path) -> None:
    """That the index cannot be written is for whoever writes it to say."""
    (tmp_path / "models").write_text("a file, where there should be a folder")

    assert isinstance(embedder_for_indexing(spec, tmp_path / "models"), OnnxEmbedder)


@pytest.mark.model
def test_a_damaged_installed_export_is_not_taken(
    spec: str, installed: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Vectors of a damaged model would be wrong without a word."""
    (graph,) = installed.glob("*/model.onnx")
    graph.write_bytes(b"damaged")

    with caplog.at_level(logging.WARNING):
        embedder = embedder_for_indexing(spec, tmp_path / "models")

    assert "reinstall it" in caplog.text
    (made,) = (tmp_path / "models").glob("*/model.onnx")
    assert isinstance(embedder, OnnxEmbedder)
    assert made.read_bytes() != b"damaged"


def _contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.model
def test_a_damaged_export_is_made_afresh(
    spec: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """An index run can mend what it depends on."""
    before = embedder_for_indexing(spec, tmp_path)
    graph = tmp_path / before.model_id.rpartition("@")[2] / "model.onnx"
    data = bytearray(graph.read_bytes())
    data[len(data) // 2] ^= 1
    graph.write_bytes(data)

    with caplog.at_level(logging.WARNING):
        after = embedder_for_indexing(spec, tmp_path)

    assert isinstance(after, OnnxEmbedder)
    assert "is damaged" in caplog.text
    np.testing.assert_allclose(
        after.embed_documents(["a b"]), before.embed_documents(["a b"]), atol=1e-6
    )


@pytest.mark.model
def test_what_a_killed_run_left_is_cleared_away(spec: str, tmp_path: Path) -> None:
    """Half an export must neither be used nor stay for ever."""
    unfinished = tmp_path / ".unfinished"
    unfinished.mkdir()
    (unfinished / "model.onnx").write_bytes(b"half")

    embedder = embedder_for_indexing(spec, tmp_path)

    assert isinstance(embedder, OnnxEmbedder)
    assert not unfinished.exists()


@pytest.mark.model
def test_a_model_that_cannot_be_exported_runs_as_it_is(
    spec: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Slower is better than not at all, but must be said."""

    def refuse(self: SentenceTransformersEmbedder, folder: Path) -> None:
        (folder / "model.onnx").write_bytes(b"of no use")
        raise ExportError(self.model_id, reason="it is odd")

    monkeypatch.setattr(SentenceTransformersEmbedder, "export", refuse)

    with caplog.at_level(logging.WARNING):
        indexing = embedder_for_indexing(spec, tmp_path)
    asking = embedder_for_questions(indexing.model_id, tmp_path)

    assert isinstance(indexing, SentenceTransformersEmbedder)
    assert isinstance(asking, SentenceTransformersEmbedder)
    assert "it is odd" in caplog.text
    assert {path.name for path in tmp_path.iterdir()} <= {".lock"}


@pytest.mark.model
def test_a_damaged_export_still_answers_through_its_source(
    built: tuple[str, Path], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A question cannot mend an index, but need not fail for it."""
    model_id, _ = built
    (tmp_path / model_id.rpartition("@")[2]).mkdir()
    (tmp_path / model_id.rpartition("@")[2] / "model.json").write_text("{")

    with caplog.at_level(logging.WARNING):
        embedder = embedder_for_questions(model_id, tmp_path)

    assert embedder.model_id == model_id
    assert "is damaged" in caplog.text


def test_a_damaged_export_without_its_source_is_reported(tmp_path: Path) -> None:
    """The damage is what to act on, not that the source is elsewhere."""
    (tmp_path / "123456789abc").mkdir()
    (tmp_path / "123456789abc" / "model.json").write_text("{")

    with pytest.raises(IndexDamagedError, match=r"model\.json"):
        embedder_for_questions("sentence-transformers:/nowhere/at/all@123456789abc", tmp_path)


@pytest.mark.model
def test_a_model_changed_under_its_name_is_not_taken(tmp_path: Path) -> None:
    """Its vectors would be compared with another model's, and mean nothing."""
    folder = write_tiny_model(tmp_path, seed=4, prompts={})
    stale = f"sentence-transformers:{folder}@123456789abc"

    with pytest.raises(IndexMismatchError) as caught:
        embedder_for_questions(stale, tmp_path / "models")

    assert caught.value.built_with == stale
    assert caught.value.configured == sentence_transformers.identify(str(folder))


def test_an_embedder_without_an_export_comes_from_its_plug_in(tmp_path: Path) -> None:
    """The hash embedder has nothing to export, and leaves no folder."""
    indexing = embedder_for_indexing("hash:64", tmp_path / "models")
    asking = embedder_for_questions("hash:64@v2", tmp_path / "models", configured="hash:64")

    assert isinstance(indexing, HashEmbedder)
    assert indexing.model_id == asking.model_id == "hash:64@v2"
    assert not (tmp_path / "models").exists()


@pytest.mark.parametrize("configured", ["hash:64", DEFAULT_EMBEDDER, "sentence-transformers"])
def test_another_embedder_than_the_index_has_is_refused(tmp_path: Path, configured: str) -> None:
    """Vectors of two models have nothing to say to each other."""
    with pytest.raises(IndexMismatchError) as caught:
        embedder_for_questions("hash:256@v2", tmp_path, configured=configured)

    assert (caught.value.built_with, caught.value.configured) == ("hash:256@v2", configured)


def test_a_bare_name_means_the_plug_in_s_own_choice(tmp_path: Path) -> None:
    """``hash`` and ``hash:256`` are one embedder."""
    embedder = embedder_for_questions("hash:256@v2", tmp_path, configured="hash")

    assert embedder.dim == 256
    with pytest.raises(IndexMismatchError):
        embedder_for_questions("hash:64@v2", tmp_path, configured="hash")


def test_an_unknown_embedder_is_named(tmp_path: Path) -> None:
    """A typing error, before anything is loaded or written."""
    with pytest.raises(UnknownPluginError, match="'word2vec'"):
        embedder_for_indexing("word2vec:x", tmp_path / "models")
    with pytest.raises(BackendError, match="is not a folder"):
        embedder_for_indexing("sentence-transformers:./nowhere", tmp_path / "models")

    assert not (tmp_path / "models").exists()


@pytest.mark.model
def test_a_question_imports_no_torch(built: tuple[str, Path]) -> None:
    """Those libraries take seconds to import, and a question takes milliseconds."""
    code = """if True:
        import sys
        from pathlib import Path
        from briefqa.assembly.embedders import embedder_for_questions
        embedder = embedder_for_questions(sys.argv[1], Path(sys.argv[2]), configured=sys.argv[3])
        print(embedder.embed_queries(["a b c"]).shape)
        heavy = {"torch", "transformers", "sentence_transformers", "scipy", "sklearn", "onnx"}
        print(sorted(heavy & {name.partition(".")[0] for name in sys.modules}))
    """
    model_id, models = built

    run = subprocess.run(
        [sys.executable, "-c", code, model_id, str(models), model_id.rpartition("@")[0]],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert run.stdout.splitlines() == ["(1, 16)", "[]"], run.stderr
