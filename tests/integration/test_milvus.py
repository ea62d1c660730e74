"""An index in Milvus answers as the folder does that it was copied from; milvus-lite stands in."""

import json
import os
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("milvus_lite", reason="milvus-lite is not installed")

from tests.milvus import lite_server

from briefqa.answering import CALIBRATION
from briefqa.assembly.building import build_index
from briefqa.assembly.calibration_file import (
    CALIBRATION_FILE,
    calibration_to_json,
    write_calibration,
)
from briefqa.assembly.checking import check_index
from briefqa.assembly.documents import put_into_index
from briefqa.assembly.keeping import collect_garbage, list_generations, roll_back
from briefqa.assembly.migrating import migrate
from briefqa.assembly.milvus import publishing
from briefqa.assembly.milvus.names import read_aliases
from briefqa.assembly.opening import open_texts
from briefqa.assembly.service import Service, open_index
from briefqa.backends.milvus.layout import CHUNK_ID, RECORD
from briefqa.backends.milvus.server import MilvusServer
from briefqa.cli.app import run
from briefqa.datatypes import Comparison, Condition
from briefqa.errors import (
    ConditionError,
    FolderNeededError,
    IndexDamagedError,
    IndexMissingError,
    NoGenerationError,
)
from briefqa.indexing import Generation
from briefqa.indexing.fields import EXTRA
from briefqa.retrieval import check_condition
from briefqa.wire import answer_to_wire, search_to_wire

if TYPE_CHECKING:
    from briefqa.protocols import Progress

_QUESTIONS = (
    "When was the harbour dredged?",
    "Who wrote the note on the ferry?",
    "what is it",
    "Wie tief ist der Hafen?",
    "How many people did the canal carry in 2024?",
)
_BRIEFS = {
    "harbour.md": "---\ntitle: Harbour\nauthors: [Ada Ærø, 'O\"Neil']\npublished: 2024-05-03\n"
    "tags: [ports, 'a%b_c']\ndepth: 7\nkind: \"back\\\\slash\"\n---\n# Harbour\n\n"
    "The harbour was dredged in 1998. It is seven metres deep.\n\n"
    "## Ships\n\nThe harbour takes ships of 9,000 tonnes.\n",
    "ferry.md": "---\ntitle: Ferry\nauthor: Bo\npublished: 2025\ntags: [boats]\ndepth: 12.5\n"
    "supersedes: old-ferry.md\nlanguage: en-GB\n---\n# Ferry\n\n"
    "The ferry began to sail in 1931. It is blue.\n",
    "old-ferry.md": "---\ntitle: Old ferry\npublished: 2023-11\n---\nThe ferry sails in 1930.\n",
    "hafen.md": "---\nlanguage: de\n---\nDer Hafen ist sieben Meter tief und wurde gebaggert.\n",
    "long.txt": "The canal carried 12,000 people in 2024. Wind is dear — “very”. 運河 😀\n\n" * 30,
    "marks.txt": "!!!\n\n???\n",
}


@dataclass(frozen=True, slots=True)
class Copied:
    """An index in a folder, and its copy."""

    folder: Path
    address: str
    server: MilvusServer


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Copied]:
    """An index of two generations, copied after each."""
    base = tmp_path_factory.mktemp("copied")
    os.environ["XDG_CACHE_HOME"] = str(base / "cache")
    briefs, folder, lite = base / "briefs", base / "index", base / "lite.db"
    briefs.mkdir()
    address = f"milvus-lite:{lite}"
    with lite_server(lite) as server:
        _write(briefs, list(_BRIEFS)[:2])
        build_index(briefs, folder, embedder="hash")
        migrate(str(folder), address)
        _write(briefs, list(_BRIEFS))
        build_index(briefs, folder)
        put_into_index("sent/note.txt", b"The lighthouse was lit in 1870.", folder)
        with open_texts(folder) as generation:
            model_id = generation.manifest.model_id
        own = replace(CALIBRATION, threshold=CALIBRATION.threshold / 2)
        write_calibration(folder, calibration_to_json(own, model_id, {}))
        migrate(str(folder), address)
        yield Copied(folder, address, server)
    os.environ.pop("XDG_CACHE_HOME")


def _write(folder: Path, names: list[str]) -> None:
    for name in names:
        (folder / name).write_text(_BRIEFS[name], encoding="utf-8")


