"""Keys of the HTTP service as they are configured: as SHA-256, or in plain text.

A key that is made at random, as `new_key` does, has nothing to guess at: one SHA-256 hides
it as well as the slow hashes that passwords need. Hence the least length of one in plain text.
"""

import hashlib
import re
import secrets
from typing import Final

LEAST_CHARACTERS: Final = 16
ADMIN: Final = "admin"
"""The name that ``server.admin_key`` has among keys."""

_MARK: Final = "sha256:"
_PREFIX: Final = "briefqa_"
_RANDOM_BYTES: Final = 32
_DIGEST: Final = re.compile(r"[0-9a-f]{64}", re.IGNORECASE)
# What a header can carry, and hands on unchanged.
_PLAIN: Final = re.compile(r"[!-~](?:[ -~]*[!-~])?")
# In lower case only, since variables of the environment are read without regard to it.
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


def new_key() -> str:
    """Return a key of 256 random bits."""
    return _PREFIX + secrets.token_urlsafe(_RANDOM_BYTES)


def hashed(key: str) -> str:
    """Return a key in plain text as ``sha256:`` and 64 hexadecimal digits.

    Raises:
        ValueError: If it is short, or cannot be sent in a header; it is not quoted.
    """
    if key.startswith(_MARK):
        msg = f"the key begins with {_MARK}, as one that is hashed already does"
        raise ValueError(msg)
    return digest_as_configured(key_digest(key))


def digest_as_configured(digest: bytes) -> str:
    """Return the SHA-256 of a key as settings have it: ``sha256:`` and 64 hexadecimal digits."""
    return _MARK + digest.hex()


def key_digest(configured: str) -> bytes:
    """Return the SHA-256 that a configured key is known by, of 32 bytes.

    Args:
        configured: ``sha256:`` and 64 hexadecimal digits, or the key in plain text.

    Raises:
        ValueError: If it is neither, or short, or cannot be sent in a header; it is not quoted.
    """
    if configured.startswith(_MARK):
        digits = configured.removeprefix(_MARK)
        if not _DIGEST.fullmatch(digits):
            msg = f"expected 64 hexadecimal digits after {_MARK}; `briefqa keys hash` makes them"
            raise ValueError(msg)
        return bytes.fromhex(digits)
    if len(configured) < LEAST_CHARACTERS:
        msg = (
            f"the key has {len(configured)} characters, expected {LEAST_CHARACTERS} or more; "
            "`briefqa keys new` makes one"
        )
        raise ValueError(msg)
    if not _PLAIN.fullmatch(configured):
        msg = "a key is made of letters, digits and signs of ASCII, and neither end is a space"
        raise ValueError(msg)
    return hashlib.sha256(configured.encode()).digest()


def check_key_name(name: str) -> None:
    """Refuse what cannot be the name of a key.

    Raises:
        ValueError: If it has other characters than it may; it is not quoted, for it may be
            the key itself, put in the wrong place.
    """
    if not _NAME.fullmatch(name):
        msg = (
            "the name of a key is made of 1 to 64 lower-case letters, digits, '-' and '_', and "
            "begins with a letter or digit"
        )
        raise ValueError(msg)
