"""All words may stand in a quote, and belong to one another in another way."""

import string

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from briefqa.answering.generating import find_support
from briefqa.answering.generating.bonds import Voice, read_bonds
from briefqa.answering.generating.relations import unsaid_relation
from briefqa.answering.grounding.words import tokens_of
from briefqa.datatypes import Chunk, ChunkId, DocId, Hit, Span, Verdict

_FIRMS = ("Acme", "Borealis", "Castor", "Delphi")
_PEOPLE = ("Marta Holm", "Jonas Berg", "Sara Lind", "Piet Vos")
_POSTS = ("director", "treasurer", "harbour master", "head of research")
_DONE = ("acquired", "sued", "praised", "founded", "sold")


def _verdict(sentence: str, quote: str) -> Verdict:
    span = Span(0, len(quote))
    chunk = Chunk(ChunkId("c"), DocId("d.txt"), span, quote, (), "", (span,))
    return find_support(sentence, [], [Hit(chunk, 1.0, 1, {})]).judgement.verdict


@given(
    st.permutations(_FIRMS),
    st.sampled_from(_DONE),
    st.sampled_from([" in 2019", " for £3 million", ", its rival", ""]),
)
def test_who_does_and_who_suffers_do_not_change_places(
    firms: list[str], done: str, rest: str
) -> None:
    """Only a passive turns the order around: then the sense stays, and else it does not."""
    one, other, *_ = firms
    active, passive = f"{one} {done} {other}{rest}.", f"{other} was {done} by {one}{rest}."

    for quote in (active, passive):
        for said, is_true in (
            (f"{one} {done} {other}.", True),
            (f"{other} was {done} by {one}.", True),
            (f"{other} {done} {one}.", False),
            (f"{one} was {done} by {other}.", False),
        ):
            assert (_verdict(said, quote) is Verdict.SUPPORTED) == is_true, (said, quote)


@given(st.permutations(_FIRMS), st.sampled_from(_DONE))
def test_object_of_one_is_not_that_of_another(firms: list[str], done: str) -> None:
    """Two things done by the same verb in a sentence are two."""
    quote = f"{firms[0]} {done} {firms[1]} and {firms[1]} {done} {firms[2]}."

    assert _verdict(f"{firms[0]} {done} {firms[1]}.", quote) is Verdict.SUPPORTED
    assert _verdict(f"{firms[0]} {done} {firms[2]}.", quote) is not Verdict.SUPPORTED


@given(
    people=st.permutations(_PEOPLE),
    posts=st.permutations(_POSTS),
    is_turned=st.booleans(),
    form=st.sampled_from(["{} ({}), {} ({}).", "{} is {}; {} is {}.", "{} is {}. {} is {}."]),
)
def test_item_of_a_list_gives_nothing_to_its_neighbour(
    people: list[str], posts: list[str], *, is_turned: bool, form: str
) -> None:
    """The post before a name may be that of the name before it."""
    quote = form.format(people[0], posts[0], people[1], posts[1])

    def verdict(person: str, post: str) -> Verdict:
        said = f"The {post} is {person}." if is_turned else f"{person} is the {post}."
        return _verdict(said, quote)

    assert verdict(people[0], posts[0]) is Verdict.SUPPORTED
    assert verdict(people[1], posts[1]) is Verdict.SUPPORTED
    assert verdict(people[0], posts[1]) is not Verdict.SUPPORTED
    assert verdict(people[1], posts[0]) is not Verdict.SUPPORTED


