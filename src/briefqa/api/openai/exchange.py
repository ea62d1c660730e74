"""One request and its reply: what is the same in every form of them."""

from collections.abc import Callable
from dataclasses import dataclass

from briefqa.api.openai.choices import Choice


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request as its reply tells of it.

    ``name`` is what ids are made of, ``created`` the time in seconds since 1970, and links
    begin with ``base_url``.
    """

    name: str
    created: int
    choice: Choice
    base_url: str
    prompt_tokens: int
    count_tokens: Callable[[str], int]
