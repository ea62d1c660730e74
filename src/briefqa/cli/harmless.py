"""Makes text of unknown origin safe to print on a terminal.

A document may hold what a terminal obeys instead of showing: escape sequences
that recolour, rename or overwrite, and marks that turn the direction of
writing so that a line reads other than it is.
"""

import re

_PICTURES = 0x2400
_DELETE, _DELETE_PICTURE = 0x7F, 0x2421
_LAST_BMP = 0xFFFF

# C0 without tab and line break, C1, turns of direction, halves of characters that no
# encoding can write, and invisible letters (tags).
_OBEYED = "\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\U000e0000-\U000e007f"
_UNSAFE = re.compile(f"[{_OBEYED}]")
# JSON escapes C0 by itself. The last two break a line where only strings may not.
_UNSAFE_IN_JSON = re.compile(f"[{_OBEYED}\u2028\u2029]")


def harmless(text: str) -> str:
    """Return ``text`` with everything visible that a terminal would obey; lines stay lines."""
    return _UNSAFE.sub(_visible, text)


def one_line(text: str) -> str:
    """Return ``text`` harmless, with every run of white space folded into a blank."""
    return harmless(" ".join(text.split()))


def harmless_json(text: str) -> str:
    """Return JSON of the same value, with everything escaped that a terminal would obey."""
    # Outside its strings JSON has none of these but line breaks, which are kept.
    return _UNSAFE_IN_JSON.sub(_escaped, text)


def _visible(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < ord(" "):
        return chr(_PICTURES + code)
    if code == _DELETE:
        return chr(_DELETE_PICTURE)
    return f"<U+{code:04X}>"


def _escaped(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code <= _LAST_BMP:
        return f"\\u{code:04x}"
    halves = match[0].encode("utf-16-be").hex()
    return f"\\u{halves[:4]}\\u{halves[4:]}"
