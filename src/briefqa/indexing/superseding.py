"""Which documents take the place of which, as their sources state it.

A source says so under ``supersedes`` or, the other way round, ``superseded_by``: the id of
a document, the path or name of its file, or its title; or several of these.
"""

import json
import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from briefqa.datatypes import DocId, JsonValue
from briefqa.indexing.fields import EXTRA, fold, fold_name

_FIELDS = ("supersedes", "superseded_by")
_MOST_NAMED = 3

# Any, because the schema, not Python, types what SQLite returns.
Rows = Callable[..., list[Any]]
"""Runs a statement with its parameters."""


@dataclass(frozen=True, slots=True)
class Misreference:
    """What is wrong with what a document says of its place; ``detail`` is a sentence."""

    doc_id: DocId
    detail: str


@dataclass(frozen=True, slots=True)
class Superseding:
    """Which documents take the place of which, by their numbers in the catalogue.

    ``newer`` leads from each one that is superseded to those that take its place at once.
    No document stands in a line with itself, and in order each follows all those that are
    newer. ``doc_ids`` names all of them.
    """

    newer: Mapping[int, tuple[int, ...]]
    doc_ids: Mapping[int, DocId]
    misreferences: tuple[Misreference, ...] = ()

    def left_out(self, is_there: Callable[[int], bool]) -> dict[int, tuple[int, ...]]:
        """Return those in whose place one that ``is_there`` stands, at once or through others.

        Each is given with those next to it on the way there.
        """
        gone: dict[int, tuple[int, ...]] = {}
        for older, newer in self.newer.items():
            found = tuple(each for each in newer if each in gone or is_there(each))
            if found:
                gone[older] = found
        return gone


@dataclass(frozen=True, slots=True)
class Statement:
    """What a document says: ``field`` is ``supersedes`` or ``superseded_by``.

    ``meant`` are the numbers of the documents that ``said`` names; one if it is clear.
    ``is_file`` says that they come from one file of records, and all are meant.
    """

    by: int
    field: str
    said: str
    meant: tuple[int, ...]
    is_file: bool = False


def superseding_of(statements: Sequence[Statement], doc_ids: Mapping[int, DocId]) -> Superseding:
    """Return what ``statements`` amount to, whatever their order.

    What names no document, several, or the one that says it, counts for nothing. Documents
    that take each other's place in a circle are all left where they are.

    Args:
        statements: What the documents say.
        doc_ids: The id of each document that says or is meant.
    """
    newer: dict[int, set[int]] = {}
    wrong: list[Misreference] = []
    for each in statements:
        others = [number for number in each.meant if number != each.by]
        if not others or (len(others) > 1 and not each.is_file):
            wrong.append(Misreference(doc_ids[each.by], _what_is_wrong(each, others, doc_ids)))
            continue
        for other in others:
            older, takes_place = (other, each.by) if each.field == _FIELDS[0] else (each.by, other)
            newer.setdefault(older, set()).add(takes_place)
    order, circle_of = _circles(newer)
    wrong += _circular(circle_of, doc_ids)
    kept = {
        older: tuple(
            sorted(each for each in newer.get(older, ()) if circle_of[each] != circle_of[older])
        )
        for older in order
    }
    return Superseding(
        {older: found for older, found in kept.items() if found},
        {number: doc_ids[number] for number in order},
        tuple(sorted(set(wrong), key=lambda each: (each.doc_id, each.detail))),
    )


def read_superseding(rows: Rows) -> Superseding:
    """Return which documents of a catalogue take the place of which.

    Args:
        rows: Runs statements on its database.
    """
    fields = [EXTRA + name for name in _FIELDS]
    found = rows(
        "SELECT number, doc_id, source, metadata FROM documents WHERE number IN"
        " (SELECT document FROM fields WHERE field IN (?, ?))",
        *fields,
    )
    doc_ids = {number: doc_id for number, doc_id, _, _ in found}
    names = _Names(rows)
    statements: list[Statement] = []
    for number, _, source, metadata in found:
        for field, said in _stated(json.loads(metadata)["extra"]):
            meant, is_file = names.meant(said, source, number)
            statements.append(Statement(number, field, said, meant, is_file))
    unnamed = sorted({each for said in statements for each in said.meant} - doc_ids.keys())
    doc_ids |= dict(
        rows(
            "SELECT number, doc_id FROM documents WHERE number IN (SELECT value FROM json_each(?))",
            json.dumps(unnamed),
        )
        if unnamed
        else ()
    )
    return superseding_of(statements, doc_ids)


