"""Counts tokens for the budget of a prompt, without ever going online for it.

tiktoken fetches the ranks of an encoding at its first use. Here an encoding is used only
if its ranks already lie in tiktoken's cache, whole; else tokens are estimated.
"""

import hashlib
import logging
import math
import os
import re
import tempfile
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

_log = logging.getLogger(__name__)

CACHE_VARIABLE = "TIKTOKEN_CACHE_DIR"

# By encoding: the name of its ranks in the cache, which is the SHA-1 of where they come
# from, and the SHA-256 of what they must be.
_RANKS = {
    "o200k_base": (
        "fb374d419588a4632f3f557e76b4b70aebbca790",
        "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",
    ),
    "cl100k_base": (
        "9b5ad71b2ce5302211f9c61530b329a4922fc6a4",
        "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
    ),
}

_MARGIN = 1.25
"""What another model's tokenizer may need beyond the one counted with."""

_RUN = re.compile(
    r"(?P<letters>[A-Za-z]+)|(?P<blanks>[ ]+)|(?P<other>[\x00-\x7f])|(?P<wide>.)", re.DOTALL
)
_LETTERS_PER_TOKEN = 5


def token_counter(model: str) -> Callable[[str], int]:
    """Return what counts the tokens of a text for ``model``, as its server names it.

    Of OpenAI's models the count is exact where the ranks of the encoding are at hand. Of
    others it is that of a similar tokenizer and a quarter more, and without any ranks an
    estimate from the characters that is rarely too low.
    """
    exact = _encoding_name(model)
    for name in (exact,) if exact else tuple(_RANKS):
        count = _counter(name)
        if count is not None:
            return count if exact else partial(_with_margin, count)
    _say_once()
    return estimated_tokens


def estimated_tokens(text: str) -> int:
    """Return about how many tokens ``text`` has for any tokenizer, rather more than fewer."""
    count = 0
    for found in _RUN.finditer(text):
        if found["letters"]:
            count += math.ceil(len(found[0]) / _LETTERS_PER_TOKEN)
        elif found["blanks"]:
            # One belongs to the word that follows.
            count += len(found[0]) > 1
        elif found["other"]:
            count += 1
        else:
            # Two bytes are a letter of Latin, Greek, Cyrillic ..., more a sign of its own.
            count += len(found[0].encode("utf-8", "surrogatepass")) - 1
    return count


def _encoding_name(model: str) -> str | None:
    """Return the encoding of one of OpenAI's models; None for any other."""
    from tiktoken.model import encoding_name_for_model  # noqa: PLC0415 - imports regex

    try:
        name = encoding_name_for_model(model)
    except KeyError:
        return None
    return name if name in _RANKS else None


def _with_margin(count: Callable[[str], int], text: str) -> int:
    return math.ceil(count(text) * _MARGIN)


@cache
def _counter(name: str) -> Callable[[str], int] | None:
    """Return what counts by an encoding; None if that would have to be fetched."""
    file_name, sha256 = _RANKS[name]
    folder = os.environ.get(CACHE_VARIABLE, os.environ.get("DATA_GYM_CACHE_DIR"))
    if folder is None:
        folder = str(Path(tempfile.gettempdir()) / "data-gym-cache")
    path = Path(folder) / file_name
    try:
        # tiktoken removes what is damaged, and fetches it anew.
        if not folder or hashlib.sha256(path.read_bytes()).hexdigest() != sha256:
            return None
    except OSError:
        return None
    import tiktoken  # noqa: PLC0415 - not needed where there are no ranks

    encoding = tiktoken.get_encoding(name)
    return lambda text: len(encoding.encode_ordinary(text))


@cache
def _say_once() -> None:
    _log.warning(
        "tokens of prompts are estimated, because tiktoken's ranks are not in its cache and "
        "nothing is fetched unasked; to count them, put them into the folder that "
        "%s names",
        CACHE_VARIABLE,
    )
