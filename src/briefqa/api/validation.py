"""Says in one line each what is wrong with a request: where, what was found, what is allowed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

_MOST_ERRORS = 20
_LONGEST_SHOWN = 60

_EXPLAINED: Final[Mapping[str, str]] = {
    "missing": "is required",
    "extra_forbidden": "is not a field of this route",
    "string_unicode": "must be text of whole Unicode characters",
}
_EXPECTED: Final[Mapping[str, str]] = {
    "model_attributes_type": "must be a JSON object",
    "model_type": "must be a JSON object",
    "string_type": "must be a string",
    "int_type": "must be an integer",
    "int_parsing": "must be an integer",
    "list_type": "must be a list",
    "bool_type": "must be true or false",
}

# Any: FastAPI gives the errors of pydantic as plain dictionaries.
_Error = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing that is wrong, in a field of the body or in a query parameter."""

    detail: str
    pointer: str | None = None
    parameter: str | None = None

    @property
    def where(self) -> str:
        """Name of the field or parameter, for a sentence."""
        path = (self.pointer or "").removeprefix("#").removeprefix("/")
        return self.parameter or path or "body"

    def to_wire(self) -> dict[str, str]:
        """Return the error as a member of a problem's ``errors``."""
        place = {"pointer": self.pointer, "parameter": self.parameter}
        return {"detail": self.detail, **{k: v for k, v in place.items() if v is not None}}


def is_broken_json(errors: Sequence[_Error]) -> bool:
    """Tell whether the body could not even be parsed."""
    return any(error["type"] == "json_invalid" for error in errors)


def explain(errors: Sequence[_Error]) -> list[FieldError]:
    """Return the first errors, explained."""
    return [_explained(error) for error in errors[:_MOST_ERRORS]]


def _explained(error: _Error) -> FieldError:
    kind, (part, *path) = error["type"], error["loc"]
    if kind == "json_invalid":
        return FieldError(f"{error['ctx']['error']}, at character {path[0]}")
    detail = _EXPLAINED.get(kind)
    if detail is None:
        expected = _EXPECTED.get(kind) or error["msg"].removeprefix("Input ")
        detail = f"{expected}, found {_shown(error['input'])}"
    if part != "body":
        return FieldError(detail, parameter=readable(str(path[0] if path else part)))
    return FieldError(detail, pointer=pointer_to(path))


def pointer_to(path: Sequence[str | int]) -> str:
    """Return ``path`` as a JSON pointer in a URI fragment (RFC 6901, section 6)."""
    steps = (readable(str(step)).replace("~", "~0").replace("/", "~1") for step in path)
    return "#" + "".join(f"/{quote(step, safe='~')}" for step in steps)


def _shown(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case str():
            return f'"{readable(value)}"'
        case list():
            return f"a list of {len(value)}"
        case dict():
            return "an object"
        case _:
            return readable(str(value))


def readable(text: str) -> str:
    """Return ``text`` short enough to read, and such that it can be encoded."""
    short = text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 1] + "…"
    return short.encode("utf-8", "replace").decode()
