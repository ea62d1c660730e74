"""Chunks become an index on disk: immutable generations, each file hashed.

A question needs only what is named here. `briefqa.indexing.sync` and
`briefqa.indexing.checks` are imported by their own names: writing an index
pulls in readers and chunking, which would slow down every cold question.
"""

from briefqa.indexing.current import (
    Current,
    GenerationRef,
    read_current,
    stamp_of_current,
)
from briefqa.indexing.generations import Generation, open_generation
from briefqa.indexing.manifest import FORMAT, Manifest, Recipe

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
