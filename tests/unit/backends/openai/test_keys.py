"""Keeping a key out of what is shown."""

import io
import logging
import re
from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from briefqa.backends.openai.keys import CONCEALED, Key, key_in
from briefqa.datatypes import FaultKind
from briefqa.errors import ModelFaultError, SettingsError

_SECRET = "sk-4f1d0b7a9c2e8365"  # noqa: S105 - nobody's
_PARTS = [*"sk-4f1d0b7 .\n", _SECRET, _SECRET[:9], _SECRET[4:]]
_TEXTS = st.lists(st.sampled_from(_PARTS)).map("".join)


def _cut(text: str, places: list[int]) -> list[str]:
    ends = sorted({min(place, len(text)) for place in places} | {0, len(text)})
    return [text[start:end] for start, end in pairwise(ends)]


@given(text=_TEXTS, places=st.lists(st.integers(0, 80)))
@example(text=f"{_SECRET[:9]}\n", places=[])
def test_a_stream_is_concealed_wherever_it_is_cut(text: str, places: list[int]) -> None:
    """A server may send the key letter by letter, and what is shown must still not hold it."""
    said = "".join(Key(_SECRET).conceal_in_stream(_cut(text, places)))

    whole = text.replace(_SECRET, CONCEALED)
    begun = re.search(
        "|".join(_SECRET[:length] + r"\Z" for length in range(len(_SECRET) - 1, 7, -1)), whole
    )
    assert _SECRET not in said
    assert said == (whole[: begun.start()] + CONCEALED if begun else whole)


def test_what_came_before_a_fault_stands_to_the_last_letter() -> None:
    """A word that ends as the key begins is held back, but not lost."""

    def broken() -> Iterator[str]:
        yield "It was closed by bargees"
        raise ModelFaultError(FaultKind.CUT_OFF, "gone")

    said = ""
    with pytest.raises(ModelFaultError, match="gone"):  # noqa: PT012 - what came before counts
        for piece in Key(_SECRET).conceal_in_stream(broken()):
            said += piece

    assert said == "It was closed by bargees"


@given(text=_TEXTS)
def test_no_telling_part_is_left(text: str) -> None:
    """Eight characters in a row would let the rest be found."""
    shown = Key(_SECRET).conceal(text)

    assert not any(_SECRET[at : at + 8] in shown for at in range(len(_SECRET) - 7))


@given(text=st.text(st.characters(exclude_characters="sk"), max_size=60))
def test_what_has_nothing_of_the_key_stays_as_it_is(text: str) -> None:
    """Errors are for reading."""
    assert Key("s" * 30 + "k").conceal(text) == text


def test_other_letter_case_tells_as_much() -> None:
    """Some servers answer in capitals."""
    assert Key(_SECRET).conceal(f"no {_SECRET.upper()}!") == f"no {CONCEALED}!"


@pytest.mark.parametrize("word", ["ollama", "none", "EMPTY", "x"])
def test_a_word_in_place_of_a_key_is_not_struck_from_answers(word: str) -> None:
    """Servers that want no key are given any word, and may well be asked about it."""
    key = Key(word)

    assert key.conceal(f"{word} is a word") == f"{word} is a word"
    assert list(key.conceal_in_stream([word, " is"])) == [word, " is"]


def test_neither_str_nor_repr_tells_the_key() -> None:
    """A traceback with its variables is enough to leak one."""
    key = Key(_SECRET)

    assert _SECRET not in f"{key} {key!r} {[key]}"
    assert key.reveal() == _SECRET


@pytest.mark.parametrize("name", ["openai._base_client", "httpcore2.http11", "httpx2"])
def test_logs_of_the_client_are_concealed(name: str) -> None:
    """At DEBUG they show headers and status lines, in which a server may repeat the key."""
    Key(_SECRET)
    log, written = logging.getLogger(name), io.StringIO()
    handler = logging.StreamHandler(written)
    log.addHandler(handler)
    try:
        log.warning("headers %r", [(b"x", _SECRET.encode())], exc_info=ValueError(_SECRET))
    finally:
        log.removeHandler(handler)

    assert CONCEALED in written.getvalue()
    assert _SECRET not in written.getvalue()


@pytest.mark.parametrize("value", [None, "", " \n"])
def test_a_variable_without_a_key_is_named(
    value: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sent without one, the request would be refused for a reason that misleads."""
    monkeypatch.delenv("MY_KEY", raising=False)
    if value is not None:
        monkeypatch.setenv("MY_KEY", value)

    with pytest.raises(SettingsError, match=r"MY_KEY, which is not set.*models\.mine\.api_key_env"):
        key_in("MY_KEY", of="mine")


@pytest.mark.parametrize("value", ["sk-é-secret", "sk two", "sk\r\nX-Other: 1"])
def test_what_no_header_can_carry_is_refused_unseen(
    value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client would refuse it with a message that holds it."""
    monkeypatch.setenv("MY_KEY", value)

    with pytest.raises(SettingsError) as raised:
        key_in("MY_KEY", of="mine")

    assert value not in str(raised.value)


def test_blanks_around_a_key_are_not_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key read from a file ends with a line break."""
    monkeypatch.setenv("MY_KEY", f" {_SECRET}\n")

    assert key_in("MY_KEY", of="mine").reveal() == _SECRET
