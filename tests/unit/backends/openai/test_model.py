"""What goes to a server, and what does not."""

import re

import pytest
from tests.models_server import ModelServer, Talk, answer

from briefqa.backends.openai import load
from briefqa.datatypes import JsonValue, Message, ModelDescription, Role
from briefqa.errors import SettingsError

_PROMPT = [Message(Role.SYSTEM, "Answer."), Message(Role.USER, "Warum, 人?")]


def _honest(talk: Talk) -> None:
    talk.stream(answer("Yes", "."))


def _sent(description: ModelDescription) -> Talk:
    """Return what a server gets for a description, with its own address filled in."""
    with ModelServer(_honest) as server:
        described = ModelDescription(
            description.name,
            base_url=server.url,
            model=description.model,
            api_key_env=description.api_key_env,
            temperature=description.temperature,
            options=description.options,
        )
        said = "".join(load(described).stream(_PROMPT, max_tokens=20, timeout_s=10))
    assert said == "Yes."
    return server.talks[0]


def test_the_request_is_a_streamed_chat_completion() -> None:
    """This is all that a server needs, and all that the documentation promises."""
    talk = _sent(ModelDescription("small", model="llama3.2:3b"))

    assert talk.head.startswith("POST /v1/chat/completions HTTP/1.1\r\n")
    assert talk.asked == {
        "model": "llama3.2:3b",
        "messages": [
            {"role": "system", "content": "Answer."},
            {"role": "user", "content": "Warum, 人?"},
        ],
        "stream": True,
        "max_tokens": 20,
        "temperature": 0.0,
    }


def test_headers_tell_nothing_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """The client would send its system and Python, and what it finds in the environment."""
    for variable in ("OPENAI_API_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "OPENAI_ADMIN_KEY"):
        monkeypatch.setenv(variable, "from-the-environment")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:1/v1")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-From: the-environment")

    talk = _sent(ModelDescription("small"))

    names = {line.partition(":")[0].lower() for line in talk.head.split("\r\n")[1:]}
    assert names == {
        "accept",
        "accept-encoding",
        "connection",
        "content-length",
        "content-type",
        "host",
        "user-agent",
    }
    assert "environment" not in talk.head
    assert re.search(r"(?im)^user-agent: briefqa/[0-9.]+\r?$", talk.head)
    assert re.search(r"(?im)^accept-encoding: identity\r?$", talk.head)


def test_no_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is asked, and the documents with it, goes straight to the address in the settings."""
    for variable in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(variable, "http://127.0.0.1:1")

    assert _sent(ModelDescription("small")).asked["model"] == "small"


def test_the_key_goes_into_its_header_and_nowhere_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server looks for it there; anywhere else it may be logged."""
    monkeypatch.setenv("MY_KEY", "sk-canary-4f1d0b7a")

    talk = _sent(ModelDescription("small", api_key_env="MY_KEY"))

    assert re.search(r"(?im)^authorization: Bearer sk-canary-4f1d0b7a\r?$", talk.head)
    assert b"canary" not in talk.body
    assert talk.head.count("canary") == 1


def test_options_are_sent_as_they_are_but_replace_nothing() -> None:
    """They are for what only one server knows; the prompt is not theirs to change."""
    options: dict[str, JsonValue] = {
        "top_p": 0.5,
        "chat_template_kwargs": {"enable_thinking": False},
        "stream": False,
        "messages": [],
    }

    asked = _sent(ModelDescription("small", options=options)).asked

    assert asked["top_p"] == 0.5
    assert asked["chat_template_kwargs"] == {"enable_thinking": False}
    assert asked["stream"] is True
    assert len(asked["messages"]) == 2


def test_the_temperature_can_be_left_to_the_server() -> None:
    """Some models take none but their own."""
    assert "temperature" not in _sent(ModelDescription("small", temperature=None)).asked


@pytest.mark.parametrize(
    ("base_url", "name"),
    [
        ("https://api.openai.com/v1", "max_completion_tokens"),
        ("https://mine.openai.azure.com/openai/v1", "max_completion_tokens"),
        ("https://api.example.org/v1", "max_tokens"),
        ("https://notopenai.com/v1", "max_tokens"),
    ],
)
def test_the_limit_is_called_what_the_server_calls_it(base_url: str, name: str) -> None:
    """OpenAI's newer models refuse the name that all other servers know."""
    body = load(ModelDescription("small", base_url=base_url))._body(_PROMPT, 20)

    assert {key for key in body if key.startswith("max")} == {name}


@pytest.mark.parametrize(
    ("model", "model_id"), [(None, "small"), ("small", "small"), ("llama", "small:llama")]
)
def test_model_id_tells_both_names(model: str | None, model_id: str) -> None:
    """A reader of an answer knows one of them, and an operator the other."""
    description = ModelDescription("small", base_url="http://127.0.0.1:1/v1", model=model)

    assert load(description).model_id == model_id


def test_a_description_without_address_says_which_setting_is_missing() -> None:
    """The message is the next line to write."""
    with pytest.raises(SettingsError, match=r"set models\.small\.base_url"):
        load(ModelDescription("small"))


def test_nothing_is_sent_before_the_first_piece_is_wanted() -> None:
    """A model that is only loaded costs nothing."""
    with ModelServer(_honest) as server:
        pieces = load(ModelDescription("small", base_url=server.url)).stream(
            _PROMPT, max_tokens=20, timeout_s=10
        )
        assert server.talks == []
        assert next(pieces) == "Yes"
        pieces.close()
    assert len(server.talks) == 1
