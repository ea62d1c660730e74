"""Which languages a model was made for, by the head of its README."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefqa.backends.sentence_transformers.reading import languages_of


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a model's card stands."""
    return tmp_path_factory.mktemp("model")


def _languages(folder: Path, card: str | bytes) -> frozenset[str] | None:
    data = card if isinstance(card, bytes) else card.encode("utf-8", "surrogatepass")
    (folder / "README.md").write_bytes(data)
    return languages_of(folder)


@pytest.mark.parametrize(
    ("card", "languages"),
    [
        ("---\nlanguage: en\n---\n# Model\n", {"en"}),
        ("---\ntags:\n- a\nlanguage:\n- en\n- de\n---\n", {"en", "de"}),
        ("---\nlanguage: [EN, zh-CN, zh-TW]\n---\n", {"en", "zh"}),
        # To YAML, the first of these is a No, and the second and third are dates and a number.
        ("---\nlanguage: no\n---\n", {"no"}),
        ("---\ndate: 2024-99-99\nlanguage: en\n---\n", {"en"}),
        ("---\nrevision: 1_000\nlanguage:\n- sv\n- no\n---\n", {"sv", "no"}),
    ],
)
def test_languages_are_those_that_the_card_names(
    folder: Path, card: str, languages: set[str]
) -> None:
    """For any other language, words count for more than what the model makes of them."""
    assert _languages(folder, card) == frozenset(languages)


@pytest.mark.parametrize(
    "card",
    [
        "",
        "# A model\n",
        "# A model\n\n---\n\nlanguage: en is what it was made for\n\n---\n",
        "---\nlicense: mit\n---\n",
        "---\nlanguage:\n---\n",
        "---\nlanguage: []\n---\n",
        "---\nlanguage: {}\n---\n",
        "---\nlanguage: [[en]]\n---\n",
        "---\nlanguage: multilingual\n---\n",
        "---\nlanguage:\n- en\n- multilingual\n---\n",
        "---\nlanguage: eng\n---\n",
        "---\nlanguage: en\nbroken: [\n---\n",
        "---\n? [a]\n: b\nlanguage: en\n---\n",
        f"---\nlanguage: {'[' * 5000}\n---\n",
        b"---\nlanguage: en\nname: \xff\xfe\n---\n",
        "---\nlanguage: !!python/object/apply:os.getcwd []\n---\n",
    ],
)
def test_a_card_that_names_none_says_nothing(folder: Path, card: str | bytes) -> None:
    """A model that does not say is not taken for one that knows only some languages."""
    assert _languages(folder, card) is None


def test_no_card_says_nothing(tmp_path: Path) -> None:
    """Weights often come without one."""
    assert languages_of(tmp_path) is None


@given(card=st.binary(max_size=80) | st.text(max_size=80).map(lambda each: f"---\n{each}\n---"))
def test_no_card_stops_a_model_from_being_loaded(folder: Path, card: str | bytes) -> None:
    """Whoever wrote the card did not think of what reads it."""
    languages = _languages(folder, card)

    assert languages is None or all(len(code) == 2 for code in languages)