@given(
    people=st.permutations(_PEOPLE),
    aside=st.sampled_from(
        [
            ("who chairs the harbour board", "chairs the harbour board"),
            ("who was elected to the harbour board", "was elected to the harbour board"),
            ("a member of the harbour board", "is a member of the harbour board"),
        ]
    ),
)
def test_aside_must_be_said_of_the_same_person(people: list[str], aside: tuple[str, str]) -> None:
    """A membership slipped in between two commas is a claim like any other."""
    one, other, *_ = people
    said = f"{one}, {aside[0]}, keeps the grey cats."

    assert _verdict(said, f"{one} {aside[1]} and keeps the grey cats.") is Verdict.SUPPORTED
    assert (
        _verdict(said, f"{one} keeps the grey cats. {other} {aside[1]}.") is not Verdict.SUPPORTED
    )


@pytest.mark.parametrize(
    ("sentence", "quote"),
    [
        ("Acme sold the port.", "The chairman of Acme sold the port."),
        (
            "Louis abolished it.",
            "Under Louis they sued until he issued an edict that abolished it.",
        ),
        ("Borealis led the group.", "Acme, which fought Borealis, led the group."),
        ("Deabolis was the son of Robert.", "Bohemond, the son of Robert, reached the Deabolis."),
        ("The tapestry commissioned Odo.", "The tapestry was commissioned by Odo."),
    ],
)
def test_noun_that_hangs_on_another_word_is_no_subject(sentence: str, quote: str) -> None:
    """What is near a verb may belong to something else there."""
    assert unsaid_relation(sentence, [quote]) is not None


@pytest.mark.parametrize(
    ("sentence", "quote"),
    [
        ("Holm founded the port.", "In 1931 Holm, acting for the board, founded the port."),
        ("Walton made the choice.", "At some point Walton made the choice to sell."),
        ("The edict abolished the tax.", "He issued the edict (1685), which abolished the tax."),
        ("The fund sued the port.", "The fund joined the board and, in May, sued the port."),
        ("Suleiman reigned over the port.", "The reign of Suleiman over the port was long."),
        ("Juries are required to agree.", "Juries are, as a rule, required to agree."),
        ("Bohemond was the son of Robert.", "Bohemond, the son of Robert, reached the river."),
        ("The fund holds £2 billion.", "The harbour fund, set up in 2020, holds £2 billion."),
    ],
)
def test_true_sentence_is_said_by_other_order(sentence: str, quote: str) -> None:
    """What stands between a subject and its verb may be left out."""
    assert unsaid_relation(sentence, [quote]) is None


@given(st.text(alphabet=string.ascii_letters + " .,;()'", max_size=120))
def test_all_of_a_quote_is_said_by_it(text: str) -> None:
    """A sentence copied whole is never withheld, however it is built."""
    assert unsaid_relation(text, [text]) is None


@given(
    st.lists(
        st.sampled_from(
            str.split("The Acme fund of port in was by sold who which , and ( ) is led it 3 keeps")
        ),
        max_size=14,
    ),
    st.lists(
        st.sampled_from(str.split("The Acme fund of port was sold by , who ; . led")), max_size=20
    ),
)
def test_any_words_can_be_held_against_any(said: list[str], held: list[str]) -> None:
    """What a model writes need not be a sentence; places read of it are places in it."""
    sentence, quote = " ".join(said), " ".join(held)
    tokens = tokens_of(sentence)

    unsaid_relation(sentence, [quote])

    for bond in read_bonds(tokens):
        assert set(bond.phrase) <= set(bond.subject)
        assert all(0 <= at < len(tokens) for at in (*bond.subject, *bond.complement))
        assert (bond.verb is None) == (bond.voice is Voice.LINKING)
        assert bool(bond.complement) == (bond.verb is None)


@given(st.permutations(_PEOPLE), st.permutations(_POSTS))
def test_reason_names_who_and_what(people: list[str], posts: list[str]) -> None:
    """A reader of what was withheld sees which words do not belong together."""
    assume(posts[1] not in posts[0])
    quote = f"{people[0]} ({posts[0]}), {people[1]} ({posts[1]})."

    reason = unsaid_relation(f"{people[0]} is the {posts[1]}.", [quote])

    assert reason is not None
    assert people[0] in reason
