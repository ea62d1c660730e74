"""An index that was made otherwise than what now wants to read it."""

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from tests.faults.trial import Sample, Trial
from tests.models import write_tiny_model

from briefqa.assembly.building import build_index
from briefqa.assembly.exports import MODELS_FOLDER
from briefqa.assembly.service import Service
from briefqa.chunking import ChunkingOptions
from briefqa.errors import IndexFileError
from briefqa.indexing import FORMAT, GenerationRef, read_current
from briefqa.indexing.current import replace_current

_MODEL = "hash:32"
_EXIT_CODE = 4


@dataclass(frozen=True, slots=True)
class _Place:
    """Documents, an index of them, and the model that made it."""

    briefs: Path
    index: Path
    model: str


@dataclass(frozen=True, slots=True)
class _Case:
    """``change`` makes the index unfit for ``wanted``; a refusal must hold the words ``named``."""

    point: str
    change: Callable[[_Place], object]
    wanted: str | None = None
    named: tuple[str, ...] = ()


def mismatch_trials(name: str, place: Path, sample: Sample) -> Iterator[Trial]:
    """Ask and index after the model, its files or the format have changed."""
    cases = [
        _Case("another model is wanted", lambda _: None, "hash:64", (_MODEL, "hash:64")),
        *(
            _Case(f"{file} has format {other}", change, None, (f"format {other}", str(FORMAT)))
            for other in (FORMAT - 1, FORMAT + 1)
            for file, change in (
                ("CURRENT", lambda at, other=other: _set_format(at.index / "CURRENT", other)),
                ("the manifest", lambda at, other=other: _set_manifest_format(at.index, other)),
            )
        ),
    ]
    for number in sample.of(range(len(cases))):
        at = _built(place / str(number), _MODEL)
        cases[number].change(at)
        yield _tried(name, cases[number], at)
    yield _other_chunking(name, _built(place / "chunking", _MODEL))


def model_file_trials(name: str, place: Path, sample: Sample) -> Iterator[Trial]:
    """Ask and index after a model of the same name and width has got other files."""
    models = {
        seed: write_tiny_model(place / f"seed {seed}", seed=seed, prompts={}) for seed in (1, 2)
    }
    changes: dict[str, Callable[[Path], object]] = {
        "other weights of the same width": lambda folder: _copied(
            models[2] / "model.safetensors", folder
        ),
        "another tokenizer": _lower_case_no_more,
    }
    for number in sample.of(range(len(changes))):
        point = list(changes)[number]
        folder = place / f"model {number}"
        shutil.copytree(models[1], folder)
        at = _built(place / str(number), f"sentence-transformers:{folder}")
        exported = Service(at.index).model_id
        changes[point](folder)
        problems = []
        if Service(at.index).model_id != exported:
            problems.append("the index no longer answers with the weights that it was built with")
        shutil.rmtree(at.index / MODELS_FOLDER)
        # Both ids name the model alike, and its files differently.
        tried = _tried(name, _Case(point, lambda _: None, None, (exported, at.model)), at)
        yield replace(tried, problems=(*problems, *tried.problems))


def _built(place: Path, model: str) -> _Place:
    briefs, index = place / "briefs", place / "index"
    briefs.mkdir(parents=True)
    for name in ("a", "b"):
        lines = "".join(f"port {name} has ship number {n}.\n\n" for n in range(9))
        (briefs / f"{name}.txt").write_text(lines, encoding="utf-8")
    build_index(briefs, index, embedder=model)
    return _Place(briefs, index, model)


def _tried(name: str, case: _Case, at: _Place) -> Trial:
    problems = [*_wrong_refusal(case, at), *_wrong_rebuild(case, at)]
    return Trial(name, "-", case.point, "refused", tuple(problems))


def _wrong_refusal(case: _Case, at: _Place) -> Iterator[str]:
    try:
        Service(at.index, embedder=case.wanted).close()
    except IndexFileError as error:
        words = (*case.named, "briefqa index")
        if missing := [word for word in words if word not in str(error)]:
            yield f"the refusal does not say {missing}: {error}"
        if error.exit_code != _EXIT_CODE:
            yield f"refused with exit code {error.exit_code}"
    else:
        yield "the index answers all the same"


def _wrong_rebuild(case: _Case, at: _Place) -> Iterator[str]:
    report = build_index(at.briefs, at.index, embedder=case.wanted or at.model)
    if not report.published or report.embedded != report.chunks:
        yield f"indexing again embeds {report.embedded} of {report.chunks} chunks"
    with Service(at.index, embedder=case.wanted) as service:
        if [info.doc_id for info in service.documents()] != ["a.txt", "b.txt"]:
            yield "indexing again loses documents"
        if service.degraded is not None:
            yield f"degraded after indexing again: {service.degraded}"


def _other_chunking(name: str, at: _Place) -> Trial:
    before = read_current(at.index).serving.generation
    report = build_index(at.briefs, at.index, chunking=ChunkingOptions(size=16, prefix=8))
    problems = []
    if report.generation == before or not report.published:
        problems.append("indexing again keeps chunks that were cut otherwise")
    return Trial(name, "-", "chunking has changed", "rebuilt", tuple(problems))


def _set_format(path: Path, number: int) -> bytes:
    """Rewrite a file of JSON as another version would, and return what it holds then."""
    record = json.loads(path.read_bytes())
    record["format"] = number
    path.write_text(json.dumps(record), encoding="utf-8")
    return path.read_bytes()


def _set_manifest_format(index: Path, number: int) -> None:
    current = read_current(index)
    serving = current.serving
    data = _set_format(serving.folder(index) / "manifest.json", number)
    ref = GenerationRef(serving.generation, hashlib.sha256(data).hexdigest())
    replace_current(index, replace(current, serving=ref))


def _copied(file: Path, folder: Path) -> None:
    shutil.copyfile(file, folder / file.name)


def _lower_case_no_more(folder: Path) -> None:
    path = folder / "tokenizer.json"
    tokenizer = json.loads(path.read_bytes())
    tokenizer["normalizer"]["lowercase"] = not tokenizer["normalizer"]["lowercase"]
    path.write_text(json.dumps(tokenizer), encoding="utf-8")
