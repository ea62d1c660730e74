"""A sentence is borne out by what says it, and not by words that stand far and wide."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefqa.answering.generating import find_support
from briefqa.answering.generating.clauses import two_clauses
from briefqa.answering.grounding import judge_sentence
from briefqa.datatypes import Chunk, ChunkId, DocId, Hit, Span, Verdict

_PEOPLE = ("Marta Holm", "Jonas Berg", "Sara Lind", "Piet Vos")
_POSTS = ("head of research", "captain of the ferry", "keeper of the lighthouse", "harbour master")


def _hit(*sentences: str, rank: int = 1) -> Hit:
    text = " ".join(sentences)
    spans: list[Span] = []
    for sentence in sentences:
        start = spans[-1].end + 1 if spans else 0
        spans.append(Span(start, start + len(sentence)))
    chunk = Chunk(
        ChunkId(f"c{rank}"), DocId(f"d{rank}.txt"), Span(0, len(text)), text, (), "", tuple(spans)
    )
    return Hit(chunk, 1.0, rank, {})


def _hits(sentences: Sequence[str], *, is_apart: bool) -> list[Hit]:
    if is_apart:
        return [_hit(each, rank=rank) for rank, each in enumerate(sentences, 1)]
    return [_hit(*sentences)]


@given(
    people=st.permutations(_PEOPLE),
    posts=st.permutations(_POSTS),
    is_apart=st.booleans(),
    is_turned=st.booleans(),
)
def test_nobody_is_given_the_post_of_another(
    people: list[str], posts: list[str], *, is_apart: bool, is_turned: bool
) -> None:
    """Name and post both stand in the passages, side by side or far apart: that says nothing."""
    hits = _hits(
        [f"{person} is the {post}." for person, post in zip(people, posts, strict=True)],
        is_apart=is_apart,
    )

    def support(person: str, post: str) -> Verdict:
        said = f"The {post} is {person}." if is_turned else f"{person} is the {post}."
        return find_support(said, [], hits).judgement.verdict

    assert support(people[0], posts[0]) is Verdict.SUPPORTED
    assert all(support(people[0], post) is not Verdict.SUPPORTED for post in posts[1:])


@given(people=st.permutations(_PEOPLE), posts=st.permutations(_POSTS), is_apart=st.booleans())
def test_two_statements_in_one_sentence_need_both_to_be_said(
    people: list[str], posts: list[str], *, is_apart: bool
) -> None:
    """A sentence may rest on two places, if each of them says the one half of it."""
    hits = _hits(
        [f"{person} is the {post}." for person, post in zip(people, posts, strict=True)],
        is_apart=is_apart,
    )
    said = f"{people[0]} is the {posts[0]}, while {people[1]} is the"

    true = find_support(f"{said} {posts[1]}.", [], hits)
    false = find_support(f"{said} {posts[2]}.", [], hits)

    assert true.judgement.verdict is Verdict.SUPPORTED
    assert len(true.stretches) == 2
    assert false.judgement.verdict is not Verdict.SUPPORTED


@pytest.mark.parametrize(
    ("second", "is_one"),
    [
        ("She keeps nine grey cats.", True),
        ("However, she keeps nine grey cats.", True),
        ("Jonas Berg keeps nine grey cats.", False),
        ("The captain keeps nine grey cats.", False),
    ],
)
def test_quote_runs_on_where_the_next_sentence_leans(second: str, *, is_one: bool) -> None:
    """*She* is who the sentence before speaks of; another name is another."""
    hit = _hit("Marta Holm lives in the old lighthouse.", second)

    support = find_support("Marta Holm keeps nine grey cats.", [], [hit])

    assert (support.judgement.verdict is Verdict.SUPPORTED) == is_one


def test_quote_runs_on_through_a_list() -> None:
    """An item says little without what introduces it."""
    hit = _hit("The harbour board asks for three things:", "new cranes,", "a wider quay.")

    support = find_support("The harbour board asks for new cranes.", [], [hit])

    assert support.judgement.verdict is Verdict.SUPPORTED
    assert [span.end for _, span in support.stretches] == [hit.chunk.sentences[1].end]


@pytest.mark.parametrize(
    "sentence",
    [
        "The board of Aldmoor and the port of Skelby were closed.",
        "The fund holds £2 billion and began in 1931.",
        "The fund holds £2 billion and it began in 1931.",
        "Marta Holm and Jonas Berg were married.",
        "The fund was closed.",
        "",
    ],
)
def test_what_has_one_subject_or_one_verb_is_not_cut(sentence: str) -> None:
    """Its halves would be borne out by what speaks of something else."""
    assert list(two_clauses(sentence)) == []


@given(st.text(alphabet=st.sampled_from("the fund was and ; A9 but , ."), max_size=60))
def test_clauses_are_parts_of_the_sentence(sentence: str) -> None:
    """Nothing is judged that was not said."""
    for first, second in two_clauses(sentence):
        assert sentence.startswith(first)
        assert sentence.endswith(second)
        assert len(first) + len(second) < len(sentence)


@given(st.lists(st.sampled_from(["The fund was closed.", "It began in 1931.", ""]), max_size=4))
def test_what_is_supported_is_so_by_its_stretches_alone(sentences: list[str]) -> None:
    """A reader sees no more than these."""
    hits = [_hit(*[each for each in sentences if each])] if any(sentences) else []
    said = "The fund was closed and the fund began in 1931."

    support = find_support(said, [], hits)

    quotes = [chunk.text[span.start : span.end] for chunk, span in support.stretches]
    assert support.judgement.verdict is judge_sentence(said, quotes).verdict
