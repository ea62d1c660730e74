"""Turns a sentence-transformers model into a graph for onnxruntime, and proves it faithful.

The graph holds the whole pipeline, from token ids to the pooled vector of unit
norm, so that what runs it needs to know nothing about the model.
"""

import hashlib
import io
import json
import os
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from briefqa.backends.sentence_transformers.silence import transformers_silenced
from briefqa.errors import ExportError

if TYPE_CHECKING:
    import torch
    from sentence_transformers import SentenceTransformer
    from tokenizers import Tokenizer

    from briefqa.backends.sentence_transformers.embedder import SentenceTransformersEmbedder

FORMAT = 1
LEAST_COSINE = 0.9999

_OPSET = 17
_INPUTS = ("input_ids", "attention_mask", "token_type_ids")
_GRAPH = "model.onnx"
_WEIGHTS = "model.bin"
_RAW_GRAPH = "exported.onnx"
_TOKENIZER = "tokenizer.json"
_CARD = "model.json"

# Texts that are also compared as questions: enough to notice another prompt or path.
_QUESTIONS = 10


def export(embedder: "SentenceTransformersEmbedder", folder: Path) -> None:
    """Write graph, weights, tokenizer and card into the empty ``folder``.

    Raises:
        ExportError: If the model has no fast tokenizer, cannot be traced, or the
            graph's vectors are not the model's own.
    """
    if not _has_onnx():
        raise ExportError(embedder.model_id, reason="torch needs the package onnx; install onnx")
    tokenizer = embedder.fast_tokenizer()
    if tokenizer is None:
        raise ExportError(embedder.model_id, reason="its tokenizer has no fast version")
    (folder / _TOKENIZER).write_text(tokenizer.to_str(), encoding="utf-8")
    try:
        inputs = _trace(embedder.model, folder / _RAW_GRAPH)
        session = _optimise(folder / _RAW_GRAPH, folder / _GRAPH)
    except ExportError:
        raise
    except Exception as error:
        # Tracing runs the model's own code and raises whatever that raises.
        reason = f"{type(error).__name__}: {error}".splitlines()[0]
        raise ExportError(embedder.model_id, reason=reason) from error
    (folder / _RAW_GRAPH).unlink()
    tokenizer.enable_truncation(embedder.window)
    check = _check(embedder, session, tokenizer)
    _write_card(embedder, folder, inputs, check)
    for path in folder.iterdir():
        with path.open("rb+") as file:
            os.fsync(file.fileno())


def _has_onnx() -> bool:
    """Tell whether torch will find the package it checks its graph with."""
    try:
        import onnx  # noqa: F401, PLC0415
    except ImportError:
        return False
    return True


def _trace(model: "SentenceTransformer", path: Path) -> list[str]:
    """Write the pipeline as an ONNX graph; return the names of its inputs."""
    import torch  # noqa: PLC0415

    device = model.device
    # Texts of two lengths, so that the mask has zeros and cannot be traced away.
    features = model.preprocess(["a few words", "a second text that has rather more words"])
    inputs = [name for name in _INPUTS if name in features]
    if inputs[:2] != list(_INPUTS[:2]):
        raise ExportError(str(path), reason=f"it takes {sorted(features)}, not token ids")
    axes = {name: {0: "texts", 1: "tokens"} for name in inputs} | {"vectors": {0: "texts"}}
    noise = io.StringIO()
    try:
        model.cpu()
        with transformers_silenced(), redirect_stdout(noise), redirect_stderr(noise):
            # The TorchScript exporter: it needs no onnxscript, takes a fifth of the
            # time of the newer one.
            torch.onnx.export(
                _pipeline(model, inputs),
                tuple(features[name].cpu() for name in inputs),
                str(path),
                input_names=inputs,
                output_names=["vectors"],
                dynamic_axes=axes,
                opset_version=_OPSET,
                dynamo=False,
            )
    finally:
        model.to(device)
    return inputs


