"""Ask a running `briefqa serve` with OpenAI's own client, and have what it cites verified.

    python -m pip install openai
    python examples/openai_client.py "How large is the UK's AI investment?"

The address is http://127.0.0.1:8321 unless BRIEFQA_URL says otherwise; BRIEFQA_KEY is the key,
if the service asks for one.
"""

import json
import os
import sys
import urllib.request

from openai import OpenAI

SERVICE = os.environ.get("BRIEFQA_URL", "http://127.0.0.1:8321").rstrip("/")
KEY = os.environ.get("BRIEFQA_KEY")


def main(question: str) -> int:
    """Print the answer as it comes, then each citation; return 1 if one does not hold."""
    client = OpenAI(base_url=f"{SERVICE}/v1", api_key=KEY or "none")
    stream = client.chat.completions.create(
        model="briefqa",
        messages=[{"role": "user", "content": question}],
        stream=True,
    )
    content = ""
    annotations, receipts = [], []
    for chunk in stream:
        delta = chunk.choices[0].delta
        if delta.content:
            content += delta.content
            print(delta.content, end="", flush=True)
        # The last chunk has what the client's own types do not name.
        annotations += (delta.model_extra or {}).get("annotations", [])
        receipts += (chunk.model_extra or {}).get("receipts", [])
    print("\n")
    for annotation in annotations:
        cited = annotation["url_citation"]
        mark = content[cited["start_index"] : cited["end_index"]]
        print(f"{mark} {cited['title']}: {cited['url']}")
    holds = verify(receipts)
    print("every quote stands where it says" if holds else "a quote does not stand where it says")
    return 0 if holds else 1


def verify(receipts: list[dict[str, object]]) -> bool:
    """Have the service check the receipts; `verify_receipt.py` does it without."""
    request = urllib.request.Request(  # noqa: S310 - an address that whoever runs this chose
        f"{SERVICE}/v1/verify",
        json.dumps({"citations": receipts}).encode(),
        {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {KEY}"} if KEY else {}),
    )
    with urllib.request.urlopen(request) as reply:  # noqa: S310 - as above
        return bool(json.load(reply)["holds"])


if __name__ == "__main__":
    sys.exit(main(" ".join(sys.argv[1:]) or "How large is the UK's AI investment?"))
