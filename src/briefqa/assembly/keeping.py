"""The generations that an index keeps, wherever it lies."""

from pathlib import Path

from briefqa.assembly.places import milvus_address
from briefqa.indexing import retention
from briefqa.indexing.retention import KeptGeneration


def list_generations(index: Path | str) -> list[KeptGeneration]:
    """Return the generations of ``index``, the one that serves first; each is checked.

    Raises:
        IndexFileError: If there is no index, or what names its generations cannot be read.
        BackendError: If it lies in a store that cannot be reached.
    """
    address = milvus_address(index)
    if address is None:
        return retention.list_generations(Path(index))
    from briefqa.assembly.milvus import keeping  # noqa: PLC0415 - few need it

    return keeping.list_generations(address)


def roll_back(index: Path | str, generation: str | None = None) -> str:
    """Let the generation before serve again; return the one that serves now.

    Raises:
        NoGenerationError: If there is no such generation.
        IndexFileError: If there is no index, or the generation is not whole.
        IndexLockedError: If another process is writing.
        IndexWriteError: If the disk refuses.
        BackendError: If it lies in a store that cannot be reached.
    """
    address = milvus_address(index)
    if address is None:
        return retention.roll_back(Path(index), generation)
    from briefqa.assembly.milvus import keeping  # noqa: PLC0415 - few need it

    return keeping.roll_back(address, generation)


def collect_garbage(index: Path | str) -> list[str]:
    """Remove every generation but the one that serves; return which are gone.

    Raises:
        IndexFileError: If there is no index, or the generation that serves is not whole.
        IndexLockedError: If another process is writing.
        IndexWriteError: If the disk refuses.
        BackendError: If it lies in a store that cannot be reached.
    """
    address = milvus_address(index)
    if address is None:
        return retention.collect_garbage(Path(index))
    from briefqa.assembly.milvus import keeping  # noqa: PLC0415 - few need it

    return keeping.collect_garbage(address)
