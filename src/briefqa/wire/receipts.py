"""Receipts, read from an answer or list of citations, and whether they hold."""

import re
from collections.abc import Mapping, Sequence

from briefqa.answering.receipts import Receipt, ReceiptCheck
from briefqa.errors import UsageError
from briefqa.wire.answers import citation_to_wire
from briefqa.wire.values import WireObject

_MARK = re.compile(r"\[([0-9]{1,18})\]")


def checks_to_wire(checks: Sequence[ReceiptCheck], uncited: Sequence[int]) -> WireObject:
    """Return whether all holds, and what is wrong with what does not.

    Args:
        checks: One for each receipt.
        uncited: Numbers that the answer cites without a receipt; there is no status of these.
    """
    rows: list[WireObject] = [
        {
            "number": check.receipt.number,
            "doc_id": check.receipt.doc_id,
            "holds": check.holds,
            "problem": check.problem,
            "status": check.standing.value,
            "now": None if check.now is None else citation_to_wire(check.now),
            "instead": check.instead,
        }
        for check in checks
    ]
    rows += [
        {
            "number": number,
            "doc_id": None,
            "holds": False,
            "problem": f"the answer cites [{number}], but no citation has that number",
            "status": None,
            "now": None,
            "instead": None,
        }
        for number in uncited
    ]
    return {"holds": not uncited and all(check.holds for check in checks), "receipts": [*rows]}


def receipts_from_wire(value: object) -> list[Receipt]:
    """Return the receipts of an answer in its JSON form, or of a list of citations.

    Fields that prove nothing are passed over.

    Raises:
        UsageError: If ``value`` is neither, or a citation lacks a field.
    """
    citations = value.get("citations") if isinstance(value, dict) else value
    if not isinstance(citations, list):
        msg = "no list of citations in it; expected what `briefqa ask --json` printed"
        raise UsageError(msg)
    return [_receipt(citation, f"citations[{place}]") for place, citation in enumerate(citations)]


def uncited_numbers(answer: str, receipts: Sequence[Receipt]) -> list[int]:
    """Return each ``[n]`` of the answer that no receipt has, ascending."""
    known = {receipt.number for receipt in receipts}
    return sorted({int(number) for number in _MARK.findall(answer)} - known)


def _receipt(citation: object, where: str) -> Receipt:
    if not isinstance(citation, dict):
        msg = f"{where} is not an object"
        raise UsageError(msg)
    return Receipt(
        number=_number(citation, "number", where),
        doc_id=_text(citation, "doc_id", where),
        start=_number(citation, "start", where),
        end=_number(citation, "end", where),
        quote=_text(citation, "quote", where),
        text_sha256=_text(citation, "text_sha256", where),
        file_sha256=_text(citation, "file_sha256", where),
    )


def _number(fields: Mapping[str, object], name: str, where: str) -> int:
    found = fields.get(name)
    # A bool is an int to Python, but not to whoever wrote the file.
    if not isinstance(found, int) or isinstance(found, bool):
        msg = f"{where}.{name} is not a whole number"
        raise UsageError(msg)
    return found


def _text(fields: Mapping[str, object], name: str, where: str) -> str:
    found = fields.get(name)
    if not isinstance(found, str):
        msg = f"{where}.{name} is not a string"
        raise UsageError(msg)
    return found
