"""The characters that symbol fonts show for numbers of their own."""

_SYMBOL: dict[int, str] = dict(zip(
    (*range(0x41, 0x5B), *range(0x61, 0x7B)),
    "ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖαβχδεφγηιϕκλμνοπθρστυϖωξψζ",
    strict=True,
)) | {
    0xA3: "≤", 0xB3: "≥", 0xB1: "±", 0xB4: "×", 0xB8: "÷", 0xB9: "≠", 0xBB: "≈", 0xB0: "°",  # noqa: RUF001
    0xB7: "•", 0xA5: "∞", 0xAC: "←", 0xAE: "→", 0xB6: "∂", 0xD7: "⋅", 0xD6: "√", 0xE5: "∑",
}  # fmt: skip
_WINGDINGS = {
    0x6C: "●", 0x6E: "■", 0x71: "❑", 0x76: "❖", 0xA7: "▪", 0xA8: "☐", 0xD8: "➢", 0xE0: "→",
    0xFB: "✗", 0xFC: "✓", 0xFD: "☒", 0xFE: "☑",
}  # fmt: skip
_PRIVATE = range(0xE000, 0xF900)
_SURROGATES = range(0xD800, 0xE000)
_ASCII = range(0x20, 0x7F)
_LAST = 0xFFFD


def symbol(font: str, code: int) -> str:
    """Return the character that ``font`` shows for ``code``, "" if it is not known.

    Symbol fonts number their signs from 0x20, or from 0xF020 in the area that
    Unicode leaves to private use.
    """
    font, low = font.lower(), code & 0xFF
    if font.startswith("wingdings"):
        return _WINGDINGS.get(low, "")
    if font.startswith("symbol") and (code in _PRIVATE or code == low):
        return _SYMBOL.get(low, chr(low) if low in _ASCII else "")
    is_character = 0x20 <= code <= _LAST and code not in _PRIVATE and code not in _SURROGATES  # noqa: PLR2004
    return chr(code) if is_character else ""
