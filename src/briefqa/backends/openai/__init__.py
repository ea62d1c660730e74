"""Language models behind any server that speaks OpenAI's HTTP API, hosted or one's own.

Nothing here is imported where the answer is an extractive one.
"""

from typing import TYPE_CHECKING

from briefqa.datatypes import ModelDescription
from briefqa.errors import BackendError

if TYPE_CHECKING:
    from briefqa.backends.openai.model import OpenAIModel

INSTALL = "python -m pip install 'briefqa[models]'"


def load(description: ModelDescription) -> "OpenAIModel":
    """Return the model that ``description`` is of; nothing is sent yet.

    Raises:
        SettingsError: If it has no address, or names a variable that holds no key.
        BackendError: If the client is not installed.
    """
    return _client().described(description)


def load_keyed(description: ModelDescription, *, base_url: str, key: str) -> "OpenAIModel":
    """Return the model of a server that was started just now, with a key of its own.

    Raises:
        BackendError: If the client is not installed.
    """
    return _client().keyed(description, base_url=base_url, key=key)


def _client() -> "type[OpenAIModel]":
    try:
        from briefqa.backends.openai.model import OpenAIModel  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as error:
        msg = f"a language model needs {error.name}, which is not installed: {INSTALL}"
        raise BackendError(msg) from error
    return OpenAIModel
