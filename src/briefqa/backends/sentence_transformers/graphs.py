"""Turns a model of torch into a graph for onnxruntime, with its tokenizer and its card.

What it is a graph of, and whether that is faithful, is for its caller to say.
"""

import hashlib
import io
import json
import logging
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from briefqa.backends.sentence_transformers.silence import transformers_silenced
from briefqa.backends.sentence_transformers.sums import sum_alike_in_every_batch
from briefqa.errors import ExportError

if TYPE_CHECKING:
    import torch
    from sentence_transformers import CrossEncoder, SentenceTransformer
    from tokenizers import Encoding, Tokenizer

FORMAT = 2

_OPSET = 17
_INPUTS = ("input_ids", "attention_mask", "token_type_ids")
_GRAPH = "model.onnx"
_WEIGHTS = "model.bin"
_RAW_GRAPH = "exported.onnx"
_QUANTIZED_GRAPH = "quantized.onnx"
_TOKENIZER = "tokenizer.json"
_CARD = "model.json"


@dataclass(frozen=True, slots=True)
class Source:
    """What becomes a graph: a model, and how its output is read.

    ``name`` is for errors. ``samples`` are two texts, or pairs of them, of different
    length, so that the mask has zeros and cannot be traced away. ``read`` takes the
    outputs, each of one row a text, from what the model gives; ``outputs`` names them
    and says of each whether its rows have one of their own for every token.
    """

    name: str
    model: "SentenceTransformer | CrossEncoder"
    tokenizer: "Tokenizer | None"
    samples: Sequence[str] | Sequence[tuple[str, str]]
    read: Callable[[Mapping[str, "torch.Tensor"]], "tuple[torch.Tensor, ...]"]
    outputs: Mapping[str, bool]


@dataclass(frozen=True, slots=True)
class Graph:
    """A graph that was written, its tokenizer without a window, and the names of its inputs."""

    session: Any  # onnxruntime ships no types
    tokenizer: "Tokenizer"
    inputs: tuple[str, ...]

    def outputs(self, encoding: "Encoding") -> list[list[NDArray[np.float32]]]:
        """Run one text alone, and among others of its length: none may leak into its rows.

        Returns:
            For either way its row of each output.
        """
        ids = np.array(encoding.ids, dtype=np.int64)
        types = np.array(encoding.type_ids, dtype=np.int64)
        batch = np.stack([ids[::-1], ids, np.roll(ids, 1)])
        among = [rows[1] for rows in self._run(batch, np.stack([types, types, types]))]
        return [self.outputs_alone(encoding), among]

    def outputs_alone(self, encoding: "Encoding") -> list[NDArray[np.float32]]:
        """Run one text alone; return its row of each output."""
        ids = np.array(encoding.ids, dtype=np.int64)
        types = np.array(encoding.type_ids, dtype=np.int64)
        return [rows[0] for rows in self._run(ids[None], types[None])]

    def _run(self, ids: NDArray[np.int64], types: NDArray[np.int64]) -> list[NDArray[np.float32]]:
        whole = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": types}
        found: list[NDArray[np.float32]] = self.session.run(
            None, {name: whole[name] for name in self.inputs}
        )
        return found


def write_graph(source: Source, folder: Path, *, quantized: bool = False) -> Graph:
    """Write graph, weights and tokenizer of ``source`` into the empty ``folder``.

    With ``quantized`` its matrix products are those of whole numbers of 8 bits.

    Raises:
        ExportError: If the model has no fast tokenizer or cannot be traced.
    """
    if not _has_onnx():
        raise ExportError(source.name, reason="torch needs the package onnx; install onnx")
    if source.tokenizer is None:
        raise ExportError(source.name, reason="its tokenizer has no fast version")
    (folder / _TOKENIZER).write_text(source.tokenizer.to_str(), encoding="utf-8")
    try:
        inputs = _trace(source, folder / _RAW_GRAPH)
        sum_alike_in_every_batch(folder / _RAW_GRAPH)
        if quantized:
            _quantize(folder / _RAW_GRAPH, folder / _QUANTIZED_GRAPH)
            (folder / _QUANTIZED_GRAPH).replace(folder / _RAW_GRAPH)
        session = _optimise(folder / _RAW_GRAPH, folder / _GRAPH)
    except ExportError:
        raise
    except Exception as error:
        # Tracing runs the model's own code and raises whatever that raises.
        reason = f"{type(error).__name__}: {error}".splitlines()[0]
        raise ExportError(source.name, reason=reason) from error
    (folder / _RAW_GRAPH).unlink()
    return Graph(session, source.tokenizer, tuple(inputs))


def write_card(fields: Mapping[str, object], folder: Path) -> None:
    """Write the card with ``fields`` and the hashes of all files, and flush the folder's files."""
    card: dict[str, object] = {
        "format": FORMAT,
        **fields,
        "files": {path.name: _describe(path) for path in sorted(folder.iterdir())},
    }
    text = json.dumps(card, sort_keys=True, ensure_ascii=True)
    card["checksum"] = hashlib.sha256(text.encode()).hexdigest()
    (folder / _CARD).write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
    for path in folder.iterdir():
        with path.open("rb+") as file:
            os.fsync(file.fileno())


