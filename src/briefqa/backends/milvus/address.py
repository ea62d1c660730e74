"""Where an index lies in Milvus, as people write it; imports nothing of Milvus."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from briefqa.errors import SettingsError

SERVER, TLS, LITE = "milvus://", "milvus+tls://", "milvus-lite:"
DEFAULT_NAME = "briefqa"
PREVIOUS = "_previous"
"""Ends the alias of the generation before the one that serves."""

_DEFAULT_PORT = 19530
# Milvus allows letters, digits and underscores in the names of collections.
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::([0-9]{1,5}))?")


def is_milvus(index: Path | str) -> bool:
    """Tell whether ``index`` is an address in Milvus rather than a folder."""
    return isinstance(index, str) and index.startswith((SERVER, TLS, LITE))


@dataclass(frozen=True, slots=True)
class MilvusAddress:
    """An index in Milvus.

    ``text`` is the address as it was written, ``server`` the URL of a server or None for
    milvus-lite, which keeps its data in ``folder``. ``name`` begins the names of all
    collections of the index.
    """

    text: str
    name: str
    server: str | None = None
    folder: Path | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``milvus://HOST:PORT/NAME``, the same with ``milvus+tls``, or ``milvus-lite:PATH``.

        Port 19530 and the name ``briefqa`` may be left out.

        Raises:
            SettingsError: If it is none of these.
        """
        if text.startswith(LITE):
            path = text.removeprefix(LITE)
            if not path:
                raise _unreadable(text, "no path follows")
            return cls(text, DEFAULT_NAME, folder=Path(path))
        scheme = TLS if text.startswith(TLS) else SERVER
        place, _, name = text.removeprefix(scheme).partition("/")
        name = name or DEFAULT_NAME
        found = _HOST.fullmatch(place)
        if found is None:
            raise _unreadable(text, f"{place!r} is not a host with an optional port")
        if not _NAME.fullmatch(name) or name.endswith(PREVIOUS):
            detail = (
                f"{name!r} cannot be a name: expected letters, digits and underscores, "
                f"and not {PREVIOUS} at the end"
            )
            raise _unreadable(text, detail)
        protocol = "https" if scheme == TLS else "http"
        return cls(text, name, server=f"{protocol}://{found[1]}:{found[2] or _DEFAULT_PORT}")


def _unreadable(text: str, detail: str) -> SettingsError:
    msg = (
        f"index {text!r} is no address in Milvus: {detail}; write {SERVER}HOST:PORT/NAME, "
        f"{TLS}HOST:PORT/NAME or {LITE}PATH"
    )
    return SettingsError(msg)
