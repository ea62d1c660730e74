"""What every lexical index promises, against BM25 written out here."""

import math
import random
import string
from collections import Counter
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from briefqa.backends.tantivy import TantivyBackend
from briefqa.datatypes import ChunkId
from briefqa.protocols import DocumentWords, LexicalBackend, LexicalIndex, Selection

if TYPE_CHECKING:
    from pathlib import Path

_K1, _B = 1.2, 0.75

# Nouns that no stemmer touches, so that the oracle needs none.
WORDS = ["canal", "bee", "court", "silt", "ship", "lamp", "moon", "corn", "fern", "salt"]

HOSTILE = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from("\ud800\udfff\x00\u200d\u0301()[]{}\"'+-:^~*?\\/&|! İﬁß人"),
    ),
    max_size=80,
)

_FEW = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(params=[TantivyBackend])
def index_of(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[list[str]], LexicalIndex]:
    """Return what indexes texts under the ids "0", "1", ..."""
    make: Callable[[], LexicalBackend] = request.param

    def build(texts: list[str]) -> LexicalIndex:
        folder: Path = tmp_path_factory.mktemp("words")
        chunks = [(ChunkId(str(place)), text) for place, text in enumerate(texts)]
        make().build(folder, [DocumentWords([chunk], language="en") for chunk in chunks])
        return make().open(folder)

    return build


def selected(positions: Iterable[int]) -> Selection:
    """Hold a search to these positions."""
    return Selection(np.array(sorted(positions), dtype=np.int64))


def bm25(texts: list[str], question: str) -> dict[str, float]:
    """Score texts of plain words by the textbook formula."""
    counts = [Counter(text.split()) for text in texts]
    average = sum(sum(each.values()) for each in counts) / len(texts)
    scores: dict[str, float] = {}
    for place, each in enumerate(counts):
        length = _K1 * (1 - _B + _B * sum(each.values()) / average)
        for word in set(question.split()) & set(each):
            holding = sum(word in other for other in counts)
            rarity = math.log(1 + (len(texts) - holding + 0.5) / (holding + 0.5))
            share = each[word] * (_K1 + 1) / (each[word] + length)
            scores[str(place)] = scores.get(str(place), 0.0) + rarity * share
    return scores


@_FEW
@given(
    texts=st.lists(
        # Lengths up to 40 words are kept exactly; longer ones are rounded inside.
        st.lists(st.sampled_from(WORDS), min_size=1, max_size=40).map(" ".join),
        min_size=1,
        max_size=12,
    ),
    question=st.lists(st.sampled_from(WORDS), min_size=1, max_size=5).map(" ".join),
)
def test_scores_are_bm25(
    index_of: Callable[[list[str]], LexicalIndex], texts: list[str], question: str
) -> None:
    """Lexical scores feed the confidence, so they must be what their name says."""
    hits = index_of(texts).search(question, 50)

    expected = bm25(texts, question)
    assert dict(hits) == pytest.approx(expected, rel=1e-3, abs=2e-4)
    assert [score for _, score in hits] == sorted((s for _, s in hits), reverse=True)


@_FEW
@given(texts=st.lists(HOSTILE, max_size=6), question=HOSTILE, k=st.integers(0, 10**12))
def test_any_text_is_a_valid_question(
    index_of: Callable[[list[str]], LexicalIndex], texts: list[str], question: str, k: int
) -> None:
    """Brackets and quotes are text to us, never the syntax of a query."""
    index = index_of(texts)

    hits = index.search(question, k)

    assert len(index) == len(texts)
    assert len(hits) <= min(k, len(texts))
    for term in index.terms(question):
        assert index.document_frequency(term) >= 0


_TEXTS = st.lists(st.lists(st.sampled_from(WORDS), min_size=1, max_size=6).map(" ".join))


@_FEW
@given(
    texts=_TEXTS,
    question=st.lists(st.sampled_from(WORDS), min_size=1, max_size=5).map(" ".join),
    k=st.integers(0, 20),
    data=st.data(),
)
def test_a_search_among_some_is_the_ranking_without_the_others(
    index_of: Callable[[list[str]], LexicalIndex],
    texts: list[str],
    question: str,
    k: int,
    data: st.DataObject,
) -> None:
    """The best that a filter allows, not what it leaves of the best; and with the same scores."""
    index = index_of(texts)
    some = data.draw(st.sets(st.integers(0, len(texts) - 1))) if texts else set()

    everything = index.search(question, len(texts))
    for positions in (some, set(range(len(texts))), set()):
        found = index.search(question, k, among=selected(positions))

        assert found == [hit for hit in everything if int(hit[0]) in positions][:k]


