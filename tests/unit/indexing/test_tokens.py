"""Tokens on the disk give what plain arithmetic over their signs gives."""

import math
import re
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from briefqa.backends import onnx
from briefqa.backends.faiss import NumberedChunks
from briefqa.datatypes import ChunkId
from briefqa.errors import IndexDamagedError
from briefqa.indexing.token_runs import MOST_STEPS, ChunkTokens, bit_products
from briefqa.indexing.tokens import TokenStore, TokenStoreWriter
from briefqa.protocols import TokenVectors

_VOCABULARY = 40
_PAGE = Path(__file__).parents[3] / "docs" / "reference" / "index-format.md"


def _tokens(count: int, dim: int, seed: int) -> TokenVectors:
    draw = np.random.default_rng(seed)
    rows = draw.standard_normal((count, dim)).astype(np.float32)
    rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    ids = draw.integers(0, _VOCABULARY, count).astype(np.int32)
    starts = np.sort(draw.integers(0, 200, count)).astype(np.int32)
    return TokenVectors(ids, starts, rows)


def _store(folder: Path, chunks: list[TokenVectors], dim: int) -> TokenStore:
    with TokenStoreWriter(folder, dim) as writer:
        for each in chunks:
            writer.add(ChunkTokens.of(each))
    return TokenStore(folder, dim, NumberedChunks(ChunkId(str(at)) for at in range(len(chunks))))


def _rounding(dim: int) -> float:
    """How far a cosine can be off for a question's vector in whole steps; half of one in each."""
    return math.sqrt(math.pi / 2 * dim) / 2 / MOST_STEPS + 1e-6


def _expected(query: TokenVectors, part: TokenVectors, chunks: list[TokenVectors]) -> float:
    """Late interaction, written out: of each query token the nearest, weighted by rarity."""
    weights = np.array(
        [
            math.log(1 + (max(len(chunks), 100) - held + 0.5) / (held + 0.5))
            for each in query.ids
            for held in [sum(each in chunk.ids for chunk in chunks)]
        ]
    )
    if not len(part.ids) or not len(query.ids):
        return 0.0
    dim = query.rows.shape[1]
    signs = np.where(part.rows > 0, 1.0, -1.0) / math.sqrt(dim)
    cosines = query.rows.astype(np.float64) @ signs.T * math.sqrt(math.pi / 2)
    return float(np.clip(cosines.max(axis=1), 0, 1) @ weights / weights.sum())


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(0, 9), min_size=1, max_size=8),
    st.integers(0, 12),
    st.sampled_from([1, 5, 8, 64, 100]),
    st.integers(0, 2**32 - 1),
)
def test_similarities_are_those_of_the_formula(
    counts: list[int], asked: int, dim: int, seed: int
) -> None:
    """Packed bits and tables of sums are a matter of speed alone."""
    chunks = [_tokens(count, dim, seed + at) for at, count in enumerate(counts)]
    query = _tokens(asked, dim, seed + 99)
    with tempfile.TemporaryDirectory() as folder:
        store = _store(Path(folder, "tokens"), chunks, dim)
        ids = [ChunkId(str(at)) for at in range(len(chunks))][::-1]

        found, _ = store.similarities(query, [(each, ()) for each in ids])

    expected = [_expected(query, chunk, chunks) for chunk in chunks[::-1]]
    np.testing.assert_allclose(found, expected, atol=_rounding(dim))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(0, 12), min_size=1, max_size=5),
    st.lists(st.lists(st.integers(0, 200), unique=True, max_size=5), min_size=5, max_size=5),
    st.integers(0, 2**32 - 1),
)
def test_a_part_is_compared_by_its_own_tokens(
    counts: list[int], cuts: list[list[int]], seed: int
) -> None:
    """A sentence must not be chosen for words of the one before it."""
    chunks = [_tokens(count, 16, seed + at) for at, count in enumerate(counts)]
    query = _tokens(4, 16, seed + 99)
    parts = [(ChunkId(str(at)), sorted(each)) for at, each in enumerate(cuts[: len(chunks)])]
    with tempfile.TemporaryDirectory() as folder:
        store = _store(Path(folder, "tokens"), chunks, 16)

        _, found = store.similarities(query, parts)

    for chunk, (_, begins), similarities in zip(chunks, parts, found, strict=True):
        ends = [*begins[1:], 10**6]
        assert len(similarities) == len(begins)
        for start, end, similarity in zip(begins, ends, similarities, strict=False):
            is_inside = (chunk.starts >= start) & (chunk.starts < end)
            part = TokenVectors(
                chunk.ids[is_inside], chunk.starts[is_inside], chunk.rows[is_inside]
            )
            assert similarity == pytest.approx(_expected(query, part, chunks), abs=_rounding(16))


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from([0, 1, 9, 1023, 1025, 2100]),
    st.integers(1, 6),
    st.sampled_from([1, 7, 8, 64, 100, 384]),
    st.integers(0, 2**32 - 1),
)
def test_both_products_are_what_plain_arithmetic_gives(
    count: int, rows: int, dim: int, seed: int
) -> None:
    """Which of them compares must not show in a score, not in its last digit."""
    draw = np.random.default_rng(seed)
    bits = draw.integers(0, 2, (count, dim))
    codes = np.packbits(bits.astype(np.uint8), axis=1, bitorder="little")
    steps = draw.integers(-MOST_STEPS, MOST_STEPS, (rows, dim), dtype=np.int32, endpoint=True)

    expected = bits @ steps.astype(np.int64).T

    np.testing.assert_array_equal(bit_products(codes, steps), expected)
    np.testing.assert_array_equal(onnx.bit_products(codes, steps), expected)


