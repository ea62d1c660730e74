"""The shapes of the OpenAI-compatible replies."""

from typing import Any, Final, Literal

from pydantic import Field

from briefqa.api.schemas import CitationReply, Reply


class ModelReply(Reply):
    """A way of answering."""

    id: str = Field(examples=["briefqa"])
    object: Literal["model"]
    created: int = Field(description="When the service started, in seconds since 1970.")
    owned_by: str


class ModelsReply(Reply):
    """Every way of answering."""

    object: Literal["list"]
    data: list[ModelReply]


class UrlCitation(Reply):
    """What a mark such as ``[1]`` in the content stands for."""

    url: str = Field(description="Where the quote can be opened.")
    title: str
    start_index: int = Field(description="Where the mark begins, in code points.")
    end_index: int = Field(description="Where it ends; the first character after it.")


class Annotation(Reply):
    """A citation in a message."""

    type: Literal["url_citation"]
    url_citation: UrlCitation


class AssistantMessage(Reply):
    """The answer, or a message that the documents do not answer."""

    role: Literal["assistant"]
    content: str
    refusal: None
    annotations: list[Annotation]


class ChatChoice(Reply):
    """The only choice there is."""

    index: Literal[0]
    message: AssistantMessage
    logprobs: None
    finish_reason: Literal["stop"]


class Usage(Reply):
    """Tokens, as the embedding model counts them."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class ChatReply(Reply):
    """An answer as a chat completion."""

    id: str
    object: Literal["chat.completion"]
    created: int
    model: str
    choices: list[ChatChoice]
    usage: Usage
    receipts: list[CitationReply] = Field(
        description="The citations as `/v1/ask` gives them; not part of OpenAI's shape."
    )


class FlatAnnotation(UrlCitation):
    """A citation in a response."""

    type: Literal["url_citation"]


class OutputText(Reply):
    """The text of a response."""

    type: Literal["output_text"]
    text: str
    annotations: list[FlatAnnotation]
    logprobs: list[None]


class OutputMessage(Reply):
    """The message of a response."""

    type: Literal["message"]
    id: str
    status: str
    role: Literal["assistant"]
    content: list[OutputText]


class CachedTokens(Reply):
    """Nothing is cached."""

    cached_tokens: Literal[0]
    cache_write_tokens: Literal[0]


class ReasoningTokens(Reply):
    """Nothing is reasoned unseen."""

    reasoning_tokens: Literal[0]


class ResponseUsage(Reply):
    """Tokens, as the embedding model counts them."""

    input_tokens: int
    input_tokens_details: CachedTokens
    output_tokens: int
    output_tokens_details: ReasoningTokens
    total_tokens: int


class ResponseReply(Reply):
    """An answer as a response."""

    id: str
    object: Literal["response"]
    created_at: int
    status: str = Field(examples=["completed"])
    error: dict[str, str] | None
    incomplete_details: None
    instructions: None
    metadata: dict[str, str]
    model: str
    output: list[OutputMessage]
    parallel_tool_calls: bool
    temperature: None
    tool_choice: str
    tools: list[None]
    top_p: None
    store: bool
    usage: ResponseUsage | None
    receipts: list[CitationReply] = Field(
        description="The citations as `/v1/ask` gives them; not part of OpenAI's shape."
    )


class OpenAIError(Reply):
    """What is wrong."""

    message: str
    type: Literal["invalid_request_error", "server_error"]
    param: str | None = Field(description="The field that is wrong, if one is.")
    code: str = Field(examples=["model_not_found"])


class ErrorReply(Reply):
    """An error in OpenAI's envelope."""

    error: OpenAIError


ERROR_REPLIES: Final[dict[int | str, dict[str, Any]]] = {  # Any: as FastAPI types it
    "default": {"model": ErrorReply, "description": "An error"}
}
