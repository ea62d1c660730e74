"""Fits the numbers in `briefqa.answering.extracting.scoring`, and prints what they do.

For each question one sentence of the first five passages is to be chosen, and some of them
are right. The numbers are those of a conditional logit (McFadden, *Conditional logit analysis
of qualitative choice behavior*, 1974) over the sentences of a question, the right ones
together; every set counts the same. Each set is also chosen from with numbers that were
fitted on the other sets alone.
"""

import argparse
import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from golds import Gold, name_of, opened, pairs_of, read_golds
from numpy.typing import NDArray

from briefqa.answering.extracting import Kind, content_weights, read_question, score_sentences
from briefqa.answering.extracting.scoring import CLOSENESS, FITS, PASSAGE, WORDS
from briefqa.assembly.opening import Opened
from briefqa.retrieval import embed_question, find_hits, term_weights

GROUPS: Mapping[str, tuple[Kind, ...]] = {
    "names, places": (Kind.NAME, Kind.PLACE),
    "dates, numbers": (Kind.DATE, Kind.NUMBER, Kind.AMOUNT),
    "definitions": (Kind.DEFINITION,),
}
"""Kinds that share a number: of each alone there are too few questions."""

FEATURES = ("closeness", "words", "passage", *GROUPS)
SHIPPED = np.array([CLOSENESS, WORDS, PASSAGE, *(FITS[kinds[0]] for kinds in GROUPS.values())])
_STEPS, _STEP = 2_000, 0.05
_PENALTY = 1e-3
_HITS, _FIRST = 5, 3

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Choice:
    """The sentences of one question: what is known of each, and which are right."""

    known: Numbers
    is_right: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Padded:
    """Choices of one set as one array each: (questions, sentences, features), and masks."""

    known: Numbers
    is_right: NDArray[np.bool_]
    is_there: NDArray[np.bool_]


def choice_of(gold: Gold, index: Opened) -> Choice:
    """Return what may be chosen for one question."""
    generation = index.generation
    asked = embed_question(gold.question, index.embedder, generation.words)
    hits = find_hits(asked, generation, k=_HITS)
    weights = content_weights(term_weights(asked.text, generation.words), generation.words)
    ranked = score_sentences(asked, hits, weights, generation, index.embedder)
    kind = read_question(asked.text).kind
    fits = [
        [float(kind in kinds) * (each.fits or 0.0) for kinds in GROUPS.values()] for each in ranked
    ]
    known = [
        [each.closeness, each.context, each.hit.score, *fit]
        for each, fit in zip(ranked, fits, strict=True)
    ]
    right = [gold.is_in(each.hit.chunk.doc_id, each.text) for each in ranked]
    return Choice(np.array(known).reshape(-1, len(FEATURES)), np.array(right, dtype=np.bool_))


def padded(choices: Sequence[Choice]) -> Padded:
    """Return the choices that can be right as arrays."""
    usable = [choice for choice in choices if choice.is_right.any()]
    widest = max(len(choice.is_right) for choice in usable)
    known = np.zeros((len(usable), widest, len(FEATURES)))
    is_right = np.zeros((len(usable), widest), dtype=np.bool_)
    is_there = np.zeros((len(usable), widest), dtype=np.bool_)
    for at, choice in enumerate(usable):
        count = len(choice.is_right)
        known[at, :count], is_right[at, :count] = choice.known, choice.is_right
        is_there[at, :count] = True
    return Padded(known, is_right, is_there)


def fit(sets: Sequence[Sequence[Choice]]) -> Numbers:
    """Return the numbers that make the right sentences most likely; the sets count alike."""
    arrays = [padded(choices) for choices in sets]
    weights, speed, size = (np.zeros(len(FEATURES)) for _ in range(3))
    for step in range(1, _STEPS + 1):
        slope = -2 * _PENALTY * weights + sum(_slope(each, weights) for each in arrays)
        # Kingma and Ba, Adam (2015).
        speed = 0.9 * speed + 0.1 * slope
        size = 0.999 * size + 0.001 * slope**2
        weights = weights + _STEP * (speed / (1 - 0.9**step)) / (
            np.sqrt(size / (1 - 0.999**step)) + 1e-8
        )
    return weights


def _slope(each: Padded, weights: Numbers) -> Numbers:
    logits = np.where(each.is_there, each.known @ weights, -np.inf)
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares = odds / odds.sum(axis=1, keepdims=True)
    right = shares * each.is_right
    right /= right.sum(axis=1, keepdims=True)
    slope: Numbers = np.einsum("qs,qsf->f", right - shares, each.known) / len(shares)
    return slope


def found(choices: Sequence[Choice], weights: Numbers) -> str:
    """Return how often the best sentence is right, and one of the best three."""
    orders = [np.argsort(-(choice.known @ weights), kind="stable") for choice in choices]
    pairs = list(zip(choices, orders, strict=True))
    first = sum(bool(choice.is_right[order[:1]].any()) for choice, order in pairs)
    three = sum(bool(choice.is_right[order[:_FIRST]].any()) for choice, order in pairs)
    return f"{first / len(choices):.3f} {three / len(choices):.3f}"


def main() -> None:
    """Print the numbers, and a table of what they do on each set."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "sets",
        nargs="+",
        metavar="DOCUMENTS=QUESTIONS",
        help="an index, a folder or a corpus file; and its questions",
    )
    parser.add_argument("--most", type=int, help="questions taken of each set")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    options = parser.parse_args()
    names: list[str] = []
    sets: list[list[Choice]] = []
    for documents, questions in pairs_of(options.sets):
        golds = read_golds(questions)
        random.Random(0).shuffle(golds)  # noqa: S311 - no secret
        with opened(documents) as (_, index):
            sets.append([choice_of(gold, index) for gold in golds[: options.most]])
        names.append(name_of(questions))
    together = fit(sets)
    held_out = [
        fit([s for s in sets if s is not each]) if len(sets) > 1 else together for each in sets
    ]
    print(f"{'':16}{'shipped':>10}{'together':>10}" + "".join(f"{'not ' + n:>16}" for n in names))
    for at, feature in enumerate(FEATURES):
        others = "".join(f"{weights[at]:16.2f}" for weights in held_out)
        print(f"{feature:16}{SHIPPED[at]:10.2f}{together[at]:10.2f}{others}")
    print("\nthe best sentence is right, one of the best three is")
    print(f"{'set':16}{'shipped':>14}{'together':>14}{'held out':>14}")
    for name, choices, weights in zip(names, sets, held_out, strict=True):
        row = (found(choices, each) for each in (SHIPPED, together, weights))
        print(f"{name:16}" + "".join(f"{each:>14}" for each in row))
    if options.json:
        apart = {name: weights.tolist() for name, weights in zip(names, held_out, strict=True)}
        figures = {"features": FEATURES, "together": together.tolist(), "without": apart}
        options.json.write_text(json.dumps(figures, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()
