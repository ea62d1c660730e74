"""The model ids of the OpenAI-compatible routes: each is a way of answering."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from briefqa.assembly.models import EXTRACTIVE

DEFAULT_ID: Final = "briefqa"
EXTRACTIVE_ID: Final = "briefqa-extractive"
OPEN_WEBUI_ID: Final = "briefqa-openwebui"
_WRITER_PREFIX = f"{DEFAULT_ID}/"


@dataclass(frozen=True, slots=True)
class Choice:
    """A way of answering: which language model writes, and for which frontend.

    ``writer`` is None for the service's own. With ``for_open_webui``, what is streamed holds
    the events by which Open WebUI shows sources.
    """

    model_id: str
    writer: str | None = None
    for_open_webui: bool = False


def choices(writers: Iterable[str]) -> dict[str, Choice]:
    """Return every way of answering by its id, given the names of the language models."""
    found = [
        Choice(DEFAULT_ID),
        Choice(EXTRACTIVE_ID, EXTRACTIVE),
        Choice(OPEN_WEBUI_ID, for_open_webui=True),
        *(Choice(_WRITER_PREFIX + name, name) for name in sorted(writers)),
    ]
    return {each.model_id: each for each in found}
