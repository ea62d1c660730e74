"""Finding, loading and exporting CrossEncoders, and running the export."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from tests.models import PAIR_WINDOW, write_tiny_model, write_tiny_reranker

from briefqa.backends import sentence_transformers
from briefqa.backends.onnx import OnnxEmbedder, OnnxReranker
from briefqa.backends.sentence_transformers.reranker import (
    SentenceTransformersReranker,
    identify,
    load,
)
from briefqa.errors import BackendError, ExportError, IndexDamagedError, SettingsError, WeightsError

if TYPE_CHECKING:
    from numpy.typing import NDArray

QUESTION = "who needs power"
PASSAGES = ["the grid does", "bees", "", "a dam, which is old", "power " * 30]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> SentenceTransformersReranker:
    """A CrossEncoder that wants a prompt before its questions."""
    folder = tmp_path_factory.mktemp("tiny")
    return load(str(write_tiny_reranker(folder, seed=1, prompt="ask: ")))


@pytest.fixture(scope="module")
def tiny_export(
    tiny: SentenceTransformersReranker, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A folder with its export; not to be changed."""
    folder = tmp_path_factory.mktemp("tiny-export")
    tiny.export(folder)
    return folder


@pytest.fixture
def copy(tiny_export: Path, tmp_path: Path) -> Path:
    """An export of one's own to spoil."""
    return Path(shutil.copytree(tiny_export, tmp_path / "copy"))


def _oracle(folder: Path, question: str, passages: Sequence[str]) -> "NDArray[np.float32]":
    """Score with transformers alone, pair by pair."""
    import torch  # noqa: PLC0415 - slow to import, and not every test needs it
    from transformers import (  # noqa: PLC0415
        AutoModelForSequenceClassification,
        AutoTokenizer,
    )

    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForSequenceClassification.from_pretrained(folder).eval()
    scores: list[float] = []
    for passage in passages:
        pair = tokenizer(
            [question], [passage], truncation="longest_first", max_length=PAIR_WINDOW,
            return_tensors="pt",
        )  # fmt: skip
        with torch.inference_mode():
            scores.append(float(torch.sigmoid(model(**pair).logits[0, 0])))
    return np.array(scores, dtype=np.float32)


def test_there_is_no_default_reranker() -> None:
    """No weights come with the package, and none may be downloaded unasked."""
    with pytest.raises(SettingsError, match="needs a model, by name or path"):
        identify("")


@pytest.mark.parametrize("name", ["./nowhere", "/nowhere/at/all", "~/nowhere"])
def test_a_path_that_leads_nowhere_is_not_looked_up_on_the_network(name: str) -> None:
    """A typing error in a path must not turn into a download."""
    with pytest.raises(BackendError, match="is not a folder"):
        identify(name)


