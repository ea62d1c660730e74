"""Bytes become text, whatever encoding they are in."""

import codecs
import time
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.documents.encoded_samples import samples
from tests.unit.strategies import hostile_text, source_text

from briefqa.documents.decoding import decode
from briefqa.errors import DocumentError

_READABLE = hostile_text.filter(lambda text: sum(c < " " or c == "\x7f" for c in text) == 0)


def _folded(text: str) -> str:
    return "\n".join("\n".join(text.split("\r\n")).split("\r"))


@given(source_text)
def test_utf8_is_read_as_it_is_but_for_line_ends(text: str) -> None:
    """Every offset counts from this text, so nothing else may change, control characters too."""
    # Mostly letters: a file of little else but control characters is refused.
    text = "a" * 10 * len(text) + text

    assert decode(text.encode(), "a.txt") == _folded(text)


@given(_READABLE, st.sampled_from(("utf-8-sig", "utf-16", "utf-32")))
def test_a_byte_order_mark_decides(text: str, encoding: str) -> None:
    """Editors on Windows save with a mark, and it must not end up in the text."""
    assert decode(text.encode(encoding), "a.txt") == text


@pytest.mark.parametrize("order", ["le", "be"])
def test_utf16_is_known_without_a_mark(order: str) -> None:
    """Its bytes are valid UTF-8 too, with a NUL after every letter."""
    text = "A report on policy.\nIt’s “short”."

    assert decode(text.encode(f"utf-16-{order}"), "a.txt") == text


@pytest.mark.parametrize(
    "text",
    [
        "caf\xe9",
        "Größe und Maß",
        "À bientôt",
        "Café déjà vu — naïve “quotes”",
        "El niño español mañana: ¿qué pasó?",
        "£5 million was spent on the scheme, up from £3 million.",
        "The naïve approach cost €20 at 1.5° above ½ of § 3.",
        "Un problème économique à résoudre où l’État français élève les impôts.",
        "São Paulo não é a capital; Brasília é.",
        "Vi får se på det i København. Også når høsten kommer.",
        "Sähköinen äänestys ei ole vielä käytössä.",
    ],
)
def test_western_text_of_old_windows_is_read_right(text: str) -> None:
    """A general guesser reads short ones as Polish or Arabic: the price becomes 5 Ł."""
    assert decode(text.encode("cp1252"), "a.txt") == text


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp1250", "Zażółć gęślą jaźń. Polski rząd przyjął ustawę o sztucznej inteligencji."),
        ("cp1250", "Příliš žluťoučký kůň úpěl ďábelské ódy. Česká vláda schválila zákon."),
        ("cp1251", "Правительство приняло новый закон, Россия и Украина."),
        ("shift_jis", "これは日本語の文章です。政策について書かれています。"),
        ("gb18030", "这是一个关于人工智能政策的中文文本。"),
    ],
)
def test_text_of_other_code_pages_is_not_taken_for_western(encoding: str, text: str) -> None:
    """Preferring one code page must not spoil the rest."""
    assert decode(text.encode(encoding), "a.txt") == text


@given(st.binary())
def test_any_bytes_give_text_that_can_be_written_or_an_error(data: bytes) -> None:
    """One odd file must not stop the folder, nor poison what is stored."""
    try:
        text = decode(data, "a.txt")
    except DocumentError as error:
        assert error.reason == "not_text"  # noqa: PT017 - either outcome is right
    else:
        assert "\r" not in text
        text.encode()


@pytest.mark.parametrize(
    "data",
    [
        bytes(4096),
        b"\x7fELF\x02\x01\x01" + bytes(range(256)) * 8,
        codecs.BOM_UTF8 + b"\xff",
        codecs.BOM_UTF16_LE + b"a\0b",
    ],
    ids=["nothing but NUL", "program", "false mark", "half a character"],
)
def test_what_is_not_text_is_refused(data: bytes) -> None:
    """A file emptied by a crash or misnamed must be reported, not indexed as noise."""
    with pytest.raises(DocumentError) as caught:
        decode(data, "a.txt")

    assert caught.value.reason == "not_text"


