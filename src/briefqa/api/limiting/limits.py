"""The numbers that bound a request, an answer and a connection."""

from dataclasses import dataclass, field, replace
from typing import Final

from briefqa.errors import LimitError, QuestionError
from briefqa.machine import available_cores
from briefqa.retrieval import LONGEST_QUESTION, MOST_HITS

_SLOTS_A_PROCESSOR: Final = 4
_FEWEST_SLOTS: Final = 8


def default_answers_at_once() -> int:
    """Return how many answers may be under way where nobody has said.

    More than there are processors, since an answer that a model writes mostly waits for it.
    """
    return max(_FEWEST_SLOTS, _SLOTS_A_PROCESSOR * available_cores())


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a client may send, ask for and wait.

    Times are in seconds. ``answers_at_once`` may be under way, and ``answers_waiting`` more
    wait up to ``wait_s`` each; ``answer_s`` is for one from its slot to its end. A body may
    take ``body_s`` and a second more for each thousand bytes of it.
    """

    answers_at_once: int = field(default_factory=default_answers_at_once)
    answers_waiting: int = 64
    wait_s: float = 30
    answer_s: float = 120
    question_characters: int = LONGEST_QUESTION
    top_k: int = MOST_HITS
    body_bytes: int = 2**20
    json_depth: int = 64
    connections: int = 512
    head_s: float = 10
    body_s: float = 20
    write_s: float = 30
    grace_s: float = 10

    def shared_by(self, workers: int) -> "Limits":
        """Return those of one of so many processes that keep these limits together, or nearly."""
        return replace(
            self,
            answers_at_once=-(-self.answers_at_once // workers),
            answers_waiting=-(-self.answers_waiting // workers),
            connections=-(-self.connections // workers),
        )

    def check(self, question: str, *, top_k: int = 1) -> None:
        """Refuse what this server takes less of than others.

        Raises:
            QuestionError: If the question is longer than may be asked here.
            LimitError: If more passages are wanted than are given here.
        """
        length = len(question.strip())
        if length > self.question_characters:
            msg = (
                f"the question has {length} characters; this server takes at most "
                f"{self.question_characters}"
            )
            raise QuestionError(msg)
        if top_k > self.top_k:
            name = "top_k"
            raise LimitError(name, found=top_k, least=1, most=self.top_k)
