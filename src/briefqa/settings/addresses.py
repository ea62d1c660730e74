"""Hosts and origins as they are configured."""

import ipaddress
import re
from typing import Final
from urllib.parse import urlsplit

ANY_HOST: Final = "*"

_NAME: Final = re.compile(r"[a-z0-9_](?:[a-z0-9_.-]{0,251}[a-z0-9_])?")
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


def checked_host(host: str) -> str:
    """Return a host in lower case.

    Raises:
        ValueError: If it is neither a name or an IP address nor ``*``, or has a port.
    """
    name = host.lower().removesuffix(".")
    if name == ANY_HOST or _NAME.fullmatch(name) or _is_address(name):
        return name
    msg = (
        f"{host!r} is no host; expected a name such as briefs.example.org, without http:// and "
        "without a port, or '*' for any"
    )
    raise ValueError(msg)


def checked_origin(origin: str) -> str:
    """Return an origin as browsers send it.

    Raises:
        ValueError: If it is not exactly a scheme, a host and, if need be, a port.
    """
    try:
        parts = urlsplit(origin)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    host = parts.hostname or ""
    shown = f"[{host}]" if ":" in host else host
    is_usual = port is None or port == _DEFAULT_PORTS.get(parts.scheme)
    made = f"{parts.scheme}://{shown}" + ("" if is_usual else f":{port}")
    given = origin.lower()
    is_exact = given in {made, f"{made}:{port}"}
    is_host = bool(_NAME.fullmatch(host)) or _is_address(host)
    if parts.scheme not in _DEFAULT_PORTS or not is_exact or not is_host:
        msg = (
            f"{origin!r} is no origin; expected one such as https://app.example.org, with a port "
            "if it is not the usual one, and with no path, not even a slash; '*' is not possible"
        )
        raise ValueError(msg)
    return made


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
