"""Requests that are well formed, but ask for what is not there."""

from starlette.requests import Request
from starlette.responses import Response

from briefqa.api.envelopes import envelope_response
from briefqa.api.observing import note_problem
from briefqa.api.problems import INVALID
from briefqa.api.validation import FieldError
from briefqa.errors import UsageError


class RefusedError(UsageError):
    """A request that an OpenAI-compatible route cannot carry out.

    ``error`` says what is wrong, and with which field; ``status`` and ``code`` are as sent.
    """

    def __init__(
        self, detail: str, pointer: str, *, status: int = INVALID.status, code: str = INVALID.name
    ) -> None:
        self.error = FieldError(detail, pointer=pointer)
        self.status = status
        self.code = code
        super().__init__(f"{self.error.where}: {detail}")


def on_refused(request: Request, error: Exception) -> Response:
    """Answer a refused request in OpenAI's envelope."""
    if not isinstance(error, RefusedError):
        raise error
    note_problem(error.code.replace("_", "-"))
    return envelope_response(
        error.status, error.code, str(error), path=request.url.path, errors=[error.error]
    )
