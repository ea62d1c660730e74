"""Stream an answer from a running `briefqa serve`, with Python alone.

    python examples/stream.py "How large is the UK's AI investment?"

The address is http://127.0.0.1:8321 unless BRIEFQA_URL says otherwise; BRIEFQA_KEY is the key,
if the service asks for one. Prints each sentence when it comes, then what it rests on. Exits
with 3 if the documents do not answer.
"""

import json
import os
import sys
import urllib.request
from collections.abc import Iterable, Iterator
from typing import Any

SERVICE = os.environ.get("BRIEFQA_URL", "http://127.0.0.1:8321").rstrip("/")


def ask(question: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each event of an answer with its data, as the service sends it."""
    headers = {"Content-Type": "application/json"}
    if key := os.environ.get("BRIEFQA_KEY"):
        headers["Authorization"] = f"Bearer {key}"
    request = urllib.request.Request(  # noqa: S310 - an address that whoever runs this chose
        f"{SERVICE}/v1/ask", json.dumps({"question": question, "stream": True}).encode(), headers
    )
    with urllib.request.urlopen(request) as reply:  # noqa: S310 - as above
        yield from events(line.decode().rstrip("\r\n") for line in reply)


def events(lines: Iterable[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Read server-sent events: fields, one a line, and an empty line after each event."""
    name, data = "message", ""
    for line in lines:
        field, _, value = line.partition(":")
        if field == "event":
            name = value.removeprefix(" ")
        elif field == "data":
            data += value.removeprefix(" ")
        elif not line and data:
            yield name, json.loads(data)
            name, data = "message", ""


def main(question: str) -> int:
    """Print an answer as it comes; return the exit code that `briefqa ask` would."""
    for name, data in ask(question):
        if name == "sentence":
            print(data["text"], *(f"[{number}]" for number in data["citations"]), flush=True)
            for receipt in data["receipts"]:
                print(f"  [{receipt['number']}] {receipt['title']}: “{receipt['quote']}”")
        elif name == "error":
            print(data["detail"], file=sys.stderr)
            return 1
        elif name == "done":
            if not data["answered"]:
                print(data["reason"])
            return 0 if data["answered"] else 3
    print("the answer ended before it was whole", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(" ".join(sys.argv[1:]) or "How large is the UK's AI investment?"))
