"""A model small enough to be loaded and exported in a unit test."""

from pathlib import Path

import pytest
from tests.models import write_tiny_model

from briefqa.backends.sentence_transformers import SentenceTransformersEmbedder, load


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> SentenceTransformersEmbedder:
    """A model with prompts, without a layer that scales its vectors."""
    folder = tmp_path_factory.mktemp("tiny")
    prompts = {"query": "ask: ", "passage": "read: "}
    return load(str(write_tiny_model(folder, seed=1, prompts=prompts)))


@pytest.fixture(scope="session")
def tiny_export(
    tiny: SentenceTransformersEmbedder, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A folder with the tiny model's export; not to be changed."""
    folder = tmp_path_factory.mktemp("tiny-export")
    tiny.export(folder)
    return folder
