"""Whether traces are sent, and what that needs."""

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from briefqa.api.operations import installed_version
from briefqa.errors import BackendError

if TYPE_CHECKING:
    # An extra.
    from briefqa.api.observing.tracing import Traces

INSTALL: Final = "python -m pip install 'briefqa[telemetry]'"
_ENDPOINTS: Final = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")

_log = logging.getLogger(__name__)


def traces_wanted(telemetry: bool | None, environment: Mapping[str, str]) -> "Traces | None":  # noqa: FBT001 - a setting
    """Return where spans go, or None if they are not to be sent.

    Args:
        telemetry: Whether they are; None for as the environment says.
        environment: Where ``OTEL_EXPORTER_OTLP_ENDPOINT`` may say where to.

    Raises:
        BackendError: If the setting asks for them and the extra is not installed.
    """
    is_named = any(environment.get(name, "").strip() for name in _ENDPOINTS)
    if telemetry is False or (telemetry is None and not is_named):
        return None
    try:
        from briefqa.api.observing.tracing import Traces  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as error:
        told = f"sending traces needs {error.name}, which is not installed: {INSTALL}"
        if telemetry is None:
            _log.warning("%s", told)
            return None
        raise BackendError(told) from error
    return Traces.over_http(version=installed_version())
