"""What every embedder promises."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from briefqa.backends.onnx import OnnxEmbedder, OnnxTokenEmbedder
from briefqa.backends.sentence_transformers import SentenceTransformersEmbedder, quantized
from briefqa.indexing.token_runs import codes_of
from briefqa.protocols import Embedder, TokenEmbedder, TokenVectors, Vectors

# The fixture gives the same embedder to each example, and keeps nothing of it.
_FEW = settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])

# Everything a file or a request can hold: lone surrogates, controls, marks, planes.
HOSTILE = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from("\ud800\udfff\x00\u200d\u0301\u202e\ufeff\U0001f469\n\t İﬁß[SEP]人"),
    ),
    max_size=60,
)

TEXTS = [
    "The canal was closed for repairs in the spring of 1911.",
    "Bees find their way home by the sun.",
    "",
    "Bees find their way home by the sun, unless it rains, in which case they stay where they are.",
    "42",
    "Les abeilles retrouvent leur chemin grâce au soleil.",
]


def embed_both(embedder: Embedder, texts: list[str]) -> list[Vectors]:
    """Embed ``texts`` as passages and as questions."""
    return [embedder.embed_documents(texts), embedder.embed_queries(texts)]


def test_rows_are_unit_vectors_of_float32(embedder: Embedder) -> None:
    """Inner products are cosines only if every row has length one."""
    for rows in embed_both(embedder, TEXTS):
        assert rows.dtype == np.float32
        assert rows.shape == (len(TEXTS), embedder.dim)
        np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1.0, atol=1e-5)


def assert_same(embedder: Embedder, found: Vectors, expected: Vectors) -> None:
    """Compare vectors of the same texts, to the last bit where nothing is padded."""
    if isinstance(embedder, SentenceTransformersEmbedder):
        np.testing.assert_allclose(found, expected, atol=1e-6)
    else:
        np.testing.assert_array_equal(found, expected)


def test_no_texts_give_no_rows(embedder: Embedder) -> None:
    """An index run in which nothing changed embeds nothing."""
    for rows in embed_both(embedder, []):
        assert rows.shape == (0, embedder.dim)
        assert rows.dtype == np.float32


def test_rows_come_in_the_order_of_the_texts(embedder: Embedder) -> None:
    """Batches are cut by length inside; a vector must still belong to its text."""
    alone = [embedder.embed_documents([text])[0] for text in TEXTS]

    together = embedder.embed_documents(TEXTS)
    backwards = embedder.embed_documents(TEXTS[::-1])[::-1]

    assert_same(embedder, together, np.stack(alone))
    assert_same(embedder, backwards, np.stack(alone))


@pytest.mark.parametrize("words", [1, 3, 8, 20, 90])
def test_a_vector_does_not_depend_on_its_batch(embedder: Embedder, words: int) -> None:
    """Embedding only what changed must give the index a full run would."""
    some = ["river", "house", "court", "canal", "water", "light", "stone", "field", "road", "tree"]
    equals = [" ".join(some[(at * step) % 10] for at in range(words)) for step in range(1, 10)]

    alone = np.stack([embedder.embed_documents([text])[0] for text in equals])

    for size in (2, 3, 9):
        assert_same(embedder, embedder.embed_documents(equals[:size]), alone[:size])
    among_others = embedder.embed_documents([*TEXTS, *equals, *TEXTS])
    assert_same(embedder, among_others[len(TEXTS) : -len(TEXTS)], alone)


def test_the_same_text_gives_the_same_vector(embedder: Embedder) -> None:
    """Two builds of one folder must agree to the last bit on one machine."""
    np.testing.assert_array_equal(embedder.embed_documents(TEXTS), embedder.embed_documents(TEXTS))


def test_it_is_safe_to_use_from_several_threads(embedder: Embedder) -> None:
    """An index run asks for the next passages before it has the last."""
    batches = [[f"{text} {number}" for text in TEXTS] for number in range(8)]
    alone = [embedder.embed_documents(batch) for batch in batches]

    with ThreadPoolExecutor(4) as pool:
        at_once = list(pool.map(embedder.embed_documents, batches))

    assert_same(embedder, np.stack(at_once), np.stack(alone))


def test_a_passage_is_nearest_to_the_question_about_it(embedder: Embedder) -> None:
    """The smallest thing an embedder is for."""
    question = embedder.embed_queries(["When was the canal closed for repairs?"])[0]

    scores = embedder.embed_documents(TEXTS) @ question

    assert int(np.argmax(scores)) == 0


@_FEW
@given(texts=st.lists(HOSTILE, max_size=4))
def test_hostile_text_is_embedded(embedder: Embedder, texts: list[str]) -> None:
    """One strange file must not stop an index run, nor a strange question a server."""
    for rows in embed_both(embedder, texts):
        assert rows.shape == (len(texts), embedder.dim)
        np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1.0, atol=1e-5)


@_FEW
@given(texts=st.lists(HOSTILE, max_size=4))
def test_token_offsets_ascend_within_the_text(embedder: Embedder, texts: list[str]) -> None:
    """Chunks are cut at these places, so each must be a place in the text."""
    offsets = embedder.tokens.offsets(texts)

    assert len(offsets) == len(texts)
    for starts, text in zip(offsets, texts, strict=True):
        assert starts == sorted(starts)
        assert all(0 <= start < len(text) for start in starts)


def test_tokens_are_counted_past_the_window(embedder: Embedder) -> None:
    """A count that stopped at the window would hide how much a chunk is too long."""
    words = 3 * embedder.tokens.max_tokens

    (starts,) = embedder.tokens.offsets(["word " * words])

    assert starts == [5 * place for place in range(words)]


def test_model_id_names_plug_in_argument_and_fingerprint(embedder: Embedder) -> None:
    """An index is reopened from this string alone."""
    spec, _, fingerprint = embedder.model_id.rpartition("@")

    assert ":" in spec
    assert fingerprint


@pytest.mark.model
def test_a_long_question_is_cut_to_the_window(exported: OnnxEmbedder) -> None:
    """Pasting a page into the question box must not end in an error."""
    page = "sovereign compute " * 400
    window = "sovereign compute " * (exported.tokens.max_tokens // 2)

    rows = exported.embed_queries([page, window])

    assert float(rows[0] @ rows[1]) > 0.9999


def test_vectors_come_out_the_same_with_tokens(token_embedder: TokenEmbedder) -> None:
    """An index with tokens must find by meaning just what one without them finds."""
    documents, _ = token_embedder.embed_document_tokens(TEXTS)
    queries, _ = token_embedder.embed_query_tokens(TEXTS)

    np.testing.assert_array_equal(documents, token_embedder.embed_documents(TEXTS))
    np.testing.assert_array_equal(queries, token_embedder.embed_queries(TEXTS))


@_FEW
@given(texts=st.lists(HOSTILE | st.sampled_from(TEXTS), max_size=4))
def test_tokens_are_unit_vectors_in_reading_order(
    token_embedder: TokenEmbedder, texts: list[str]
) -> None:
    """A sentence gets the tokens that begin in it, so each must begin in the text."""
    for embed in (token_embedder.embed_document_tokens, token_embedder.embed_query_tokens):
        _, found = embed(texts)

        assert len(found) == len(texts)
        for tokens, text in zip(found, texts, strict=True):
            assert tokens.rows.shape == (len(tokens.ids), token_embedder.dim)
            assert tokens.starts.shape == tokens.ids.shape
            assert tokens.ids.dtype == np.int32
            assert tokens.starts.dtype == np.int32
            assert tokens.rows.dtype == np.float32
            assert np.all(np.diff(tokens.starts) >= 0)
            assert np.all((tokens.starts >= 0) & (tokens.starts < len(text)))
            assert np.all(tokens.ids >= 0)
            np.testing.assert_allclose(np.linalg.norm(tokens.rows, axis=1), 1.0, atol=1e-5)


def _bits(found: list[TokenVectors]) -> list[bytes]:
    return [codes_of(tokens.rows).tobytes() for tokens in found]


def test_signs_of_tokens_do_not_depend_on_their_batch(token_embedder: TokenEmbedder) -> None:
    """Else an index that was updated would not be the one that is built anew."""
    same_length = [TEXTS[0].replace("canal", word) for word in ("river", "house", "court", "canal")]
    texts = [*same_length, *TEXTS]

    together = _bits(token_embedder.embed_document_tokens(texts)[1])
    backwards = _bits(token_embedder.embed_document_tokens((texts * 9)[::-1])[1])[::-1]
    alone = [_bits(token_embedder.embed_document_tokens([text])[1])[0] for text in texts]

    assert together == alone
    assert backwards == alone * 9


@pytest.mark.model
def test_signs_of_tokens_do_not_depend_on_the_number_of_threads(export: Path) -> None:
    """Two machines with more cores and fewer build the same index."""
    texts = [" ".join(TEXTS[: 1 + at % len(TEXTS)]) + f" {at}" for at in range(40)]
    one, several = (OnnxEmbedder.open(export, threads=threads) for threads in (1, 5))
    assert isinstance(one, OnnxTokenEmbedder)
    assert isinstance(several, OnnxTokenEmbedder)

    rows, tokens = one.embed_document_tokens(texts)
    again, tokens_again = several.embed_document_tokens(texts)

    np.testing.assert_array_equal(again, rows)
    assert _bits(tokens_again) == _bits(tokens)


@pytest.mark.model
def test_tokens_of_the_export_equal_those_of_its_reference(
    exported: OnnxEmbedder, reference: SentenceTransformersEmbedder
) -> None:
    """Each token of the text has the model's own vector; marks of begin and end have none."""
    assert isinstance(exported, OnnxTokenEmbedder)
    tokenizer = reference.fast_tokenizer()
    assert tokenizer is not None
    page = "Rivers carry silt to the sea, and the sea returns some of it. " * 40
    texts = [*TEXTS, "人工知能に関する報告書", "Straße, Größe, Öl", "?!", page]
    expected = reference.encoded(texts, prompt="")

    for embed in (exported.embed_document_tokens, exported.embed_query_tokens):
        _, found = embed(texts)

        for tokens, text, (_, theirs) in zip(found, texts, expected, strict=True):
            assert theirs is not None
            encoding = tokenizer.encode(text, add_special_tokens=False)
            most = exported.tokens.max_tokens
            assert tokens.ids.tolist() == encoding.ids[:most]
            assert tokens.starts.tolist() == [start for start, _ in encoding.offsets][:most]
            assert len(theirs) == len(tokens.rows) + 2
            assert ((tokens.rows * theirs[1:-1]).sum(axis=1) >= 0.9999).all()