@pytest.fixture(scope="module")
def both(copied: Copied) -> Iterator[tuple[Service, Service]]:
    """The folder and the copy, opened to be asked."""
    with open_index(copied.folder) as local, open_index(copied.address) as stored:
        yield local, stored


@pytest.fixture(scope="module")
def texts(copied: Copied) -> Iterator[tuple[Generation, Generation]]:
    """The folder and the copy, opened to be read."""
    with open_texts(copied.folder) as local, closing(open_texts(copied.address)) as stored:
        yield local, stored


@pytest.mark.parametrize("question", _QUESTIONS)
@pytest.mark.parametrize(
    "held_to",
    [{}, {"where": ["published>=2024"]}, {"as_of": "2024-06"}, {"where": ["author~o", "tag!=x"]}],
    ids=["all", "since", "as of", "two"],
)
def test_answers_and_receipts_are_those_of_the_folder(
    both: tuple[Service, Service], question: str, held_to: dict[str, object]
) -> None:
    """Where an index lies must not show in what it says, nor in what can be checked of it."""
    local, stored = (answer_to_wire(each.ask(question, **held_to)) for each in both)  # type: ignore[arg-type]

    assert {**stored, "took_ms": {}} == {**local, "took_ms": {}}


def test_searches_and_their_explanations_are_those_of_the_folder(
    both: tuple[Service, Service],
) -> None:
    """Scores of every stage, and what became of a document that was left out."""
    local, stored = both

    explained = [search_to_wire(*each.explain("ferry in 1930", top_k=20)) for each in both]
    missed = [each.why_not("old-ferry.md", "When did the ferry sail?") for each in both]

    assert {**explained[1], "took_ms": {}} == {**explained[0], "took_ms": {}}
    assert missed[1] == missed[0]
    assert stored.superseded() == local.superseded() != {}
    assert list(stored.documents()) == list(local.documents())
    assert stored.info == local.info
    assert stored.calibration == local.calibration != CALIBRATION


def test_what_was_indexed_is_read_back(texts: tuple[Generation, Generation]) -> None:
    """Texts, spans, vectors and signs of tokens are the very ones, so receipts hold."""
    local, stored = texts
    ids = local.catalogue.chunk_ids()

    assert stored.catalogue.chunk_ids() == ids
    assert stored.chunks(ids) == local.chunks(ids)
    assert list(stored.catalogue.embedding_keys()) == list(local.catalogue.embedding_keys())
    for info in local.documents():
        assert stored.document(info.doc_id) == local.document(info.doc_id)
    np.testing.assert_array_equal(stored.vectors.vectors(ids), local.vectors.vectors(ids))
    assert stored.tokens is not None
    assert local.tokens is not None
    for found, expected in zip(stored.tokens.tokens(ids), local.tokens.tokens(ids), strict=True):
        np.testing.assert_array_equal(found.ids, expected.ids)
        np.testing.assert_array_equal(found.starts, expected.starts)
        np.testing.assert_array_equal(found.codes, expected.codes)


