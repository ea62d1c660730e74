"""Reads the address of a request strictly: what is not UTF-8 is no text that was meant."""

import re
from typing import Final
from urllib.parse import unquote_to_bytes

from starlette.types import Scope

from briefqa.api.limiting.refusing import RefusalError
from briefqa.api.problems import BROKEN_ADDRESS

_BAD_ESCAPE: Final = re.compile(rb"%(?![0-9A-Fa-f]{2})")


def check_address(scope: Scope) -> None:
    """Refuse an address whose path or query string stands for no text.

    Raises:
        RefusalError: If a ``%`` is not followed by two hexadecimal digits, or the bytes
            meant are not UTF-8, which half a character never is, or one of them is NUL.
    """
    _check("path", scope["raw_path"])
    _check("query string", scope.get("query_string", b""))


def _check(part: str, raw: bytes) -> None:
    if b"%" not in raw and raw.isascii() and b"\0" not in raw:
        return
    bad = _BAD_ESCAPE.search(raw)
    if bad is not None:
        detail = (
            f"the {part} has a % at byte {bad.start()} without two hexadecimal digits after it; "
            "a percent sign itself is written %25"
        )
        raise RefusalError(BROKEN_ADDRESS, detail)
    meant = unquote_to_bytes(raw)
    try:
        meant.decode()
    except UnicodeDecodeError as error:
        detail = f"the {part} is not UTF-8 once its percent signs are read; send text as UTF-8"
        raise RefusalError(BROKEN_ADDRESS, detail) from error
    if b"\0" in meant:
        detail = f"the {part} has the character U+0000, which no id and no text here has"
        raise RefusalError(BROKEN_ADDRESS, detail)
