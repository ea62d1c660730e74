"""A sentence is judged by the words it cites: by rule, and with a reason for each claim."""

from briefqa.answering.grounding.claims import Claim, ClaimKind, Judgement
from briefqa.answering.grounding.judging import judge_sentence

__all__ = ["Claim", "ClaimKind", "Judgement", "judge_sentence"]