def test_of_a_long_question_the_rarest_tokens_count(tmp_path: Path) -> None:
    """Time grows with their number; the common ones say least."""
    common = _tokens(20, 16, 1)
    chunks = [TokenVectors(np.zeros(20, dtype=np.int32), common.starts, common.rows)] * 9
    rare = _tokens(64, 16, 2)
    rare = TokenVectors(np.arange(100, 164, dtype=np.int32), rare.starts, rare.rows)
    both = TokenVectors(
        np.concatenate([np.zeros(50, dtype=np.int32), rare.ids]),
        np.arange(114, dtype=np.int32),
        np.concatenate([_tokens(50, 16, 3).rows, rare.rows]),
    )
    store = _store(tmp_path / "tokens", chunks, 16)

    found, _ = store.similarities(both, [(ChunkId("0"), ())])

    np.testing.assert_array_equal(found, store.similarities(rare, [(ChunkId("0"), ())])[0])


def test_what_was_added_can_be_read_while_writing(tmp_path: Path) -> None:
    """A text that stands in a folder twice is embedded once."""
    chunks = [ChunkTokens.of(_tokens(count, 12, count)) for count in (3, 0, 7, 2)]
    with TokenStoreWriter(tmp_path / "tokens", 12) as writer:
        for each in chunks:
            writer.add(each)
        writer.add(writer.added(2))
        writer.add(writer.added(0))
    store = TokenStore(tmp_path / "tokens", 12, NumberedChunks(ChunkId(str(at)) for at in range(6)))

    for place, expected in enumerate([*chunks, chunks[2], chunks[0]]):
        found = store.tokens([ChunkId(str(place))])[0]
        np.testing.assert_array_equal(found.ids, expected.ids)
        np.testing.assert_array_equal(found.starts, expected.starts)
        np.testing.assert_array_equal(found.codes, expected.codes)


@pytest.mark.parametrize("name", ["codes.bin", "ids.bin", "starts.bin", "ends.bin"])
def test_files_that_do_not_belong_together_are_damage(tmp_path: Path, name: str) -> None:
    """Each may be whole and yet be that of another index."""
    _store(tmp_path / "tokens", [_tokens(3, 16, 1), _tokens(4, 16, 2)], 16)
    path = tmp_path / "tokens" / name
    path.write_bytes(path.read_bytes()[:-8])

    with pytest.raises(IndexDamagedError, match="holds"):
        TokenStore(tmp_path / "tokens", 16, NumberedChunks([ChunkId("0"), ChunkId("1")]))


def test_no_chunks_are_no_error(tmp_path: Path) -> None:
    """A folder whose last document was deleted has no tokens either."""
    store = _store(tmp_path / "tokens", [], 16)

    assert len(store) == 0
    whole, parts = store.similarities(_tokens(3, 16, 1), [])
    assert whole.shape == (0,)
    assert parts == []


def test_the_files_can_be_read_as_the_page_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other programs have only that page to go by."""
    chunks = [_tokens(count, 20, count) for count in (3, 0, 5)]
    query = _tokens(1, 20, 9)
    store = _store(tmp_path / "tokens", chunks, 20)
    text = _PAGE.read_text(encoding="utf-8")
    (block,) = re.findall(r"^```py\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    monkeypatch.chdir(tmp_path)

    for position in (0, 2):
        names = {"position": position, "dim": 20, "asked": query.rows[0]}
        exec(block, names)  # noqa: S102 - the page's own lines

        (found,), _ = store.similarities(query, [(ChunkId(str(position)), ())])
        np.testing.assert_array_equal(names["ids"], chunks[position].ids)
        assert np.clip(np.max(names["cosines"]), 0, 1) == pytest.approx(found, abs=_rounding(20))


def test_chunks_added_at_once_are_as_if_added_one_by_one(tmp_path: Path) -> None:
    """A build writes a thousand at a time, an update most of them from the generation before."""
    chunks = [ChunkTokens.of(_tokens(count, 12, count)) for count in (3, 0, 7, 7, 2, 40)]
    with TokenStoreWriter(tmp_path / "single", 12) as writer:
        for each in chunks:
            writer.add(each)
    with TokenStoreWriter(tmp_path / "many", 12) as writer:
        writer.add_all(chunks[:2])
        writer.add_all([])
        writer.add_all(chunks[2:])

    for path in (tmp_path / "single").iterdir():
        assert (tmp_path / "many" / path.name).read_bytes() == path.read_bytes()


def test_tokens_come_in_the_order_they_are_asked_for(tmp_path: Path) -> None:
    """What stands in a row is read at once, and must still be told apart."""
    chunks = [_tokens(count, 16, count) for count in (3, 0, 7, 2, 5, 0)]
    store = _store(tmp_path / "tokens", chunks, 16)

    for asked in ([0, 1, 2, 3], [4, 2, 2, 0], [1, 5], [3], [5, 4, 3, 2, 1, 0], []):
        found = store.tokens([ChunkId(str(each)) for each in asked])

        for each, place in zip(found, asked, strict=True):
            np.testing.assert_array_equal(each.ids, chunks[place].ids)
            np.testing.assert_array_equal(each.starts, chunks[place].starts)
            np.testing.assert_array_equal(each.codes, ChunkTokens.of(chunks[place]).codes)
