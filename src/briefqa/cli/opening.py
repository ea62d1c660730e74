"""Opens the index that the settings name, with the models they name."""

import os
from typing import TYPE_CHECKING

from briefqa.cli.output import say
from briefqa.cli.progress import PlainLines
from briefqa.machine import rare_collections, short_turns

if TYPE_CHECKING:
    from briefqa.assembly.service import Service
    from briefqa.settings import Settings


def open_for_one_question(settings: "Settings") -> "Service":
    """Do what `open_configured` does, where the process ends after one question."""
    # numpy's library would start a thread a core, each of which looks for work for longer than
    # the question takes.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    return open_configured(settings)


def open_configured(settings: "Settings") -> "Service":
    """Open the index to ask it questions; what that takes the first time is said on stderr.

    Raises:
        IndexFileError: If there is no index, or it cannot be used.
        UnknownPluginError: If no reranker of that name is installed.
        UnknownModelError: If there is no language model of that name.
        BackendError: If a model cannot be loaded.
    """
    with rare_collections(), short_turns():
        from briefqa.assembly.opening import follow_index  # noqa: PLC0415 - slow to import

        # Before what answers is imported: the index is opened while its model is loaded.
        index = follow_index(settings.index, embedder=settings.embedder)
        from briefqa.assembly.models import writers  # noqa: PLC0415 - as slow
        from briefqa.assembly.service import open_index  # noqa: PLC0415 - as above

        return open_index(
            index,
            reranker=settings.reranker,
            rerank_top=settings.rerank_top,
            risk=settings.risk,
            writers=writers(settings, on_progress=PlainLines(say)),
            writer=settings.model,
            # A plain line even on a terminal: a bar would need rich, which most questions do not.
            on_progress=PlainLines(say),
        )
