"""Answers questions over a folder of briefs, and shows the exact words each sentence rests on.

```python
from briefqa import open_index

answer = open_index("index").ask("How large is the UK's AI investment?")
print(answer.text)
```
"""

import os
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from briefqa.assembly.building import build_index
    from briefqa.assembly.service import Service, open_index

__all__ = ["Service", "build_index", "open_index"]
__version__ = "0.1.0"

# Without it onnxruntime reports on its use over the network. It looks when it is imported,
# which only the code below this package does.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

_PLACES = {
    "Service": "briefqa.assembly.service",
    "build_index": "briefqa.assembly.building",
    "open_index": "briefqa.assembly.service",
}


def __getattr__(name: str) -> object:
    """Import what is public when it is first named: a question should not wait for readers."""
    if name not in _PLACES:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(import_module(_PLACES[name]), name)
