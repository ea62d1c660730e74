"""What every language model promises."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from briefqa.datatypes import Message, Role
from briefqa.errors import ModelFaultError
from briefqa.protocols import LanguageModel

# The fixture gives the same model to each example, and keeps nothing of it.
_FEW = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
_PROMPT = [
    Message(Role.SYSTEM, "Answer in one short sentence."),
    Message(Role.USER, "The canal was closed in 1911. When was the canal closed?"),
]


def _written(model: LanguageModel, prompt: list[Message], *, max_tokens: int = 60) -> str:
    """Return what a model writes, whether or not it comes to an end of its own."""
    said = ""
    try:
        for piece in model.stream(prompt, max_tokens=max_tokens, timeout_s=60):
            said += piece
    except ModelFaultError as fault:
        assert "cut at" in fault.detail  # noqa: PT017 - the only fault there may be
    return said


def test_an_answer_comes_in_pieces(language_model: LanguageModel) -> None:
    """A reader sees it being written."""
    pieces = list(language_model.stream(_PROMPT, max_tokens=60, timeout_s=60))

    assert "".join(pieces).strip()
    assert len([each for each in pieces if each]) > 2


def test_the_same_prompt_gives_the_same_answer(language_model: LanguageModel) -> None:
    """At temperature 0 an answer can be reproduced, which an evaluation needs."""
    assert _written(language_model, _PROMPT) == _written(language_model, _PROMPT)


@pytest.mark.parametrize("max_tokens", [1, 5])
def test_an_answer_is_cut_where_it_was_asked_to_be(
    language_model: LanguageModel, max_tokens: int
) -> None:
    """Tokens cost time or money; a token is never more than a few words."""
    said = _written(language_model, _PROMPT, max_tokens=max_tokens)

    assert len(said.split()) <= 2 * max_tokens


def test_closing_the_generator_ends_the_request(language_model: LanguageModel) -> None:
    """The next question must not wait for an answer that nobody reads any more."""
    pieces = language_model.stream(
        [Message(Role.USER, "Count from one to two thousand, in words.")],
        max_tokens=2_000,
        timeout_s=60,
    )
    next(pieces)
    pieces.close()

    began = time.monotonic()
    assert _written(language_model, _PROMPT, max_tokens=5)
    assert time.monotonic() - began < 10


def test_the_deadline_is_kept(language_model: LanguageModel) -> None:
    """It is for all of the answer, and what came until then stands."""
    prompt, began = [Message(Role.USER, "Tell a long story of a canal.")], time.monotonic()

    with pytest.raises(ModelFaultError, match="timeout"):
        list(language_model.stream(prompt, max_tokens=2_000, timeout_s=0.2))

    assert time.monotonic() - began < 5


def test_it_is_safe_to_use_from_several_threads(language_model: LanguageModel) -> None:
    """A server answers several readers at a time, and must not mix what they are told."""
    alone = _written(language_model, _PROMPT, max_tokens=20)

    with ThreadPoolExecutor(4) as pool:
        tasks = [pool.submit(_written, language_model, _PROMPT, max_tokens=20) for _ in range(8)]

    assert {task.result() for task in tasks} == {alone}


@_FEW
@given(text=st.text(max_size=40))
def test_any_text_has_a_count(language_model: LanguageModel, text: str) -> None:
    """A prompt is filled with what documents hold, and they hold anything."""
    count = language_model.count_tokens(text)

    assert count >= (1 if text.strip() else 0)
    assert count <= 4 * len(text.encode("utf-8", "surrogatepass")) + 8


@_FEW
@given(words=st.integers(1, 300))
def test_a_count_grows_with_the_text(language_model: LanguageModel, words: int) -> None:
    """Never fewer tokens than an English text has words, nor many times more."""
    assert words <= language_model.count_tokens("canal " * words) <= 4 * words + 4


def test_a_prompt_that_fills_the_context_is_taken(language_model: LanguageModel) -> None:
    """What the counts promise to fit must fit: a refusal would lose the whole answer."""
    text = "The canal was closed in 1911, and 23 barges were sold for £2.5 million. "
    room = language_model.context_tokens - 20 - 200
    count = room // language_model.count_tokens(text)
    while language_model.count_tokens(text * count) > room:
        count -= 1

    said = _written(
        language_model, [Message(Role.USER, f"{text * count} Summarise this.")], max_tokens=20
    )

    assert said


def test_it_has_a_name_and_a_window(language_model: LanguageModel) -> None:
    """An answer says who wrote it."""
    assert language_model.model_id
    assert language_model.context_tokens >= 512
