"""Runs an exported embedding model with onnxruntime and tokenizers.

A model's folder holds ``model.onnx`` (token ids in, unit vectors out), its weights in
``model.bin``, ``tokenizer.json`` and ``model.json``, which says what they are:

```
format       1
model_id     as written into an index
name         for people
fingerprint  of the weights the graph was made from
dim          width of a vector
window       tokens the graph takes, special tokens counted
max_tokens   tokens of text that fit, once special tokens and prompt are off
prompts      {"query": text put before a question, "document": the same for a passage}
inputs       names of the graph's inputs
check        how the graph was compared with its reference
files        {name: {"sha256", "size"}}
checksum     SHA-256 of all of the above
```
"""

import hashlib
import json
import logging
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from briefqa.errors import BackendError, IndexDamagedError
from briefqa.protocols import Vectors

if TYPE_CHECKING:
    from tokenizers import Tokenizer

_log = logging.getLogger(__name__)

FORMAT = 1
_GRAPH = "model.onnx"
_TOKENIZER = "tokenizer.json"
_CARD = "model.json"

# Past what fits the caches, larger batches are slower: 380 paragraphs took 3.7 s with 512
# to 1024 tokens, 4.5 s with 2048 and 6.5 s with 4096 or 8192 (two cores).
_TOKENS_PER_BATCH = 768


@dataclass(frozen=True, slots=True)
class _Card:
    """What ``model.json`` says."""

    model_id: str
    dim: int
    window: int
    max_tokens: int
    query_prompt: str
    document_prompt: str
    files: dict[str, tuple[str, int]]

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read the card and check it against its own checksum."""
        try:
            # Any: a parsed JSON object; every field is converted or indexed below.
            fields: dict[str, Any] = json.loads(path.read_bytes())
            claimed = fields.pop("checksum")
            text = json.dumps(fields, sort_keys=True, ensure_ascii=True)
            if claimed != hashlib.sha256(text.encode()).hexdigest():
                raise IndexDamagedError(path, "it does not match its own checksum")
            if fields["format"] != FORMAT:
                detail = f"it has format {fields['format']!r}, expected {FORMAT}"
                raise IndexDamagedError(path, detail)
            return cls(
                model_id=str(fields["model_id"]),
                dim=int(fields["dim"]),
                window=int(fields["window"]),
                max_tokens=int(fields["max_tokens"]),
                query_prompt=str(fields["prompts"]["query"]),
                document_prompt=str(fields["prompts"]["document"]),
                files={
                    name: (str(file["sha256"]), int(file["size"]))
                    for name, file in fields["files"].items()
                },
            )
        except OSError as error:
            raise IndexDamagedError(path, error.strerror or str(error)) from error
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise IndexDamagedError(path, f"it is not a model's description: {error}") from error


class WordPieceCounter:
    """Cuts text with a model's tokenizer, without window, padding or special tokens."""

    def __init__(self, tokenizer_json: str, max_tokens: int) -> None:
        self._json = tokenizer_json
        self._max_tokens = max_tokens
        self._tokenizer: Tokenizer | None = None

    @property
    def max_tokens(self) -> int:
        """Most tokens of text that the model reads; special tokens are already taken off."""
        return self._max_tokens

    def offsets(self, texts: Sequence[str], /) -> list[list[int]]:
        """Return, for each text, the code point at which each token starts, ascending."""
        if self._tokenizer is None:
            # Only indexing counts tokens; a question need not pay for a second tokenizer.
            from tokenizers import Tokenizer  # noqa: PLC0415

            self._tokenizer = Tokenizer.from_str(self._json)
        encodings = self._tokenizer.encode_batch(
            [_encodable(text) for text in texts], add_special_tokens=False
        )
        return [[start for start, _ in encoding.offsets] for encoding in encodings]


