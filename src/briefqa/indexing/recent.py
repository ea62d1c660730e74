"""Keeps what was looked up lately."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Generic, TypeVar

_Key = TypeVar("_Key", bound=Hashable)
_Value = TypeVar("_Value")


class Recent(Generic[_Key, _Value]):
    """Looks things up, some hundred at a time, and the same again at no cost.

    Safe to use from several threads, if the looking up is.
    """

    def __init__(
        self, read: Callable[[Sequence[_Key]], Mapping[_Key, _Value]], *, most: int
    ) -> None:
        """Keep what ``read`` returns, until there are more than ``most``."""
        self._read = read
        self._most = most
        self._known: dict[_Key, _Value] = {}

    def of(self, keys: Sequence[_Key]) -> list[_Value]:
        """Return what belongs to ``keys``, in that order; `KeyError` if there is none."""
        known = self._known
        missing = [key for key in keys if key not in known]
        if missing:
            known = self.keep(self._read(missing), keys)
        return [known[key] for key in keys]

    def keep(self, found: Mapping[_Key, _Value], keys: Sequence[_Key] = ()) -> dict[_Key, _Value]:
        """Keep ``found`` as well, and what is known of ``keys``; return all that is kept."""
        known = self._known
        if len(known) > self._most:
            # Not emptied: another thread may just be taking from it what it made sure of.
            known = {key: known[key] for key in keys if key in known}
        # In place: copied, it would take as long as what it saves.
        known.update(found)
        self._known = known
        return known
