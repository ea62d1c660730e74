"""The state of each document, before a change and after it."""

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from briefqa.datatypes import DocId
from briefqa.indexing.fingerprints import Fingerprints
from briefqa.indexing.manifest import Fingerprint

# Some that SQLite and Python could sort differently.
_IDS = st.sampled_from(["a", "b", "B", "a/b", "ä", "z", "\U0001f600", "\uffff", ""])
_STATES = st.dictionaries(_IDS, st.tuples(*[st.sampled_from("xy")] * 4), max_size=6)


def _fingerprints(state: dict[str, tuple[str, ...]]) -> list[Fingerprint]:
    return [Fingerprint(DocId(doc_id), *values) for doc_id, values in state.items()]


@settings(max_examples=40)
@given(before=_STATES, wanted=_STATES)
def test_changes_are_those_of_two_mappings(
    before: dict[str, tuple[str, ...]], wanted: dict[str, tuple[str, ...]]
) -> None:
    """A report of a sync that tells of another change, or in any order, cannot be relied on."""
    old = {each.doc_id: each for each in _fingerprints(before)}
    new = {each.doc_id: each for each in _fingerprints(wanted)}
    with tempfile.TemporaryDirectory() as folder:
        kept = Fingerprints(Path(folder, "fingerprints.sqlite"))
        kept.add_before(old.values())
        for each in new.values():
            assert kept.add(each, is_read=each.doc_id in old) is None

        assert list(kept) == [new[doc_id] for doc_id in sorted(new)]
        assert len(kept) == len(new)
        assert list(kept.origins()) == [(doc_id, doc_id in old) for doc_id in sorted(new)]
        assert kept.added() == tuple(sorted(new.keys() - old.keys()))
        assert kept.removed() == tuple(sorted(old.keys() - new.keys()))
        assert kept.changed() == tuple(
            doc_id
            for doc_id in sorted(new.keys() & old.keys())
            if _content(new[doc_id]) != _content(old[doc_id])
        )
        for source in "xy":
            of_source = sorted(doc_id for doc_id in old if old[doc_id].source == source)
            assert [each.doc_id for each in kept.before_of(source)] == of_source
        kept.close()


def _content(each: Fingerprint) -> tuple[str, str, str]:
    return each.source, each.text_sha256, each.metadata_sha256


def test_of_two_documents_with_one_id_the_first_stays(tmp_path: Path) -> None:
    """Which file has it already is told to whoever comes second."""
    first, second = (Fingerprint(DocId("x"), name, "f", "t", "m") for name in ("a", "b"))
    kept = Fingerprints(tmp_path / "fingerprints.sqlite")

    assert kept.add(first, is_read=True) is None
    assert kept.add(second, is_read=True) == "a"
    assert list(kept) == [first]
    kept.close()
