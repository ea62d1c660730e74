"""Has whoever waits for a slow server look up now and then, so that he may leave."""

import queue
import threading
from collections.abc import Callable, Generator, Iterator

PAUSE_S = 1.0
_END_S = 5.0


def with_pauses(pieces: Iterator[str], stop: Callable[[], None]) -> Generator[str, None, None]:
    """Yield ``pieces``, and an empty one for each second in which none came.

    A generator can only be closed between two pieces. They are read in a thread of their own,
    which ends with the last one, with an error, which is raised here, or when this is closed.

    Args:
        pieces: What is read there.
        stop: Has the reading end soon with an error; called from here.
    """
    read: queue.SimpleQueue[str | Exception | None] = queue.SimpleQueue()

    def go() -> None:
        try:
            for piece in pieces:
                read.put(piece)
        except Exception as error:  # noqa: BLE001 - it is raised where it is waited for
            read.put(error)
        else:
            read.put(None)

    reader = threading.Thread(target=go, name="language-model", daemon=True)
    reader.start()
    try:
        yield from _until_end(read)
    except GeneratorExit:
        stop()
        # Only looking up a host may take longer; there is nothing to close by then.
        reader.join(_END_S)
        raise


def _until_end(read: "queue.SimpleQueue[str | Exception | None]") -> Generator[str, None, None]:
    while True:
        try:
            found = read.get(timeout=PAUSE_S)
        except queue.Empty:
            yield ""
            continue
        if found is None:
            return
        if isinstance(found, Exception):
            raise found
        yield found
