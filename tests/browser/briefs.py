"""The documents that the tests in a browser show: plain ones, odd ones and a hostile one."""

from pathlib import Path

FUND = "The harbour fund holds 3 million pounds."
FERRY = "The ferry to the island began in 1931."

HOSTILE_TITLE = '<img src=x onerror="window.ran=1"><script>window.ran=2</script>Evil'
HOSTILE_QUOTE = "The smugglers of the cove paid 90 pounds to the watchman."

FILES = {
    "harbour.md": f"""---
title: "Harbours & ferries: 100% of_it"
authors: [Ada Byron, University of the Harbour]
date: 2024-03-01
tags: [harbours, money]
source_url: https://example.org/harbours?a=1
---

# Money 🚢

🚢🚢 An *opening* with **bold** words, `code`, a [link](https://example.org/x "t") and 👩‍🚀.

## The fund

{FUND} It was set up in 2020.

- The **quay** was dredged in 1998.
- Boats pay 12 pounds a day;
  half of it goes to the fund.

| year | boats |
|------|-------|
| 2022 | 140   |
| 2023 | 155   |

> The harbour master has served
> since 2011.
""",
    "réport/naïve 🚢 100%.md": (
        f"# Ferries\n\n😀 very old service. {FERRY} 🚢 It sails twice a day.\n"
    ),
    "plain.txt": (
        "Fishing quotas rose by 4 per cent in 2023.\nBoats are inspected each spring.\n\n\n"
        "Nets must be marked with the owner's number.\n"
    ),
    "hostile.md": f"""---
title: '{HOSTILE_TITLE}'
authors: ['"><svg onload="window.ran=3">', "\u202egnihsif"]
date: 2023
tags: ['<b onmouseover="window.ran=4">tag</b>']
source_url: javascript:window.ran=5
---

# Smugglers <script>window.ran=6</script>

![a picture](https://elsewhere.example/tracker.png)
<img src="https://elsewhere.example/pixel.png" onerror="window.ran=7">
<iframe src="https://elsewhere.example/"></iframe><style>@import "https://elsewhere.example/";</style>

{HOSTILE_QUOTE} Press [here](javascript:window.ran=8) or
[there](data:text/html,<script>window.ran=9</script>), <a href="javascript:window.ran=10">or</a>.

Turned: \u202e.sdrawkcab si siht\u202c and \u2066isolated\u2069 again. {{{{constructor}}}}
""",
}


def write_briefs(folder: Path) -> None:
    """Write the files of all documents into ``folder``."""
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
