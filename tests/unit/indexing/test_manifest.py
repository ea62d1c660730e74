"""Generation ids and manifests."""

import hashlib
import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefqa.datatypes import DocId
from briefqa.errors import IndexDamagedError, IndexFormatError
from briefqa.indexing.manifest import (
    FORMAT,
    FileEntry,
    Fingerprint,
    Manifest,
    Recipe,
    generation_id,
)

RECIPE = Recipe("hash:8", 8, {"size": 20, "prefix": 4}, {"ocr": None}, 1, 1, tokens=True)
FINGERPRINTS = [Fingerprint(DocId(name), f"{name}.md", "f", "t", "m") for name in "abcd"]
MANIFEST = Manifest("0" * 20, RECIPE, 4, 9, {"texts.bin": FileEntry("aa", 7)})


@given(st.lists(st.sampled_from(FINGERPRINTS)))
def test_id_is_the_hash_of_one_record_of_all(documents: list[Fingerprint]) -> None:
    """It is made piece by piece; an index built before that must keep its id."""
    record = {
        "format": FORMAT,
        "recipe": asdict(RECIPE),
        "documents": [list(asdict(each).values()) for each in documents],
    }
    whole = json.dumps(record, sort_keys=True, separators=(",", ":"))

    assert generation_id(RECIPE, documents) == hashlib.sha256(whole.encode()).hexdigest()[:20]


@pytest.mark.parametrize(
    "name", ["doc_id", "source", "file_sha256", "text_sha256", "metadata_sha256"]
)
def test_any_change_of_a_document_changes_the_id(name: str) -> None:
    """A generation of one id must hold what its id says, or an update is missed."""
    other = Fingerprint(**(asdict(FINGERPRINTS[-1]) | {name: "other"}))
    changed = [*FINGERPRINTS[:-1], other]

    assert generation_id(RECIPE, changed) != generation_id(RECIPE, FINGERPRINTS)


@pytest.mark.parametrize(
    "recipe",
    [
        replace(RECIPE, model_id="hash:9"),
        replace(RECIPE, dim=9),
        replace(RECIPE, tokens=False),
        replace(RECIPE, chunking={"size": 21, "prefix": 4}),
        replace(RECIPE, chunking_version=2),
        replace(RECIPE, reader_version=2),
    ],
)
def test_any_change_of_the_recipe_changes_the_id(recipe: Recipe) -> None:
    """Vectors of another model or cut must never pass for these."""
    assert generation_id(recipe, FINGERPRINTS) != generation_id(RECIPE, FINGERPRINTS)


def test_manifest_comes_back_from_its_bytes() -> None:
    """What is not read back cannot be checked."""
    assert Manifest.from_bytes(MANIFEST.to_bytes(), Path("manifest.json")) == MANIFEST


@pytest.mark.parametrize("data", [b"", b"[]", b"null", b"{", b'{"format": 4}', b"\xff", b'"x"'])
def test_junk_is_named_as_damage(data: bytes) -> None:
    """A reader sees which file is bad, not a KeyError."""
    with pytest.raises(IndexDamagedError, match=r"manifest\.json"):
        Manifest.from_bytes(data, Path("manifest.json"))


def test_manifest_of_another_format_is_told_from_damage() -> None:
    """A newer index is whole; the advice is another than for a damaged one."""
    data = MANIFEST.to_bytes().replace(b'"format": 4', b'"format": 5')

    with pytest.raises(IndexFormatError, match="format 5"):
        Manifest.from_bytes(data, Path("manifest.json"))
