"""Pages fit the terminal and lose no words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from briefqa.cli.pages import Page, counted, shortened

_WORDS = st.lists(st.text(st.characters(categories=["L", "N"]), min_size=1), min_size=1)


@pytest.mark.parametrize("width", [10, 24, 40, 80])
@pytest.mark.parametrize("indent", [0, 4, 9])
def test_lines_fit_and_keep_every_word(
    width: int,
    indent: int,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Wide characters and words longer than the line included."""
    monkeypatch.setenv("COLUMNS", str(width))
    text = "Short, a-very-long-word-that-must-be-broken-somewhere, 中文字符很宽, [bold]markup[/]."

    Page(no_color=True).line(text, style="bold", indent=indent)

    lines = capsys.readouterr().out.splitlines()
    assert all(cell_len(line) <= width for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


def test_table_continues_long_cells_below(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An id that is cut off cannot be copied."""
    monkeypatch.setenv("COLUMNS", "30")
    name = "a-very-long-document-name-that-does-not-fit.md"

    Page().table(("id", "title"), [(name, "A title")])

    output = capsys.readouterr().out
    column = "".join(line.split()[0] for line in output.splitlines()[1:] if line[:1].strip())
    assert column == name
    assert all(len(line) <= 30 for line in output.splitlines())


@given(words=_WORDS, most=st.integers(min_value=1, max_value=60))
def test_shortened_text_fits_and_begins_alike(words: list[str], most: int) -> None:
    """What is shown of a passage is its beginning, and a dot-dot-dot says there is more."""
    text = " ".join(words)

    short = shortened(text, most)

    assert len(short) <= most
    assert short == text or (short.endswith("…") and text.startswith(short[:-1]))


def test_numbers_agree_with_their_nouns() -> None:
    """One document, not one documents."""
    assert [counted(n, "document") for n in (0, 1, 2000)] == [
        "0 documents",
        "1 document",
        "2,000 documents",
    ]
