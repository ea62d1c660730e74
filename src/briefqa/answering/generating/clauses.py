"""Cuts a compound sentence into two that each say something of a subject of their own.

English alone; no sentence of any other language is cut.
"""

import re
from collections.abc import Iterator

from briefqa.answering.extracting.leaning import leans

_JOINT = re.compile(r",? (?:and|but|while|whereas|although|yet) (?=[A-Za-z0-9£$€])|; ")
# The second says of what it speaks: *the ferry began*, and not *began*, which is of the first.
_SUBJECT = re.compile(r"(?:the|a|an|some|most|many|all|each|every|no|one|two|three) |[A-Z0-9£$€]")
_VERB = re.compile(
    r"\b(?:is|are|was|were|has|have|had|do|does|did|can|could|will|would|may|might|must|shall"
    r"|should|began|became|came|fell|found|gave|grew|held|kept|led|lost|made|met|paid|ran|rose|said"
    r"|saw|sent|set|sold|stood|took|told|went|won|wrote|[a-z]{2,}ed"
    r"|[a-z]{2,}s(?= (?:the|a|an|its|their|his|her|no|about|[£$€\d])))\b"
)


def two_clauses(sentence: str) -> Iterator[tuple[str, str]]:
    """Yield each way in which ``sentence`` is two that could stand alone."""
    for joint in _JOINT.finditer(sentence):
        first, second = sentence[: joint.start()], sentence[joint.end() :]
        is_subject = _SUBJECT.match(second) is not None and not leans(second)
        if is_subject and _VERB.search(first) and _VERB.search(second):
            yield first, second
