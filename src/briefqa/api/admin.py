"""Who may change the index over HTTP, and how much may be sent."""

from dataclasses import dataclass, field

from starlette.datastructures import Headers
from starlette.types import Scope

from briefqa.api.access.keys import holder_of, key_sent
from briefqa.assembly.changing import IndexChanger

DOCUMENTS_PATH = "/v1/documents/"
_HOLDER = "admin"


@dataclass(frozen=True, slots=True)
class Admin:
    """Lets whoever holds the key change the index.

    ``key`` is its SHA-256, of 32 bytes; ``most_bytes`` is the largest document that may be sent.
    """

    key: bytes = field(repr=False)
    most_bytes: int
    changer: IndexChanger

    def is_meant_by(self, headers: Headers) -> bool:
        """Say whether a request has the key, where `KeyMiddleware` looks for it too."""
        return holder_of(key_sent(headers), {_HOLDER: self.key}) is not None


def most_body_bytes(scope: Scope, admin: Admin | None, *, otherwise: int) -> int:
    """Return how large the body of a request may be: much is taken only from those who may send."""
    is_upload = scope["method"] == "PUT" and scope["path"].startswith(DOCUMENTS_PATH)
    if is_upload and admin is not None and admin.is_meant_by(Headers(scope=scope)):
        return admin.most_bytes
    return otherwise
