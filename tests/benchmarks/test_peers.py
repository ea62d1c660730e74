"""The comparison goes on where it was interrupted, and one failure costs only its own figures."""

import sys
from pathlib import Path

import peers
import pytest
from compared.contenders import OURS, Contender


@pytest.fixture
def bench(tmp_path: Path) -> peers.Bench:
    """Two peers, whose indexes are there."""
    names = (OURS, "txtai", "chroma")
    python, model = Path(sys.executable), tmp_path
    found = {name: Contender(name, python, model, tmp_path / name) for name in names}
    for each in found.values():
        each.index.mkdir(parents=True)
    return peers.Bench(found.pop(OURS), found, [], 1)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The contenders that were measured, in order; Chroma fails the first time."""
    order: list[str] = []

    def measure(_bench: peers.Bench, contender: Contender) -> peers.Figures:
        order.append(contender.name)
        if contender.name == "chroma" and order.count("chroma") == 1:
            msg = "it crashed"
            raise RuntimeError(msg)
        return {"seconds": len(order)}

    monkeypatch.setitem(peers.MEASURES, "warm", measure)
    return order


def test_each_peer_is_measured_right_after_us(bench: peers.Bench, asked: list[str]) -> None:
    """A ratio of two moments far apart would compare the machine with itself."""
    peers.measure_all(bench, ["warm"], 1, {}, lambda: None)

    assert asked == [OURS, "txtai", OURS, "chroma"]


def test_what_failed_is_tried_again_and_nothing_else(bench: peers.Bench, asked: list[str]) -> None:
    """Twenty minutes are not measured twice for one crash."""
    results: peers.Figures = {}
    kept: list[int] = []

    first = peers.measure_all(bench, ["warm"], 1, results, lambda: kept.append(1))
    before = len(asked)
    second = peers.measure_all(bench, ["warm"], 1, results, lambda: kept.append(1))
    third = peers.measure_all(bench, ["warm"], 1, results, lambda: kept.append(1))

    assert (first, second, third) == (1, 0, 0)
    assert asked[before:] == [OURS, "chroma"]
    assert [pair["peer"] for pair in results["warm"]] == ["txtai", "chroma"]
    assert len(kept) == 2


def test_a_peer_without_a_server_is_not_asked_over_http(
    bench: peers.Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only what a program brings is compared."""
    results: peers.Figures = {}
    monkeypatch.setitem(peers.MEASURES, "server", lambda _bench, contender: {"n": contender.name})

    peers.measure_all(bench, ["server"], 1, results, lambda: None)

    assert {pair["peer"] for pair in results["server"]} == {"txtai"}
    assert [pair["round"] for pair in results["server"]] == [0, 1, 2]
