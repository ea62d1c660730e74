"""Bytes become text, whatever encoding they are in."""

import codecs
import re
import unicodedata

from briefqa.documents.draft import MOST_CHARACTERS
from briefqa.errors import DocumentError

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_MOST_CONTROL = 0.1
_HIGH = re.compile(rb"[\x80-\xff]")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_REPLACEMENT = "\ufffd"
_SAMPLE_BYTES = 100_000
_BEFORE_SAMPLE = 1000
_FEWEST_RIGHT_TO_WRONG = 3
_MOST_WRONG = 0.05
_FAR = re.compile(r"[\u0370-\u06ff]")
_MIXED = re.compile(r"[A-Za-z][\u0370-\u06ff]|[\u0370-\u06ff][A-Za-z]")
"""Letters of the alphabets from Greek to Arabic, and where one touches a Latin letter."""

_MOST_MIXED = 0.2
_USUAL = "cp1252"
_NEARLY, _LITTLE = 0.7, 0.02
_PRINTED = bytes((*b"\t\n\r", *range(0x20, 0x7F)))
_WIDE = ("utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be")
_ODD = frozenset({"Cc", "Cf", "Cn", "Co", "Cs"})
_MOST_TRIED = 3
_ESCAPED = re.compile(rb"\x1b(?:\$[@AB]|\$\([A-D]|\([BIJ])")
"""How an encoding in seven bits, such as that of Japanese mail, changes its letters."""

# What texts are still found in. Those of old Macs and of DOS beside the Russian one are left
# out: short Western texts look like them too easily.
_ENCODINGS = (
    *("ascii", "utf-8", "cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp1255", "cp1256"),
    *("cp1257", "cp1258", "cp874", "cp866", "koi8-r", "koi8-u", "iso8859-2", "iso8859-5"),
    *("iso8859-7", "iso8859-8", "iso8859-9", "iso8859-15", "shift_jis_2004", "cp932"),
    *("euc_jis_2004", "iso2022_jp_2", "gb18030", "big5hkscs", "cp949"),
)


def decode(data: bytes, source: str) -> str:
    """Return ``data`` as text with line feeds for line ends and no byte-order mark.

    A byte-order mark decides; then UTF-8 or UTF-16 if it fits; then UTF-8 if it
    all but fits; else the likeliest other encoding. Bytes that do not fit the
    rest of the text become U+FFFD if they are few.

    Raises:
        DocumentError: "not_text" if the bytes are not text in any encoding;
            "too_large" if they hold far too much of it.
    """
    text = _decoded(data)
    if text is None or sum(1 for _ in _CONTROL.finditer(text)) > _MOST_CONTROL * len(text):
        raise DocumentError(
            source, reason="not_text", detail="holds bytes that are not text in any known encoding"
        )
    if len(text) > MOST_CHARACTERS:
        raise DocumentError(
            source,
            reason="too_large",
            detail=f"holds {len(text):,} characters; at most {MOST_CHARACTERS:,} are read",
        )
    return text.replace("\r\n", "\n").replace("\r", "\n")


def encoding_of(head: bytes, source: str) -> str:
    """Return the encoding of a long text of which only the first bytes are at hand.

    Raises:
        DocumentError: If they are not text in any encoding.
    """
    encoding = _known(head)
    if encoding is None and is_text(head):
        encoding = "utf-8"
        if not _may_be_utf8(head) and not _damaged_utf8(head):
            encoding = next((e for e in _likely(head) if _mostly(head, e)), encoding)
    if encoding is None:
        raise DocumentError(
            source, reason="not_text", detail="holds bytes that are not text in any known encoding"
        )
    return encoding


def is_text(sample: bytes) -> bool:
    """Say whether ``sample``, the first bytes of a file, may be text in some encoding."""
    text = sample_text(sample)
    wrong = sum(1 for char in text if char < " " and char not in "\t\n\r\f\x1b")
    return "\0" not in text and wrong <= _MOST_CONTROL * len(text)


def sample_text(sample: bytes) -> str:
    """Return ``sample`` as text of which at least the ASCII characters are right."""
    return sample.decode(_known(sample) or "latin-1", "replace")


def _decoded(data: bytes) -> str | None:
    known = _known(data)
    if known is not None:
        return _mostly(data, known)
    if data.isascii() and _ESCAPED.search(data):
        return _guessed(data)
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None if b"\0" in data else _damaged_utf8(data) or _guessed(data)


def _known(data: bytes) -> str | None:
    """Return the encoding that a byte-order mark or NUL bytes give away."""
    marked = next((encoding for mark, encoding in _MARKS if data.startswith(mark)), None)
    return marked or (_wide(data) if b"\0" in data else None)


