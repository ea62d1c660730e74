"""What an index keeps of a text is the same, wherever it was embedded."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefqa.assembly.ray.crew import _Welcome
from briefqa.assembly.ray.embedder import RemoteTokenEmbedder
from briefqa.assembly.ray.worker import Worker as Work
from briefqa.assembly.ray.worker import versions
from briefqa.backends.hashing import HashEmbedder
from briefqa.backends.ray.workers import Worker, WorkerLostError, Workers
from briefqa.documents import ReadingOptions
from briefqa.errors import ClusterError
from briefqa.indexing.token_runs import ChunkTokens
from briefqa.protocols import TokenVectors

if TYPE_CHECKING:
    from briefqa.backends.ray.cluster import Cluster


class ClusterOfOne:
    """A worker in this process that embeds by words; so many of its calls are lost."""

    def __init__(self, spec: str = "hash:20", lost: int = 0) -> None:
        self.cluster = self
        self.machine = "barge"
        self._lost = lost
        self._work = Work()
        self._work.prepare(asdict(ReadingOptions()), spec, None)

    @contextmanager
    def borrowed(self) -> Iterator["ClusterOfOne"]:
        """Give itself."""
        yield self

    def call(self, method: str, *arguments: object) -> Any:  # noqa: ANN401 - as the real one
        """Call a method of the worker, as if far away."""
        self._lost -= 1
        if self._lost >= 0:
            raise WorkerLostError
        return getattr(self._work, method)(*arguments)

    def error(self, detail: str) -> ClusterError:
        """Return an error."""
        return ClusterError("barge:6379", detail)


@pytest.fixture(autouse=True, scope="module")
def _one_core() -> Iterator[None]:
    # A worker sets it for its own process, which here is that of all tests.
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHON_CPU_COUNT", "1")
        yield


@given(st.lists(st.text(max_size=40), min_size=1, max_size=4))
def test_vectors_and_what_is_kept_of_tokens_are_the_model_s_own(texts: list[str]) -> None:
    """Signs are all that is sent of a token, in widths that fill no byte too."""
    model = HashEmbedder(20)
    remote = RemoteTokenEmbedder(model, cast("Workers", ClusterOfOne()))

    rows, tokens = remote.embed_document_tokens(texts)

    own_rows, own_tokens = model.embed_document_tokens(texts)
    assert rows.tobytes() == own_rows.tobytes()
    assert remote.embed_documents(texts).tobytes() == own_rows.tobytes()
    assert [_kept(each) for each in tokens] == [_kept(each) for each in own_tokens]
    for each in tokens:
        np.testing.assert_allclose(np.linalg.norm(each.rows, axis=1), 1, rtol=1e-5)


def _kept(tokens: TokenVectors) -> tuple[bytes, ...]:
    kept = ChunkTokens.of(tokens)
    return kept.ids.tobytes(), kept.starts.tobytes(), kept.codes.tobytes()


def test_texts_over_which_all_workers_end_end_the_run() -> None:
    """Something is wrong with them or with the machines, and going on for ever would hide it."""
    remote = RemoteTokenEmbedder(HashEmbedder(20), cast("Workers", ClusterOfOne(lost=9)))

    with pytest.raises(ClusterError, match="3 workers in a row ended over the same texts"):
        remote.embed_documents(["a text"])


def test_a_machine_with_another_model_or_version_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Vectors of two models in one index would be nonsense that nobody sees."""
    there = ClusterOfOne("hash:24")
    welcome = _Welcome(
        cast("Cluster", there), HashEmbedder(20).model_id, ReadingOptions(), "hash:24", None
    )

    with pytest.raises(ClusterError, match="machine barge has embedder hash:24@v2, but this one"):
        welcome(cast("Worker", there))

    monkeypatch.setattr(Work, "versions", lambda _: {**versions(), "pypdfium2": "0.1"})
    with pytest.raises(ClusterError, match=r"machine barge has pypdfium2 0\.1, but this one"):
        welcome(cast("Worker", there))
