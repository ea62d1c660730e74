"""Which documents a search is held to, by what they state and what takes their place."""

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from briefqa.datatypes import Comparison, Condition, DocId
from briefqa.indexing.fields import DATED, Predicate, needs_date, predicate_of, statement_of
from briefqa.indexing.recent import Recent
from briefqa.indexing.superseding import Rows, Superseding, read_superseding
from briefqa.protocols import Selection

_KEPT = 8
_NAMES = {"doc_id", "source"}
_UNTIL = {
    Comparison.LESS: Comparison.LESS,
    Comparison.AT_MOST: Comparison.AT_MOST,
    Comparison.EQUAL: Comparison.AT_MOST,
}

_Conditions = tuple[Condition, ...]

Mask = NDArray[np.bool_]
"""What is true of each document, in the order in which they were added; shape (documents,)."""


class Facts(Protocol):
    """What a catalogue knows of its documents, each by its number in the order added."""

    def found(self, predicate: Predicate, /) -> Iterable[int]:
        """Return the documents that ``predicate`` finds, negated or not."""
        ...

    def chunk_counts(self) -> NDArray[np.int64]:
        """Return how many chunks each document has, shape (documents,)."""
        ...

    def superseding(self) -> Superseding:
        """Return which documents take the place of which."""
        ...


class StatedFacts:
    """What the tables of a catalogue say."""

    def __init__(self, rows: Rows) -> None:
        """Read a catalogue; ``rows`` runs statements on its database."""
        self._rows = rows

    def found(self, predicate: Predicate, /) -> Iterable[int]:
        """Return the documents that ``predicate`` finds, negated or not."""
        statement, values = statement_of(predicate)
        return (number for (number,) in self._rows(statement, *values))

    def chunk_counts(self) -> NDArray[np.int64]:
        """Return how many chunks each document has, shape (documents,)."""
        rows = self._rows("SELECT chunks FROM documents ORDER BY number")
        return np.array(rows, dtype=np.int64).reshape(-1)

    def superseding(self) -> Superseding:
        """Return which documents take the place of which."""
        return read_superseding(self._rows)


class Selector:
    """Selects documents and their chunks; the last few selections are kept at hand.

    All conditions must be ones that `check_condition` returned.
    """

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._selected = Recent[_Conditions, Selection](_KEPT)
        self._searched = Recent[_Conditions, Selection](_KEPT)
        self._undated = Recent[_Conditions, int](_KEPT)
        self._superseded = Recent[_Conditions, dict[DocId, tuple[DocId, ...]]](_KEPT)
        self._outdated = Recent[_Conditions, dict[int, tuple[int, ...]]](_KEPT)

    @cached_property
    def superseding(self) -> Superseding:
        """Which documents take the place of which."""
        return self._facts.superseding()

    @cached_property
    def _chunk_counts(self) -> NDArray[np.int64]:
        return self._facts.chunk_counts()

    def matching(self, conditions: Sequence[Condition]) -> Selection:
        """Return the chunks of the documents that satisfy all ``conditions``."""
        return self._selected.one(tuple(conditions), self._selection)

    def searched(self, conditions: Sequence[Condition]) -> Selection | None:
        """Return the same without documents in whose place there is another; None for all.

        Where the conditions name a last date of publication, documents are as they stood
        then: only one published by then takes another's place. One that the conditions
        name by id or source is searched for all that.
        """
        if not conditions and not self.superseding.newer:
            return None
        return self._searched.one(tuple(conditions), self._search)

    def superseded(self, conditions: Sequence[Condition]) -> dict[DocId, tuple[DocId, ...]]:
        """Return what `searched` leaves out of `matching`, and what stands in its place."""
        if not self.superseding.newer:
            return {}
        return dict(self._superseded.one(tuple(conditions), self._find_superseded))

    def undated(self, conditions: Sequence[Condition]) -> int:
        """Count the documents that only want of a date keeps from being searched."""
        return self._undated.one(tuple(conditions), self._count_undated)

    def _selection(self, conditions: _Conditions) -> Selection:
        is_kept = self._satisfying(conditions)
        return Selection(np.flatnonzero(np.repeat(is_kept, self._chunk_counts)))

    def _search(self, conditions: _Conditions) -> Selection:
        is_kept = self._satisfying(conditions)
        is_kept[list(self._outdated.one(conditions, self._find_outdated))] = False
        return Selection(np.flatnonzero(np.repeat(is_kept, self._chunk_counts)))

    def _count_undated(self, conditions: _Conditions) -> int:
        others = [condition for condition in conditions if not needs_date(condition)]
        if len(others) == len(conditions):
            return 0
        is_kept = self._satisfying(others) & ~self._found(DATED)
        is_kept[list(self._outdated.one(conditions, self._find_outdated))] = False
        return int(np.count_nonzero(is_kept))

    def _find_superseded(self, conditions: _Conditions) -> dict[DocId, tuple[DocId, ...]]:
        is_kept, doc_ids = self._satisfying(conditions), self.superseding.doc_ids
        found = {
            doc_ids[older]: tuple(sorted(doc_ids[each] for each in newer))
            for older, newer in self._outdated.one(conditions, self._find_outdated).items()
            if is_kept[older]
        }
        return dict(sorted(found.items()))

    def _find_outdated(self, conditions: _Conditions) -> dict[int, tuple[int, ...]]:
        """Return the documents in whose place there is another, and those next to each."""
        superseding = self.superseding
        if not superseding.newer or any(
            each.field in _NAMES and each.comparison is Comparison.EQUAL for each in conditions
        ):
            return {}
        is_there = self._satisfying(_until(conditions))
        return superseding.left_out(lambda number: bool(is_there[number]))

    def satisfying(self, conditions: Sequence[Condition]) -> list[int]:
        """Return the numbers of the documents that satisfy all ``conditions``."""
        return np.flatnonzero(self._satisfying(conditions)).tolist()

    def _satisfying(self, conditions: Iterable[Condition]) -> Mask:
        # Not all in one statement: SQLite takes three times as long to join what it has found.
        is_kept = np.ones(len(self._chunk_counts), dtype=np.bool_)
        for condition in conditions:
            predicate = predicate_of(condition)
            is_found = self._found(predicate)
            is_kept &= ~is_found if predicate.is_negated else is_found
        return is_kept

    def _found(self, predicate: Predicate) -> Mask:
        """Return which documents ``predicate`` finds, negated or not."""
        is_found = np.zeros(len(self._chunk_counts), dtype=np.bool_)
        is_found[np.fromiter(self._facts.found(predicate), dtype=np.int64)] = True
        return is_found


def _until(conditions: Iterable[Condition]) -> list[Condition]:
    """Return what ``conditions`` say of the last day on which a document may be published."""
    return [
        Condition(each.field, _UNTIL[each.comparison], each.value)
        for each in conditions
        if each.field == "published" and each.comparison in _UNTIL
    ]
