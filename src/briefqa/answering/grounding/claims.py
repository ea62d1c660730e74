"""What is said of a sentence that was judged: one claim of it after the other."""

from dataclasses import dataclass
from enum import StrEnum

from briefqa.datatypes import Verdict

_ORDER = (Verdict.SUPPORTED, Verdict.PARTLY, Verdict.UNSUPPORTED, Verdict.CONTRADICTED)


class ClaimKind(StrEnum):
    """What a sentence commits itself to by some of its words."""

    QUANTITY = "quantity"
    DATE = "date"
    DIRECTION = "direction"
    NAME = "name"
    NEGATION = "negation"
    MODALITY = "modality"
    WORDING = "wording"
    """The words themselves: that they stand in the quotes at all."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One comparison: words of the sentence, the words of the quotes held against them.

    ``quoted`` is None where nothing in the quotes corresponds.
    """

    kind: ClaimKind
    said: str
    quoted: str | None
    outcome: Verdict


@dataclass(frozen=True, slots=True)
class Judgement:
    """How the quotes bear on a sentence: the worst outcome of its claims, and all of these."""

    verdict: Verdict
    claims: tuple[Claim, ...]

    @property
    def holds(self) -> bool:
        """Say whether nothing in the sentence goes against its quotes or beyond them."""
        return self.verdict in {Verdict.SUPPORTED, Verdict.PARTLY}

    @property
    def worst(self) -> Claim | None:
        """The first claim that the verdict rests on; None if all are supported."""
        if self.verdict is Verdict.SUPPORTED:
            return None
        return next(claim for claim in self.claims if claim.outcome is self.verdict)


def judgement_of(claims: tuple[Claim, ...]) -> Judgement:
    """Return the judgement that ``claims`` amount to; without any, nothing is supported."""
    worst = max((_ORDER.index(claim.outcome) for claim in claims), default=2)
    return Judgement(_ORDER[worst], claims)
