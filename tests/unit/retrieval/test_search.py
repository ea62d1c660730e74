"""Hits against an independent oracle, and the promises that a ranking keeps."""

import math
import random
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.small_index import SmallIndex, passage, small_index

from briefqa.backends.hashing import HashEmbedder
from briefqa.datatypes import Chunk, ChunkId, DocId, Hit
from briefqa.errors import LimitError, QuestionError
from briefqa.protocols import Selection
from briefqa.retrieval import (
    MOST_HITS,
    Asked,
    check_question,
    embed_question,
    find_hits,
    term_weights,
)
from briefqa.retrieval.fusion import weights_for
from briefqa.retrieval.search import rank

_EMBEDDER = HashEmbedder(64)
# The word index gives scores to four decimals, and a word that is everywhere scores hardly more.
_ROUNDING = 1e-3
# Words that are their own stems and no stop words, so that the oracle needs no analyser.
_WORDS = ["grid", "chip", "water", "wind", "coal", "dam", "port", "ship", "tax", "law", "loan"]
_SENTENCES = st.lists(st.sampled_from(_WORDS), min_size=1, max_size=9).map(" ".join)
_TEXTS = st.lists(_SENTENCES, min_size=1, max_size=3).map("\n".join)
_QUESTIONS = st.lists(st.sampled_from([*_WORDS, "volcano"]), min_size=1, max_size=6).map(" ".join)


def _asked(question: str, embedder: HashEmbedder = _EMBEDDER) -> Asked:
    return embed_question(question, embedder)


def _find(question: str, index: SmallIndex, k: int) -> list[Hit]:
    return find_hits(_asked(question), index, k=k)


def _chunks(texts: Sequence[str], documents: int = 3) -> list[Chunk]:
    """Deal ``texts`` out to documents, one after the other."""
    return [passage(f"d{at % documents}", 1000 * at, text) for at, text in enumerate(texts)]


def _oracle(question: str, chunks: Sequence[Chunk]) -> dict[ChunkId, dict[str, float]]:
    """Score every chunk from the papers' formulas: BM25, cosine, and late interaction."""
    held = [chunk.embedded_text.split() for chunk in chunks]
    mean_length = sum(map(len, held)) / len(held)
    idf = {
        word: math.log(1 + (len(held) - n + 0.5) / (n + 0.5))
        for word in set(question.split())
        for n in [sum(word in words for words in held)]
    }
    # As of a hundred chunks, where there are fewer.
    rarity = {
        word: math.log(1 + (max(len(held), 100) - n + 0.5) / (n + 0.5))
        for word in idf
        for n in [sum(word in words for words in held)]
    }
    said = question.split()
    (asked,) = _EMBEDDER.embed_documents([question])
    scores: dict[ChunkId, dict[str, float]] = {}
    for chunk, words in zip(chunks, held, strict=True):
        norm = 1.2 * (0.25 + 0.75 * len(words) / mean_length)
        bm25 = sum(
            weight * 2.2 * words.count(word) / (words.count(word) + norm)
            for word, weight in idf.items()
        )
        (vector,) = _EMBEDDER.embed_documents([chunk.embedded_text])
        late = _late(said, words, rarity)
        sentence = max(_late(said, line.split(), rarity) for line in chunk.text.split("\n"))
        dense = float(np.dot(asked, vector))
        lexical = bm25 / (2.2 * sum(idf.values()))
        fused = 0.2 * max(0.0, dense) + 0.25 * lexical + 0.35 * late + 0.2 * sentence
        scores[chunk.chunk_id] = {
            "dense": dense, "lexical": bm25, "late": late, "sentence": sentence, "fused": fused,
        }  # fmt: skip
    return scores


def _late(said: Sequence[str], words: Sequence[str], rarity: dict[str, float]) -> float:
    """Return the mean over ``said`` of the largest cosine with a word, the rare counting more."""
    nearest = {
        word: max(math.sqrt(math.pi / 2) * _cosine_of_words(word, other) for other in words)
        for word in said
    }
    late = sum(rarity[word] * min(1.0, max(0.0, nearest[word])) for word in said)
    return late / sum(rarity[word] for word in said)


def _cosine_of_words(one: str, other: str) -> float:
    """Return the cosine of two words' vectors, which consist of signs."""
    _, (first, second) = _EMBEDDER.embed_document_tokens([one, other])
    return float(np.sign(first.rows[0]) @ np.sign(second.rows[0])) / _EMBEDDER.dim


