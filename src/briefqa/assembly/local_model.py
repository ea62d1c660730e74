"""The kind ``local`` of language models: one that runs on this machine, started by us."""

import time
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import replace
from threading import Lock
from typing import TYPE_CHECKING

from briefqa.backends import openai
from briefqa.backends.xllamacpp import DEFAULT_NAME, START_S, LocalServer, find_weights
from briefqa.datatypes import FaultKind, Message, ModelDescription
from briefqa.errors import BackendError, ModelFaultError

if TYPE_CHECKING:
    from briefqa.backends.openai.model import OpenAIModel


class LocalModel:
    """A model in a process of its own; should that die, the next answer starts another."""

    def __init__(self, description: ModelDescription) -> None:
        """Start the model.

        Raises:
            BackendError: If it is not installed, or does not start.
        """
        self._description = description
        self._weights = find_weights(description.model)
        self._lock = Lock()
        self._start(START_S)

    @property
    def model_id(self) -> str:
        """Its name in the settings, and that of its weights."""
        weights = self._weights.stem if self._description.model else DEFAULT_NAME
        return f"{self._description.name}:{weights}"

    @property
    def context_tokens(self) -> int:
        """Most tokens that messages and answer may have together."""
        return self._description.context_tokens

    def count_tokens(self, text: str, /) -> int:
        """Return how many tokens ``text`` has: the model itself counts them."""
        try:
            return self._server.count_tokens(text)
        except BackendError:
            # The next answer starts it anew; until then a guess will do.
            return self._client.count_tokens(text)

    def stream(
        self, messages: Sequence[Message], /, *, max_tokens: int, timeout_s: float
    ) -> Generator[str, None, None]:
        """Yield the answer as it is written; closing the generator stops the model.

        Raises:
            ModelFaultError: If it cannot go on; what was yielded before stands.
        """
        ends = time.monotonic() + timeout_s
        client = self._running(timeout_s)
        has_begun = False
        try:
            with closing(
                client.stream(messages, max_tokens=max_tokens, timeout_s=timeout_s)
            ) as pieces:
                for piece in pieces:
                    has_begun = has_begun or bool(piece)
                    yield piece
        except ModelFaultError as fault:
            # Nothing has come yet: the process died just now, and still seemed to be there.
            if has_begun or fault.kind not in {FaultKind.UNREACHABLE, FaultKind.CUT_OFF}:
                raise
        else:
            return
        client = self._anew(client, ends - time.monotonic())
        left_s = ends - time.monotonic()
        yield from client.stream(messages, max_tokens=max_tokens, timeout_s=left_s)

    def close(self) -> None:
        """End the process."""
        self._server.stop()

    @property
    def pid(self) -> int:
        """Number of the process that runs the model."""
        return self._server.pid

    def _running(self, timeout_s: float) -> "OpenAIModel":
        if self._server.is_running:
            return self._client
        return self._anew(self._client, timeout_s)

    def _anew(self, client: "OpenAIModel", timeout_s: float) -> "OpenAIModel":
        """Start the model again, unless another thread has done so since ``client`` failed."""
        with self._lock:
            if self._client is client:
                self._server.stop()
                try:
                    self._start(timeout_s)
                except BackendError as error:
                    raise ModelFaultError(FaultKind.UNREACHABLE, str(error)) from error
            return self._client

    def _start(self, timeout_s: float) -> None:
        self._server = LocalServer(
            self._weights,
            context_tokens=self._description.context_tokens,
            timeout_s=timeout_s,
        )
        served = replace(self._description, model=DEFAULT_NAME)
        self._client = openai.load_keyed(
            served, base_url=f"{self._server.address}/v1", key=self._server.key
        )


def load(description: ModelDescription) -> LocalModel:
    """Start the local model as ``description`` has it; its ``model`` is a GGUF file, if set.

    Raises:
        BackendError: If it is not installed, or does not start.
        WeightsError: If its weights are missing, or not what they should be.
    """
    return LocalModel(description)
