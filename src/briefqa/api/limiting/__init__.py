"""Bounds on what a client may take: sizes, times, and a place among the answers under way."""

from briefqa.api.limiting.connections import protocol_within
from briefqa.api.limiting.deadlines import check_asked, check_deadline
from briefqa.api.limiting.limits import Limits
from briefqa.api.limiting.middleware import JSON_PATHS, LimitsMiddleware
from briefqa.api.limiting.slots import Slots

__all__ = [
    "JSON_PATHS",
    "Limits",
    "LimitsMiddleware",
    "Slots",
    "check_asked",
    "check_deadline",
    "protocol_within",
]
