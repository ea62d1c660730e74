"""Re-check every receipt of answers with nothing but the Python standard library.

briefqa ask "..." --json > answer.json
python verify_receipt.py answer.json [...] INDEX_FOLDER SOURCE_FOLDER
"""

import hashlib
import json
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def problems(citation: dict[str, Any], index: Path, sources: Path) -> Iterator[str]:
    """Yield what is wrong with one citation."""
    generation = index / "generations" / json.loads((index / "CURRENT").read_text())["generation"]
    catalogue = f"{generation.as_uri()}/catalogue.sqlite?mode=ro"
    row = sqlite3.connect(catalogue, uri=True).execute(
        "SELECT source, text_start, text_bytes FROM documents WHERE doc_id = ?",
        [citation["doc_id"]],
    )
    source, at, size = row.fetchone() or ("", 0, 0)
    if source != citation["source"]:
        yield "no such document in the index"
        return
    data = (generation / "texts.bin").read_bytes()[at : at + size]
    text, start, end = data.decode(errors="replace"), citation["start"], citation["end"]
    if hashlib.sha256(data).hexdigest() != citation["text_sha256"]:
        yield "the canonical text has another SHA-256"
    if not 0 <= start < end <= len(text) or text[start:end] != citation["quote"]:
        yield "the quote does not stand at these offsets"
    if hashlib.sha256((sources / source).read_bytes()).hexdigest() != citation["file_sha256"]:
        yield "the source file has another SHA-256"


if __name__ == "__main__":
    *answers, index, sources = (Path(argument).resolve() for argument in sys.argv[1:])
    found = {
        f"{answer} [{citation['number']}]": "; ".join(problems(citation, index, sources))
        for answer in answers
        for citation in json.loads(answer.read_text())["citations"]
    }
    print(*(f"{receipt} {wrong or 'holds'}" for receipt, wrong in found.items()), sep="\n")
    sys.exit(any(found.values()))
