"""From questions whose answers are known to be there or not, to numbers by which to decline.

Every figure is of questions that the numbers it judges were not fitted on: the questions are
parted into folds, and each fold is judged by what the others gave. Questions about one passage
are in one fold.
"""

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass

import numpy as np

from briefqa.answering.abstention import Calibration
from briefqa.answering.evidence import Evidence
from briefqa.errors import CalibrationError
from briefqa.evaluation.abstention import (
    Decision,
    abstention_scores,
    calibration,
    calibration_error,
)
from briefqa.evaluation.logistic import Floats, Labels, fit_logistic, probabilities

FEWEST = 10
"""Questions of each kind, answered by the documents and not, below which nothing is fitted."""
FEW = 50
"""Questions of each kind below which the numbers may be far off."""

DEFAULT_FOLDS = 5
RISKS = (0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5)
"""The risks for which a threshold is sought."""

_REFUSED = 0.15
_FEWEST_ANSWERED = 10
_RESAMPLES = 1_000
_FEWEST_RESAMPLES = 200
_DRAWN_AT_MOST = 200_000
"""Questions that all resamples draw together, unless they are too few resamples then."""
_INTERVAL = (0.025, 0.975)
_DRAWS = 100
_DIGITS = 4


@dataclass(frozen=True, slots=True)
class WeighedQuestion:
    """The evidence for a question, whether the documents answer it, and what it is about.

    Questions of one ``group`` are about the same: they stay together.
    """

    evidence: Evidence
    is_answerable: bool
    group: str


@dataclass(frozen=True, slots=True)
class Fit:
    """A calibration, and how it does on questions that it was not fitted on.

    ``scores`` are those of `abstention_scores`, ``intervals`` the 95 % bootstrap intervals
    of some of them. ``curve`` has (risk, threshold, share answered) for each risk reached.
    ``decisions`` are a list a set, in the order given.
    """

    calibration: Calibration
    decisions: tuple[tuple[Decision, ...], ...]
    curve: tuple[tuple[float, float, float], ...]

    def scores(self, place: int = 0) -> dict[str, float]:
        """Return the figures of the set at ``place``."""
        return abstention_scores(self.decisions[place])

    def chance_error(self, place: int = 0) -> float:
        """Return the calibration error that chance alone would show on as many questions.

        The mean over labels drawn by the confidence itself, which is then exactly right.
        """
        random = np.random.default_rng(0)
        sure = np.array([each.confidence for each in self.decisions[place]])
        drawn = [
            [
                Decision(bool(is_answerable), answered=True, confidence=float(chance))
                for chance, is_answerable in zip(sure, random.random(len(sure)) < sure, strict=True)
            ]
            for _ in range(_DRAWS)
        ]
        return float(np.mean([calibration_error(calibration(each)) for each in drawn]))

    def intervals(self, place: int = 0) -> dict[str, tuple[float, float]]:
        """Return the 95 % intervals of the figures that have one, by name."""
        return _intervals(self.decisions[place])


def fit_own(
    questions: Sequence[WeighedQuestion],
    *,
    shipped: Calibration,
    folds: int = DEFAULT_FOLDS,
    ridge: float = 1.0,
    fewest: int = FEWEST,
) -> Fit:
    """Fit a calibration to one set of questions.

    They count as they come: the probability assumes that as large a share of what will be
    asked is answered. Where they say little, the weights of ``shipped`` are kept.

    Raises:
        CalibrationError: If there are fewer than ``fewest`` of either kind.
    """
    check_enough(questions, fewest=fewest)
    toward = np.array(shipped.weights)
    return _fit([questions], [np.ones(len(questions))], folds, ridge, toward)


def fit_several(
    sets: Sequence[Sequence[WeighedQuestion]], *, folds: int = DEFAULT_FOLDS, ridge: float = 1.0
) -> Fit:
    """Fit one calibration to several sets, each of which counts the same.

    In each, the questions that the documents answer count as much as the others: the
    probability assumes that one in two is answered.
    """
    total = sum(map(len, sets)) / len(sets)
    counts = []
    for each in sets:
        labels = _labels(each)
        counts.append(
            total * np.where(labels, 0.5 / max(1, labels.sum()), 0.5 / max(1, (~labels).sum()))
        )
    return _fit(sets, counts, folds, ridge, np.zeros(len(astuple(sets[0][0].evidence))))


def check_enough(questions: Sequence[WeighedQuestion], *, fewest: int = FEWEST) -> None:
    """Refuse what is too little to fit anything to.

    Raises:
        CalibrationError: If there are fewer than ``fewest`` questions of either kind.
    """
    answered = sum(each.is_answerable for each in questions)
    if min(answered, len(questions) - answered) < fewest:
        raise CalibrationError(answered, len(questions) - answered, fewest=fewest)


def fold_of(questions: Sequence[WeighedQuestion], folds: int) -> list[int]:
    """Return the fold of each question, from 0: groups stay whole, and folds get alike.

    The largest group goes first, each to the fold that has fewest of its kind. The order of
    the questions makes no difference to which are together.
    """
    members: dict[str, list[int]] = {}
    for at, each in enumerate(questions):
        members.setdefault(each.group, []).append(at)
    held = np.zeros((folds, 2))
    found = [0] * len(questions)
    for group in sorted(members, key=lambda name: (-len(members[name]), name)):
        kinds = np.bincount(
            [int(questions[at].is_answerable) for at in members[group]], minlength=2
        )
        target = int(np.argmin((held * kinds).sum(axis=1) + 1e-6 * held.sum(axis=1)))
        held[target] += kinds
        for at in members[group]:
            found[at] = target
    return found