class OnnxEmbedder:
    """An exported model, ready to embed; safe to use from several threads."""

    def __init__(
        self,
        card: _Card,
        session: Any,  # noqa: ANN401 - onnxruntime ships no types
        tokenizer: "Tokenizer",
    ) -> None:
        self._card = card
        self._session = session
        self._inputs = [each.name for each in session.get_inputs()]
        self._tokens = WordPieceCounter(tokenizer.to_str(), card.max_tokens)
        # Only after the counter has its copy: that one must see the whole of a text.
        tokenizer.enable_truncation(card.window)
        self._tokenizer = tokenizer
        self._warned = False

    @classmethod
    def open(cls, folder: Path, *, threads: int | None = None) -> Self:
        """Open the model in ``folder``, once its files match their checksums.

        Args:
            folder: Where an export was written.
            threads: Cores to use; by default all that this process may use.

        Raises:
            IndexDamagedError: If a file is missing or has changed; it names the file.
            BackendError: If onnxruntime cannot load an undamaged graph.
        """
        card = _Card.read(folder / _CARD)
        damaged: list[IndexDamagedError] = []
        # Hashing 90 MB and importing onnxruntime take about as long: do both at once.
        checking = Thread(target=_check_files, args=(folder, card, damaged))
        checking.start()
        import onnxruntime  # noqa: F401, PLC0415
        from tokenizers import Tokenizer  # noqa: PLC0415

        checking.join()
        if damaged:
            raise damaged[0]
        try:
            session = _session(folder / _GRAPH, threads or _available_cores())
            tokenizer = Tokenizer.from_file(str(folder / _TOKENIZER))
        except Exception as error:
            # Both libraries raise bare or private classes; chained, never swallowed.
            msg = f"onnxruntime cannot load the model in {str(folder)!r}: {error}"
            raise BackendError(msg) from error
        return cls(card, session, tokenizer)

    @property
    def model_id(self) -> str:
        """Name and fingerprint, as in the export."""
        return self._card.model_id

    @property
    def dim(self) -> int:
        """Width of every vector returned."""
        return self._card.dim

    @property
    def tokens(self) -> WordPieceCounter:
        """The model's own tokenizer."""
        return self._tokens

    def embed_documents(self, texts: Sequence[str], /) -> Vectors:
        """Embed passages; returns shape (len(texts), dim).

        Passages beyond the window lose their tail, which is logged once:
        chunks are cut so that this does not happen.
        """
        encodings = self._encode(self._card.document_prompt, texts)
        if not self._warned and any(encoding.overflowing for encoding in encodings):
            self._warned = True
            _log.warning("passages longer than the model's window were cut off when embedded")
        return self._embed([encoding.ids for encoding in encodings])

    def embed_queries(self, texts: Sequence[str], /) -> Vectors:
        """Embed questions, each up to the model's window; returns shape (len(texts), dim)."""
        encodings = self._encode(self._card.query_prompt, texts)
        return self._embed([encoding.ids for encoding in encodings])

    def _encode(self, prompt: str, texts: Sequence[str]) -> list[Any]:
        return self._tokenizer.encode_batch_fast([_encodable(prompt + text) for text in texts])

    def _embed(self, ids: Sequence[Sequence[int]]) -> Vectors:
        rows = np.empty((len(ids), self.dim), dtype=np.float32)
        for positions in _equal_lengths([len(each) for each in ids]):
            batch = np.array([ids[position] for position in positions], dtype=np.int64)
            rows[positions] = self._session.run(None, self._feed(batch))[0]
        return rows

    def _feed(self, ids: NDArray[np.int64]) -> dict[str, NDArray[np.int64]]:
        whole = {
            "input_ids": ids,
            "attention_mask": np.ones_like(ids),
            "token_type_ids": np.zeros_like(ids),
        }
        return {name: whole[name] for name in self._inputs}


def _equal_lengths(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Yield positions in batches of one length each.

    No row is padded, so nothing is computed in vain, and a vector does not
    depend on what it shared a batch with.
    """
    by_length: dict[int, list[int]] = {}
    for position, length in enumerate(lengths):
        by_length.setdefault(length, []).append(position)
    for length in sorted(by_length):
        positions = by_length[length]
        size = max(1, _TOKENS_PER_BATCH // max(1, length))
        for start in range(0, len(positions), size):
            yield positions[start : start + size]


def _encodable(text: str) -> str:
    """Replace lone surrogates, one code point each, which no tokenizer takes."""
    return text.encode("utf-8", "replace").decode()


def _check_files(folder: Path, card: _Card, damaged: list[IndexDamagedError]) -> None:
    for name in sorted({_GRAPH, _TOKENIZER} - card.files.keys()):
        damaged += [IndexDamagedError(folder / _CARD, f"it does not name {name}")]
    for name, (sha256, size) in card.files.items():
        path = folder / name
        try:
            if path.stat().st_size != size:
                detail = f"it has {path.stat().st_size} bytes, expected {size}"
                damaged.append(IndexDamagedError(path, detail))
                continue
            with path.open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            damaged.append(IndexDamagedError(path, error.strerror or str(error)))
            continue
        if found != sha256:
            damaged.append(IndexDamagedError(path, f"SHA-256 is {found}, expected {sha256}"))


def _available_cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _session(graph: Path, threads: int) -> Any:  # noqa: ANN401 - onnxruntime ships no types
    import onnxruntime  # noqa: PLC0415

    options = onnxruntime.SessionOptions()
    # The graph was optimised when it was exported; doing so again would only delay the start.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # Spinning threads fight whatever else wants the cores. A question and its search among
    # 20,000 vectors (median of 60, two cores): 23 ms with spinning and 8.5 ms without while
    # others were busy, 5.3 ms and 5.6 ms while idle.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(
        str(graph), sess_options=options, providers=["CPUExecutionProvider"]
    )