def sample_texts(window: int) -> list[str]:
    """Return texts of many kinds, from a single token to more than a ``window`` of them."""
    source = resources.files("briefqa.backends.sentence_transformers") / "samples.json"
    texts: list[str] = json.loads(source.read_text(encoding="utf-8"))
    whole = " ".join(texts)
    # About four code points a token: parts of the window, and more than the whole of it.
    return [*texts, whole[: window * 2], whole[: window * 3], (whole + " ") * (1 + window // 512)]


def _has_onnx() -> bool:
    """Tell whether torch will find the package it checks its graph with."""
    try:
        import onnx  # noqa: F401, PLC0415
    except ImportError:
        return False
    return True


def _trace(source: Source, path: Path) -> list[str]:
    """Write the pipeline as an ONNX graph; return the names of its inputs."""
    import torch  # noqa: PLC0415

    device = source.model.device
    features = source.model.preprocess(list(source.samples))
    inputs = [name for name in _INPUTS if name in features]
    if inputs[:2] != list(_INPUTS[:2]):
        raise ExportError(source.name, reason=f"it takes {sorted(features)}, not token ids")
    by_token = {0: "texts", 1: "tokens"}
    axes = dict.fromkeys(inputs, by_token) | {
        name: by_token if is_by_token else {0: "texts"}
        for name, is_by_token in source.outputs.items()
    }
    noise = io.StringIO()
    try:
        source.model.cpu()
        with (
            transformers_silenced(),
            redirect_stdout(noise),
            redirect_stderr(noise),
            _plain_attention(source.model),
        ):
            # The TorchScript exporter: it needs no onnxscript, takes a fifth of the
            # time of the newer one.
            torch.onnx.export(
                _pipeline(source, inputs),
                tuple(features[name].cpu() for name in inputs),
                str(path),
                input_names=inputs,
                output_names=list(source.outputs),
                dynamic_axes=axes,
                opset_version=_OPSET,
                dynamo=False,
            )
    finally:
        source.model.to(device)
    return inputs


@contextmanager
def _plain_attention(model: "torch.nn.Module") -> Iterator[None]:
    """Let attention be traced as the products that it is made of.

    torch's own operator guards rows that attend to nothing, of which there are none here:
    without the guards a graph runs 6 % faster.
    """
    from transformers import PreTrainedModel  # noqa: PLC0415

    parts = [
        part
        for part in model.modules()
        if isinstance(part, PreTrainedModel) and part.config._attn_implementation == "sdpa"  # noqa: SLF001 - it has no public name
    ]
    for part in parts:
        part.set_attn_implementation("eager")
    try:
        yield
    finally:
        for part in parts:
            part.set_attn_implementation("sdpa")


def _pipeline(source: Source, inputs: Sequence[str]) -> "torch.nn.Module":
    import torch  # noqa: PLC0415

    class Pipeline(torch.nn.Module):
        """Token ids in, the source's outputs out."""

        def __init__(self) -> None:
            super().__init__()
            self.model = source.model

        def forward(self, *tensors: torch.Tensor) -> tuple[torch.Tensor, ...]:
            return source.read(self.model(dict(zip(inputs, tensors, strict=True))))

    return Pipeline().eval()


def _quantize(raw: Path, quantized: Path) -> None:
    """Write ``raw`` with weights in 8 bits, scaled by column; inputs are scaled as they come."""
    from onnxruntime.quantization import QuantType, quantize_dynamic  # noqa: PLC0415

    # It advises on the root logger what is no concern of its user's.
    logging.getLogger().addFilter(_is_serious)
    try:
        quantize_dynamic(
            raw,
            quantized,
            op_types_to_quantize=["MatMul"],
            weight_type=QuantType.QInt8,
            per_channel=True,
            # Not products of two activations: there is little to win, and much to lose.
            extra_options={"MatMulConstBOnly": True},
        )
    finally:
        logging.getLogger().removeFilter(_is_serious)


def _is_serious(record: logging.LogRecord) -> bool:
    return record.levelno > logging.WARNING


def _optimise(raw: Path, optimised: Path) -> Any:  # noqa: ANN401 - onnxruntime ships no types
    """Have onnxruntime write its optimised form of ``raw``, and open that."""
    import onnxruntime  # noqa: PLC0415

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    # Extended, not all: the rest depends on the machine that does it.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    options.optimized_model_filepath = str(optimised)
    # Weights in a file of their own are mapped when a graph is opened, not copied: 40 ms
    # instead of 170 for the default model.
    options.add_session_config_entry(
        "session.optimized_model_external_initializers_file_name", _WEIGHTS
    )
    options.add_session_config_entry(
        "session.optimized_model_external_initializers_min_size_in_bytes", "1024"
    )
    onnxruntime.InferenceSession(
        str(raw),
        options,
        providers=["CPUExecutionProvider"],
        # The fused form takes three times as long as its parts.
        disabled_optimizers=["SkipLayerNormFusion"],
    )

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    return onnxruntime.InferenceSession(str(optimised), options, providers=["CPUExecutionProvider"])


def _describe(path: Path) -> dict[str, object]:
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return {"sha256": sha256, "size": path.stat().st_size}
