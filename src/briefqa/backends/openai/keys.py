"""Keeps the key of a server out of everything that is written, shown or logged."""

import logging
import os
import re
from collections.abc import Iterable, Iterator

from briefqa.errors import SettingsError

CONCEALED = "[key]"
"""What stands in place of a key."""

_LEAST_TOLD = 8
"""So many characters of a key in a row are as telling as the whole of it.

What is shorter is none: servers that want no key are given "none" or their own name,
which must not be struck from every answer.
"""

# Whoever sees the traffic at DEBUG: headers and status lines, in which a server may
# repeat what it was sent.
_LOGGERS = (
    "httpcore2.connection",
    "httpcore2.http11",
    "httpx2",
    "openai",
    "openai._base_client",
    "openai._legacy_response",
    "openai._response",
)
_SENDABLE = re.compile(r"[\x21-\x7e]+")


class Key:
    """The key of a server; neither its ``str`` nor its ``repr`` tells it."""

    __slots__ = ("_secret",)

    def __init__(self, secret: str) -> None:
        """Take a key, and from now on keep it out of what the client libraries log."""
        self._secret = secret
        _conceal_in_logs(self)

    def reveal(self) -> str:
        """Return the key, to be sent and not to be kept."""
        return self._secret

    def conceal(self, text: str) -> str:
        """Return ``text`` without the key, or any telling part of it."""
        parts = {
            self._secret[start : start + _LEAST_TOLD].casefold()
            for start in range(len(self._secret) - _LEAST_TOLD + 1)
        }
        kept, at = [], 0
        while at < len(text):
            end = at + _LEAST_TOLD
            if text[at:end].casefold() not in parts:
                kept.append(text[at])
                at += 1
                continue
            while end < len(text) and text[end - _LEAST_TOLD + 1 : end + 1].casefold() in parts:
                end += 1
            kept.append(CONCEALED)
            at = end
        return "".join(kept)

    def conceal_in_stream(self, pieces: Iterable[str]) -> Iterator[str]:
        """Yield ``pieces`` without the key, wherever they are cut.

        What may be the beginning of it is held back until it is known not to be.
        """
        if len(self._secret) < _LEAST_TOLD:
            yield from pieces
            return
        held = ""
        try:
            for piece in pieces:
                held = (held + piece).replace(self._secret, CONCEALED)
                keep = self._begun_at_end(held)
                said, held = held[: len(held) - keep], held[len(held) - keep :]
                if said:
                    yield said
        except Exception:
            # What came before a fault stands, to the last letter.
            if held:
                yield self.conceal(held)
            raise
        if held:
            yield self.conceal(held)

    def _begun_at_end(self, text: str) -> int:
        """Return how many characters at the end of ``text`` the key begins with."""
        return next(
            length
            for length in range(min(len(self._secret) - 1, len(text)), -1, -1)
            if text.endswith(self._secret[:length])
        )

    def __repr__(self) -> str:
        return f"Key({CONCEALED})"


def key_in(variable: str, *, of: str) -> Key:
    """Return the key that an environment variable holds.

    Args:
        variable: Its name.
        of: Name of the model that it belongs to, for the message.

    Raises:
        SettingsError: If it is not set, or holds what cannot be a key.
    """
    secret = os.environ.get(variable, "").strip()
    if not secret:
        msg = (
            f"the key of language model {of!r} is to be in the environment variable "
            f"{variable}, which is not set; set it, or leave out models.{of}.api_key_env"
        )
        raise SettingsError(msg)
    if not _SENDABLE.fullmatch(secret):
        msg = (
            f"the environment variable {variable} holds characters that no key has, such as "
            f"blanks or letters with accents; set it to the key of language model {of!r} alone"
        )
        raise SettingsError(msg)
    return Key(secret)


class _KeysConcealed(logging.Filter):
    """Takes the keys it knows out of log records."""

    def __init__(self) -> None:
        super().__init__()
        self.keys: dict[str, Key] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record through, without keys."""
        message = record.getMessage()
        for key in tuple(self.keys.values()):
            message = key.conceal(message)
        record.msg, record.args = message, ()
        # A traceback shows what was raised, which may quote the server.
        record.exc_info = record.exc_text = None
        return True


_concealed = _KeysConcealed()


def _conceal_in_logs(key: Key) -> None:
    _concealed.keys[key.reveal()] = key
    for name in _LOGGERS:
        # Adds it once, however often it is asked to.
        logging.getLogger(name).addFilter(_concealed)