def _fit(
    sets: Sequence[Sequence[WeighedQuestion]],
    counts: Sequence[Floats],
    folds: int,
    ridge: float,
    toward: Floats,
) -> Fit:
    rows = [np.array([astuple(each.evidence) for each in asked]) for asked in sets]
    labels = [_labels(asked) for asked in sets]
    places = [_usable_folds(asked, folds) for asked in sets]

    def fitted(without: int | None) -> tuple[Floats, float]:
        kept = [place != without for place in places]
        return fit_logistic(
            np.vstack([x[k] for x, k in zip(rows, kept, strict=True)]),
            np.concatenate([y[k] for y, k in zip(labels, kept, strict=True)]),
            counts=np.concatenate([c[k] for c, k in zip(counts, kept, strict=True)]),
            ridge=ridge,
            toward=toward,
        )

    held_out = [np.zeros(len(asked)) for asked in sets]
    for fold in range(folds):
        weights, bias = fitted(fold)
        for chances, x, place in zip(held_out, rows, places, strict=True):
            chances[place == fold] = probabilities(x[place == fold], weights, bias)
    threshold = _threshold(held_out, labels)
    curve = _curve(np.concatenate(held_out), np.concatenate(labels), np.concatenate(counts))
    weights, bias = fitted(None)
    numbers = Calibration(
        weights=tuple(round(float(weight), _DIGITS) for weight in weights),
        bias=round(bias, _DIGITS),
        threshold=threshold,
        risks=tuple((risk, chance) for risk, chance, _ in curve),
    )
    decisions = tuple(
        tuple(
            Decision(bool(y), bool(p >= threshold), float(p))
            for p, y in zip(chances, answerable, strict=True)
        )
        for chances, answerable in zip(held_out, labels, strict=True)
    )
    return Fit(numbers, decisions, curve)


def _labels(questions: Sequence[WeighedQuestion]) -> Labels:
    return np.array([each.is_answerable for each in questions])


def _usable_folds(questions: Sequence[WeighedQuestion], folds: int) -> np.ndarray:
    """Return the fold of each question; question by question where groups leave too little."""
    found = np.array(fold_of(questions, folds))
    labels = _labels(questions)
    if all(0 < labels[found != fold].sum() < (found != fold).sum() for fold in range(folds)):
        return found
    alone = [
        WeighedQuestion(each.evidence, each.is_answerable, f"{at:09}")
        for at, each in enumerate(questions)
    ]
    return np.array(fold_of(alone, folds))


def _threshold(held_out: Sequence[Floats], labels: Sequence[Labels]) -> float:
    """Return the highest threshold that declines at most 15 % of what can be answered."""
    candidates = np.arange(1, 100) / 100
    refused = [
        np.mean([(p[y] < t).mean() for p, y in zip(held_out, labels, strict=True)])
        for t in candidates
    ]
    allowed = [t for t, share in zip(candidates, refused, strict=True) if share <= _REFUSED]
    return float(max(allowed, default=candidates[0]))


def _curve(
    chances: Floats, labels: Labels, counts: Floats
) -> tuple[tuple[float, float, float], ...]:
    """Return (risk, threshold, share answered) for each risk that some threshold keeps to."""
    order = np.argsort(-chances, kind="stable")
    ranked = chances[order]
    asked = np.cumsum(counts[order])
    wrong = np.cumsum((counts * ~labels)[order])
    # A threshold takes all questions of equal chance, or none of them.
    is_last = np.append(ranked[1:] != ranked[:-1], True)
    is_last[: _FEWEST_ANSWERED - 1] = False
    places = np.flatnonzero(is_last)
    risks = wrong[places] / asked[places]
    found = []
    for risk in RISKS:
        kept = places[risks <= risk]
        if len(kept):
            at = kept[-1]
            # Rounded down: what was measured must be answered.
            threshold = np.floor(ranked[at] * 10**_DIGITS) / 10**_DIGITS
            share = round(float(asked[at] / asked[-1]), _DIGITS)
            found.append((risk, float(threshold), share))
    return tuple(found)


def _intervals(decisions: Sequence[Decision]) -> dict[str, tuple[float, float]]:
    """Return percentile bootstrap intervals of what is no mean over questions.

    Each resample draws as many questions of each kind as there are.
    """
    random = np.random.default_rng(0)
    can = [each for each in decisions if each.is_answerable]
    cannot = [each for each in decisions if not each.is_answerable]
    drawn: dict[str, list[float]] = {}
    names = ("auc", "balanced_accuracy", "calibration_error")
    resamples = min(_RESAMPLES, max(_FEWEST_RESAMPLES, _DRAWN_AT_MOST // len(decisions)))
    for _ in range(resamples):
        sample = [can[at] for at in random.integers(len(can), size=len(can))]
        sample += [cannot[at] for at in random.integers(len(cannot), size=len(cannot))]
        scores: Mapping[str, float] = abstention_scores(sample)
        for name in names:
            drawn.setdefault(name, []).append(scores[name])
    return {
        name: (float(np.quantile(values, _INTERVAL[0])), float(np.quantile(values, _INTERVAL[1])))
        for name, values in drawn.items()
    }
