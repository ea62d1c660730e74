"""A language model that writes what a test tells it to."""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field

from briefqa.datatypes import Message
from briefqa.errors import ModelFaultError

Script = Callable[[Sequence[Message]], Sequence[str]]


@dataclass
class ScriptedModel:
    """Writes pieces; raises ``fault`` after the last, if there is one.

    ``script`` gives the pieces for a prompt; the last prompt is kept in ``asked``.
    """

    script: Script
    fault: ModelFaultError | None = None
    context_tokens: int = 4096
    model_id: str = "scripted"
    asked: list[Message] = field(default_factory=list)
    is_closed: bool = False

    def count_tokens(self, text: str, /) -> int:
        """Count words: good enough for a model that reads nothing."""
        return len(text.split())

    def stream(
        self, messages: Sequence[Message], /, *, max_tokens: int, timeout_s: float
    ) -> Generator[str, None, None]:
        """Yield the pieces."""
        assert max_tokens > 0
        assert timeout_s > 0
        self.asked = list(messages)
        try:
            yield from self.script(messages)
            if self.fault is not None:
                raise self.fault
        finally:
            self.is_closed = True


def keys_in(messages: Sequence[Message]) -> list[str]:
    """Return the keys that a prompt gives its passages, in order."""
    lines = messages[-1].text.splitlines()
    return [line[len("<passage ") : -1] for line in lines if line.startswith("<passage ")]
