"""The generations of an index in Milvus: lists them, goes back to one, lets go of the rest."""

from briefqa.assembly.milvus.generations import connect, missing, open_named, read_head
from briefqa.assembly.milvus.names import (
    GenerationNames,
    forget_previous,
    let_serve,
    read_aliases,
    sweep,
)
from briefqa.backends.milvus.address import MilvusAddress
from briefqa.backends.milvus.server import MilvusServer, damaged
from briefqa.errors import IndexDamagedError, NoGenerationError
from briefqa.indexing.retention import KeptGeneration


def list_generations(address: MilvusAddress) -> list[KeptGeneration]:
    """Return the generations of the index, the one that serves first; each is counted.

    Raises:
        IndexMissingError: If there is no index.
        IndexDamagedError: If an alias leads to something else.
        StoreError: If the server does not answer.
    """
    server = connect(address)
    aliased = read_aliases(server)
    if aliased.serving is None:
        raise missing(address)
    return [_described(server, each, is_serving=each == aliased.serving) for each in aliased.kept]


def roll_back(address: MilvusAddress, generation: str | None = None) -> str:
    """Let the generation before serve again, and keep the one that served in its place.

    Args:
        address: Where the index lies.
        generation: The one to go back to; by default the one before.

    Returns:
        The generation that serves now.

    Raises:
        IndexMissingError: If there is no index.
        NoGenerationError: If there is no such generation.
        IndexDamagedError: If it is not whole.
        StoreError: If the server does not answer.
    """
    server = connect(address)
    aliased = read_aliases(server)
    if aliased.serving is None:
        raise missing(address)
    if generation == aliased.serving.generation:
        return generation
    previous = aliased.previous
    if previous is None or generation not in {None, previous.generation}:
        kept = [each.generation for each in aliased.kept]
        raise NoGenerationError(generation, kept=kept)
    problem = _described(server, previous, is_serving=False).problem
    if problem is not None:
        raise damaged(address, problem)
    let_serve(server, previous, aliased)
    return previous.generation


def collect_garbage(address: MilvusAddress) -> list[str]:
    """Remove every generation but the one that serves; return which are gone.

    Raises:
        IndexMissingError: If there is no index.
        IndexDamagedError: If the one that serves is not whole: the one before is needed.
        StoreError: If the server does not answer.
    """
    server = connect(address)
    serving = read_aliases(server).serving
    if serving is None:
        raise missing(address)
    problem = _described(server, serving, is_serving=True).problem
    if problem is not None:
        raise damaged(address, problem)
    forget_previous(server)
    return sweep(server)


def _described(server: MilvusServer, names: GenerationNames, *, is_serving: bool) -> KeptGeneration:
    try:
        head = read_head(server, names)
        open_named(server, names, head)
        found = server.count(names.records)
    except IndexDamagedError as error:
        return KeptGeneration(names.generation, is_serving, None, None, None, error.detail)
    problem = (
        None
        if found == head.all_records
        else f"{names.records} holds {found} records instead of {head.all_records}"
    )
    manifest = head.manifest
    return KeptGeneration(
        names.generation, is_serving, manifest.documents, manifest.chunks, None, problem
    )
