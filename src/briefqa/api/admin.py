"""Who may change the index over HTTP, and how much may be sent."""

import hmac
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.types import Scope

from briefqa.assembly.changing import IndexChanger

DOCUMENTS_PATH = "/v1/documents/"

_SCHEME = "bearer"


@dataclass(frozen=True, slots=True)
class Admin:
    """Lets whoever holds the key change the index.

    ``key`` is secret; ``most_bytes`` is the largest document that may be sent.
    """

    key: str
    most_bytes: int
    changer: IndexChanger

    def __repr__(self) -> str:
        return f"Admin(most_bytes={self.most_bytes})"

    def is_meant_by(self, headers: Headers) -> bool:
        """Say whether a request has the key, as ``Authorization: Bearer KEY``."""
        scheme, _, key = headers.get("authorization", "").partition(" ")
        # Compared in the same time wherever they differ.
        has_key = hmac.compare_digest(key.strip().encode(), self.key.encode())
        return has_key and scheme.lower() == _SCHEME


def most_body_bytes(scope: Scope, admin: Admin | None, *, otherwise: int) -> int:
    """Return how large the body of a request may be: much is taken only from those who may send."""
    is_upload = scope["method"] == "PUT" and scope["path"].startswith(DOCUMENTS_PATH)
    if is_upload and admin is not None and admin.is_meant_by(Headers(scope=scope)):
        return admin.most_bytes
    return otherwise
