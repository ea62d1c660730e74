"""The service as a server of the Model Context Protocol: tools for agents.

The SDK is an extra, and imported when the first request of that protocol comes.
"""

from typing import Final

from briefqa.errors import BackendError

INSTALL: Final = "python -m pip install 'briefqa[mcp]'"


def missing(error: ModuleNotFoundError) -> BackendError:
    """Return what to say where the SDK is not installed."""
    return BackendError(
        f"serving agents over MCP needs {error.name}, which is not installed: {INSTALL}"
    )