@settings(max_examples=60)
@given(st.lists(_TEXTS, min_size=1, max_size=30), _QUESTIONS)
def test_stages_agree_with_the_papers_formulas(texts: list[str], question: str) -> None:
    """Each stage's score, and their combination, are what the documentation says."""
    chunks = _chunks(texts)
    expected = _oracle(question, chunks)
    with tempfile.TemporaryDirectory() as folder:
        index = small_index(chunks, _EMBEDDER, Path(folder))

        found = rank(_asked(question), index).scores

    assert found.keys() == expected.keys()
    for chunk_id, stages in expected.items():
        for stage, score in stages.items():
            assert found[chunk_id][stage] == pytest.approx(score, abs=_ROUNDING), stage


@settings(max_examples=60)
@given(st.lists(_TEXTS, min_size=1, max_size=30), _QUESTIONS)
def test_feedback_is_likeness_to_the_two_best(texts: list[str], question: str) -> None:
    """What is like nothing that fits gains nothing, however like other passages it is."""
    chunks = _chunks(texts)
    vectors = _EMBEDDER.embed_documents([chunk.embedded_text for chunk in chunks])
    row = {chunk.chunk_id: vector for chunk, vector in zip(chunks, vectors, strict=True)}
    with tempfile.TemporaryDirectory() as folder:
        index = small_index(chunks, _EMBEDDER, Path(folder))

        found = rank(_asked(question), index).scores

    best = sorted(sorted(found), key=lambda each: -found[each]["fused"])[:2]
    for chunk_id, stages in found.items():
        likeness = [
            found[each]["fused"] * max(0.0, float(row[chunk_id] @ row[each])) for each in best
        ]
        feedback = sum(likeness) / len(best)
        assert stages["feedback"] == pytest.approx(feedback, abs=1e-5)
        score = (stages["fused"] + 0.75 * feedback) / 1.75
        assert stages["score"] == pytest.approx(score, abs=1e-5)


@settings(max_examples=60)
@given(st.lists(_TEXTS, min_size=1, max_size=30), _QUESTIONS, st.integers(1, 100))
def test_hits_agree_with_brute_force(texts: list[str], question: str, k: int) -> None:
    """Those with the best scores come first, and whatever repeats one of them is named there."""
    chunks = _chunks(texts)
    with tempfile.TemporaryDirectory() as folder:
        index = small_index(chunks, _EMBEDDER, Path(folder))
        scores = rank(_asked(question), index).scores
        expected = {chunk_id: stages["score"] for chunk_id, stages in scores.items()}

        hits = _find(question, index, k)

    assert [hit.rank for hit in hits] == list(range(1, len(hits) + 1))
    found = [expected[hit.chunk.chunk_id] for hit in hits]
    assert [hit.score for hit in hits] == pytest.approx(found, abs=_ROUNDING)
    assert all(above >= below - _ROUNDING for above, below in pairwise(found))
    named = [i for hit in hits for i in (hit.chunk.chunk_id, *hit.duplicates)]
    assert len(named) == len(set(named))
    for hit in hits:
        assert all(expected[i] <= hit.score + _ROUNDING for i in hit.duplicates)
    if len(hits) < k:
        assert set(named) == set(expected)
    else:
        left_out = expected.keys() - set(named)
        assert all(expected[i] <= found[-1] + _ROUNDING for i in left_out)


@settings(max_examples=60)
@given(st.lists(_TEXTS, min_size=1, max_size=30), _QUESTIONS, st.integers(1, 100), st.randoms())
def test_hits_among_some_agree_with_brute_force(
    texts: list[str], question: str, k: int, draw: random.Random
) -> None:
    """A filter comes before the ranking: the k best of what it allows.

    Each stage scores as without it; only likeness to the best is to the best allowed.
    """
    chunks = _chunks(texts)
    positions = sorted(draw.sample(range(len(chunks)), draw.randint(0, len(chunks))))
    allowed = {chunks[position].chunk_id for position in positions}
    with tempfile.TemporaryDirectory() as folder:
        index = small_index(chunks, _EMBEDDER, Path(folder))
        among = Selection(np.array(positions, dtype=np.int64))
        asked = _asked(question)
        everywhere = rank(asked, index).scores
        within = rank(asked, index, among=among).scores
        expected = {chunk_id: stages["score"] for chunk_id, stages in within.items()}

        hits = find_hits(asked, index, k=k, among=among)

    found = [expected[hit.chunk.chunk_id] for hit in hits]
    named = {i for hit in hits for i in (hit.chunk.chunk_id, *hit.duplicates)}
    assert [hit.score for hit in hits] == pytest.approx(found, abs=_ROUNDING)
    assert named <= allowed
    for chunk_id, stages in within.items():
        for stage in ("dense", "lexical", "late", "sentence", "fused"):
            assert stages[stage] == everywhere[chunk_id][stage]
    if len(hits) < k:
        assert named == allowed
    else:
        assert all(expected[i] <= found[-1] + _ROUNDING for i in allowed - named)


