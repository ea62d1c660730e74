"""Counting tokens without going online for it."""

import hashlib
import logging
import math
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import tiktoken
from hypothesis import given
from hypothesis import strategies as st

from briefqa.backends.openai import counting
from briefqa.backends.openai.counting import estimated_tokens, token_counter

_TEXTS = [
    "The canal was closed in 1911, and opened again in the spring of the year after.",
    "def count(text: str) -> int:\n    return len(text.split())\n",
    "Die Kanalgesellschaft wurde 1911 aufgelöst; übrig blieben Schulden.",
    "Канал был закрыт в 1911 году.",
    "運河は1911年に閉鎖された。",
    "Kênh đào đã bị đóng cửa vào năm 1911.",
    "| 1,204 | 3.5 % | £2.1bn |\n|---|---|---|\n",
    "",
]


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No test finds what another has loaded, and none reaches the network."""

    def forbidden(*_: object, **__: object) -> None:
        pytest.fail("went online")

    monkeypatch.setattr(socket, "getaddrinfo", forbidden)
    counting._counter.cache_clear()
    counting._say_once.cache_clear()
    yield
    counting._counter.cache_clear()
    counting._say_once.cache_clear()


@pytest.fixture
def ranks(shared: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache with the ranks of both encodings."""
    folder = shared / "data" / "tiktoken"
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(folder))
    return folder


@pytest.mark.parametrize(
    ("model", "encoding"), [("gpt-4o", "o200k_base"), ("gpt-4", "cl100k_base")]
)
@pytest.mark.usefixtures("ranks")
def test_of_openai_s_models_the_count_is_exact(model: str, encoding: str) -> None:
    """Their budget can be used to the last token."""
    count = token_counter(model)

    exact = tiktoken.get_encoding(encoding)
    assert [count(text) for text in _TEXTS] == [len(exact.encode_ordinary(t)) for t in _TEXTS]


@pytest.mark.usefixtures("ranks")
def test_of_other_models_it_is_a_quarter_more() -> None:
    """Their tokenizers cut finer, and a prompt that is too long is refused as a whole."""
    count, similar = token_counter("llama3.2:3b"), tiktoken.get_encoding("o200k_base")

    for text in _TEXTS:
        assert count(text) == math.ceil(len(similar.encode_ordinary(text)) * 1.25)


@pytest.mark.usefixtures("ranks")
def test_special_tokens_in_a_text_are_only_text() -> None:
    """A document may hold anything, and must neither fail nor count for nothing."""
    assert token_counter("gpt-4o")("<|endoftext|>") > 3


def test_without_ranks_it_is_estimated_and_said_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing is fetched unasked, nothing fails, and nobody is told twice."""
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path))

    with caplog.at_level(logging.WARNING):
        counts = [token_counter(model)("The canal was closed.") for model in ("gpt-4o", "other")]

    assert counts == [estimated_tokens("The canal was closed.")] * 2
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "TIKTOKEN_CACHE_DIR" in caplog.text
    assert list(tmp_path.iterdir()) == []


def test_damaged_ranks_are_neither_used_nor_removed(
    ranks: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The library would delete them and go online for others."""
    for path in ranks.iterdir():
        shutil.copy(path, tmp_path / path.name)
    damaged = [path for path in tmp_path.iterdir() if path.suffix != ".md"]
    for path in damaged:
        path.write_bytes(path.read_bytes()[:-1])
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path))

    assert token_counter("gpt-4o")("The canal.") == estimated_tokens("The canal.")
    assert all(path.is_file() for path in damaged)


def test_no_cache_at_all_means_an_estimate(monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty name tells tiktoken to fetch the ranks each time."""
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", "")

    assert token_counter("gpt-4o")("The canal.") == estimated_tokens("The canal.")


@pytest.mark.parametrize("encoding", ["o200k_base", "cl100k_base"])
def test_names_in_the_cache_are_those_of_the_library(encoding: str) -> None:
    """It names a file by the hash of where it comes from."""
    address = f"https://openaipublic.blob.core.windows.net/encodings/{encoding}.tiktoken"

    assert counting._RANKS[encoding][0] == hashlib.sha1(address.encode()).hexdigest()  # noqa: S324


@pytest.mark.usefixtures("ranks")
def test_the_estimate_is_rarely_too_low(shared: Path) -> None:
    """Over real prose of many languages: never a tenth too low, and of English not twice."""
    encoding = tiktoken.get_encoding("o200k_base")
    for text in [text for text in _TEXTS if text]:
        assert estimated_tokens(text) >= 0.9 * len(encoding.encode_ordinary(text)), text
    briefs = [path.read_text(encoding="utf-8") for path in sorted((shared / "seeds").glob("*.txt"))]
    assert briefs
    for text in briefs:
        exact = len(encoding.encode_ordinary(text))
        assert exact <= estimated_tokens(text) <= 2 * exact


@given(one=st.text(), other=st.text())
def test_an_estimate_is_no_smaller_for_more_text(one: str, other: str) -> None:
    """A budget filled part by part must not be overdrawn by the whole."""
    assert estimated_tokens(one) <= estimated_tokens(one + other)
    assert estimated_tokens(one + other) <= estimated_tokens(one) + estimated_tokens(other) + 1
