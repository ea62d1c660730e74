"""The markers of lists, in the words that office formats name them by."""

BULLET = "-"
_LETTERS = 26
_LARGEST_ROMAN = 4000
_ROMAN = (
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"),
    (50, "l"), (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
)  # fmt: skip


def written_number(number: int, form: str) -> str:
    """Return ``number`` the way Word's ``form`` writes it; in digits, if it is not known."""
    match form:
        case "lowerLetter" | "upperLetter" if number > 0:
            # Word writes the letters twice after z: aa, bb.
            written = chr(ord("a") + (number - 1) % _LETTERS) * min(1 + (number - 1) // _LETTERS, 9)
        case "lowerRoman" | "upperRoman" if 0 < number < _LARGEST_ROMAN:
            written, rest = "", number
            for value, letters in _ROMAN:
                written += letters * (rest // value)
                rest %= value
        case "decimalZero":
            written = f"{number:02}"
        case "none":
            written = ""
        case _:
            written = str(number)
    return written.upper() if form.startswith("upper") else written
