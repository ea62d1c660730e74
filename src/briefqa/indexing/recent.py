"""Keeps what was looked up lately."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Generic, TypeVar

_Key = TypeVar("_Key", bound=Hashable)
_Value = TypeVar("_Value")


class Recent(Generic[_Key, _Value]):
    """Looks things up, one or some hundred at a time, and the same again at no cost.

    It is given what looks them up each time, and does not hold it: an owner who is held by
    nothing of its own goes when its last user does, and so do the files that it has open.
    Safe to use from several threads, if the looking up is.
    """

    def __init__(self, most: int) -> None:
        """Keep what is found, until there are more than ``most``."""
        self._most = most
        self._known: dict[_Key, _Value] = {}

    def one(self, key: _Key, read: Callable[[_Key], _Value]) -> _Value:
        """Return what belongs to ``key``; whatever ``read`` raises passes through."""
        return self.of([key], lambda keys: {each: read(each) for each in keys})[0]

    def of(
        self, keys: Sequence[_Key], read: Callable[[Sequence[_Key]], Mapping[_Key, _Value]]
    ) -> list[_Value]:
        """Return what belongs to ``keys``, in that order; `KeyError` if ``read`` finds none."""
        # This very one, from which nothing is ever taken, whatever other threads put in its place.
        known = self._known
        missing = [key for key in keys if key not in known]
        found = read(missing) if missing else {}
        self.keep(found)
        return [found[key] if key in found else known[key] for key in keys]

    def keep(self, found: Mapping[_Key, _Value]) -> None:
        """Keep ``found`` as well."""
        known = self._known if len(self._known) <= self._most else {}
        # In place: copied, it would take as long as what it saves.
        known.update(found)
        self._known = known