@pytest.mark.parametrize("step", [1, 2, 5, 50, 1999])
@pytest.mark.parametrize("run", [1, 4])
def test_a_search_among_many_is_the_ranking_without_the_others(
    index_of: Callable[[list[str]], LexicalIndex], step: int, run: int
) -> None:
    """Few chunks and many may be looked for in different ways, with one result."""
    draw = random.Random(step)  # noqa: S311 - words, not secrets
    texts = [" ".join(draw.choices(WORDS, k=draw.randint(1, 12))) for _ in range(6000)]
    index = index_of(texts)
    positions = {at for first in range(0, 6000, step * run) for at in range(first, first + run)}
    positions &= set(range(6000))

    for question in ("salt", "canal bee court", "moon moon lamp silt ship"):
        everything = index.search(question, 6000)
        for k in (1, 40, 3000):
            found = index.search(question, k, among=selected(positions))
            assert found == [hit for hit in everything if int(hit[0]) in positions][:k]


def test_a_search_among_the_worst_finds_them(
    index_of: Callable[[list[str]], LexicalIndex],
) -> None:
    """What a filter allows may all rank below thousands that it does not."""
    index = index_of(["salt"] * 3000 + [f"salt{' corn' * (at % 40 + 1)}" for at in range(600)])
    positions = set(range(3000, 3600))

    everything = index.search("salt", 3600)
    found = index.search("salt", 100, among=selected(positions))

    assert found == [hit for hit in everything if int(hit[0]) in positions][:100]
    assert len(found) == 100


def test_a_selection_of_what_is_not_there_is_a_mistake(
    index_of: Callable[[list[str]], LexicalIndex],
) -> None:
    """It comes from another index, and would name the wrong chunks of this one."""
    with pytest.raises(ValueError, match="position 1 is selected of 1 chunks"):
        index_of(["salt"]).search("salt", 1, among=selected([1]))


def test_equals_come_in_the_order_added(
    index_of: Callable[[list[str]], LexicalIndex],
) -> None:
    """Repeated paragraphs are common; which of them is shown must not be chance."""
    index = index_of(["salt and silt", "corn"] * 60)

    for k in (1, 7, 59, 60, 500):
        found = [name for name, _ in index.search("salt", k)]
        assert found == [str(2 * place) for place in range(min(k, 60))]


def test_a_word_asked_twice_counts_once(
    index_of: Callable[[list[str]], LexicalIndex],
) -> None:
    """A question that repeats itself must not lean to what it repeats."""
    index = index_of(["salt fern", "corn moon", "lamp"])

    assert index.search("salt salt salt corn", 5) == index.search("corn salt", 5)


def test_words_are_found_whatever_their_form(
    index_of: Callable[[list[str]], LexicalIndex],
) -> None:
    """People ask in other cases, numbers and accents than authors write."""
    index = index_of(["The POLICIES of the élite", "AI-driven “growth”, 3.5%", "Cafe\u0301s close"])

    assert index.search("policy", 1)[0][0] == "0"
    assert index.search("Elite?", 1)[0][0] == "0"
    assert index.search("driven by AI", 1)[0][0] == "1"
    assert index.search("café closing", 1)[0][0] == "2"
    assert index.search("zebra", 5) == []


def test_terms_are_the_words_of_the_index(
    index_of: Callable[[list[str]], LexicalIndex],
) -> None:
    """Rarity of a question's words is looked up through exactly these."""
    index = index_of(["The canals were dug", "A canal and a ship", "Ships"])

    assert index.terms("Which canals did the ships use, and whose canal?") == [
        "canal", "ship", "use", "canal",
    ]  # fmt: skip
    assert index.document_frequency("canal") == 2
    assert index.document_frequency("ship") == 2
    assert index.document_frequency("zebra") == 0
    assert index.terms("") == []


def test_a_question_of_small_words_still_finds_them(
    index_of: Callable[[list[str]], LexicalIndex],
) -> None:
    """Small words are dropped only while others are left to go by."""
    index = index_of(["who is it", "corn and salt"])

    assert [name for name, _ in index.search("who is it?", 5)] == ["0"]
    assert [name for name, _ in index.search("who is the corn?", 5)] == ["1"]


def test_a_word_is_kept_up_to_its_longest(
    index_of: Callable[[list[str]], LexicalIndex],
) -> None:
    """A pasted key or a line of base64 must not bloat the index."""
    index = index_of([string.ascii_lowercase, "x" * 5000])

    assert [name for name, _ in index.search(string.ascii_lowercase, 5)] == ["0"]
    assert index.search("x" * 5000, 5) == []
