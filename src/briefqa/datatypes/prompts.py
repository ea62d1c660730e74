"""What goes to a language model, and the ways in which one fails."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from briefqa.datatypes.documents import JsonValue


class FaultKind(StrEnum):
    """In which way a language model failed."""

    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    REFUSED = "refused"
    """The server will not serve this request: a wrong key, an unknown model, a bad request."""
    RATE_LIMITED = "rate_limited"
    SERVER_ERROR = "server_error"
    MALFORMED = "malformed"
    """What came is not what the protocol says: wrong content type, broken JSON or stream."""
    CUT_OFF = "cut_off"
    """The stream ended before the answer did."""
    ENDLESS = "endless"
    """More came than was asked for."""
    EMPTY = "empty"
    NO_ROOM = "no_room"
    """Not one passage fits into what it can read."""


@dataclass(frozen=True, slots=True)
class ModelFault:
    """Why a language model wrote nothing, or not all, of an answer."""

    kind: FaultKind
    detail: str


class Role(StrEnum):
    """Who a message to a language model speaks for."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a prompt."""

    role: Role
    text: str


@dataclass(frozen=True, slots=True)
class Turn:
    """One exchange of a conversation: what was asked, and what was answered (it may be empty)."""

    question: str
    answer: str = ""


@dataclass(frozen=True, slots=True)
class ModelDescription:
    """A language model as the settings describe it, for the plug-in of its kind.

    ``api_key_env`` names the environment variable that holds the key; the key itself is
    nowhere in it. ``context_tokens`` is what prompt and answer may have together,
    ``max_tokens`` where an answer is cut, ``timeout_s`` the seconds in which all of it must
    have come. ``temperature`` None leaves it to the server. ``options`` is what its kind
    makes of it.
    """

    name: str
    kind: str = "openai"
    base_url: str | None = None
    model: str | None = None
    api_key_env: str | None = None
    context_tokens: int = 4096
    max_tokens: int = 512
    timeout_s: float = 60.0
    temperature: float | None = 0.0
    options: Mapping[str, JsonValue] = field(default_factory=dict)
