"""Characters of a PDF become the characters that were meant."""

import re
import unicodedata

# What no text needs: controls, soft hyphens, joiners without width, marks of direction,
# halves of characters, noncharacters; and what stands for other letters.
_ODD = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\xad\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f"
    "\ud800-\udfff\ue000-\uf8ff\ufb00-\ufdff\ufe70-\uffff]|[\U000e0000-\U0010ffff]"
)
# Symbol fonts have their marks at F000 + the byte.
_SYMBOLS = {
    "\uf02d": "–",
    "\uf0a7": "▪",
    "\uf0a8": "▪",
    "\uf0b7": "•",
    "\uf0d8": "➢",
    "\uf0e0": "→",
    "\uf0fc": "✓",
    "\uf06c": "●",
    "\uf06e": "■",
    "\uf06f": "□",
    "\uf076": "❖",
}
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
_LATIN = re.compile("[A-Za-z]")
_CJK = re.compile("[\u2e80-\u30ff\u31c0-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]")


def clean(text: str) -> str:
    """Return ``text`` with ligatures spelt out, and without what stands for no letter."""
    if text.isascii() and text.isprintable():
        return text
    return unicodedata.normalize("NFC", _ODD.sub(_meant, text))


def _meant(found: re.Match[str]) -> str:
    character = found[0]
    if character in _SYMBOLS:
        return _SYMBOLS[character]
    if character.isprintable() and not "\ue000" <= character <= "\uf8ff":
        # Ligatures, and the shapes that Arabic letters take within a word.
        return unicodedata.normalize("NFKC", character)
    return ""


def is_right_to_left(text: str) -> bool:
    """Say whether most letters of ``text`` are of a script that runs from right to left."""
    return not text.isascii() and 2 * len(_RIGHT_TO_LEFT.findall(text)) > len(text.replace(" ", ""))


def is_cjk(character: str) -> bool:
    """Say whether ``character`` is Chinese or Japanese, which puts no blanks between words."""
    return _CJK.match(character) is not None


def is_latin(text: str) -> bool:
    """Say whether ``text`` has a letter of the Latin alphabet."""
    return _LATIN.search(text) is not None
