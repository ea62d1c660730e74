"""Turns a sentence-transformers model into a graph for onnxruntime, and proves it faithful.

The graph holds the whole pipeline, from token ids to the pooled vector of unit
norm, so that what runs it needs to know nothing about the model.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from briefqa.backends.sentence_transformers.graphs import (
    Graph,
    Source,
    sample_texts,
    write_card,
    write_graph,
)
from briefqa.errors import ExportError

if TYPE_CHECKING:
    import torch

    from briefqa.backends.sentence_transformers.embedder import SentenceTransformersEmbedder

LEAST_COSINE = 0.9999
LEAST_QUANTIZED_COSINE = 0.95
"""For the vectors of texts alone; of those of tokens only the signs are kept."""

# Texts that are also compared as questions: enough to notice another prompt or path.
_QUESTIONS = 10


def export(
    embedder: "SentenceTransformersEmbedder", folder: Path, *, quantized: bool = False
) -> None:
    """Write graph, weights, tokenizer and card into the empty ``folder``.

    A ``quantized`` graph scales by the largest number of a batch, so its card says that
    each text is to be run alone.

    Raises:
        ExportError: If the model has no fast tokenizer, cannot be traced, or the
            graph's vectors are not the model's own.
    """
    source = Source(
        name=embedder.model_id,
        model=embedder.model,
        tokenizer=embedder.fast_tokenizer(),
        samples=["a few words", "a second text that has rather more words"],
        read=_vectors_and_tokens if embedder.has_tokens else _vectors,
        outputs={"vectors": False, "tokens": True} if embedder.has_tokens else {"vectors": False},
    )
    graph = write_graph(source, folder, quantized=quantized)
    graph.tokenizer.enable_truncation(embedder.window)
    check = _check(embedder, graph, quantized=quantized)
    card = {
        "model_id": embedder.model_id,
        "name": embedder.files.name,
        "fingerprint": embedder.files.fingerprint,
        "dim": embedder.dim,
        "window": embedder.window,
        "max_tokens": embedder.tokens.max_tokens,
        "prompts": {"query": embedder.query_prompt, "document": embedder.document_prompt},
        "tokens": embedder.has_tokens,
        "languages": None if embedder.languages is None else sorted(embedder.languages),
        "inputs": list(graph.inputs),
        "alone": quantized,
        "check": check,
    }
    write_card(card, folder)


def _vectors(features: Mapping[str, "torch.Tensor"]) -> "tuple[torch.Tensor, ...]":
    import torch  # noqa: PLC0415

    return (torch.nn.functional.normalize(features["sentence_embedding"], dim=1),)


def _vectors_and_tokens(features: Mapping[str, "torch.Tensor"]) -> "tuple[torch.Tensor, ...]":
    import torch  # noqa: PLC0415

    return (
        *_vectors(features),
        torch.nn.functional.normalize(features["token_embeddings"], dim=2),
    )


def _check(
    embedder: "SentenceTransformersEmbedder", graph: Graph, *, quantized: bool
) -> dict[str, object]:
    """Compare the graph with its reference on real text, as passages and as questions."""
    texts = sample_texts(embedder.window)
    questions = texts[:_QUESTIONS]
    allowed = LEAST_QUANTIZED_COSINE if quantized else LEAST_COSINE
    least = 1.0
    for prompt, some, reference in (
        (embedder.document_prompt, texts, _reference(embedder, texts, embedder.document_prompt)),
        (embedder.query_prompt, questions, _reference(embedder, questions, embedder.query_prompt)),
    ):
        for text, expected in zip(some, reference, strict=True):
            encoding = graph.tokenizer.encode(prompt + text)
            ways = [graph.outputs_alone(encoding)[:1]] if quantized else graph.outputs(encoding)
            for found in ways:
                least = min(least, *map(least_cosine, found, expected))
                if not least >= allowed:
                    reason = f"cosine with the model's own vector is {least:.6f} on {text[:40]!r}"
                    raise ExportError(embedder.model_id, reason=reason)
    return {"texts": len(texts), "least_cosine": round(least, 7)}


def _reference(
    embedder: "SentenceTransformersEmbedder", texts: Sequence[str], prompt: str
) -> list[tuple[NDArray[np.float32], ...]]:
    """Return for each text what the model itself gives: its vector, and those of its tokens."""
    return [
        (vector,) if tokens is None or not embedder.has_tokens else (vector, tokens)
        for vector, tokens in embedder.encoded(texts, prompt=prompt)
    ]


def least_cosine(found: NDArray[np.float32], expected: NDArray[np.float32]) -> float:
    """Return the least cosine of rows that belong together; -1 if the shapes differ."""
    if found.shape != expected.shape:
        return -1.0
    pairs = zip(np.atleast_2d(found), np.atleast_2d(expected), strict=True)
    return min(_cosine(one, other) for one, other in pairs)


def _cosine(found: NDArray[np.float32], expected: NDArray[np.float32]) -> float:
    norm = float(np.linalg.norm(found)) * float(np.linalg.norm(expected))
    return float(found.astype(np.float64) @ expected.astype(np.float64)) / norm if norm else 0.0
