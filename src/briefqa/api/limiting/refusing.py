"""What is wrong with a request before any route has seen it."""

from collections.abc import Mapping, Sequence

from starlette.responses import Response
from starlette.routing import Match
from starlette.types import Scope

from briefqa.api.problems import ProblemKind, problem_response
from briefqa.api.validation import FieldError


class RefusalError(Exception):
    """A request that goes no further; it is answered with a problem."""

    def __init__(
        self,
        kind: ProblemKind,
        detail: str,
        *,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.kind = kind
        self.detail = detail
        self.errors = errors
        self.headers = headers
        super().__init__(detail)

    def response(self, scope: Scope) -> Response:
        """Return the problem as it is sent; ``scope`` is that of the request."""
        return problem_response(
            self.kind, self.detail, scope, errors=self.errors, headers=self.headers
        )


def name_route(scope: Scope) -> None:
    """Note which route a request would have come to, for whoever counts or logs it."""
    if "route" in scope or "app" not in scope:
        return
    for route in scope["app"].routes:
        if route.matches(scope)[0] is Match.FULL:
            scope["route"] = route
            return
