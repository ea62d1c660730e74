"""A verb is told from a noun by its form and its neighbours."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefqa.answering.generating.parts import Part, parts_of
from briefqa.answering.generating.verbs import base_of, is_chiefly_verb
from briefqa.answering.grounding.words import tokens_of


def _verbs(sentence: str) -> list[str]:
    tokens = tokens_of(sentence)
    parts = parts_of(tokens)
    return [token.text for token, part in zip(tokens, parts, strict=True) if part is Part.VERB]


@pytest.mark.parametrize(
    ("sentence", "verbs"),
    [
        ("Marta Holm keeps nine grey cats in the old lighthouse.", ["keeps"]),
        ("The fund plans the reform of reduced prices.", ["plans"]),
        ("The plans of the fund support the ports.", ["support"]),
        ("The board, which sells ports, wants to keep the harbour.", ["sells", "wants", "keep"]),
        ("The well-known harbour was sold on 1 May 1931.", ["sold"]),
        ("By keeping the cats, they reduced prices.", ["keeping", "reduced"]),
        ("The leading ports range from Skelby to Aldmoor.", ["range"]),
        ("The 2024 Seoul Declaration and the Paris Summit.", []),
    ],
)
def test_verbs_of_a_sentence(sentence: str, verbs: list[str]) -> None:
    """Most verbs are nouns as well, and most participles adjectives."""
    assert _verbs(sentence) == verbs


@given(st.text(alphabet=string.ascii_letters + " .,;()'-–0123456789", max_size=80))
def test_every_word_has_a_part(text: str) -> None:
    """Phrases are read by place."""
    tokens = tokens_of(text)

    assert len(parts_of(tokens)) == len(tokens)


@pytest.mark.parametrize(
    ("form", "base"),
    [
        ("keeps", "keep"), ("kept", "keep"), ("planned", "plan"), ("making", "make"),
        ("carries", "carry"), ("carried", "carry"), ("wrote", "write"), ("fled", "flee"),
        ("lighthouse", None),
    ],
)  # fmt: skip
def test_form_leads_to_its_verb(form: str, base: str | None) -> None:
    """By rule, or by the list where there is none."""
    assert base_of(form) == base


def test_word_that_is_mostly_a_noun_is_not_chiefly_a_verb() -> None:
    """*Ports* and *boards* are verbs too, now and then."""
    assert is_chiefly_verb("keeps")
    assert not is_chiefly_verb("board")
    assert not is_chiefly_verb("lighthouse")
