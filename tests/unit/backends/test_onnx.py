"""Running an export."""

import json
import logging
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.models import WINDOW

from briefqa.backends.onnx import OnnxEmbedder
from briefqa.backends.onnx.running import equal_lengths
from briefqa.backends.sentence_transformers import SentenceTransformersEmbedder
from briefqa.errors import IndexDamagedError


@given(lengths=st.lists(st.integers(0, 300), max_size=200))
def test_batches_hold_one_length_and_every_text_once(lengths: list[int]) -> None:
    """Without padding nothing is computed in vain and batches cannot change a vector."""
    batches = list(equal_lengths(lengths))

    assert sorted(place for batch in batches for place in batch) == list(range(len(lengths)))
    for batch in batches:
        assert len({lengths[place] for place in batch}) == 1
        assert len(batch) == 1 or len(batch) * lengths[batch[0]] <= 768


@pytest.fixture
def copy(tiny_export: Path, tmp_path: Path) -> Path:
    """An export of one's own to spoil."""
    return Path(shutil.copytree(tiny_export, tmp_path / "copy"))


@pytest.mark.model
@pytest.mark.parametrize("name", ["model.onnx", "model.bin", "tokenizer.json", "model.json"])
@pytest.mark.parametrize("spoil", ["flip", "cut", "remove"])
def test_a_damaged_file_is_named(copy: Path, name: str, spoil: str) -> None:
    """A graph with one bit changed loads without complaint and gives wrong vectors."""
    path = copy / name
    data = bytearray(path.read_bytes())
    if spoil == "flip":
        data[len(data) // 2] ^= 1
        path.write_bytes(data)
    elif spoil == "cut":
        path.write_bytes(data[:-1] if name != "model.json" else data[:-9])
    else:
        path.unlink()

    with pytest.raises(IndexDamagedError) as caught:
        OnnxEmbedder.open(copy)

    assert caught.value.path == path


@pytest.mark.model
@pytest.mark.parametrize("content", ["[]", "{}", '"text"', "null", '{"checksum": 1}'])
def test_a_card_of_another_shape_is_damage(copy: Path, content: str) -> None:
    """It must not end in a traceback."""
    (copy / "model.json").write_text(content, encoding="utf-8")

    with pytest.raises(IndexDamagedError, match=r"model\.json"):
        OnnxEmbedder.open(copy)


@pytest.mark.model
def test_a_card_with_a_changed_field_is_damage(copy: Path) -> None:
    """Another prompt or window would change every vector in silence."""
    card = json.loads((copy / "model.json").read_text(encoding="utf-8"))
    card["prompts"]["query"] = ""
    (copy / "model.json").write_text(json.dumps(card), encoding="utf-8")

    with pytest.raises(IndexDamagedError, match="its own checksum"):
        OnnxEmbedder.open(copy)


@pytest.mark.model
def test_prompts_and_norm_are_the_reference_s_own(
    tiny: SentenceTransformersEmbedder, tiny_export: Path
) -> None:
    """Models that were trained with prompts are much worse without them."""
    texts = ["a b c", "some more letters", "x"]

    exported = OnnxEmbedder.open(tiny_export)

    np.testing.assert_allclose(exported.embed_queries(texts), tiny.embed_queries(texts), atol=1e-4)
    np.testing.assert_allclose(
        exported.embed_documents(texts), tiny.embed_documents(texts), atol=1e-4
    )
    assert not np.allclose(exported.embed_queries(texts), exported.embed_documents(texts))
    # [CLS], [SEP] and the five letters and signs of "read:".
    assert exported.tokens.max_tokens == tiny.tokens.max_tokens == WINDOW - 2 - 5


@pytest.mark.model
def test_a_passage_that_is_cut_off_is_logged_once(
    tiny_export: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Losing the end of a passage is a defect of chunking, and must be seen."""
    embedder = OnnxEmbedder.open(tiny_export)
    long = "a " * 100

    with caplog.at_level(logging.WARNING):
        embedder.embed_queries([long])
        embedder.embed_documents(["a " * embedder.tokens.max_tokens])
        assert not caplog.records
        embedder.embed_documents([long])
        embedder.embed_documents([long])

    assert [record.getMessage() for record in caplog.records] == [
        "passages longer than the model's window were cut off when embedded"
    ]


@pytest.mark.model
def test_questions_may_be_embedded_at_the_same_time(tiny_export: Path) -> None:
    """The server answers in threads."""
    embedder = OnnxEmbedder.open(tiny_export, threads=1)
    texts = [f"question number {number}" for number in range(64)]
    expected = [embedder.embed_queries([text]) for text in texts]

    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda text: embedder.embed_queries([text]), texts))

    np.testing.assert_allclose(found, expected, atol=1e-6)