def test_equal_scores_rank_by_document_and_place(tmp_path: Path) -> None:
    """Without a rule, ties would fall as the files happened to be found."""
    # The same words in other orders: equal by every measure, and yet no repeats.
    texts = ["grid chip dam", "dam grid chip", "chip dam grid", "dam chip grid"]
    places = [("b", 900), ("b", 70), ("a", 1000), ("a", 200)]
    chunks = [passage(doc_id, at, text) for (doc_id, at), text in zip(places, texts, strict=True)]

    hits = _find("dam", small_index(chunks, _EMBEDDER, tmp_path), 10)

    assert len({hit.score for hit in hits}) == 1
    assert [(hit.chunk.doc_id, hit.chunk.span.start) for hit in hits] == sorted(places)


def test_of_equal_scores_the_newest_document_comes_first(tmp_path: Path) -> None:
    """Of two briefs that say the same, a reader wants the one that is still true."""
    texts = ["grid chip dam", "dam grid chip", "chip dam grid", "dam chip grid"]
    chunks = [passage(doc_id, 0, text) for doc_id, text in zip("abcd", texts, strict=True)]
    dates = {DocId("b"): "2025", DocId("c"): "2025-03", DocId("d"): "2019-12-31"}

    hits = _find("dam", small_index(chunks, _EMBEDDER, tmp_path, dates=dates), 10)

    assert [hit.chunk.doc_id for hit in hits] == ["c", "b", "d", "a"]


def test_near_identical_passages_take_one_place(tmp_path: Path) -> None:
    """Real folders hold the same paragraph many times; three copies of one are no three hits."""
    said = "Both powers signed the declaration at the first summit in the old park."
    copies = [
        passage("a", 0, said),
        passage("b", 0, said.upper()),
        passage("c", 0, f"“{said[:-1]}”", prefix="Under another title"),
    ]
    fuller = passage("d", 0, f"{said} A second summit followed in another country a year later.")
    other = passage("e", 0, "No powers signed anything about wind and water.")

    hits = _find(
        "Who signed the declaration?",
        small_index([*copies, fuller, other], _EMBEDDER, tmp_path),
        10,
    )

    shown = {hit.chunk.doc_id: hit for hit in hits}
    assert {"d", "e"} <= shown.keys()
    (best,) = shown.keys() - {"d", "e"}
    hidden = {chunk.chunk_id for chunk in copies if chunk.doc_id != best}
    assert set().union(*(hit.duplicates for hit in hits)) == hidden
    assert [hit.rank for hit in hits] == [1, 2, 3]


def test_repeats_do_not_use_up_places(tmp_path: Path) -> None:
    """Who asks for three hits gets three different ones, however often the first is repeated."""
    copies = [passage(f"a{at:02}", 0, "grid dam wind coal grid dam") for at in range(30)]
    others = [passage("b", 0, "dam water"), passage("c", 0, "grid port ship")]

    hits = _find("grid dam", small_index([*copies, *others], _EMBEDDER, tmp_path), 3)

    assert sorted(hit.chunk.doc_id for hit in hits) == ["a00", "b", "c"]
    (first,) = [hit for hit in hits if hit.chunk.doc_id == "a00"]
    assert len(first.duplicates) == 29


