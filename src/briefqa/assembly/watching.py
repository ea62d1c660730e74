"""Keeps an index in step with its folders while they change."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from watchfiles import Change, watch

from briefqa.errors import BriefqaError, GateError
from briefqa.indexing.sources import Root

_SETTLE_MS = 1_000
"""Changes that follow each other within this time are taken together."""

_LOOK_MS = 500
_RETRY_S = 15.0

_log = logging.getLogger(__name__)


def follow(
    roots: Sequence[Root],
    index: Path,
    bring_in_step: Callable[[], None],
    *,
    stop: threading.Event | None = None,
) -> None:
    """Call ``bring_in_step`` at once, and again after every change below the folders.

    Watching begins before the first call, so that no change is missed. A call
    that fails later is logged, and made again after some seconds or the next
    change, whichever comes first: an index being written, or a folder that is
    away for a moment, does not end the watch.

    Args:
        roots: The folders to watch.
        index: The index folder; what changes in it is no change of documents.
        bring_in_step: Makes the index equal to the folders.
        stop: Ends the watch when it is set.

    Raises:
        BriefqaError: If the first call fails.
        KeyboardInterrupt: When interrupted.
    """
    own = index.resolve()

    def is_document(_: Change, path: str) -> bool:
        changed = Path(path)
        if changed == own or own in changed.parents:
            return False
        folder = next((r.folder for r in roots if r.folder in changed.parents), None)
        parts = changed.relative_to(folder).parts if folder is not None else ()
        return not any(part.startswith(".") for part in parts)

    changes = watch(
        *(root.folder for root in roots),
        watch_filter=is_document,
        debounce=_SETTLE_MS,
        rust_timeout=_LOOK_MS,
        yield_on_timeout=True,
        stop_event=stop,
        ignore_permission_denied=True,
    )
    # The watch begins with the first look, which finds nothing yet.
    next(changes, None)
    bring_in_step()
    failed_at: float | None = None
    for found in changes:
        is_due = failed_at is not None and time.monotonic() - failed_at > _RETRY_S
        if not found and not is_due:
            continue
        try:
            bring_in_step()
            failed_at = None
        except BriefqaError as error:
            _log.warning("still serving what was there: %s", error)
            # A build that was refused would be again, until something changes.
            failed_at = None if isinstance(error, GateError) else time.monotonic()
