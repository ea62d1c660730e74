"""How often each client may ask: a bucket of tokens for each, which fills with time.

The buckets are kept as in the generic cell rate algorithm (ITU-T I.371): of each only the
moment is known at which it is full again, so that one that is full is not kept at all.
"""

import math
import time
from collections.abc import Callable
from typing import Final, Protocol

MOST_CLIENTS: Final = 10_000
_MINUTE_S: Final = 60.0
_ROUNDING_S: Final = 6e-8
_OTHERS: Final = ""


class Rate(Protocol):
    """Says of each client whether it may ask now."""

    @property
    def per_minute(self) -> int:
        """How often each may ask in a minute."""
        ...

    def take(self, client: str) -> int:
        """Count a request of ``client``; return 0, or in how many seconds it may ask again."""
        ...


class RateLimiter:
    """Lets each client do so many things a minute, all of them at once if need be.

    Used from one thread. Of ``MOST_CLIENTS`` at a time the state is kept; those that come on
    top of them share one bucket, for to forget another's would let that one ask anew.
    """

    def __init__(self, per_minute: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin with full buckets.

        Args:
            per_minute: Tokens of a bucket, and tokens that it gets back in a minute.
            clock: Tells the time in seconds, which never goes back.
        """
        self.per_minute = per_minute
        self._clock = clock
        self._full_at: dict[str, float] = {}

    def __len__(self) -> int:
        return len(self._full_at)

    def take(self, client: str) -> int:
        """Take a token of ``client``, which is not empty.

        Returns:
            0 if there was one, or else in how many whole seconds there will be.
        """
        now = self._clock()
        if client not in self._full_at and len(self._full_at) >= MOST_CLIENTS:
            self._full_at = {name: at for name, at in self._full_at.items() if at > now}
            if len(self._full_at) >= MOST_CLIENTS:
                client = _OTHERS
        full_at = max(self._full_at.get(client, now), now) + _MINUTE_S / self.per_minute
        # With one more token gone, it would take longer to fill than a whole bucket does.
        late_s = full_at - now - _MINUTE_S
        # A rounding error of the clock is no reason to wait, nor to wait a second more.
        if late_s > _ROUNDING_S:
            return math.ceil(late_s - _ROUNDING_S)
        self._full_at[client] = full_at
        return 0
