"""What a terminal would obey becomes visible, and nothing else changes."""

import json
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from briefqa.cli.harmless import harmless, harmless_json, one_line

_ANY_TEXT = st.text(st.characters(codec=None))
_TURNS = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


def _is_obeyed(character: str) -> bool:
    """Judge by the character database instead of by our own list."""
    return (
        unicodedata.category(character) in {"Cc", "Cs"}
        or unicodedata.bidirectional(character) in _TURNS
    )


@given(_ANY_TEXT)
def test_no_character_that_a_terminal_obeys_is_left(text: str) -> None:
    """One left over is enough to take over a line."""
    assert not [c for c in harmless(text) if _is_obeyed(c) and c not in "\n\t"]
    assert not [c for c in one_line(text) if _is_obeyed(c)]


@given(_ANY_TEXT)
def test_other_characters_stay_as_they_are(text: str) -> None:
    """Hebrew, emoji and typography are not attacks."""
    safe = "".join(c for c in text if not _is_obeyed(c) and not "\U000e0000" <= c <= "\U000e007f")

    assert harmless(safe) == safe


def test_signs_say_what_was_there() -> None:
    """A person sees that something was hidden, and what."""
    assert harmless("\x1b[2J\x07\x7f\r") == "␛[2J␇␡␍"
    assert harmless("\x9b\u202e\U000e0041") == "<U+009B><U+202E><U+E0041>"


@given(st.recursive(_ANY_TEXT, lambda inner: st.lists(inner) | st.dictionaries(_ANY_TEXT, inner)))
def test_json_stays_the_same_value(value: object) -> None:
    """Escapes change the writing, never what is written."""
    safe = harmless_json(json.dumps(value, ensure_ascii=False, indent=1))

    assert json.loads(safe) == json.loads(json.dumps(value))
    assert not [c for c in safe if _is_obeyed(c) and c != "\n"]
