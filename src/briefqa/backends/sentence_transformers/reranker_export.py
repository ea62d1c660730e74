"""Turns a CrossEncoder into a graph for onnxruntime, and proves it faithful.

The graph goes from the token ids of a pair to its logit. The logistic function that
makes a score of it is left to what runs the graph: near 0 and 1 it would hide from the
check what the graph gets wrong.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

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

    from briefqa.backends.sentence_transformers.reranker import SentenceTransformersReranker

MOST_DIFFERENCE = 1e-4
"""How far a logit may lie from the reference's: of its size, if that is above 1.

A score then differs by less than 3e-5.
"""


def export(reranker: "SentenceTransformersReranker", folder: Path) -> None:
    """Write graph, weights, tokenizer and card into the empty ``folder``.

    Raises:
        ExportError: If the model has no fast tokenizer, cannot be traced, or the
            graph's scores are not the model's own.
    """
    source = Source(
        name=reranker.reranker_id,
        model=reranker.model,
        tokenizer=reranker.fast_tokenizer(),
        samples=[("a question", "few words"), ("another one", "an answer of rather more words")],
        read=_logits,
        outputs={"logits": False},
    )
    graph = write_graph(source, folder)
    graph.tokenizer.enable_truncation(reranker.window, strategy="longest_first")
    check = _check(reranker, graph)
    card = {
        "reranker_id": reranker.reranker_id,
        "name": reranker.files.name,
        "fingerprint": reranker.files.fingerprint,
        "window": reranker.window,
        "prompts": {"query": reranker.query_prompt},
        "inputs": list(graph.inputs),
        "check": check,
    }
    write_card(card, folder)


def _logits(features: Mapping[str, "torch.Tensor"]) -> "tuple[torch.Tensor, ...]":
    return (features["scores"].reshape(-1),)


def _check(reranker: "SentenceTransformersReranker", graph: Graph) -> dict[str, object]:
    """Compare the graph with its reference on real pairs, up to several windows of them."""
    texts = sample_texts(reranker.window)
    # The last is longer than a window: of such a pair, both lose their tails.
    questions = [*(text for text in texts if text.endswith("?")), texts[-1]]
    worst = 0.0
    for place, question in enumerate(questions):
        passages = texts[place :: len(questions)]
        asked = reranker.query_prompt + question
        for passage, expected in zip(passages, reranker.logits(question, passages), strict=True):
            for (found,) in graph.outputs(graph.tokenizer.encode(asked, passage)):
                worst = max(worst, _difference(float(found), float(expected)))
                if not worst <= MOST_DIFFERENCE:
                    reason = (
                        f"its logit is {float(expected):.6f}, the graph's {float(found):.6f}, "
                        f"for {question[:40]!r} and {passage[:40]!r}"
                    )
                    raise ExportError(reranker.reranker_id, reason=reason)
    return {"pairs": len(texts), "most_difference": float(f"{worst:.1e}")}


def _difference(found: float, expected: float) -> float:
    return abs(found - expected) / max(1.0, abs(expected))