def test_texts_of_many_languages_are_read_in_their_old_encodings() -> None:
    """No file says its encoding; a wrong guess makes every word of it unfindable."""
    right, wrong = Counter[bool](), []
    for language, encoding, text in samples():
        is_long = "\n" in text
        if decode(text.encode(encoding), "a.txt") == text:
            right[is_long] += 1
        else:
            wrong.append((language, encoding, text))

    assert right[False] >= 0.97 * (right[False] + sum("\n" not in text for _, _, text in wrong))
    assert right[True] >= 0.95 * (right[True] + sum("\n" in text for _, _, text in wrong)), wrong


@pytest.mark.parametrize(
    "text",
    [
        "Professor Müller of Zürich said the scheme was late.",
        "It’s “new” – and cost £3 million…",
        "• one\n• two\n• three",
        "See § 5; © 2019 Crown copyright.",
        "José Álvarez, François Bédard and Søren Kierkegaard",
        "1½ cups, 50 µm ± 3",
        "Zoë and Noël",
    ],
)
@pytest.mark.parametrize("before", ["", "The committee met on Tuesday to discuss it.\n" * 3000])
def test_a_few_marks_in_english_text_are_western(text: str, before: str) -> None:
    """Most old files of an English-speaking office hold a name, a price, and no more."""
    assert decode((before + text).encode("cp1252"), "a.txt") == before + text


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize(
    "text",
    [
        "A report on policy.\nIt’s “short”.",
        "Правительство приняло новый закон.\n" * 2,
        "这是一个关于人工智能政策的中文文本。\n" * 3,
    ],
)
def test_wide_text_is_known_without_a_mark(encoding: str, text: str) -> None:
    """Programs on Windows write it so, and to a careless eye it is full of NUL."""
    assert decode(text.encode(encoding), "a.txt") == text


@pytest.mark.parametrize("bad", [b"\xff", b"\xe2\x80", b"caf\xe9 ", b"\xc3("])
@pytest.mark.parametrize("place", ["start", "middle", "end"])
def test_a_few_bad_bytes_cost_themselves_and_nothing_else(bad: bytes, place: str) -> None:
    """One editor that saved in another encoding must not turn every “ into â€œ."""
    line = "Der Bericht über die Größe der Förderung — kurz — liegt vor.\n"
    half = (line * 5).encode()
    data = {"start": bad + half, "middle": half + bad + half, "end": half + bad}[place]

    text = decode(data, "a.txt")

    assert text.count("\ufffd") == 1
    assert text.count(line.strip()) >= data.count("Förderung".encode()) - 1


def test_text_mostly_broken_is_not_taken_for_utf8() -> None:
    """Replacing half of a text would hide that nothing is known of it."""
    text = "Größe ß Maß Öl über Süd"

    assert decode(text.encode("cp1252") + "ü".encode(), "a.txt").startswith(text)


def test_japanese_mail_is_read() -> None:
    """Its encoding has seven bits only, and passes for ASCII with odd marks."""
    text = "件名: 年次報告書\nこれは日本語の文章です。"

    assert decode(text.encode("iso2022_jp"), "a.txt") == text


@pytest.mark.parametrize(
    "data",
    [
        "Größe und Maß\n".encode("cp1252") * 1_000_000,
        "Größe und Maß\n".encode() * 1_000_000 + b"\xff",
        b"hello " * 2_000_000 + b"\xe9t\xe9",
        bytes(range(128, 256)) * 100_000,
    ],
    ids=["lines", "nearly UTF-8", "one line", "junk"],
)
def test_large_texts_are_decoded_in_the_time_of_reading_them(data: bytes) -> None:
    """Guessers that look at all of a text take minutes for a book."""
    started = time.process_time()

    decode(data, "a.txt")

    assert time.process_time() - started < 40