@pytest.fixture(scope="module")
def hundreds(tmp_path_factory: pytest.TempPathFactory) -> SmallIndex:
    """More passages than any one stage returns for a question."""
    draw = random.Random(5)  # noqa: S311 - words, not secrets
    texts = [" ".join(draw.choices(_WORDS, k=draw.randint(3, 25))) for _ in range(600)]
    chunks = [passage(f"d{at % 20}", 1000 * at, text) for at, text in enumerate(texts)]
    return small_index(chunks, _EMBEDDER, tmp_path_factory.mktemp("hundreds"))


@pytest.mark.parametrize("question", ["grid", "wind and water", "coal tax law", "volcano"])
def test_score_and_order_do_not_depend_on_how_many_are_asked_for(
    hundreds: SmallIndex, question: str
) -> None:
    """A score means the same everywhere, or confidence would change with the page size."""
    most = [(hit.chunk, hit.score) for hit in _find(question, hundreds, MOST_HITS)]

    assert len(most) == MOST_HITS
    for k in (1, 5, 20, 50):
        assert [(hit.chunk, hit.score) for hit in _find(question, hundreds, k)] == most[:k]


def test_ranking_does_not_depend_on_the_order_of_files(tmp_path: Path) -> None:
    """Two machines list a folder differently, and must answer alike."""
    draw = random.Random(3)  # noqa: S311 - words, not secrets
    texts = [" ".join(draw.choices(_WORDS, k=draw.randint(1, 12))) for _ in range(80)]
    chunks = _chunks(texts)
    rankings: list[list[tuple[ChunkId, float, tuple[ChunkId, ...]]]] = []
    for turn in range(3):
        folder = tmp_path / str(turn)
        folder.mkdir()
        index = small_index(chunks, _EMBEDDER, folder)
        hits = _find("grid water coal", index, 60)
        rankings.append([(h.chunk.chunk_id, round(h.score, 6), h.duplicates) for h in hits])
        draw.shuffle(chunks)

    assert rankings[0] == rankings[1] == rankings[2]


def test_off_topic_question_scores_low(tmp_path: Path) -> None:
    """Normalised by the best hit, it would score 1.0 and nothing could be declined."""
    chunks = [
        passage("a", 0, "The grid needs power from the dam when the wind is still."),
        passage("b", 0, "Chips are made in Dresden with much water."),
        passage("c", 0, "A bank gives a loan to the port."),
    ]
    index = small_index(chunks, HashEmbedder(), tmp_path)

    def best(question: str) -> float:
        return find_hits(embed_question(question, HashEmbedder(), index.words), index, k=3)[0].score

    assert best("sourdough recipe yeast") < 0.15
    assert best("When does the grid need power from the dam?") > 0.5


def test_an_index_without_tokens_ranks_by_the_other_stages(tmp_path: Path) -> None:
    """Not every model has them; what is left then counts for as much as all did."""
    chunks = _chunks(["grid chip dam", "wind water grid", "coal"])
    index = small_index(chunks, _EMBEDDER, tmp_path)
    asked = _asked("grid chip")

    for ranking in (
        rank(asked, replace(index, tokens=None)),
        rank(replace(asked, tokens=None), index),
    ):
        assert ranking.weights == weights_for(is_foreign=False, has_tokens=False)
        attainable = 2.2 * sum(term_weights("grid chip", index.words).values())
        for stages in ranking.scores.values():
            lexical, dense = stages["lexical"] / attainable, max(0.0, stages["dense"])
            assert stages["late"] == stages["sentence"] == 0
            assert stages["fused"] == pytest.approx((0.2 * dense + 0.25 * lexical) / 0.45, abs=1e-5)


_SPANISH = "La regulación de los chips es una de las tareas que el gobierno no ha terminado."
_ENGLISH = "The regulation of the chips is one of the tasks that the government has not finished."


@pytest.mark.parametrize(
    ("languages", "question", "is_foreign"),
    [
        ({"en"}, "¿Cuál es una de las tareas del gobierno?", True),
        ({"en"}, "What is one of the tasks of the government?", False),
        ({"en", "es"}, "¿Cuál es una de las tareas del gobierno?", False),
        (None, "¿Cuál es una de las tareas del gobierno?", False),
        # Little tells its language, so it is read in that of most chunks.
        ({"en"}, "chips", False),
    ],
)
def test_words_decide_where_the_model_does_not_know_the_language(
    tmp_path: Path, languages: set[str] | None, question: str, *, is_foreign: bool
) -> None:
    """A model of English makes little of Spanish, and must not overrule the words."""
    chunks = _chunks([_SPANISH, _ENGLISH, _ENGLISH.upper()])
    index = small_index(chunks, _EMBEDDER, tmp_path)
    known = None if languages is None else frozenset(languages)

    ranking = rank(replace(_asked(question), languages=known), index)

    assert ranking.weights == weights_for(is_foreign=is_foreign, has_tokens=True)


