"""What a model reads of a text: its tokenizer, its window, the characters it takes."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tokenizers import Tokenizer

# Used only for the rare model that states no window at all.
_WINDOW = 512
# transformers writes a window of 1e30 where it knows none.
_LONGEST_WINDOW = 10**6


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


def encodable(text: str) -> str:
    """Replace lone surrogates, one code point each, which no tokenizer takes."""
    return text.encode("utf-8", "replace").decode()
