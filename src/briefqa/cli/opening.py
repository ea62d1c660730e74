"""Opens the index that the settings name, with the models they name."""

from typing import TYPE_CHECKING

from briefqa.assembly.models import writers
from briefqa.assembly.service import Service, open_index
from briefqa.cli.output import say
from briefqa.cli.progress import PlainLines

if TYPE_CHECKING:
    from briefqa.settings import Settings


def open_configured(settings: "Settings") -> Service:
    """Open the index to ask it questions; what that takes the first time is said on stderr.

    Raises:
        IndexFileError: If there is no index, or it cannot be used.
        UnknownPluginError: If no reranker of that name is installed.
        UnknownModelError: If there is no language model of that name.
        BackendError: If a model cannot be loaded.
    """
    return open_index(
        settings.index,
        embedder=settings.embedder,
        reranker=settings.reranker,
        rerank_top=settings.rerank_top,
        risk=settings.risk,
        writers=writers(settings, on_progress=PlainLines(say)),
        writer=settings.model,
        # A plain line even on a terminal: a bar would need rich, which most questions do not.
        on_progress=PlainLines(say),
    )
