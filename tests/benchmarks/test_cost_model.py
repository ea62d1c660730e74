"""What is reckoned for large sizes holds together, and the page says what was reckoned."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from costs import Form, Inputs, deploy, embedding, forms, stored, words_ms
from hypothesis import given
from hypothesis import strategies as st

_ROOT = Path(__file__).parents[2]
_INPUTS = Inputs()
_SIZES = st.floats(min_value=1e5, max_value=1e10)
_TIMES = st.floats(min_value=1, max_value=100)
_FORMS = st.sampled_from(forms(_INPUTS))


@given(_FORMS, _SIZES, _TIMES)
def test_more_passages_never_cost_less(form: Form, size: float, times: float) -> None:
    """A model in which size makes anything cheaper is wrong, whatever its numbers are."""
    few, many = (deploy(passages, form, _INPUTS) for passages in (size, size * times))

    assert form.ms(size) <= form.ms(size * times)
    assert words_ms(size, _INPUTS) <= words_ms(size * times, _INPUTS)
    assert few.machines <= many.machines
    assert few.shards <= many.shards
    assert few.month_low <= many.month_low
    assert embedding(size, _INPUTS) <= embedding(size * times, _INPUTS)


@given(_FORMS, _SIZES)
def test_no_shard_is_slower_than_allowed(form: Form, size: float) -> None:
    """A shard is what one core searches in time; a plan that is late is none."""
    plan = deploy(size, form, _INPUTS)

    assert form.ms(size / plan.shards) <= _INPUTS.stage_ms
    assert words_ms(size / plan.shards, _INPUTS) <= _INPUTS.stage_ms


@given(_FORMS, _SIZES)
def test_what_is_held_fits_the_machines(form: Form, size: float) -> None:
    """Memory and disk of all copies are there, with the share left free that was asked for."""
    plan = deploy(size, form, _INPUTS)
    parts = stored(_INPUTS)
    on_disk = sum(parts.values()) - parts["vector, float32"] + form.disk

    for held, room in ((form.memory, _INPUTS.memory_gb), (on_disk, _INPUTS.disk_gb)):
        needed = _INPUTS.replicas * size * held
        assert needed <= plan.machines * room * 1e9 * _INPUTS.usable * (1 + 1e-9)


@given(st.integers(8, 4096), st.integers(1, 8192), st.integers(0, 100_000))
def test_the_bytes_of_a_passage_add_up(dim: int, tokens: int, text: int) -> None:
    """The whole is worked out here another way: what each more of something adds."""
    inputs = replace(_INPUTS, dim=dim, tokens=tokens, text_bytes=text)

    whole = sum(stored(inputs).values())

    fixed = _INPUTS.catalogue_bytes + _INPUTS.words_bytes
    assert whole == 4 * dim + tokens * (-(-dim // 8) + 8) + text + fixed


def test_the_model_gives_back_what_was_measured() -> None:
    """At the size that was measured it says what was measured."""
    ms = {form.milvus: form.ms(1e6) for form in forms(_INPUTS)}

    assert ms["FLAT"] == pytest.approx(119)
    assert ms["HNSW"] == pytest.approx(0.2)
    assert ms["IVF_SQ8"] == pytest.approx(1.5)
    # A second size, from which nothing was fitted.
    assert forms(_INPUTS)[0].ms(1e5) == pytest.approx(11, rel=0.1)
    assert words_ms(11_925, _INPUTS) == pytest.approx(0.6, rel=0.1)


def test_the_page_holds_what_the_program_prints(tmp_path: Path) -> None:
    """Figures that were typed by hand would be wrong after the next change."""
    page = (_ROOT / "docs" / "explanation" / "scale.md").read_text(encoding="utf-8")
    plot = _ROOT / "docs" / "images" / "cost-model.svg"
    program = str(_ROOT / "benchmarks" / "cost_model.py")

    done = subprocess.run(
        [sys.executable, program, "--svg", str(tmp_path / "plot.svg")],
        capture_output=True,
        text=True,
        check=True,
    )
    tables = done.stdout.strip().split("\n\n")

    assert len(tables) == 5
    assert [table for table in tables if table not in page] == []
    assert (tmp_path / "plot.svg").read_bytes() == plot.read_bytes()
