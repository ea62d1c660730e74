"""Finds what settings name: embedders that any installed package may offer.

To add one, register a module or object with ``identify`` and ``load`` under the
entry-point group ``briefqa.embedders``; built-in ones register the same way.

```toml
[project.entry-points."briefqa.embedders"]
mine = "my_package.embedder"      # then: --embedder mine:ARGUMENT
```
"""

from typing import Protocol

from briefqa.errors import BackendError, UnknownPluginError
from briefqa.protocols import Embedder

EMBEDDERS = "briefqa.embedders"


class EmbedderPlugin(Protocol):
    """Makes embedders of one kind from the argument of a setting."""

    def identify(self, argument: str, /) -> str:
        """Return the ``model_id`` that ``load`` would give; cheap, loads no model."""
        ...

    def load(self, argument: str, /) -> Embedder:
        """Return the embedder, ready to use."""
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
    from importlib.metadata import entry_points  # noqa: PLC0415 - an exported model needs none

    found = entry_points(group=EMBEDDERS)
    for each in found:
        if each.name == name:
            try:
                plugin: EmbedderPlugin = each.load()
            except (ImportError, AttributeError) as error:
                msg = (
                    f"embedder {name!r} is registered as {each.value!r} but cannot be "
                    f"imported ({error}); install what it needs"
                )
                raise BackendError(msg) from error
            return plugin
    raise UnknownPluginError(
        group=EMBEDDERS, name=name, known=sorted({each.name for each in found})
    )