def _stated(extra: Mapping[str, JsonValue]) -> Iterator[tuple[str, str]]:
    for key, value in extra.items():
        field = fold_name(key)
        if field in _FIELDS:
            for said in value if isinstance(value, list) else [value]:
                if isinstance(said, str | int | float) and not isinstance(said, bool):
                    text = str(said).strip()
                    if fold(text):
                        yield field, text


class _Names:
    """Finds documents by any of their names."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self._by_file_name: dict[str, list[int]] | None = None

    def meant(self, said: str, source: str, by: int) -> tuple[tuple[int, ...], bool]:
        """Return which documents ``said`` names in a document of ``source``, and if by one file."""
        text = fold(said)
        beside = fold(posixpath.normpath(posixpath.join(posixpath.dirname(source), said)))
        is_itself = False
        for is_file, found in (
            (False, self._stating("doc_id", text)),
            (True, self._stating("source", text)),
            (True, self._stating("source", beside)),
            (True, self._of_file(text)),
            (False, self._stating("title", text)),
        ):
            meant = tuple(sorted(found()))
            is_itself = is_itself or by in meant
            if set(meant) - {by}:
                return meant, is_file and _sources(meant, self._rows) == 1
        return ((by,) if is_itself else ()), False

    def _stating(self, field: str, text: str) -> Callable[[], list[int]]:
        statement = "SELECT document FROM fields WHERE field = ? AND text = ?"
        return lambda: [number for (number,) in self._rows(statement, field, text)]

    def _of_file(self, name: str) -> Callable[[], list[int]]:
        return lambda: self._file_names().get(name, [])

    def _file_names(self) -> Mapping[str, list[int]]:
        # Read once, and only if someone leaves out the folder.
        if self._by_file_name is None:
            self._by_file_name = {}
            for path, number in self._rows(
                "SELECT text, document FROM fields WHERE field = 'source'"
            ):
                self._by_file_name.setdefault(posixpath.basename(path), []).append(number)
        return self._by_file_name


def _sources(numbers: Iterable[int], rows: Rows) -> int:
    """Count the files that documents come from."""
    statement = (
        "SELECT count(DISTINCT source) FROM documents"
        " WHERE number IN (SELECT value FROM json_each(?))"
    )
    return int(rows(statement, json.dumps(list(numbers)))[0][0])


def _what_is_wrong(said: Statement, others: Sequence[int], doc_ids: Mapping[int, DocId]) -> str:
    stated = f"{said.field} names {said.said!r}"
    if others:
        ids = ", ".join(sorted(repr(str(doc_ids[each])) for each in others)[:_MOST_NAMED])
        return f"{stated}, which is one of several documents ({ids}); write the id of the one meant"
    if said.meant:
        return f"{stated}, which is this document itself; write the id of another"
    return (
        f"{stated}, which no document of the index has for id, path, file name or title; "
        "nothing is left out for it"
    )


def _circular(circle_of: Mapping[int, int], doc_ids: Mapping[int, DocId]) -> Iterator[Misreference]:
    circles: dict[int, list[DocId]] = {}
    for number, circle in circle_of.items():
        circles.setdefault(circle, []).append(doc_ids[number])
    for ids in circles.values():
        if len(ids) > 1:
            first, *others = sorted(ids)
            named = ", ".join(repr(str(each)) for each in others[:_MOST_NAMED])
            yield Misreference(
                first,
                f"this document and {named} supersede each other in a circle; "
                "none of them is left out for it",
            )


def _circles(newer: Mapping[int, Iterable[int]]) -> tuple[list[int], dict[int, int]]:
    """Return all documents, each after those newer, and the circle that each belongs to.

    Those that lead to each other are one circle. Source: Sharir, A strong-connectivity
    algorithm and its applications in data flow analysis (1981).
    """
    older: dict[int, list[int]] = {}
    for each, above in newer.items():
        for other in above:
            older.setdefault(other, []).append(each)
    nodes = sorted({*newer, *older})
    order = [each for tree in _trees(nodes, newer) for each in tree]
    circle_of: dict[int, int] = {}
    for circle, tree in enumerate(_trees(order[::-1], older)):
        circle_of |= dict.fromkeys(tree, circle)
    return order, circle_of


def _trees(nodes: Iterable[int], edges: Mapping[int, Iterable[int]]) -> Iterator[list[int]]:
    """Yield what is reached from each of ``nodes`` and was not before, what is deepest first."""
    seen: set[int] = set()
    for root in nodes:
        if root in seen:
            continue
        seen.add(root)
        tree: list[int] = []
        path = [(root, iter(sorted(edges.get(root, ()))))]
        while path:
            node, rest = path[-1]
            below = next((each for each in rest if each not in seen), None)
            if below is None:
                path.pop()
                tree.append(node)
            else:
                seen.add(below)
                path.append((below, iter(sorted(edges.get(below, ())))))
        yield tree
