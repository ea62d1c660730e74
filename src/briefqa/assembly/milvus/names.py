"""Which generations an index in Milvus keeps: the names of collections, and two aliases.

The collections of a generation are called ``NAME_<generation>_chunks`` and
``NAME_<generation>_records``. An alias ``NAME`` leads to the chunks of the generation that
serves, and ``NAME_previous`` to those of the one before.
"""

from dataclasses import dataclass

from briefqa.backends.milvus.address import PREVIOUS
from briefqa.backends.milvus.server import MilvusServer, damaged
from briefqa.indexing.current import is_generation

_CHUNKS, _RECORDS = "chunks", "records"


@dataclass(frozen=True, slots=True)
class GenerationNames:
    """The names of the collections of one generation of the index ``name``."""

    name: str
    generation: str

    @property
    def chunks(self) -> str:
        """The collection of its chunks."""
        return f"{self.name}_{self.generation}_{_CHUNKS}"

    @property
    def records(self) -> str:
        """The collection of all else."""
        return f"{self.name}_{self.generation}_{_RECORDS}"


@dataclass(frozen=True, slots=True)
class Aliased:
    """The generation that serves, and the one before it, if there are such."""

    serving: GenerationNames | None
    previous: GenerationNames | None

    @property
    def kept(self) -> list[GenerationNames]:
        """The generations that are kept, the one that serves first."""
        both = (self.serving, self.previous)
        return list(dict.fromkeys(each for each in both if each is not None))


def read_aliases(server: MilvusServer) -> Aliased:
    """Return what the aliases of the index say.

    Raises:
        IndexDamagedError: If one leads to something else than a generation.
        StoreError: If the server does not answer.
    """
    name = server.address.name
    serving = _led_to(server, name)
    previous = _led_to(server, f"{name}{PREVIOUS}")
    return Aliased(serving, previous if previous != serving else None)


def serving_now(server: MilvusServer) -> GenerationNames | None:
    """Return the generation that serves; None if there is no index.

    Raises:
        IndexDamagedError: If the alias leads to something else than a generation.
        StoreError: If the server does not answer.
    """
    return _led_to(server, server.address.name)


def let_serve(server: MilvusServer, serving: GenerationNames, before: Aliased) -> None:
    """Let ``serving`` serve, and keep the one that did until now as the one before.

    Whoever is killed in between leaves an index that serves one of the two whole.
    """
    name = server.address.name
    if before.serving == serving:
        return
    if before.previous == serving or before.serving is None:
        # Going back: were the other alias the first, both would lead to the newer for a moment,
        # and the older would be nobody's.
        server.point(name, serving.chunks)
        if before.serving is not None:
            server.point(f"{name}{PREVIOUS}", before.serving.chunks)
        return
    server.point(f"{name}{PREVIOUS}", before.serving.chunks)
    server.point(name, serving.chunks)


def forget_previous(server: MilvusServer) -> None:
    """Let go of the generation before, which stays where it is until it is swept."""
    server.unpoint(f"{server.address.name}{PREVIOUS}")


def remove(server: MilvusServer, names: GenerationNames) -> None:
    """Remove what there is of a generation, and what leads to it."""
    for alias in (names.name, f"{names.name}{PREVIOUS}"):
        if server.aliased(alias) == names.chunks:
            server.unpoint(alias)
    for collection in (names.chunks, names.records):
        server.drop(collection)


def sweep(server: MilvusServer) -> list[str]:
    """Remove the collections of generations that no alias leads to; return these generations."""
    kept = read_aliases(server).kept
    gone: list[str] = []
    for collection in server.names():
        names = _named(server.address.name, collection)
        if names is not None and names not in kept:
            server.drop(collection)
            gone.append(names.generation)
    return sorted(set(gone))


def _led_to(server: MilvusServer, alias: str) -> GenerationNames | None:
    collection = server.aliased(alias)
    if collection is None:
        return None
    names = _named(server.address.name, collection)
    if names is None or names.chunks != collection:
        detail = f"alias {alias} leads to {collection}, which is not a generation"
        raise damaged(server.address, detail)
    return names


def _named(name: str, collection: str) -> GenerationNames | None:
    """Return the generation of a collection; None if it belongs to none of this index."""
    generation, _, kind = collection.removeprefix(f"{name}_").partition("_")
    if kind in {_CHUNKS, _RECORDS} and is_generation(generation):
        return GenerationNames(name, generation)
    return None
