"""The terminal: every command, and what a person or a script sees of it.

Modules here import what is quick to import. What is not (rich, readers, the
HTTP server) is imported by the function that needs it, so that a question
does not wait for what it does not use.
"""

from briefqa.cli.app import main

__all__ = ["main"]
