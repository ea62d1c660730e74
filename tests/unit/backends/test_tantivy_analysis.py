"""How the language of a text is told."""

from hypothesis import given
from hypothesis import strategies as st
from tantivy import Filter, TextAnalyzerBuilder, Tokenizer

from briefqa.backends.tantivy.analysis import language_of

_NAMES = {"de": "german", "fr": "french", "es": "spanish", "nl": "dutch", "sv": "swedish"}
# Stop words of one language or of several, and words of none.
_WORDS = st.sampled_from(
    str.split(
        "der die und le la les et el de en een het van och att det Strom Öl énergie power "
        "Haus x 42 o'er non-stop Ärger"
    )
)


def _told_by_sieves(text: str) -> str | None:
    """Put the text through the list of each language, and count what is left."""
    sample = text.lower()
    words = len(TextAnalyzerBuilder(Tokenizer.simple()).build().analyze(sample))
    dropped = {
        code: words
        - len(
            TextAnalyzerBuilder(Tokenizer.simple())
            .filter(Filter.stopword(name))
            .build()
            .analyze(sample)
        )
        for code, name in _NAMES.items()
    }
    most = max(dropped.values())
    first = [code for code, count in dropped.items() if count == most]
    return first[0] if most > 0.15 * words and len(first) == 1 else None


@given(st.lists(_WORDS, max_size=40).map(" ".join) | st.text(max_size=60))
def test_it_is_the_one_whose_stop_words_are_most_of_the_text(text: str) -> None:
    """Words are looked up once and remembered, so that counting is cheap; it counts alike."""
    text = text.encode("utf-8", "replace").decode()

    assert language_of(text, tuple(_NAMES)) == _told_by_sieves(text)
