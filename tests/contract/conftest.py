"""The implementations that the contract suites run over."""

from pathlib import Path

import pytest

from briefqa.backends.hashing import HashEmbedder
from briefqa.backends.onnx import OnnxEmbedder
from briefqa.backends.sentence_transformers import SentenceTransformersEmbedder, load
from briefqa.protocols import Embedder


@pytest.fixture(scope="session")
def reference() -> SentenceTransformersEmbedder:
    """The default model as sentence-transformers runs it."""
    return load("all-MiniLM-L6-v2")


@pytest.fixture(scope="session")
def export(
    reference: SentenceTransformersEmbedder, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A folder with the default model's export."""
    folder = tmp_path_factory.mktemp("export")
    reference.export(folder)
    return folder


@pytest.fixture(scope="session")
def exported(export: Path) -> OnnxEmbedder:
    """The default model as onnxruntime runs it."""
    return OnnxEmbedder.open(export)


@pytest.fixture(
    params=[
        "hash",
        pytest.param("exported", marks=pytest.mark.model),
        pytest.param("reference", marks=pytest.mark.model),
    ]
)
def embedder(request: pytest.FixtureRequest) -> Embedder:
    """Every embedder there is, one after the other."""
    if request.param == "hash":
        return HashEmbedder()
    embedder: Embedder = request.getfixturevalue(request.param)
    return embedder