def _mostly(data: bytes, encoding: str) -> str | None:
    """Return ``data`` in ``encoding``, if all but a few of its bytes are."""
    text = data.decode(encoding, "replace")
    wrong = text.count(_REPLACEMENT)
    return text if wrong <= _MOST_WRONG * len(text) else None


def _wide(data: bytes) -> str | None:
    """Return the UTF-16 or UTF-32 that ``data``, which has NUL bytes, looks to be in."""
    sample = data[: min(len(data) & ~3, _SAMPLE_BYTES)] or data
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    if max(even, odd) * 4 > len(sample) and not min(even, odd):
        # As many NUL bytes as this come of letters of the West alone.
        return "utf-16-le" if odd else "utf-16-be"
    # Two by two, letters of ASCII are Chinese signs. No other script has such letters for most
    # of its bytes.
    is_plain = sample.isascii() and len(sample.translate(None, _PRINTED)) * 20 < len(sample) * 9
    if is_plain or (_may_be_utf8(sample) and _odd_signs(sample, "utf-8") <= _MOST_CONTROL):
        return None
    odd_signs = {encoding: _odd_signs(sample, encoding) for encoding in _WIDE}
    best = min(_WIDE, key=lambda encoding: odd_signs[encoding])
    return best if odd_signs[best] <= _MOST_WRONG else None


def _may_be_utf8(head: bytes) -> bool:
    """Say whether ``head``, which may end within a character, is UTF-8."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return True


def _odd_signs(sample: bytes, encoding: str) -> float:
    """Return the share of ``sample`` that in ``encoding`` is nothing people write."""
    text = sample.decode(encoding, "replace")
    odd = text.count(_REPLACEMENT)
    odd += sum(unicodedata.category(char) in _ODD for char in text if char not in "\t\n\r")
    return odd / max(1, len(text))


def _damaged_utf8(data: bytes) -> str | None:
    """Return ``data`` as UTF-8 with the bytes replaced that are not, if these are few.

    Text in another encoding hardly ever holds what UTF-8 has for a letter.
    """
    text = data.decode("utf-8", "replace")
    wrong = text.count(_REPLACEMENT)
    right = sum(1 for _ in _NOT_ASCII.finditer(text)) - wrong
    is_utf8 = right >= _FEWEST_RIGHT_TO_WRONG * wrong and wrong <= _MOST_WRONG * len(text)
    return text if is_utf8 else None


def _guessed(data: bytes) -> str | None:
    """Return ``data`` in the likeliest encoding that makes words of one alphabet each."""
    texts = (_mostly(data, encoding) for encoding in _likely(data))
    return next((text for text in texts if text is not None), None)


def _likely(data: bytes) -> list[str]:
    """Return the encodings that ``data`` may be in, the likeliest first."""
    import chardet  # noqa: PLC0415 - slow to import, and most texts are in UTF-8

    sample = _sample(data)
    found = chardet.detect_all(
        sample, include_encodings=_ENCODINGS, compat_names=False, max_bytes=_SAMPLE_BYTES
    )
    scores = {each["encoding"]: each["confidence"] for each in found if each["encoding"]}
    best = max(scores.values(), default=0.0)
    # Far more old files are in it than in all others, so it need not score quite as high.
    if scores.get(_USUAL, -1.0) >= min(_NEARLY * best, best - _LITTLE):
        scores[_USUAL] = best
    likely = sorted(
        scores,
        key=lambda encoding: (
            # Short texts of the West may score higher in Cyrillic, a letter of it a word.
            _mixes_alphabets(sample.decode(encoding, "replace")),
            -scores[encoding],
            encoding != _USUAL,
        ),
    )
    return likely[:_MOST_TRIED]


def _mixes_alphabets(text: str) -> bool:
    mixed = sum(1 for _ in _MIXED.finditer(text))
    return mixed > _MOST_MIXED * sum(1 for _ in _FAR.finditer(text))


def _sample(data: bytes) -> bytes:
    """Return the lines of ``data`` around the first byte that tells encodings apart."""
    first = _HIGH.search(data) or _ESCAPED.search(data)
    at = max(0, first.start() - _BEFORE_SAMPLE) if first else 0
    line = data.find(b"\n", at, first.start()) + 1 if first and at else 0
    start = line or at
    end = start + _SAMPLE_BYTES
    # Cut at a line's end, so that no character is cut in two.
    return (
        data[start : data.rfind(b"\n", start, end) + 1 or end] if end < len(data) else data[start:]
    )
