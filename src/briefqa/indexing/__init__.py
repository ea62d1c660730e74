"""Chunks become an index on disk: immutable generations, each file hashed.

A question needs only what is named here. `briefqa.indexing.sync` and
`briefqa.indexing.checks` are imported by their own names: writing an index
pulls in readers and chunking, which would slow down every cold question.
What opens a generation is imported when it is first named, so that a model can
be on its way before.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from briefqa.indexing.current import (
    Current,
    GenerationRef,
    read_current,
    stamp_of_current,
)
from briefqa.indexing.manifest import FORMAT, Manifest, Recipe

if TYPE_CHECKING:
    from briefqa.indexing.generations import Generation, open_generation

__all__ = [
    "FORMAT",
    "Current",
    "Generation",
    "GenerationRef",
    "Manifest",
    "Recipe",
    "open_generation",
    "read_current",
    "stamp_of_current",
]

_IN_GENERATIONS = {"Generation", "open_generation"}


def __getattr__(name: str) -> object:
    if name not in _IN_GENERATIONS:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(import_module("briefqa.indexing.generations"), name)