@pytest.mark.parametrize("question", ["grid", "wind and water", "coal tax law loan", "volcano"])
def test_stages_score_a_candidate_alike_with_a_filter_and_without(
    hundreds: SmallIndex, question: str
) -> None:
    """Its cosine and its late interaction, always; its BM25, where words put it forward.

    They put forward 100 of the chunks that are searched, and give the others no score. What
    is fused may therefore differ, and so may likeness to the two best.
    """
    asked = _asked(question)
    among = Selection(np.arange(0, 600, 7, dtype=np.int64))
    bm25 = dict(hundreds.words.search(question, 600))

    everywhere, within = rank(asked, hundreds).scores, rank(asked, hundreds, among=among).scores

    assert everywhere.keys() & within.keys()
    assert within.keys() == {list(hundreds.held)[at] for at in among.positions}
    for chunk_id in everywhere.keys() & within.keys():
        for stage in ("dense", "late", "sentence"):
            assert everywhere[chunk_id][stage] == within[chunk_id][stage]
        assert within[chunk_id]["lexical"] == pytest.approx(bm25.get(chunk_id, 0), abs=1e-4)
        assert everywhere[chunk_id]["lexical"] in {0, within[chunk_id]["lexical"]}


def test_empty_index_gives_no_hits(tmp_path: Path) -> None:
    """A folder whose last document was deleted is no error to a question."""
    assert _find("grid", small_index([], _EMBEDDER, tmp_path), 5) == []


def test_hits_keep_the_score_of_every_stage(tmp_path: Path) -> None:
    """Who wonders about a rank must see what it came from."""
    chunks = [passage("a", 0, "grid dam"), passage("b", 0, "wind")]

    hits = _find("dam", small_index(chunks, _EMBEDDER, tmp_path), 2)

    stages = {"dense", "lexical", "late", "sentence", "feedback"}
    assert [set(hit.scores) for hit in hits] == [stages] * 2
    assert hits[0].scores["lexical"] > hits[1].scores["lexical"] == 0


@pytest.mark.parametrize("k", [-1, 0, MOST_HITS + 1, 10**9])
def test_number_of_hits_out_of_bounds_is_refused(tmp_path: Path, k: int) -> None:
    """10**9 must not reserve memory for 10**9 hits, and 0 is a mistake of the caller's."""
    index = small_index([passage("a", 0, "grid")], _EMBEDDER, tmp_path)

    with pytest.raises(LimitError, match=f"top_k is {k}, but must lie between 1 and 100"):
        _find("grid", index, k)


@pytest.mark.parametrize("question", ["", " \n\t", "\u3000\u2003", "w" * 4001])
def test_question_without_words_or_end_is_refused(question: str) -> None:
    """Neither has an answer, and the second would keep the model busy for long."""
    with pytest.raises(QuestionError):
        check_question(question)


def test_longest_question_is_counted_without_white_space_around_it() -> None:
    """A pasted line break does not make a question too long."""
    assert check_question(f"\n{'w' * 4000} \n") == "w" * 4000


@given(st.text(st.characters(exclude_categories=()), min_size=1, max_size=40))
@example("Half of an emoji: \ud83d?")
def test_whatever_is_accepted_can_be_searched_for(question: str) -> None:
    """Half of an emoji from a careless client must reach no library that dies of it."""
    try:
        asked = check_question(question)
    except QuestionError:
        assert not question.strip()
        return

    asked.encode("utf-8")
    assert [len(word) for word in asked.split(" ")] == [len(word) for word in question.split()]
    assert check_question(asked) == asked


def test_any_text_is_a_valid_question(tmp_path: Path) -> None:
    """Syntax of a query language, halves of characters, no words at all: never an error."""
    index = small_index(_chunks(_WORDS), _EMBEDDER, tmp_path)

    for question in ['"grid', "grid AND (", "dam:*", "\ud83d grid", "?!", "\0", "-wind", "太陽"]:
        assert len(_find(check_question(question), index, 5)) == 5
