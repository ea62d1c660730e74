"""The HTTP interface: parse, call the service, print. No decisions."""

from briefqa.api.app import create_app
from briefqa.api.server import serve

__all__ = ["create_app", "serve"]
