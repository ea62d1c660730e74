"""Who may reach the service: keys, hosts, origins, and how often each may ask."""

from briefqa.api.access.access import OPEN, Access
from briefqa.api.access.hosts import HostMiddleware
from briefqa.api.access.keys import KeyMiddleware
from briefqa.api.access.origins import allow_origins
from briefqa.api.access.rate import Rate, RateLimiter

__all__ = [
    "OPEN",
    "Access",
    "HostMiddleware",
    "KeyMiddleware",
    "Rate",
    "RateLimiter",
    "allow_origins",
]
