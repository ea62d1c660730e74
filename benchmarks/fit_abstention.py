"""Fits the numbers in `briefqa.answering.abstention`, and prints what they do.

Each question set counts the same, and in each the answerable and the others.
The threshold is the highest that declines at most a given share of what could
have been answered, on average over the sets.
"""

import argparse
import random
from dataclasses import astuple
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from questions import Question, indexed, read_questions
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from briefqa import Service

Floats = NDArray[np.float64]


def measure(questions: list[Question], service: Service) -> tuple[Floats, NDArray[np.bool_]]:
    """Return the evidence for each question, a row each, and whether it can be answered."""
    rows = [service.evidence(q.text) for q in questions]
    values = [astuple(each) for each in rows]
    return np.array(values), np.array([q.is_answerable for q in questions])


def main() -> None:
    """Print the numbers and a table of what they do on each set."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "sets", nargs="+", metavar="DOCUMENTS=QUESTIONS", help="folder or corpus file, and its set"
    )
    parser.add_argument("--most", type=int, default=300, help="questions taken of each set")
    parser.add_argument("--refuse", type=float, default=0.1, help="answerable that may be declined")
    options = parser.parse_args()
    names, features, labels = [], [], []
    for pair in options.sets:
        documents, _, path = pair.partition("=")
        questions = read_questions(Path(path))
        random.Random(0).shuffle(questions)  # noqa: S311 - no secret
        with indexed(Path(documents)) as (service, _):
            x, y = measure(questions[: options.most], service)
        names.append(Path(path).parent.name)
        features.append(x)
        labels.append(y)
    weights = np.concatenate([np.where(y, 0.5 / y.sum(), 0.5 / (~y).sum()) for y in labels])
    model = LogisticRegression(C=10.0)
    x, y = np.vstack(features), np.concatenate(labels)
    model.fit(x, y, sample_weight=weights * len(y) / len(names))
    chances = [model.predict_proba(x)[:, 1] for x in features]
    candidates = np.linspace(0.01, 0.99, 99)
    refused = [
        np.mean([(p[y] < t).mean() for p, y in zip(chances, labels, strict=True)])
        for t in candidates
    ]
    threshold = max(t for t, r in zip(candidates, refused, strict=True) if r <= options.refuse)
    rounded = tuple(round(float(w), 2) for w in model.coef_[0])
    print(f"weights={rounded}, bias={model.intercept_[0]:.2f}, threshold={threshold:.2f}\n")
    print(f"{'set':16}{'questions':>10}{'AUC':>8}{'declined rightly':>19}{'wrongly':>9}")
    for name, p, y in zip(names, chances, labels, strict=True):
        auc = roc_auc_score(y, p)
        right, wrong = (p[~y] < threshold).mean(), (p[y] < threshold).mean()
        print(f"{name:16}{len(y):10}{auc:8.3f}{right:19.1%}{wrong:9.1%}")


if __name__ == "__main__":
    main()