def _pipeline(model: "SentenceTransformer", inputs: Sequence[str]) -> "torch.nn.Module":
    import torch  # noqa: PLC0415

    class Pipeline(torch.nn.Module):
        """Token ids in, unit vectors out."""

        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, *tensors: torch.Tensor) -> torch.Tensor:
            features = self.model(dict(zip(inputs, tensors, strict=True)))
            return torch.nn.functional.normalize(features["sentence_embedding"], dim=1)

    return Pipeline().eval()


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
    onnxruntime.InferenceSession(str(raw), options, providers=["CPUExecutionProvider"])

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    return onnxruntime.InferenceSession(str(optimised), options, providers=["CPUExecutionProvider"])


def _check(
    embedder: "SentenceTransformersEmbedder",
    session: Any,  # noqa: ANN401 - onnxruntime ships no types
    tokenizer: "Tokenizer",
) -> dict[str, object]:
    """Compare the graph with its reference on real text, as passages and as questions."""
    texts = sample_texts(embedder.window)
    questions = texts[:_QUESTIONS]
    least = 1.0
    for prompt, some, reference in (
        (embedder.document_prompt, texts, embedder.embed_documents(texts)),
        (embedder.query_prompt, questions, embedder.embed_queries(questions)),
    ):
        for text, expected in zip(some, reference, strict=True):
            ids = np.array(tokenizer.encode(prompt + text).ids, dtype=np.int64)
            # Neighbours of the same length but other content: none may leak into the row.
            batch = np.stack([ids[::-1], ids, np.roll(ids, 1)])
            for rows, place in ((ids[None], 0), (batch, 1)):
                vector = _run(session, rows)[place]
                least = min(least, _cosine(vector, expected))
                if not least >= LEAST_COSINE:
                    reason = f"cosine with the model's own vector is {least:.6f} on {text[:40]!r}"
                    raise ExportError(embedder.model_id, reason=reason)
    return {"texts": len(texts), "least_cosine": round(least, 7)}


def sample_texts(window: int) -> list[str]:
    """Return texts of many kinds, from a single token to more than a ``window`` of them."""
    source = resources.files("briefqa.backends.sentence_transformers") / "samples.json"
    texts: list[str] = json.loads(source.read_text(encoding="utf-8"))
    whole = " ".join(texts)
    # About four code points a token: parts of the window, and more than the whole of it.
    return [*texts, whole[: window * 2], whole[: window * 3], (whole + " ") * (1 + window // 512)]


def _run(session: Any, ids: NDArray[np.int64]) -> NDArray[np.float32]:  # noqa: ANN401 - as above
    whole = {
        "input_ids": ids,
        "attention_mask": np.ones_like(ids),
        "token_type_ids": np.zeros_like(ids),
    }
    vectors: NDArray[np.float32] = session.run(
        None, {each.name: whole[each.name] for each in session.get_inputs()}
    )[0]
    return vectors


def _cosine(found: NDArray[np.float32], expected: NDArray[np.float32]) -> float:
    norm = float(np.linalg.norm(found)) * float(np.linalg.norm(expected))
    return float(found.astype(np.float64) @ expected.astype(np.float64)) / norm if norm else 0.0


def _write_card(
    embedder: "SentenceTransformersEmbedder",
    folder: Path,
    inputs: Sequence[str],
    check: dict[str, object],
) -> None:
    card: dict[str, object] = {
        "format": FORMAT,
        "model_id": embedder.model_id,
        "name": embedder.files.name,
        "fingerprint": embedder.files.fingerprint,
        "dim": embedder.dim,
        "window": embedder.window,
        "max_tokens": embedder.tokens.max_tokens,
        "prompts": {"query": embedder.query_prompt, "document": embedder.document_prompt},
        "inputs": list(inputs),
        "check": check,
        "files": {path.name: _describe(path) for path in sorted(folder.iterdir())},
    }
    text = json.dumps(card, sort_keys=True, ensure_ascii=True)
    card["checksum"] = hashlib.sha256(text.encode()).hexdigest()
    (folder / _CARD).write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")


def _describe(path: Path) -> dict[str, object]:
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return {"sha256": sha256, "size": path.stat().st_size}
