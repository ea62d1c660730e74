"""The terminal: every command, and what a person or a script sees of it.

Modules here import what is quick to import. What is not (rich, readers, the
HTTP server) is imported by the function that needs it, so that a question
does not wait for what it does not use.
"""

import os
from collections.abc import Sequence

from briefqa.machine import rare_collections

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command as all that this process is for, and return its exit code.

    Args:
        arguments: What was typed after the name; by default what this process was given.
    """
    # pydantic would look through all that is installed for plug-ins, which no command needs.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "1")
    with rare_collections():
        from briefqa.cli import app  # noqa: PLC0415 - only now can it be imported quickly

    return app.main(arguments)
