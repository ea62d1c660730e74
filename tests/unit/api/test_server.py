"""An address that cannot be had is told in one line."""

import socket

import pytest

from briefqa import Service
from briefqa.api import serve
from briefqa.errors import AddressInUseError, SettingsError


def test_port_in_use_is_named(service: Service) -> None:
    """The second server of an evening fails by saying which port to change."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]

        with pytest.raises(AddressInUseError, match=f"port {port} on 127.0.0.1") as caught:
            serve(service, host="127.0.0.1", port=port)

    assert (caught.value.host, caught.value.port) == ("127.0.0.1", port)


@pytest.mark.parametrize("host", ["192.0.2.1", "a\0b", "x" * 300])
def test_impossible_host_is_named(service: Service, host: str) -> None:
    """A mistyped address reads as a wrong setting, not as a bug."""
    with pytest.raises(SettingsError, match="cannot listen on port 0"):
        serve(service, host=host, port=0)
