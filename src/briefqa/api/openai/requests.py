"""The shapes of the OpenAI-compatible requests; what is not used is ignored."""

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, WithJsonSchema

from briefqa.api.schemas.requests import Text


def _as_parts(value: object) -> object:
    if value is None:
        return []
    return [value] if isinstance(value, str) else value


def _as_part(value: object) -> object:
    return {"type": "text", "text": value} if isinstance(value, str) else value


def _as_messages(value: object) -> object:
    return [{"role": "user", "content": value}] if isinstance(value, str) else value


# Refused by the route, which says why.
_Nothing = Annotated[JsonValue, WithJsonSchema({"type": "null"})]


class _Lenient(BaseModel):
    model_config = ConfigDict(extra="ignore")


class Part(_Lenient):
    """A part of a message: text, or something that no answer can rest on."""

    type: str = ""
    text: Text | None = None


Content = Annotated[
    list[Annotated[Part, BeforeValidator(_as_part)]],
    BeforeValidator(_as_parts, json_schema_input_type=str | list[Part] | None),
    Field(description="Text, or a list of parts."),
]


class SentMessage(_Lenient):
    """A message of the conversation; of the roles, `user` and `assistant` count."""

    role: str = Field(default="", examples=["user"])
    content: Content = []


class StreamOptions(_Lenient):
    """What a stream is to hold beside the answer."""

    include_usage: bool | None = None


class ChatRequest(_Lenient):
    """A conversation whose last question is to be answered."""

    model: Text = Field(description="A way of answering, by its id.", examples=["briefqa"])
    messages: list[SentMessage] = Field(description="The conversation, the oldest message first.")
    stream: bool | None = Field(default=None, description="Send the answer as it comes.")
    stream_options: StreamOptions | None = None


class ResponsesRequest(_Lenient):
    """A question, or a conversation whose last question is to be answered."""

    model: Text = Field(description="A way of answering, by its id.", examples=["briefqa"])
    input: Annotated[
        list[SentMessage],
        BeforeValidator(_as_messages, json_schema_input_type=str | list[SentMessage]),
        Field(description="The question, or a conversation."),
    ]
    stream: bool | None = Field(default=None, description="Send the answer as it comes.")
    previous_response_id: _Nothing = Field(
        default=None, description="Must be left out or null: no response is kept."
    )
    conversation: _Nothing = Field(
        default=None, description="Must be left out or null: no conversation is kept."
    )
