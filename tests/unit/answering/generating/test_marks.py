"""What a sentence cites is read, and nothing of the marks is left in it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefqa.answering.generating.marks import read_marks

_KEYS = ("kqzt", "bdfg")
_BITS = st.sampled_from(
    [
        "The port",
        " ",
        "[kqzt]",
        "[KQZT, bdfg]",
        "(bdfg)",
        "[1]",
        "[see the annex of it]",
        ".",
        "**",
        "kqzt",
    ]
)


@pytest.mark.parametrize(
    ("line", "text", "keys"),
    [
        ("It is open [kqzt].", "It is open.", ("kqzt",)),
        ("It is open. [kqzt][bdfg]", "It is open.", ("kqzt", "bdfg")),
        ("It is open [kqzt, BDFG].", "It is open.", ("kqzt", "bdfg")),
        ("It is open (kqzt).", "It is open.", ("kqzt",)),
        ("It is open [passage kqzt].", "It is open.", ("kqzt",)),
        ("It is open [3].", "It is open.", ()),
        ("It is open [sic!] now.", "It is open (sic!) now.", ()),
        (
            "It is open [as the annex of the law has it].",
            "It is open (as the annex of the law has it).",
            (),
        ),
        ("- **It** is `open`.", "It is open.", ()),
        ("## It is open", "It is open", ()),
        ("Ports (old ones) are open.", "Ports (old ones) are open.", ()),
        ("The snake_case name and 2*3*4 stay.", "The snake_case name and 2*3*4 stay.", ()),
    ],
)
def test_marks_are_read_and_taken_off(line: str, text: str, keys: tuple[str, ...]) -> None:
    """Models write them in many ways; a reader sees none but the numbers."""
    assert read_marks(line, _KEYS) == (text, keys)


@given(st.lists(_BITS, max_size=12).map("".join))
def test_no_square_bracket_and_no_key_is_left(line: str) -> None:
    """``[n]`` in an answer is a citation of ours, and nothing else."""
    text, keys = read_marks(line, _KEYS)

    assert not {"[", "]"} & set(text)
    assert "kqzt" not in text.lower().split()
    assert set(keys) <= set(_KEYS)


def test_without_keys_nothing_is_cited() -> None:
    """A prompt may have no passages."""
    assert read_marks("It is open [kqzt].", ()) == ("It is open.", ())
