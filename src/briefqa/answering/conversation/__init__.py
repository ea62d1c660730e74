"""A question of a conversation, made to stand on its own."""

from briefqa.answering.conversation.following import (
    MOST_TURNS,
    check_history,
    latest_turns,
    self_contained,
)
from briefqa.answering.conversation.rewriting import rewrite_with, rewriting

__all__ = [
    "MOST_TURNS",
    "check_history",
    "latest_turns",
    "rewrite_with",
    "rewriting",
    "self_contained",
]
