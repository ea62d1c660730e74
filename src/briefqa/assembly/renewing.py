"""Writes receipts anew into an answer whose documents have changed since."""

from collections.abc import Sequence

from briefqa.answering import ReceiptCheck, Standing
from briefqa.datatypes import JsonValue
from briefqa.wire import WireObject, citation_to_wire


def renew_answer(value: JsonValue, checks: Sequence[ReceiptCheck]) -> JsonValue:
    """Return an answer in its JSON form with its receipts as they would be given today.

    A citation that moved gets its new place, offsets and hashes; what they replace
    is added to its list ``was``, so that nothing is lost. One that is gone keeps
    what it has and gets ``"gone": true``, which goes again once the words are back.
    All else stays as it is.

    Args:
        value: What `receipts_from_wire` took: an answer, or its list of citations.
        checks: One for each of its citations, in their order.
    """
    citations = value.get("citations") if isinstance(value, dict) else value
    if not isinstance(citations, list):
        msg = f"no list of citations in a {type(value).__name__}"
        raise TypeError(msg)
    renewed: list[JsonValue] = [
        _renewed(citation, check)
        for citation, check in zip(citations, checks, strict=True)
        if isinstance(citation, dict)
    ]
    return {**value, "citations": renewed} if isinstance(value, dict) else renewed


def _renewed(citation: WireObject, check: ReceiptCheck) -> WireObject:
    if check.standing is Standing.GONE:
        return {**citation, "gone": True}
    kept = {name: value for name, value in citation.items() if name != "gone"}
    if check.now is None:
        return kept
    now = citation_to_wire(check.now)
    replaced = {name: kept[name] for name in now if name in kept and kept[name] != now[name]}
    earlier = kept.get("was", [])
    was: list[JsonValue] = [*earlier] if isinstance(earlier, list) else [earlier]
    return {**kept, **now, "was": [*was, replaced]}
