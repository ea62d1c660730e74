"""Chunks of the size that briefqa has by default, for programs that cut none of that size."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tokenizers import Tokenizer

# What briefqa puts into a chunk at most, by its defaults; no chunks overlap.
CHUNK_TOKENS = 200
# Texts that a model is given at a time.
BATCH = 64


def tokenizer_of(model: Path) -> "Tokenizer":
    """Return the model's tokenizer, which neither cuts nor pads."""
    from tokenizers import Tokenizer  # noqa: PLC0415 - a question needs none

    tokenizer = Tokenizer.from_file(str(model / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def split_by_tokens(files: Sequence[Path], model: Path) -> tuple[list[str], list[str]]:
    """Cut the files with LangChain's recursive splitter; return ids and texts of the chunks."""
    from langchain_text_splitters import RecursiveCharacterTextSplitter  # noqa: PLC0415 - as above

    tokenizer = tokenizer_of(model)
    splitter = RecursiveCharacterTextSplitter(
        chunk_size=CHUNK_TOKENS,
        chunk_overlap=0,
        separators=["\n\n", "\n", ". ", " ", ""],
        length_function=lambda text: len(tokenizer.encode(text, add_special_tokens=False).ids),
    )
    ids: list[str] = []
    texts: list[str] = []
    for path in files:
        for number, text in enumerate(splitter.split_text(path.read_text(encoding="utf-8"))):
            ids.append(f"{path.name}#{number}")
            texts.append(text)
    return ids, texts
