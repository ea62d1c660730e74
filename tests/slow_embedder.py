"""An embedder that takes its time and tells what it does, for tests that interrupt it.

It is copied into a folder beside package metadata of its own, so that processes which
tests start find it as a plug-in. SLOW_EMBEDDER_S says how long a batch takes, and each
batch adds a line to the file SLOW_EMBEDDER_LOG. While there is a file beside that with
".hold" at its end, only processes that are younger go on.
"""

import json
import os
import time
from collections.abc import Sequence
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path

from briefqa.backends.hashing import HashEmbedder
from briefqa.protocols import TokenVectors, Vectors

_BEGUN = time.time()


class SlowEmbedder(HashEmbedder):
    """The hash embedder, a line for each batch, and a pause."""

    @property
    def model_id(self) -> str:
        """Name and version."""
        return "slow:@v1"

    def embed_document_tokens(self, texts: Sequence[str], /) -> tuple[Vectors, list[TokenVectors]]:
        """Embed passages."""
        made = super().embed_document_tokens(texts)
        time.sleep(float(os.environ.get("SLOW_EMBEDDER_S", "0")))
        if log := os.environ.get("SLOW_EMBEDDER_LOG"):
            _wait_for(Path(f"{log}.hold"))
            names = [blake2b(text.encode(), digest_size=8).hexdigest() for text in texts]
            with Path(log).open("a", encoding="utf-8") as file:
                file.write(json.dumps({"process": os.getpid(), "texts": names}) + "\n")
        return made


def _wait_for(hold: Path) -> None:
    with suppress(FileNotFoundError):
        while hold.stat().st_mtime > _BEGUN:
            time.sleep(0.02)


def identify(argument: str, /) -> str:  # noqa: ARG001 - it takes none
    """Return the model id."""
    return SlowEmbedder(32).model_id


def load(argument: str, /) -> SlowEmbedder:  # noqa: ARG001
    """Make the embedder."""
    return SlowEmbedder(32)
