"""Runs a briefqa command, and notes every attempt of it to reach the network.

Run as ``python -m tests.integration.network_watch LOG ARGUMENT...``: appends a
line to the file LOG for each attempt that Python itself can see.
"""

import socket
import sys
from pathlib import Path

_ATTEMPTS = {
    "http.client.connect",
    "socket.connect",
    "socket.getaddrinfo",
    "socket.gethostbyname",
    "socket.sendto",
}


def watch(log: Path) -> None:
    """From now on, append attempts to ``log``, which is empty while there are none."""
    log.touch()

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if event in _ATTEMPTS and not _is_local(arguments):
            with log.open("a", encoding="utf-8") as lines:
                lines.write(f"{event} {arguments[1:]!r}\n")

    sys.addaudithook(hook)


def _is_local(arguments: tuple[object, ...]) -> bool:
    """Tell a socket that leads to this machine alone, such as a logger's."""
    first = arguments[0]
    return isinstance(first, socket.socket) and first.family == getattr(socket, "AF_UNIX", None)


if __name__ == "__main__":
    watch(Path(sys.argv[1]))
    from briefqa.cli import main

    sys.exit(main(sys.argv[2:]))
