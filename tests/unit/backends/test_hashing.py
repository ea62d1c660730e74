"""The embedder without a model."""

import pytest

from briefqa.backends.hashing import HashEmbedder, identify, load
from briefqa.errors import SettingsError


def test_vectors_are_the_same_in_every_process() -> None:
    """Python's own hash is salted per process; indexes outlive processes."""
    (row,) = HashEmbedder(8).embed_documents(["one three five seven"])

    assert row.round(4).tolist() == [-0.5, -0.5, -0.5, 0.0, 0.0, 0.0, 0.0, 0.5]


def test_texts_that_share_words_are_nearer() -> None:
    """Tests of retrieval rely on it."""
    query, near, far = HashEmbedder().embed_documents(
        ["The old canal bridge", "the CANAL, and its bridge", "quarterly tax receipts"]
    )

    assert query @ near > query @ far + 0.3


def test_long_words_are_several_tokens() -> None:
    """Chunking must cope with words that a tokenizer splits."""
    tokens = HashEmbedder().tokens

    assert tokens.offsets(["abcdefghij, no"]) == [[0, 8, 10, 12]]


@pytest.mark.parametrize(("argument", "model_id"), [("", "hash:256@v2"), ("64", "hash:64@v2")])
def test_the_argument_is_the_width(argument: str, model_id: str) -> None:
    """The identity is known without making the embedder."""
    assert identify(argument) == load(argument).model_id == model_id


@pytest.mark.parametrize("argument", ["0", "-1", "4097", "many", "²", "1" * 5000, "6 4"])
def test_another_argument_is_a_wrong_setting(argument: str) -> None:
    """It comes from a command line, so it must not end in a traceback."""
    with pytest.raises(SettingsError, match="needs a width from 1 to 4096"):
        identify(argument)
