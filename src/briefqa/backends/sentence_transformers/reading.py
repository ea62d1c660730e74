"""What a model reads of a text: its tokenizer, its window, its characters and languages."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tokenizers import Tokenizer

# Used only for the rare model that states no window at all.
_WINDOW = 512
# transformers writes a window of 1e30 where it knows none.
_LONGEST_WINDOW = 10**6
_CODE_LENGTH = 2


def fast_copy(tokenizer: object) -> "Tokenizer | None":
    """Return a copy of a model's tokenizer without window and padding, if it is a fast one."""
    from tokenizers import Tokenizer  # noqa: PLC0415 - identifying a model needs none

    fast = getattr(tokenizer, "backend_tokenizer", tokenizer)
    if not isinstance(fast, Tokenizer):
        return None
    copy = Tokenizer.from_str(fast.to_str())
    copy.no_padding()
    copy.no_truncation()
    return copy


def window_of(stated: int | None) -> int:
    """Return the tokens that a model takes, special tokens counted, of what it states."""
    return stated if stated and stated < _LONGEST_WINDOW else _WINDOW


def languages_of(folder: Path) -> frozenset[str] | None:
    """Return the languages that a model's card, the head of its README, names.

    Returns:
        ISO 639-1 codes; None if there is no card, it names none, or says "multilingual".
    """
    import yaml  # noqa: PLC0415 - identifying a model needs none

    try:
        head = (folder / "README.md").read_text(encoding="utf-8").split("---", 2)
        # To any other loader, the code of Norwegian is a No, and a wrong date an error.
        card = yaml.load(head[1], Loader=yaml.BaseLoader)  # noqa: S506 - it makes texts only
        stated = card["language"]
    except (OSError, UnicodeError, LookupError, TypeError, RecursionError, yaml.YAMLError):
        return None
    named = [stated] if isinstance(stated, str) else stated
    if not isinstance(named, list) or not all(isinstance(each, str) for each in named):
        return None
    codes = frozenset(each.partition("-")[0].lower() for each in named)
    return codes if codes and all(len(code) == _CODE_LENGTH for code in codes) else None


def encodable(text: str) -> str:
    """Replace lone surrogates, one code point each, which no tokenizer takes."""
    return text.encode("utf-8", "replace").decode()
