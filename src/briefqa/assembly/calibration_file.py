"""The calibration that an index was given for its own questions: one small JSON file."""

import hashlib
import json
import logging
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from briefqa.answering import CALIBRATION, Calibration
from briefqa.answering.evidence import EVIDENCE_VERSION, FEATURES
from briefqa.datatypes import JsonValue
from briefqa.errors import IndexWriteError
from briefqa.indexing.durable import fsync_folder, replace_file

CALIBRATION_FILE = "calibration.json"
FORMAT = 1

_log = logging.getLogger(__name__)

_Facts = Mapping[str, JsonValue]
_State = tuple[int, int, int]


class CalibrationFileError(ValueError):
    """What a file holds is no calibration, or none for this index; the text says why."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """A calibration as it was last read: for which model, and from which state of the file."""

    model_id: str
    state: _State | None
    calibration: Calibration


class KeptCalibration:
    """The calibration of an index, read again whenever its file changes.

    A file that cannot be used is warned of once; the numbers that ship with the program
    then decide. Safe to use from several threads.
    """

    def __init__(self, index: Path) -> None:
        self._path = index / CALIBRATION_FILE
        self._seen: _Seen | None = None

    def current(self, model_id: str) -> Calibration:
        """Return the calibration for an index made with the model ``model_id``."""
        state, seen = _state_of(self._path), self._seen
        if seen is None or (seen.model_id, seen.state) != (model_id, state):
            seen = _Seen(model_id, state, calibration_of(self._path.parent, model_id))
            self._seen = seen
        return seen.calibration


def calibration_of(index: Path, model_id: str) -> Calibration:
    """Return the calibration in the folder ``index``, or the shipped one, with a warning if due.

    Args:
        index: The index folder.
        model_id: The model that the index was made with; a calibration for another is not used.
    """
    path = index / CALIBRATION_FILE
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return CALIBRATION
    except OSError as error:
        return _shipped(path, f"cannot be read: {error.strerror}")
    try:
        return calibration_from_json(data, model_id)
    except CalibrationFileError as error:
        return _shipped(path, str(error))


def write_calibration(index: Path, data: bytes) -> Path:
    """Put ``data`` in the place of the index's calibration, whole or not at all; return where.

    Raises:
        IndexWriteError: If the disk refuses.
    """
    path = index / CALIBRATION_FILE
    try:
        replace_file(path, data)
    except OSError as error:
        raise IndexWriteError(index, error.strerror or str(error)) from error
    return path


def remove_calibration(index: Path) -> bool:
    """Remove the index's calibration; return whether there was one.

    Raises:
        IndexWriteError: If the disk refuses.
    """
    try:
        (index / CALIBRATION_FILE).unlink()
        fsync_folder(index)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise IndexWriteError(index, error.strerror or str(error)) from error
    return True


def calibration_to_json(calibration: Calibration, model_id: str, about: _Facts) -> bytes:
    """Return the file that keeps ``calibration``.

    Args:
        calibration: What to keep.
        model_id: The embedding model of the index.
        about: What it was fitted on and how well it does; kept for people to read.
    """
    body: dict[str, JsonValue] = {
        "format": FORMAT,
        "evidence_version": EVIDENCE_VERSION,
        "embedder": model_id,
        "weights": dict(zip(FEATURES, calibration.weights, strict=True)),
        "bias": calibration.bias,
        "threshold": calibration.threshold,
        "risks": [list(pair) for pair in calibration.risks],
        "about": dict(about),
    }
    return (json.dumps({**body, "sha256": _digest(body)}, indent=2) + "\n").encode()


def calibration_from_json(data: bytes, model_id: str) -> Calibration:
    """Return the calibration that a file holds.

    Raises:
        CalibrationFileError: If it is damaged, of another version, or for another model.
    """
    try:
        body = json.loads(data)
    except (ValueError, RecursionError) as error:
        detail = f"is damaged: it is not JSON: {error}"
        raise CalibrationFileError(detail) from error
    if not isinstance(body, dict):
        detail = "is damaged: it holds no JSON object"
        raise CalibrationFileError(detail)
    stated = (body.get("format"), body.get("evidence_version"))
    if stated != (FORMAT, EVIDENCE_VERSION):
        detail = (
            f"is of format {stated[0]} and evidence version {stated[1]}, but this program has "
            f"{FORMAT} and {EVIDENCE_VERSION}"
        )
        raise CalibrationFileError(detail)
    if body.pop("sha256", None) != _digest(body):
        detail = "is damaged: its SHA-256 is not the one it states"
        raise CalibrationFileError(detail)
    if body.get("embedder") != model_id:
        detail = (
            f"was fitted with {body.get('embedder')!r}, but the index is made with {model_id!r}"
        )
        raise CalibrationFileError(detail)
    try:
        return _checked(
            Calibration(
                weights=tuple(float(body["weights"][name]) for name in FEATURES),
                bias=float(body["bias"]),
                threshold=float(body["threshold"]),
                risks=tuple((float(risk), float(at)) for risk, at in body["risks"]),
            )
        )
    except (KeyError, TypeError, ValueError) as error:
        detail = f"is damaged: {error}"
        raise CalibrationFileError(detail) from error


def _checked(found: Calibration) -> Calibration:
    numbers = (
        *found.weights,
        found.bias,
        found.threshold,
        *(n for pair in found.risks for n in pair),
    )
    if not all(map(math.isfinite, numbers)):
        msg = "it holds a number that is not finite"
        raise ValueError(msg)
    points = [(0.0, 1.0), *found.risks, (1.0, 0.0)]
    if not all(risk < riskier and at >= lower for (risk, at), (riskier, lower) in pairwise(points)):
        msg = "its risks do not ascend, or a larger one has a higher threshold"
        raise ValueError(msg)
    return found


def _digest(body: _Facts) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


def _shipped(path: Path, detail: str) -> Calibration:
    _log.warning(
        "%s %s; the numbers that ship with the program decide instead; fit it again with "
        "`briefqa calibrate`, or remove it with `briefqa calibrate --reset`",
        path,
        detail,
    )
    return CALIBRATION


def _state_of(path: Path) -> _State | None:
    try:
        found = os.stat(path)  # noqa: PTH116 - once a question
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
