"""What decides who may reach the service."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from briefqa.api.access.rate import Rate
from briefqa.settings.addresses import ANY_HOST


@dataclass(frozen=True, slots=True)
class Access:
    """Who may reach the service, by which names, from which pages and how often.

    ``keys`` has the SHA-256 of each key by the name of its holder; empty, no key is asked for.
    ``hosts`` are names by which the service may be addressed, in lower case and without a port,
    beside localhost and IP addresses; ``*`` allows any. ``cors_origins`` are those whose pages
    may call it, as browsers send them. ``rate`` counts for each key, or for each address where
    there are none; None is no limit.
    """

    keys: Mapping[str, bytes] = field(
        default_factory=lambda: MappingProxyType({}), repr=False, kw_only=True
    )
    hosts: tuple[str, ...] = ()
    cors_origins: tuple[str, ...] = ()
    rate: Rate | None = None


OPEN: Final = Access(hosts=(ANY_HOST,))
"""For an application inside a program that decides itself who reaches it."""