def test_a_name_without_owner_is_looked_for_among_cross_encoders(tmp_path: Path) -> None:
    """It is what the library does, and what its documentation writes."""
    code = """if True:
        import sys
        from briefqa.backends.sentence_transformers.reranker import identify
        from briefqa.errors import BackendError
        try:
            identify(sys.argv[1])
        except BackendError as error:
            print(error)
        heavy = {"torch", "transformers", "sentence_transformers"}
        print(sorted(heavy & set(sys.modules)))
    """

    run = subprocess.run(
        [sys.executable, "-c", code, "no-such-model"],
        env={**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    told, heavy = run.stdout.splitlines()
    assert told.startswith("model 'cross-encoder/no-such-model' is not in the local cache")
    assert heavy == "[]"


def test_an_identity_follows_the_files_and_is_no_embedder_s(tmp_path: Path) -> None:
    """Other weights need another export; so does the same model used in another way."""
    (tmp_path / "model.safetensors").write_bytes(b"weights")
    before = identify(str(tmp_path))
    embedder = sentence_transformers.identify(str(tmp_path))
    (tmp_path / "model.safetensors").write_bytes(b"Weights")

    assert before.startswith(f"sentence-transformers:{tmp_path}@")
    assert len({before, embedder, identify(str(tmp_path))}) == 3


def test_a_folder_without_weights_is_refused(tmp_path: Path) -> None:
    """Its identity would be that of any other such folder."""
    with pytest.raises(WeightsError, match="holds no model weights"):
        identify(str(tmp_path))


@pytest.mark.model
def test_scores_are_the_logistic_function_of_the_model_s_logits(
    tiny: SentenceTransformersReranker,
) -> None:
    """An oracle that shares no code with the library's own pair handling agrees."""
    expected = _oracle(tiny.files.folder, f"ask: {QUESTION}", PASSAGES)

    np.testing.assert_allclose(tiny.score(QUESTION, PASSAGES), expected, atol=1e-5)
    assert not np.allclose(_oracle(tiny.files.folder, QUESTION, PASSAGES), expected, atol=1e-3)


@pytest.mark.model
def test_a_model_that_leaves_its_logits_as_they_are_is_still_scored_in_bounds(
    tmp_path: Path,
) -> None:
    """Most rerankers are saved like this, and their logits run from -12 to 12."""
    folder = write_tiny_reranker(tmp_path, seed=2)
    config = json.loads((folder / "config_sentence_transformers.json").read_text("utf-8"))
    config["activation_fn"] = "torch.nn.modules.linear.Identity"
    (folder / "config_sentence_transformers.json").write_text(json.dumps(config), "utf-8")

    found = load(str(folder)).score(QUESTION, PASSAGES)

    np.testing.assert_allclose(found, _oracle(folder, QUESTION, PASSAGES), atol=1e-5)


@pytest.mark.model
def test_a_model_with_several_labels_is_refused(tmp_path: Path) -> None:
    """Which of its labels would be the score, nobody can tell."""
    folder = write_tiny_reranker(tmp_path, seed=1, labels=3)

    with pytest.raises(BackendError, match="gives 3 labels, expected 1"):
        load(str(folder))


@pytest.mark.model
def test_an_embedder_is_refused(tmp_path: Path) -> None:
    """The library would give it a scoring layer of random weights, other ones each time."""
    folder = write_tiny_model(tmp_path, seed=1, prompts={})

    with pytest.raises(BackendError, match="is a BertModel without the layer that scores a pair"):
        load(str(folder))


@pytest.mark.model
def test_a_broken_model_is_named(tmp_path: Path) -> None:
    """Whatever a model's code raises must come out as one line."""
    folder = write_tiny_reranker(tmp_path, seed=1)
    (folder / "model.safetensors").write_bytes(b"broken")

    with pytest.raises(BackendError, match="cannot load the reranker") as caught:
        load(str(folder))

    assert str(folder) in str(caught.value)


@pytest.mark.model
def test_an_export_scores_as_its_reference_and_holds_its_proof(
    tiny: SentenceTransformersReranker, tiny_export: Path
) -> None:
    """The prompt is part of it: models that were trained with one are worse without."""
    card = json.loads((tiny_export / "model.json").read_text(encoding="utf-8"))

    exported = OnnxReranker.open(tiny_export)

    np.testing.assert_allclose(
        exported.score(QUESTION, PASSAGES), tiny.score(QUESTION, PASSAGES), atol=1e-4
    )
    assert exported.reranker_id == tiny.reranker_id
    assert sorted(path.name for path in tiny_export.iterdir()) == [
        "model.bin", "model.json", "model.onnx", "tokenizer.json",
    ]  # fmt: skip
    assert card["check"]["pairs"] >= 30
    assert card["check"]["most_difference"] <= 1e-4
    assert (card["window"], card["prompts"]) == (PAIR_WINDOW, {"query": "ask: "})


@pytest.mark.model
def test_a_graph_that_differs_from_its_reference_is_refused(
    tiny: SentenceTransformersReranker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A ranking a little off is worse than a slow one."""
    logits = tiny.logits

    def one_off(question: str, passages: Sequence[str]) -> "NDArray[np.float32]":
        found = logits(question, passages)
        found[-1] += 0.001 * max(1.0, abs(found[-1]))
        return found

    monkeypatch.setattr(tiny, "logits", one_off)

    with pytest.raises(ExportError, match="its logit is"):
        tiny.export(tmp_path)


@pytest.mark.model
def test_a_model_without_a_fast_tokenizer_is_refused(
    tiny: SentenceTransformersReranker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tokenizers library could not run it."""
    monkeypatch.setattr(tiny, "fast_tokenizer", lambda: None)

    with pytest.raises(ExportError, match="no fast version"):
        tiny.export(tmp_path)


@pytest.mark.model
@pytest.mark.parametrize("name", ["model.onnx", "model.bin", "tokenizer.json", "model.json"])
def test_a_damaged_file_is_named(copy: Path, name: str) -> None:
    """A graph with one bit changed loads without complaint and ranks wrongly."""
    data = bytearray((copy / name).read_bytes())
    data[len(data) // 2] ^= 1
    (copy / name).write_bytes(data)

    with pytest.raises(IndexDamagedError) as caught:
        OnnxReranker.open(copy)

    assert caught.value.path == copy / name


@pytest.mark.model
def test_an_export_of_another_kind_of_model_is_not_opened(copy: Path) -> None:
    """Logits are no vectors."""
    with pytest.raises(IndexDamagedError, match="not a model's description"):
        OnnxEmbedder.open(copy)
