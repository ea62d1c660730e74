"""Turns a sentence-transformers model into a graph for onnxruntime, and proves it faithful.

The graph holds the whole pipeline, from token ids to the pooled vector of unit
norm, so that what runs it needs to know nothing about the model.
"""

from collections.abc import Mapping
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

# Texts that are also compared as questions: enough to notice another prompt or path.
_QUESTIONS = 10


def export(embedder: "SentenceTransformersEmbedder", folder: Path) -> None:
    """Write graph, weights, tokenizer and card into the empty ``folder``.

    Raises:
        ExportError: If the model has no fast tokenizer, cannot be traced, or the
            graph's vectors are not the model's own.
    """
    source = Source(
        name=embedder.model_id,
        model=embedder.model,
        tokenizer=embedder.fast_tokenizer(),
        samples=["a few words", "a second text that has rather more words"],
        read=_unit_vectors,
        output="vectors",
    )
    graph = write_graph(source, folder)
    graph.tokenizer.enable_truncation(embedder.window)
    check = _check(embedder, graph)
    card = {
        "model_id": embedder.model_id,
        "name": embedder.files.name,
        "fingerprint": embedder.files.fingerprint,
        "dim": embedder.dim,
        "window": embedder.window,
        "max_tokens": embedder.tokens.max_tokens,
        "prompts": {"query": embedder.query_prompt, "document": embedder.document_prompt},
        "inputs": list(graph.inputs),
        "check": check,
    }
    write_card(card, folder)


def _unit_vectors(features: Mapping[str, "torch.Tensor"]) -> "torch.Tensor":
    import torch  # noqa: PLC0415

    return torch.nn.functional.normalize(features["sentence_embedding"], dim=1)


def _check(embedder: "SentenceTransformersEmbedder", graph: Graph) -> dict[str, object]:
    """Compare the graph with its reference on real text, as passages and as questions."""
    texts = sample_texts(embedder.window)
    questions = texts[:_QUESTIONS]
    least = 1.0
    for prompt, some, reference in (
        (embedder.document_prompt, texts, embedder.embed_documents(texts)),
        (embedder.query_prompt, questions, embedder.embed_queries(questions)),
    ):
        for text, expected in zip(some, reference, strict=True):
            for vector in graph.outputs(graph.tokenizer.encode(prompt + text)):
                least = min(least, _cosine(vector, expected))
                if not least >= LEAST_COSINE:
                    reason = f"cosine with the model's own vector is {least:.6f} on {text[:40]!r}"
                    raise ExportError(embedder.model_id, reason=reason)
    return {"texts": len(texts), "least_cosine": round(least, 7)}


def _cosine(found: NDArray[np.float32], expected: NDArray[np.float32]) -> float:
    norm = float(np.linalg.norm(found)) * float(np.linalg.norm(expected))
    return float(found.astype(np.float64) @ expected.astype(np.float64)) / norm if norm else 0.0
