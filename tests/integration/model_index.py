"""What tests know of an index that was made with the real model."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from briefqa.assembly.exports import MODELS_FOLDER


@dataclass(frozen=True, slots=True)
class ModelIndex:
    """A folder of documents, and the index made of it with the real model.

    ``attempts`` are what the process that made it tried to reach on the network.
    """

    sources: Path
    folder: Path
    attempts: tuple[str, ...] = ()

    def share_model_with(self, folder: Path) -> None:
        """Give another index folder the exported model, without a second export."""
        shutil.copytree(self.folder / MODELS_FOLDER, folder / MODELS_FOLDER, copy_function=os.link)
