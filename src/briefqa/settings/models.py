"""What can be set of a language model."""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator

_KEY_NAME = re.compile(r"(x-)?api[_-]?key|authorization|password|.*secret.*", re.IGNORECASE)


class ModelSettings(BaseModel):
    """A language model that may write answers, and how it is reached."""

    model_config = ConfigDict(extra="forbid")

    kind: str = Field(
        default="openai",
        description="What it is reached through: openai, local, or a plug-in's name.",
    )
    base_url: str | None = Field(
        default=None, description="Address of its server, up to /chat/completions."
    )
    model: str | None = Field(
        default=None, description="Its name on that server; unset means the name it has here."
    )
    # In capitals, which keys are not: one that is put here by mistake is refused.
    api_key_env: str | None = Field(
        default=None,
        pattern=r"^[A-Z_][A-Z0-9_]*$",
        description="Environment variable that holds its key; unset, none is sent.",
    )
    context_tokens: int = Field(
        default=4096, ge=512, le=10_000_000, description="Most tokens of prompt and answer."
    )
    max_tokens: int = Field(default=512, ge=16, le=100_000, description="Most tokens of an answer.")
    timeout_s: float = Field(
        default=60, gt=0, le=3_600, description="Seconds in which a whole answer must have come."
    )
    temperature: float | None = Field(
        default=0, ge=0, le=2, description='How freely it writes; "server" leaves it to the server.'
    )
    options: dict[str, Any] = Field(
        default={}, description="What else is to be sent with each request, as it is."
    )

    @field_validator("base_url")
    @classmethod
    def _check_address(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            msg = "expected an address such as http://127.0.0.1:11434/v1"
            raise ValueError(msg)
        if parts.username or parts.password or parts.query or parts.fragment:
            msg = "an address holds no user, key or question mark; api_key_env is for the key"
            raise ValueError(msg)
        return value.rstrip("/")

    @field_validator("options")
    @classmethod
    def _check_options(cls, value: dict[str, Any]) -> dict[str, Any]:
        if any(_KEY_NAME.fullmatch(name) for name in _names(value)):
            msg = "no key belongs here, where it would be shown; api_key_env is for the key"
            raise ValueError(msg)
        return value

    @field_validator("temperature", mode="before")
    @classmethod
    def _leave_to_server(cls, value: object) -> object:
        return None if value == "server" else value


def _names(value: object) -> Iterator[str]:
    """Yield the names in a table, and in those inside it."""
    if isinstance(value, Mapping):
        yield from (str(name) for name in value)
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from _names(each)
