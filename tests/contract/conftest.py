"""The implementations that the contract suites run over."""

from pathlib import Path

import pytest
from tests.models import write_tiny_reranker

from briefqa.backends.hashing import HashEmbedder
from briefqa.backends.onnx import OnnxEmbedder, OnnxReranker
from briefqa.backends.sentence_transformers import SentenceTransformersEmbedder, load
from briefqa.backends.sentence_transformers.reranker import SentenceTransformersReranker
from briefqa.backends.sentence_transformers.reranker import load as load_reranker
from briefqa.protocols import Embedder, Reranker, TokenEmbedder


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


@pytest.fixture(params=["hash", pytest.param("exported", marks=pytest.mark.model)])
def token_embedder(request: pytest.FixtureRequest) -> TokenEmbedder:
    """Every embedder that tells the vectors of tokens."""
    embedder = HashEmbedder() if request.param == "hash" else request.getfixturevalue("exported")
    assert isinstance(embedder, TokenEmbedder)
    return embedder


@pytest.fixture(scope="session")
def reference_reranker(tmp_path_factory: pytest.TempPathFactory) -> SentenceTransformersReranker:
    """A CrossEncoder with random weights, as sentence-transformers runs it."""
    return load_reranker(str(write_tiny_reranker(tmp_path_factory.mktemp("reranker"), seed=1)))


@pytest.fixture(scope="session")
def exported_reranker(
    reference_reranker: SentenceTransformersReranker, tmp_path_factory: pytest.TempPathFactory
) -> OnnxReranker:
    """The same as onnxruntime runs it."""
    folder = tmp_path_factory.mktemp("reranker-export")
    reference_reranker.export(folder)
    return OnnxReranker.open(folder)


@pytest.fixture(params=["exported_reranker", "reference_reranker"])
def reranker(request: pytest.FixtureRequest) -> Reranker:
    """Every reranker there is, one after the other; both need torch to be made."""
    reranker: Reranker = request.getfixturevalue(request.param)
    return reranker
