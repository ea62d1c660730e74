"""What goes to a language model, and the ways in which one fails."""

from dataclasses import dataclass
from enum import StrEnum


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
