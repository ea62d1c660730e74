"""Words that belong together in a sentence must belong together in its quotes."""

import re
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from nupunkt import sent_spans

from briefqa.answering.generating import find_support
from briefqa.answering.generating.ties import loose_words
from briefqa.datatypes import Chunk, ChunkId, DocId, Hit, Span, Verdict

_SEEDS = Path(__file__).parents[4] / "seeds"
_CITIES = ("Seoul", "Paris", "Bletchley", "Geneva")
_KINDS = ("Declaration", "Summit", "Accord", "Forum")
_YEARS = ("2021", "2023", "2024", "2025")
_NOUNS = ("safety", "governance", "security", "research", "trade")
_THINGS = ("harbour", "library", "museum", "bridge")


def _passages() -> list[str]:
    text = "\n\n".join(path.read_text(encoding="utf-8") for path in sorted(_SEEDS.glob("*.md")))
    whole = [" ".join(each.split()) for each in text.split("\n\n")]
    return [each for each in whole if re.fullmatch(r"[A-Z][^#|*]{80,}[.]", each)]


_PASSAGES = _passages()


def _verdict(sentence: str, passage: str) -> Verdict:
    spans = tuple(Span(start, end) for start, end in sent_spans(passage))
    chunk = Chunk(ChunkId("c"), DocId("d.md"), Span(0, len(passage)), passage, (), "", spans)
    return find_support(sentence, [], [Hit(chunk, 1.0, 1, {})]).judgement.verdict


@pytest.mark.parametrize("passage", _PASSAGES[::3])
def test_every_sentence_of_a_document_is_borne_out_by_it(passage: str) -> None:
    """A model that copies is right, however long or odd the sentence is."""
    for start, end in sent_spans(passage):
        assert _verdict(passage[start:end].strip(), passage) is Verdict.SUPPORTED


@given(st.sampled_from(_PASSAGES), st.data())
def test_word_that_the_passage_has_not_is_never_supported(
    passage: str, data: st.DataObject
) -> None:
    """One word in twenty is enough to change what is said."""
    start, end = data.draw(st.sampled_from(list(sent_spans(passage))))
    sentence = passage[start:end].strip()
    words = [match.span() for match in re.finditer(r"(?<= )[a-z]{5,}(?= )", sentence)]
    assume(words)
    first, last = data.draw(st.sampled_from(words))

    changed = f"{sentence[:first]}zorbel{sentence[last:]}"

    assert _verdict(changed, passage) is not Verdict.SUPPORTED


@given(st.permutations(_CITIES), st.permutations(_KINDS), st.permutations(_YEARS))
def test_modifier_of_one_name_is_not_that_of_another(
    cities: list[str], kinds: list[str], years: list[str]
) -> None:
    """Year, place and kind all stand in the quote, each with another name."""
    names = [" ".join(each) for each in zip(years, cities, kinds, strict=True)]
    quote = f"The board joined the {names[0]} and later the {names[1]}."

    def is_held(year: str, city: str, kind: str) -> bool:
        said = f"The board joined the {year} {city} {kind}."
        return _verdict(said, quote) is Verdict.SUPPORTED

    assert is_held(years[0], cities[0], kinds[0])
    assert is_held(years[1], cities[1], kinds[1])
    assert not is_held(years[1], cities[0], kinds[0])
    assert not is_held(years[0], cities[1], kinds[0])
    assert not is_held(years[0], cities[0], kinds[1])


@given(st.permutations(_NOUNS), st.permutations(_THINGS))
def test_pair_is_a_pair_in_the_quote(nouns: list[str], things: list[str]) -> None:
    """A noun that stands elsewhere in the quote is none of the pair."""
    quote = f"The board funds {nouns[0]} and {nouns[1]} in the {things[0]}, and helps {nouns[2]}."

    assert _verdict(f"The board funds {nouns[0]} and {nouns[1]}.", quote) is Verdict.SUPPORTED
    assert _verdict(f"The board funds {nouns[0]} and {nouns[2]}.", quote) is not Verdict.SUPPORTED


@given(st.permutations(_THINGS))
def test_nouns_do_not_change_places(things: list[str]) -> None:
    """Of what, and for what: the prepositions say it."""
    one, other, *_ = things
    quote = f"The mayor praised the keeper of the {one} for the sale of the {other}."

    assert _verdict(f"The mayor praised the keeper of the {one}.", quote) is Verdict.SUPPORTED
    assert _verdict(f"The mayor praised the keeper of the {other}.", quote) is not Verdict.SUPPORTED
    assert _verdict(f"The mayor praised the {one} of the keeper.", quote) is not Verdict.SUPPORTED


@pytest.mark.parametrize(
    ("sentence", "quote"),
    [
        ("The UK's 2025 Harbour Accord.", "The UK signed the Harbour Accord. It met in 2025."),
        ("The Seoul Accord and Paris Accord.", "The Seoul Accord and the Paris Summit were held."),
        ("The several ports.", "The ports were closed."),
        ("The port question.", "Members asked a question of the port."),
    ],
)
def test_phrase_without_a_verb_must_be_verbatim(sentence: str, quote: str) -> None:
    """Nothing is said of what it names, so that nothing could be held against the quote."""
    assert loose_words(sentence, [quote]) is not None


@pytest.mark.parametrize(
    ("sentence", "quote"),
    [
        ("All ports were closed.", "Many ports were closed."),
        ("The fund is linked to the fund.", "The fund is linked to the bank."),
        ("The need to share data is linked to the need to share data.", "The need to share data."),
        ("The board sells the port.", "The board plans to sell the port."),
        ("The ferry runs.", "If the bridge closes, the ferry runs."),
        ("The board sold the port.", "Critics said that the board sold the port."),
        ("The harbour praised the mayor.", "The harbour fund praised the mayor."),
        ("The director is a statue.", "The tallest is the director. Its main part is a statue."),
    ],
)
def test_more_than_the_quote_says_is_not_supported(sentence: str, quote: str) -> None:
    """Each word is there, and the sentence is still not borne out."""
    assert _verdict(sentence, quote) is not Verdict.SUPPORTED


@pytest.mark.parametrize(
    ("sentence", "quote"),
    [
        ("The board keeps the records in the harbour.", "In the harbour, the board keeps records."),
        ("The safety of ports is funded.", "Port safety is funded."),
        ("The 2023 summit was held in Seoul.", "The summit in 2023 was held in Seoul."),
        ("The board sold an image sensor.", "The board sold an image (photon) sensor."),
        ("The board funds research.", "The board funds safety, trade and research."),
        ("The board shows that the port was sold.", "The board shows that the port was sold."),
        ("The port was sold.", "The records show that the port was sold."),
    ],
)
def test_true_sentence_may_be_put_otherwise(sentence: str, quote: str) -> None:
    """Order, brackets and what is left out change nothing."""
    assert loose_words(sentence, [quote]) is None


@given(
    st.lists(
        st.sampled_from(str.split("The Acme fund of ( ) port sold by , who ; . led if that to"))
    )
)
def test_any_words_can_be_held_against_any(words: list[str]) -> None:
    """What a model writes need not be a sentence."""
    text = " ".join(words)

    assert loose_words(text, [text]) is None
    loose_words("The fund led by Acme sold the port.", [text])
    loose_words(text, ["The fund (led by Acme) sold the port."])