_FIELDS = (
    "title", "author", "published", "tag", "language", "source", "doc_id", f"{EXTRA}depth",
    f"{EXTRA}kind", f"{EXTRA}supersedes",
)  # fmt: skip
_VALUES = st.one_of(
    st.sampled_from(
        ["Harbour", 'o"neil', 'O"', "a%b_c", "%", "_", "\\", "back\\slash", "kslash", "ports",
         "2024", "2024-05", "2024-05-03", "2025", "2023-11-30", "7", "12.5", "-3", "en", "de",
         "ærø", "aero", ".md", "sent/note.txt", '"', "'", "\n", "b_", "b%"]
    ),
    st.text(min_size=1, max_size=6),
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(
    parts=st.lists(
        st.tuples(st.sampled_from(_FIELDS), st.sampled_from(Comparison), _VALUES),
        min_size=1,
        max_size=3,
    )
)
def test_any_filter_finds_what_it_finds_in_the_folder(
    texts: tuple[Generation, Generation], parts: list[tuple[str, Comparison, str]]
) -> None:
    """A quote or a percent sign in a value is a value, never a part of an expression."""
    local, stored = texts
    conditions = []
    for part in parts:
        try:
            conditions.append(check_condition(Condition(*part)))
        except ConditionError:
            continue

    expected = list(local.documents_matching(conditions))
    assert list(stored.documents_matching(conditions)) == expected
    np.testing.assert_array_equal(
        stored.matching(conditions).positions, local.matching(conditions).positions
    )
    assert stored.undated(conditions) == local.undated(conditions)


def test_a_copy_comes_back_the_same(copied: Copied, tmp_path: Path) -> None:
    """Nothing is embedded again: ids, texts, hashes and vectors, and what lies beside them."""
    stages: list[Progress] = []

    done = migrate(copied.address, str(tmp_path / "back"), on_progress=stages.append)

    assert done.is_new
    assert {each.stage for each in stages} == {"writing"}
    assert not migrate(copied.address, str(tmp_path / "back")).is_new
    with open_texts(copied.folder) as first, open_texts(tmp_path / "back") as again:
        ids = first.catalogue.chunk_ids()
        assert again.manifest.generation == first.manifest.generation
        assert again.catalogue.chunk_ids() == ids
        assert again.chunks(ids) == first.chunks(ids)
        assert list(again.catalogue.fingerprints()) == list(first.catalogue.fingerprints())
        assert again.catalogue.files() == first.catalogue.files()
        assert again.sources == first.sources
    for name in ("vectors/rows.bin", "texts.bin", "tokens/codes.bin", "tokens/frequencies.bin"):
        files = [_file(each, name) for each in (copied.folder, tmp_path / "back")]
        assert files[0].read_bytes() == files[1].read_bytes()
    assert check_index(tmp_path / "back") == []
    uploads = [sorted((each / "uploads").iterdir()) for each in (copied.folder, tmp_path / "back")]
    assert [p.read_bytes() for p in uploads[1]] == [p.read_bytes() for p in uploads[0]] != []
    calibrations = [(each / CALIBRATION_FILE) for each in (copied.folder, tmp_path / "back")]
    assert calibrations[1].read_bytes() == calibrations[0].read_bytes()
    report = build_index(None, tmp_path / "back")
    assert report.embedded == 0
    assert not report.published


def _file(index: Path, name: str) -> Path:
    generation: str = json.loads((index / "CURRENT").read_text())["generation"]
    return index / "generations" / generation / name


def test_generations_are_listed_and_gone_back_to(copied: Copied) -> None:
    """Going back is one alias, and the newer generation waits in its place."""
    kept = list_generations(copied.address)
    newer, older = (each.generation for each in kept)
    assert [(each.is_serving, each.problem) for each in kept] == [(True, None), (False, None)]
    with open_index(copied.address) as service:
        assert roll_back(copied.address) == older
        service._index._looked = 0.0  # type: ignore[attr-defined]
        assert service.info.generation == older
        assert roll_back(copied.address, newer) == newer
    with pytest.raises(NoGenerationError):
        roll_back(copied.address, "0" * 20)
    assert check_index(copied.address) == []


def test_nothing_is_served_that_does_not_prove_itself(
    copied: Copied, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that loses rows must not be found out by those who ask."""
    (tmp_path / "briefs").mkdir()
    _write(tmp_path / "briefs", ["long.txt"])
    build_index(tmp_path / "briefs", tmp_path / "index", embedder="hash")
    before = [each.generation for each in list_generations(copied.address)]

    def lossy(self: MilvusServer, name: str, rows: list[dict[str, object]]) -> None:
        honest(self, name, rows[:-1] if CHUNK_ID in rows[0] else rows)

    honest = MilvusServer.insert
    monkeypatch.setattr(MilvusServer, "insert", lossy)
    with pytest.raises(IndexDamagedError, match="chunks instead of"):
        migrate(str(tmp_path / "index"), copied.address)

    def muddled(self: MilvusServer, name: str, rows: list[dict[str, object]]) -> None:
        for row in rows:
            if RECORD in row:
                row[RECORD] = [str(piece).replace("canal", "CANAL") for piece in row[RECORD]]  # type: ignore[attr-defined]
        honest(self, name, rows)

    monkeypatch.setattr(MilvusServer, "insert", muddled)
    with pytest.raises(IndexDamagedError, match="gives other words"):
        migrate(str(tmp_path / "index"), copied.address)

    assert [each.generation for each in list_generations(copied.address)] == before
    assert len(copied.server.names()) == 2 * len(before)


def test_what_lies_behind_an_alias_is_checked(tmp_path: Path) -> None:
    """Half an index is told apart from none, and from a server that is down."""
    (tmp_path / "briefs").mkdir()
    _write(tmp_path / "briefs", ["ferry.md"])
    build_index(tmp_path / "briefs", tmp_path / "index", embedder="hash")
    address = f"milvus-lite:{tmp_path / 'lite.db'}"
    with pytest.raises(IndexMissingError, match="briefqa migrate FOLDER"):
        open_index(address)

    with lite_server(tmp_path / "lite.db") as server:
        with pytest.raises(IndexMissingError, match="briefqa migrate FOLDER"):
            open_index(address)
        migrate(str(tmp_path / "index"), address)
        names = read_aliases(server).serving
        assert names is not None

        server.drop(names.records)
        assert run(["search", "ferry", "--index", address]) == 4
        with pytest.raises(IndexDamagedError, match="briefqa migrate FOLDER"):
            open_index(address)
        assert [each.path for each in check_index(address, fast=True)] == [names.records]

        assert migrate(str(tmp_path / "index"), address).is_new
        with open_index(address) as service:
            assert service.ask("When did the ferry begin to sail?").answered
        assert collect_garbage(address) == []


def test_a_server_that_is_down_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever runs it is told what cannot be reached, and scripts by exit code 5."""
    assert run(["ask", "--index", "milvus://127.0.0.1:9/briefs", "who?"]) == 5

    said = capsys.readouterr().err
    assert "milvus://127.0.0.1:9/briefs" in said
    assert "cannot be reached" in said
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["index", "briefs"],
        ["index"],
        ["documents", "remove", "a.md"],
        ["documents", "restore", "a.md"],
        ["calibrate", "--reset"],
    ],
)
def test_what_changes_an_index_says_that_it_needs_a_folder(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Better than an index in a folder that is called milvus: by accident."""
    code = run([*arguments, "--index", "milvus://127.0.0.1:9/briefs"])

    assert code == FolderNeededError.exit_code

    assert "briefqa migrate" in capsys.readouterr().err


def test_commands_read_an_index_in_milvus(
    copied: Copied, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """All that only reads takes an address in place of a folder."""
    there = ["--index", copied.address, "--json"]

    def printed(*arguments: str) -> dict[str, object]:
        assert run([*arguments, *there]) == 0
        found: dict[str, object] = json.loads(capsys.readouterr().out)
        return found

    answer = printed("ask", "When was the harbour dredged?")
    (tmp_path / "answer.json").write_text(json.dumps(answer))
    assert run(["verify", str(tmp_path / "answer.json"), "--no-sources", *there]) == 0
    capsys.readouterr()
    assert answer["answered"]
    assert len(printed("documents", "list")["documents"]) == 7  # type: ignore[arg-type]
    assert printed("documents", "show", "ferry.md")["title"] == "Ferry"
    assert printed("check")["sound"]
    assert printed("generations", "list")["generations"]
    assert run(["doctor", *there]) == 0
    checks = {
        each["name"]: each["detail"] for each in json.loads(capsys.readouterr().out)["checks"]
    }
    assert {"pymilvus", "index", "index model"} <= checks.keys()
    assert f"7 documents, 12 chunks, in {copied.address}" in checks["index"]


def test_a_migration_between_folders_is_a_mistake(tmp_path: Path) -> None:
    """There is nothing that copying files does not do."""
    assert run(["migrate", str(tmp_path), str(tmp_path / "b")]) == 2
    assert run(["migrate", str(tmp_path), "milvus://no host/x"]) == 2


def test_the_writer_needs_no_room_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows are sent a few MB at a time, however long one is."""
    sent: list[int] = []
    monkeypatch.setattr(MilvusServer, "insert", lambda _, __, rows: sent.append(len(rows)))
    monkeypatch.setattr(MilvusServer, "__init__", lambda *_: None)
    server = MilvusServer(None)  # type: ignore[arg-type] # nothing is connected

    batch = publishing.Batch(server, "x")
    for _ in range(50):
        batch.add({"text": "x" * 500_000})
    batch.send()

    assert sum(sent) == 50
    assert max(sent) <= 4
