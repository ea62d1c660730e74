"""The terminal: every command, and what a person or a script sees of it.

Modules here import what is quick to import. What is not (rich, readers, the
HTTP server) is imported by the function that needs it, so that a question
does not wait for what it does not use.
"""

import gc
from collections.abc import Sequence

__all__ = ["main"]

_FEWEST_NEW = 100_000
"""How many objects must be new before garbage is looked for: imports make only what stays."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command as all that this process is for, and return its exit code.

    Args:
        arguments: What was typed after the name; by default what this process was given.
    """
    gc.set_threshold(_FEWEST_NEW)
    from briefqa.cli import app  # noqa: PLC0415 - only now can it be imported quickly

    return app.main(arguments)