@pytest.mark.model
def test_in_8_bits_vectors_lie_near_those_of_the_reference(
    int8: OnnxEmbedder, reference: SentenceTransformersEmbedder
) -> None:
    """And are never taken for them: they have an id of their own."""
    cosines = (int8.embed_documents(TEXTS) * reference.embed_documents(TEXTS)).sum(axis=1)

    assert cosines.min() >= 0.97
    assert cosines.max() < 0.9999
    assert int8.model_id == quantized.identify("all-MiniLM-L6-v2")
    assert int8.model_id.partition("@")[0] == "int8:all-MiniLM-L6-v2"
    assert int8.model_id.partition("@")[2] != reference.model_id.partition("@")[2]


@pytest.mark.model
def test_the_export_equals_its_reference(
    exported: OnnxEmbedder, reference: SentenceTransformersEmbedder
) -> None:
    """Answers must not change because a faster library runs the model."""
    texts = [
        *TEXTS,
        "The tribunal sat for 11 days (3–14 May); costs of €12,750.50 were awarded.",
        "人工知能に関する報告書", "Straße, Größe, Öl", "a", "?!", "\ud800 alone",
        " ".join(["Rivers carry silt to the sea, and the sea returns some of it."] * 10),
        " ".join(["Rivers carry silt to the sea, and the sea returns some of it."] * 40),
    ]  # fmt: skip

    for ours, theirs in (
        (exported.embed_documents(texts), reference.embed_documents(texts)),
        (exported.embed_queries(texts), reference.embed_queries(texts)),
    ):
        cosines = (ours * theirs).sum(axis=1)
        assert cosines.min() >= 0.9999
    assert exported.tokens.offsets(texts) == reference.tokens.offsets(texts)
    assert exported.tokens.max_tokens == reference.tokens.max_tokens == 254
    assert exported.model_id == reference.model_id
