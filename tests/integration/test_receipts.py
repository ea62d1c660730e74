"""Every citation of every answer can be checked without us, and no forgery passes."""

import ast
import json
import random
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.integration.model_index import ModelIndex
from tests.integration.processes import ROOT, run_python

from briefqa import Service, build_index, open_index
from briefqa.wire import answer_to_wire, receipts_from_wire

pytestmark = pytest.mark.model

_SCRIPT = ROOT / "examples" / "verify_receipt.py"
_QUESTIONS = Path(__file__).with_name("questions.json")

# Any: a citation as JSON gives it.
_Citation = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """An index, and every answer that 60 questions or more drew from it."""

    sources: Path
    index: Path
    service: Service
    answers: list[dict[str, Any]]

    @property
    def citations(self) -> list[_Citation]:
        """All citations of all answers, numbered afresh."""
        found = [citation for answer in self.answers for citation in answer["citations"]]
        return [citation | {"number": number} for number, citation in enumerate(found)]


@pytest.fixture(scope="module", params=["seeds", "shared"])
def asked(
    request: pytest.FixtureRequest,
    model_index: ModelIndex,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Asked]:
    """The project's own seeds, then the documents that they are digests of."""
    questions: list[str] = json.loads(_QUESTIONS.read_text(encoding="utf-8"))
    sources, index = model_index.sources, model_index.folder
    if request.param == "shared":
        shared: Path = request.getfixturevalue("shared")
        sources, index = shared / "seeds", tmp_path_factory.mktemp("shared-index")
        lines = shared / "data" / "seeds_qa" / "questions.jsonl"
        if not sources.is_dir() or not lines.is_file():
            pytest.skip("BRIEFQA_SHARED has no seeds with questions over them")
        text = lines.read_text(encoding="utf-8")
        questions += [json.loads(line)["question"] for line in text.splitlines()]
        model_index.share_model_with(index)
        build_index(sources, index)
    assert len(set(questions)) >= 60
    with open_index(index) as service:
        answers = [json.loads(json.dumps(answer_to_wire(service.ask(q)))) for q in questions]
        yield Asked(sources, index, service, answers)


def _check_apart(
    citations: list[_Citation], index: Path, sources: Path, folder: Path
) -> dict[int, str]:
    """Have the script check ``citations``; return what it says of each number."""
    file = folder / "answer.json"
    file.write_text(json.dumps({"citations": citations}), encoding="utf-8")

    done = run_python(_SCRIPT, file, index, sources)

    said = dict(line.removeprefix(f"{file} ").split(" ", 1) for line in done.stdout.splitlines())
    assert done.returncode == any(verdict != "holds" for verdict in said.values()), done.stderr
    return {int(number.strip("[]")): verdict for number, verdict in said.items()}


def test_script_needs_nothing_but_python_and_a_minute_to_read() -> None:
    """It is proof only for who can see that it does not ask us."""
    text = _SCRIPT.read_text(encoding="utf-8")
    tree = ast.walk(ast.parse(text))
    imports = [node for node in tree if isinstance(node, ast.Import | ast.ImportFrom)]
    names = {
        name.partition(".")[0]
        for found in imports
        for name in (
            [found.module or "."]
            if isinstance(found, ast.ImportFrom)
            else [alias.name for alias in found.names]
        )
    }

    assert "hashlib" in names
    assert names <= sys.stdlib_module_names
    assert len([line for line in text.splitlines() if line.strip()]) <= 40


def test_every_receipt_holds(asked: Asked, tmp_path: Path) -> None:
    """Nothing is emitted that does not verify: each answer as the terminal would print it."""
    files: list[Path] = []
    for number, answer in enumerate(asked.answers):
        files.append(tmp_path / f"{number}.json")
        files[-1].write_text(json.dumps(answer), encoding="utf-8")

    done = run_python(_SCRIPT, *files, asked.index, asked.sources)

    lines = done.stdout.splitlines()
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(lines) == len(asked.citations) >= 60
    assert all(line.endswith(" holds") for line in lines)
    receipts = receipts_from_wire(asked.citations)
    checks = asked.service.verify(receipts, locate=asked.sources.joinpath)
    assert [check.problem for check in checks] == [None] * len(lines)


