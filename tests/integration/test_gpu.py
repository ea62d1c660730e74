"""Passages embedded on another device make an index that answers as the processor's does.

There is no GPU to rely on: torch on the processor stands for one, another engine as well.
"""

import json
from pathlib import Path

import numpy as np
import pytest
from tests.integration.model_index import ModelIndex

from briefqa import build_index, open_index
from briefqa.assembly.accelerated import AcceleratedTokenEmbedder
from briefqa.assembly.embedders import embedder_for_indexing
from briefqa.assembly.exports import MODELS_FOLDER
from briefqa.backends.sentence_transformers import SentenceTransformersEmbedder
from briefqa.errors import BackendError
from briefqa.protocols import TokenEmbedder

pytestmark = pytest.mark.model

_MODEL = "sentence-transformers"
_QUESTIONS = Path(__file__).with_name("questions.json")
_TEXTS = ["The canal was closed in the spring of 1911.", "Bees sleep.", "", "canal " * 900]


@pytest.fixture
def _gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SentenceTransformersEmbedder, "device", "gpu")


@pytest.mark.usefixtures("_gpu")
def test_an_index_from_another_device_answers_alike(
    model_index: ModelIndex, tmp_path: Path
) -> None:
    """Whoever asks need not know where the passages were embedded."""
    model_index.share_model_with(tmp_path / "index")
    build_index(model_index.sources, tmp_path / "index", gpu=True)
    questions = json.loads(_QUESTIONS.read_text(encoding="utf-8"))[:12]

    with open_index(tmp_path / "index") as theirs, open_index(model_index.folder) as ours:
        for question in questions:
            found, expected = theirs.ask(question), ours.ask(question)
            assert [each.text for each in found.sentences] == [
                each.text for each in expected.sentences
            ]
            assert found.citations == expected.citations
            assert found.confidence == pytest.approx(expected.confidence, abs=1e-3)


@pytest.mark.usefixtures("_gpu")
def test_texts_and_their_tokens_are_those_of_the_export(model_index: ModelIndex) -> None:
    """A token that is off by one would quote the neighbour of what was meant."""
    exported = embedder_for_indexing(_MODEL, model_index.folder / MODELS_FOLDER)
    other = embedder_for_indexing(_MODEL, model_index.folder / MODELS_FOLDER, gpu=True)
    assert isinstance(exported, TokenEmbedder)
    assert isinstance(other, AcceleratedTokenEmbedder)
    assert other.model_id == exported.model_id

    expected, expected_tokens = exported.embed_document_tokens(_TEXTS)
    found, found_tokens = other.embed_document_tokens(_TEXTS)

    np.testing.assert_allclose(found, expected, atol=1e-5)
    for tokens, others in zip(found_tokens, expected_tokens, strict=True):
        np.testing.assert_array_equal(tokens.ids, others.ids)
        np.testing.assert_array_equal(tokens.starts, others.starts)
        np.testing.assert_allclose(tokens.rows, others.rows, atol=1e-4)


@pytest.mark.usefixtures("_gpu")
def test_a_device_that_gives_other_vectors_is_refused(
    model_index: ModelIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half precision would make an index that finds a little less, and nobody would know why."""
    embed = SentenceTransformersEmbedder.embed_documents
    monkeypatch.setattr(
        SentenceTransformersEmbedder,
        "embed_documents",
        lambda self, texts: embed(self, texts) + np.float32(0.01),
    )

    with pytest.raises(BackendError, match="without --gpu"):
        embedder_for_indexing(_MODEL, model_index.folder / MODELS_FOLDER, gpu=True)


def test_without_a_gpu_the_wish_for_one_is_an_error(model_index: ModelIndex) -> None:
    """To go on on the processor would take hours where minutes were meant."""
    with pytest.raises(BackendError, match="finds no GPU"):
        embedder_for_indexing(_MODEL, model_index.folder / MODELS_FOLDER, gpu=True)
    with pytest.raises(BackendError, match="cannot use a GPU"):
        embedder_for_indexing("hash", model_index.folder / MODELS_FOLDER, gpu=True)
