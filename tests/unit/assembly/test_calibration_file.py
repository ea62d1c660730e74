"""A calibration is used as it was kept, or not at all."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefqa import Service, build_index, open_index
from briefqa.answering import CALIBRATION, Calibration
from briefqa.answering.evidence import EVIDENCE_VERSION, FEATURES
from briefqa.assembly.calibration_file import (
    CALIBRATION_FILE,
    CalibrationFileError,
    KeptCalibration,
    calibration_from_json,
    calibration_of,
    calibration_to_json,
    remove_calibration,
    write_calibration,
)
from briefqa.errors import IndexWriteError

_MODEL = "hash:256"
_ALWAYS = Calibration((0.0,) * len(FEATURES), 5.0, 0.5, ((0.1, 0.9), (0.2, 0.1)))
_NEVER = Calibration((0.0,) * len(FEATURES), -5.0, 0.5)


@st.composite
def _calibrations(draw: st.DrawFn) -> Calibration:
    numbers = st.floats(-1e6, 1e6)
    risks = sorted(draw(st.sets(st.floats(0.001, 0.999), max_size=6)))
    shares = st.lists(st.floats(0, 1), min_size=len(risks), max_size=len(risks))
    falling = sorted(draw(shares), reverse=True)
    return Calibration(
        draw(st.tuples(*(numbers for _ in FEATURES))),
        draw(numbers),
        draw(st.floats(0, 1)),
        tuple(zip(risks, falling, strict=True)),
    )


@given(_calibrations())
def test_a_calibration_survives_being_kept(calibration: Calibration) -> None:
    """To the last digit: a threshold that moves decides otherwise."""
    data = calibration_to_json(calibration, _MODEL, {"questions": "ours"})

    assert calibration_from_json(data, _MODEL) == calibration


@given(st.data())
def test_a_changed_byte_is_noticed_or_changes_nothing(data: st.DataObject) -> None:
    """Half a disk error must not decide what is answered."""
    kept = bytearray(calibration_to_json(_ALWAYS, _MODEL, {"questions": "ours"}))
    at = data.draw(st.integers(0, len(kept) - 1))
    kept[at] ^= data.draw(st.integers(1, 255))

    try:
        found = calibration_from_json(bytes(kept), _MODEL)
    except CalibrationFileError:
        return
    assert found == _ALWAYS


@given(st.binary(max_size=60))
def test_whatever_else_stands_there_is_refused(data: bytes) -> None:
    """With the one error that the caller knows."""
    with pytest.raises(CalibrationFileError):
        calibration_from_json(data, _MODEL)


def test_a_calibration_for_another_model_names_both() -> None:
    """Its cosines mean something else."""
    data = calibration_to_json(_ALWAYS, "other", {})

    with pytest.raises(CalibrationFileError, match=r"'other'.*'hash:256'"):
        calibration_from_json(data, _MODEL)


def test_a_calibration_of_another_version_names_both() -> None:
    """What its weights are for has changed, so they mean nothing."""
    data = calibration_to_json(_ALWAYS, _MODEL, {})
    older = data.replace(
        f'"evidence_version": {EVIDENCE_VERSION}'.encode(), b'"evidence_version": 1'
    )

    with pytest.raises(CalibrationFileError, match=f"version 1.*{EVIDENCE_VERSION}"):
        calibration_from_json(older, _MODEL)


def test_without_a_file_the_shipped_numbers_decide(tmp_path: Path) -> None:
    """And nothing is said about it."""
    assert calibration_of(tmp_path, _MODEL) is CALIBRATION


def test_a_damaged_file_is_warned_of_once_and_the_shipped_numbers_decide(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Questions go on being answered; the warning says what to do."""
    (tmp_path / CALIBRATION_FILE).write_bytes(b"{")
    kept = KeptCalibration(tmp_path)

    with caplog.at_level(logging.WARNING):
        found = {kept.current(_MODEL) for _ in range(3)}

    assert found == {CALIBRATION}
    (record,) = caplog.records
    assert "is damaged" in record.getMessage()
    assert "briefqa calibrate --reset" in record.getMessage()


def test_a_calibration_is_used_as_soon_as_it_is_kept_and_no_longer_than_that(
    tmp_path: Path,
) -> None:
    """A server that runs for weeks must not need to be started again."""
    kept = KeptCalibration(tmp_path)
    found = [kept.current(_MODEL)]
    write_calibration(tmp_path, calibration_to_json(_ALWAYS, _MODEL, {}))
    found.append(kept.current(_MODEL))
    write_calibration(tmp_path, calibration_to_json(_NEVER, _MODEL, {}))
    found.append(kept.current(_MODEL))
    assert remove_calibration(tmp_path)
    found.append(kept.current(_MODEL))

    assert found == [CALIBRATION, _ALWAYS, _NEVER, CALIBRATION]
    assert not remove_calibration(tmp_path)


def test_a_folder_that_cannot_be_written_is_an_error_of_the_index(tmp_path: Path) -> None:
    """Not a traceback."""
    with pytest.raises(IndexWriteError):
        write_calibration(tmp_path / "missing", b"{}")


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """An index of one brief, opened."""
    (tmp_path / "briefs").mkdir()
    (tmp_path / "briefs" / "a.txt").write_text("The harbour counts nine ships a day.\n")
    build_index(tmp_path / "briefs", tmp_path / "index", embedder="hash")
    with open_index(tmp_path / "index") as opened:
        yield opened


def test_answers_are_decided_by_what_is_kept_with_the_index(
    service: Service, tmp_path: Path
) -> None:
    """It holds for a service that is already open, and its risks do too."""
    question = "How do penguins cook?"
    before = service.ask(question)
    write_calibration(tmp_path / "index", calibration_to_json(_ALWAYS, service.model_id, {}))

    assert not before.answered
    assert service.ask(question).answered
    assert service.ask(question, risk=0.1).answered
    assert not service.ask(question, risk=0.001).answered


def test_a_service_s_own_risk_holds_where_a_question_names_none(
    service: Service, tmp_path: Path
) -> None:
    """`serve` and `ask` set it once."""
    write_calibration(tmp_path / "index", calibration_to_json(_ALWAYS, service.model_id, {}))

    with open_index(tmp_path / "index", risk=0.001) as careful:
        assert not careful.ask("How do penguins cook?").answered
        assert careful.ask("How do penguins cook?", risk=0.2).answered
