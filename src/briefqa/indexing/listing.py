"""Documents that are read as they are asked for: there may be a million."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, overload

from briefqa.datatypes import DocumentInfo

ALL = -1
"""In place of a number: all that follow."""


class Listing(Sequence[DocumentInfo]):
    """Documents in order, of which only those that are taken out are read."""

    def __init__(
        self, count: Callable[[], int], read: Callable[[int, int], Iterable[DocumentInfo]]
    ) -> None:
        """List documents.

        Args:
            count: Says how many there are.
            read: Gives those from one place on, up to a number of them, as they are taken.
        """
        self._count = count
        self._read = read

    def __len__(self) -> int:
        return self._count()

    @overload
    def __getitem__(self, place: int) -> DocumentInfo: ...

    @overload
    def __getitem__(self, place: slice) -> list[DocumentInfo]: ...

    # Any: the overloads say which type belongs to which.
    def __getitem__(self, place: int | slice) -> Any:
        places = range(len(self))[place]
        if isinstance(places, int):
            return next(iter(self._read(places, 1)))
        if not places:
            return []
        first = min(places)
        found = list(self._read(first, max(places) - first + 1))
        return [found[each - first] for each in places]

    def __iter__(self) -> Iterator[DocumentInfo]:
        return iter(self._read(0, ALL))
