"""Gives the reranker that a setting names, exported at its first use."""

from operator import attrgetter
from pathlib import Path

from briefqa.assembly.exports import Exports, exported_or_loaded
from briefqa.backends.onnx import OnnxReranker
from briefqa.errors import ExportError
from briefqa.plugins import reranker_plugin, split_spec
from briefqa.protocols import ProgressListener, Reranker

_STAGE = "reranker"


def reranker_for_questions(
    spec: str, models: Path, *, on_progress: ProgressListener | None = None
) -> Reranker:
    """Return the reranker that ``spec`` names, exporting it first if that is possible.

    Nothing of an index depends on its reranker, so none is written into it: the setting
    alone says which one it is, and its files whether the export is still theirs.

    Args:
        spec: ``name`` or ``name:argument`` of a reranker plug-in.
        models: Folder of the exports; made if missing. Where it cannot be written, the
            model runs in its own library.
        on_progress: Told of stage ``reranker`` while a model is loaded and exported.

    Raises:
        UnknownPluginError: If no plug-in of that name is installed.
        SettingsError: If the plug-in needs an argument, or another one.
        BackendError: If the model cannot be found or loaded, or is no reranker.
    """
    name, argument = split_spec(spec)
    plugin = reranker_plugin(name)

    def unwritable(error: OSError) -> ExportError:
        # A question must not fail because the index can only be read.
        detail = error.strerror or str(error)
        return ExportError(spec, reason=f"{str(models)!r} cannot be written: {detail}")

    exports = Exports(
        models, open=OnnxReranker.open, name=attrgetter("reranker_id"), unwritable=unwritable
    )
    return exported_or_loaded(plugin, argument, exports, stage=_STAGE, on_progress=on_progress)
