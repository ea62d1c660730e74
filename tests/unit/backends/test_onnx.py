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
from tests.models import WINDOW, write_tiny_model

from briefqa.backends.onnx import OnnxEmbedder, OnnxTokenEmbedder
from briefqa.backends.onnx.running import equal_lengths
from briefqa.backends.sentence_transformers import SentenceTransformersEmbedder, load
from briefqa.errors import IndexDamagedError
from briefqa.protocols import TokenEmbedder


@given(lengths=st.lists(st.integers(0, 300), max_size=200))
def test_batches_hold_one_length_and_every_text_once(lengths: list[int]) -> None:
    """Without padding nothing is computed in vain and batches cannot change a vector."""
    batches = list(equal_lengths(lengths))

    assert sorted(place for batch in batches for place in batch) == list(range(len(lengths)))
    for batch in batches:
        assert len({lengths[place] for place in batch}) == 1
        assert len(batch) == 1 or len(batch) * lengths[batch[0]] <= 384


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


@pytest.mark.model
def test_tokens_are_those_of_the_text_and_not_of_the_prompt(
    tiny: SentenceTransformersEmbedder, tiny_export: Path
) -> None:
    """A prompt stands in every chunk: its tokens would say nothing and cost their space."""
    texts = ["a b c", "", "some more letters", "a " * 100]
    exported = OnnxEmbedder.open(tiny_export)
    assert isinstance(exported, OnnxTokenEmbedder)

    for embed, prompt in (
        (exported.embed_document_tokens, tiny.document_prompt),
        (exported.embed_query_tokens, tiny.query_prompt),
    ):
        _, found = embed(texts)

        # The model reads single letters: [CLS], those of the prompt, of the text, and [SEP].
        prompt_tokens = len(prompt.replace(" ", ""))
        for tokens, text, (_, theirs) in zip(
            found, texts, tiny.encoded(texts, prompt=prompt), strict=True
        ):
            assert theirs is not None
            expected = theirs[1 + prompt_tokens : -1]
            letters = [at for at, letter in enumerate(text) if letter != " "]
            assert tokens.starts.tolist() == letters[: len(expected)]
            np.testing.assert_allclose(tokens.rows, expected, atol=1e-4)


@pytest.mark.model
def test_an_export_says_which_languages_its_model_was_made_for(tmp_path: Path) -> None:
    """The model's own card is not there any more when a question comes."""
    model = write_tiny_model(tmp_path / "model", seed=2, prompts={})
    (model / "README.md").write_text("---\nlanguage: [en, no]\n---\n", encoding="utf-8")
    (tmp_path / "export").mkdir()
    load(str(model)).export(tmp_path / "export")

    exported = OnnxEmbedder.open(tmp_path / "export")

    assert isinstance(exported, OnnxTokenEmbedder)
    assert exported.languages == frozenset({"en", "no"})


@pytest.mark.model
def test_an_export_of_a_model_that_does_not_say_knows_no_languages(tiny_export: Path) -> None:
    """Not to know is not to know none."""
    exported = OnnxEmbedder.open(tiny_export)

    assert isinstance(exported, OnnxTokenEmbedder)
    assert exported.languages is None


@pytest.mark.model
def test_a_model_with_tokens_of_another_width_gives_none(tmp_path: Path) -> None:
    """Late interaction compares with what an index says is the width of a vector."""
    from sentence_transformers import SentenceTransformer  # noqa: PLC0415 - takes seconds
    from sentence_transformers.base.modules.dense import Dense  # noqa: PLC0415 - as above

    whole = SentenceTransformer(str(write_tiny_model(tmp_path / "model", seed=3, prompts={})))
    whole.append(Dense(16, 8))
    whole.save(str(tmp_path / "narrow"), create_model_card=False)
    (tmp_path / "export").mkdir()
    reference = load(str(tmp_path / "narrow"))
    reference.export(tmp_path / "export")

    exported = OnnxEmbedder.open(tmp_path / "export")

    assert not isinstance(exported, TokenEmbedder)
    assert exported.dim == 8
    np.testing.assert_allclose(
        exported.embed_documents(["a b"]), reference.embed_documents(["a b"]), atol=1e-4
    )
