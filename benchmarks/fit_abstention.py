"""Fits the numbers in `briefqa.answering.abstention`, and prints what they do.

Each question set counts the same, and in each the answerable and the others. Every figure is
held out: it is of questions about other documents than those that were fitted on. Documents
whose ids differ only after a ``#`` are parts of one.
"""

import argparse
import json
import random
from pathlib import Path

from questions import indexed

from briefqa.answering.abstention import CALIBRATION, Calibration
from briefqa.assembly.service import Service
from briefqa.evaluation.calibrating import Fit, WeighedQuestion, fit_own, fit_several
from briefqa.evaluation.loading import load_dataset

_FIGURES = ("auc", "balanced_accuracy", "calibration_error")


def weigh(path: Path, service: Service, *, most: int) -> list[WeighedQuestion]:
    """Return the evidence for each question of a set, of ``most`` of them drawn at random."""
    asked = [query for query in load_dataset(path).queries if query.is_answerable is not None]
    random.Random(0).shuffle(asked)  # noqa: S311 - no secret
    found = []
    for query in asked[:most]:
        weighed = service.weigh(query.text)
        group = query.query_id if weighed.nearest is None else weighed.nearest.doc_id
        found.append(
            WeighedQuestion(weighed.evidence, bool(query.is_answerable), group.partition("#")[0])
        )
    return found


def show(name: str, fit: Fit, place: int) -> None:
    """Print how a fit does on one set that it was not made of."""
    scores, intervals = fit.scores(place), fit.intervals(place)
    figures = "  ".join(
        f"{scores[each]:.3f} ({intervals[each][0]:.3f} to {intervals[each][1]:.3f})"
        for each in _FIGURES
    )
    decisions = fit.decisions[place]
    can = [each for each in decisions if each.is_answerable]
    cannot = [each for each in decisions if not each.is_answerable]
    right = sum(not each.answered for each in cannot)
    wrong = sum(not each.answered for each in can)
    chance = f"(by chance {fit.chance_error(place):.3f})"
    print(f"{name:16}{figures}  {chance}  {right}/{len(cannot)}  {wrong}/{len(can)}")


def literal(calibration: Calibration) -> str:
    """Return the numbers as the module has them: rounded, which changes no figure below."""
    risks = ", ".join(f"({risk:g}, {threshold:.3f})" for risk, threshold in calibration.risks)
    weights = tuple(round(weight, 2) for weight in calibration.weights)
    return (
        f"weights={weights}, bias={calibration.bias:.2f}, "
        f"threshold={calibration.threshold:g}, risks=({risks})"
    )


def main() -> None:
    """Print the numbers, and tables of what they do on each set."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "sets", nargs="+", metavar="DOCUMENTS=QUESTIONS", help="folder or corpus file, and its set"
    )
    parser.add_argument("--most", type=int, default=3_000, help="questions taken of each set")
    parser.add_argument("--folds", type=int, default=4, help="parts, each judged by the others")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    options = parser.parse_args()
    names, sets = [], []
    for pair in options.sets:
        documents, _, path = pair.partition("=")
        with indexed(Path(documents)) as (service, _):
            sets.append(weigh(Path(path), service, most=options.most))
        names.append(Path(path).name if Path(path).is_dir() else Path(path).parent.name)
    fit = fit_several(sets, folds=options.folds)
    print(literal(fit.calibration), "\n")
    print(f"{'set':16}AUC, balanced accuracy, calibration error; declined rightly, wrongly")
    for place, name in enumerate(names):
        show(name, fit, place)
    print("\nrisk, threshold and share answered, over all sets alike")
    for risk, threshold, share in fit.curve:
        print(f"{risk:6.2f}{threshold:8.4f}{share:8.1%}")
    print("\neach set fitted to its own questions, as `briefqa calibrate` does")
    for name, each in zip(names, sets, strict=True):
        show(name, fit_own(each, shipped=CALIBRATION, folds=options.folds, fewest=5), 0)
    if options.json:
        scores = {name: dict(fit.scores(place)) for place, name in enumerate(names)}
        figures = {"numbers": literal(fit.calibration), "scores": scores, "curve": fit.curve}
        options.json.write_text(json.dumps(figures, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()
