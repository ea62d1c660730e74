"""Bytes become text, whatever encoding they are in."""

import codecs
import re

from charset_normalizer import from_bytes

from briefqa.documents.values import whole
from briefqa.errors import DocumentError

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_MOST_CONTROL = 0.1
# Read as windows-1252, words of another code page show symbols where letters should stand.
_SYMBOL_FOR_LETTER = re.compile(
    r"[¼½¾¶¬¦¤±×÷¨¯´¸¹³ˆ˜‰†‡»](?=[^\W\d_])"  # noqa: RUF001 - the symbols themselves are meant
    r"|(?<=[^\W\d_])[¿¡«¶¬¦¤¸]"  # noqa: RUF001 - the same
)


def decode(data: bytes, source: str) -> str:
    """Return ``data`` as text with line feeds for line ends and no byte-order mark.

    A byte-order mark decides; then UTF-8 if it fits; then windows-1252 if that
    reads well, else the likeliest other encoding.

    Raises:
        DocumentError: If the bytes are not text in any encoding.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            text: str | None = _strict(data, encoding, source)
            break
    else:
        text = _unmarked(data)
    if text is None or len(_CONTROL.findall(text)) > _MOST_CONTROL * len(text):
        raise DocumentError(
            source, reason="not_text", detail="holds bytes that are not text in any known encoding"
        )
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _strict(data: bytes, encoding: str, source: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise DocumentError(
            source,
            reason="not_text",
            detail=f"begins with a mark of {error.encoding}, but byte {error.start} is not in it",
        ) from error


def _unmarked(data: bytes) -> str | None:
    try:
        return data.decode(_wide(data) or "utf-8")
    except UnicodeDecodeError:
        pass
    if b"\0" in data:
        return None
    western = from_bytes(data, cp_isolation=["cp1252"]).best()
    if western is not None and not _SYMBOL_FOR_LETTER.search(str(western)):
        # In a short text many code pages score alike, and the guesser takes the first by name.
        return str(western)
    guess = from_bytes(data).best()
    return None if guess is None else whole(str(guess))


def _wide(data: bytes) -> str | None:
    """Return the UTF-16 that ``data`` is in, if every other byte is mostly NUL."""
    even, odd = data[::2].count(0), data[1::2].count(0)
    if odd * 4 > len(data) and not even:
        return "utf-16-le"
    if even * 4 > len(data) and not odd:
        return "utf-16-be"
    return None
