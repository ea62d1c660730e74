"""Finds what settings name: models that any installed package may offer.

To add an embedder or a reranker, register a module or object with ``identify`` and
``load`` under the entry-point group ``briefqa.embedders`` or ``briefqa.rerankers``. One
with ``load`` alone, which is given a `ModelDescription`, makes a kind of language models
under ``briefqa.language_models``. Built-in ones register the same way.

```toml
[project.entry-points."briefqa.embedders"]
mine = "my_package.embedder"      # then: --embedder mine:ARGUMENT
```
"""

from typing import Any, Protocol, TypeVar

from briefqa.datatypes import ModelDescription
from briefqa.errors import BackendError, UnknownPluginError
from briefqa.protocols import Embedder, LanguageModel, Reranker

EMBEDDERS = "briefqa.embedders"
RERANKERS = "briefqa.rerankers"
LANGUAGE_MODELS = "briefqa.language_models"

Model_co = TypeVar("Model_co", covariant=True)


class ModelPlugin(Protocol[Model_co]):
    """Makes models of one kind from the argument of a setting."""

    def identify(self, argument: str, /) -> str:
        """Return the id of the model that ``load`` would give; cheap, loads no model."""
        ...

    def load(self, argument: str, /) -> Model_co:
        """Return the model, ready to use."""
        ...


EmbedderPlugin = ModelPlugin[Embedder]
RerankerPlugin = ModelPlugin[Reranker]


class LanguageModelPlugin(Protocol):
    """Makes language models of one kind from what the settings say of them."""

    def load(self, description: ModelDescription, /) -> LanguageModel:
        """Return the model, ready to use; nothing need be sent to it yet."""
        ...


def split_spec(spec: str) -> tuple[str, str]:
    """Return name and argument of ``name`` or ``name:argument``; only the first colon splits."""
    name, _, argument = spec.partition(":")
    return name, argument


def embedder_plugin(name: str) -> EmbedderPlugin:
    """Return the embedder plug-in registered as ``name``.

    Raises:
        UnknownPluginError: If nothing installed registers that name.
        BackendError: If it is registered but cannot be imported.
    """
    plugin: EmbedderPlugin = _registered(EMBEDDERS, "embedder", name)
    return plugin


def reranker_plugin(name: str) -> RerankerPlugin:
    """Return the reranker plug-in registered as ``name``.

    Raises:
        UnknownPluginError: If nothing installed registers that name.
        BackendError: If it is registered but cannot be imported.
    """
    plugin: RerankerPlugin = _registered(RERANKERS, "reranker", name)
    return plugin


def language_model_plugin(kind: str) -> LanguageModelPlugin:
    """Return the language-model plug-in registered as ``kind``.

    Raises:
        UnknownPluginError: If nothing installed registers that name.
        BackendError: If it is registered but cannot be imported.
    """
    plugin: LanguageModelPlugin = _registered(LANGUAGE_MODELS, "language model", kind)
    return plugin


def _registered(group: str, kind: str, name: str) -> Any:  # noqa: ANN401 - whatever it is
    from importlib.metadata import entry_points  # noqa: PLC0415 - an exported model needs none

    found = entry_points(group=group)
    for each in found:
        if each.name == name:
            try:
                return each.load()
            except (ImportError, AttributeError) as error:
                msg = (
                    f"{kind} {name!r} is registered as {each.value!r} but cannot be "
                    f"imported ({error}); install what it needs"
                )
                raise BackendError(msg) from error
    raise UnknownPluginError(group=group, name=name, known=sorted({each.name for each in found}))
