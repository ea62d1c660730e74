"""The shape of filters in a request, and where an error in one of them is."""

from typing import Annotated

from pydantic import Field, JsonValue, WithJsonSchema

from briefqa.api.validation import FieldError
from briefqa.datatypes import Comparison
from briefqa.errors import ConditionError
from briefqa.retrieval import MOST_CONDITIONS

# Read by the same code as the terminal's, which says more than a schema could.
Filter = Annotated[
    JsonValue,
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "minLength": 3, "pattern": "[=<>~]"},
                {
                    "type": "object",
                    "properties": {
                        "field": {"type": "string", "minLength": 1},
                        "op": {"type": "string", "enum": list(Comparison)},
                        "value": {"type": ["string", "number", "boolean"]},
                    },
                    "required": ["field", "op", "value"],
                    "additionalProperties": False,
                },
            ]
        }
    ),
]
Filters = Annotated[
    list[Filter],
    Field(
        description="Conditions on the documents to look at; all must hold.",
        max_length=MOST_CONDITIONS,
        examples=[["published>=2025", {"field": "author", "op": "~", "value": "Lawrence"}]],
    ),
]


def condition_error(error: ConditionError, method: str) -> FieldError:
    """Say where a condition stands: among the filters of a body, or in the address."""
    if method in {"GET", "HEAD"}:
        return FieldError(str(error), parameter="where")
    place = "" if error.place is None else f"/{error.place}"
    return FieldError(str(error), pointer=f"#/filters{place}")