def _other_character(text: str, at: int) -> str:
    return text[:at] + ("y" if text[at] == "x" else "x") + text[at + 1 :]


def _forgeries(asked: Asked, draw: random.Random) -> Iterator[tuple[str, _Citation]]:
    """Yield every citation with one thing changed, and what that is."""
    documents = {info.doc_id: info for info in asked.service.documents()}
    for true in asked.citations:
        size = len(asked.service.document(true["doc_id"]).text)
        for field in ("quote", "text_sha256", "file_sha256"):
            at = draw.randrange(len(true[field]))
            yield field, true | {field: _other_character(true[field], at)}
        for step in (-1, 1):
            yield "start", true | {"start": true["start"] + step}
            yield "end", true | {"end": true["end"] + step}
            moved = {"start": true["start"] + step, "end": true["end"] + step}
            yield "both offsets", true | moved
        yield "from the end", true | {"start": true["start"] - size, "end": true["end"] - size}
        yield "beyond the end", true | {"start": size, "end": size + 9}
        yield "nothing quoted", true | {"end": true["start"], "quote": ""}
        other = draw.choice([info for i, info in documents.items() if i != true["doc_id"]])
        yield "document", true | {"doc_id": other.doc_id, "source": other.source}


def test_every_forged_receipt_is_caught(asked: Asked, tmp_path: Path) -> None:
    """One character, digit or place off, in any citation: caught apart from us, and by us."""
    draw = random.Random(7)  # noqa: S311 - no secret
    forged = list(_forgeries(asked, draw))
    citations = [citation | {"number": at} for at, (_, citation) in enumerate(forged)]

    apart = _check_apart(citations, asked.index, asked.sources, tmp_path)
    checks = asked.service.verify(receipts_from_wire(citations), locate=asked.sources.joinpath)

    assert len(apart) == len(forged)
    assert {forged[at][0] for at, verdict in apart.items() if verdict == "holds"} == set()
    assert {what for (what, _), check in zip(forged, checks, strict=True) if check.holds} == set()


def _flip_a_byte(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


def test_a_changed_byte_of_a_source_file_is_caught(asked: Asked, tmp_path: Path) -> None:
    """Exactly the citations of that file fall, wherever in it the byte is."""
    draw = random.Random(11)  # noqa: S311 - no secret
    cited = sorted({citation["source"] for citation in asked.citations})
    assert len(cited) >= 3
    for turn, source in enumerate(cited):
        copy = tmp_path / str(turn)
        shutil.copytree(asked.sources, copy, copy_function=shutil.copyfile)
        (copy / source).chmod(0o644)
        _flip_a_byte(copy / source, draw.randrange((copy / source).stat().st_size))

        apart = _check_apart(asked.citations, asked.index, copy, tmp_path)
        checks = asked.service.verify(receipts_from_wire(asked.citations), locate=copy.joinpath)

        broken = {c["number"] for c in asked.citations if c["source"] == source}
        assert {number for number, verdict in apart.items() if verdict != "holds"} == broken
        assert {check.receipt.number for check in checks if not check.holds} == broken


def test_a_changed_byte_of_a_canonical_text_is_caught(asked: Asked, tmp_path: Path) -> None:
    """Who alters the words in the index, to fit a quote, alters their hash."""
    copy = tmp_path / "index"
    leave_out: Callable[..., set[str]] = shutil.ignore_patterns("models")
    shutil.copytree(asked.index, copy, ignore=leave_out)
    (texts,) = copy.glob("generations/*/texts.bin")
    _flip_a_byte(texts, texts.stat().st_size // 3)

    apart = _check_apart(asked.citations, copy, asked.sources, tmp_path)

    broken = {number for number, verdict in apart.items() if verdict != "holds"}
    documents = {c["doc_id"] for c in asked.citations if c["number"] in broken}
    assert len(documents) == 1
    assert broken == {c["number"] for c in asked.citations if c["doc_id"] in documents}
