"""Serves one model over HTTP to the process that started this one, for as long as it lives.

Run as ``python -m briefqa.backends.xllamacpp.serving``: reads what to serve as one line of
JSON from stdin, says as one line of JSON on stdout where it listens, and ends when stdin
does, which the kernel sees to however the parent ends.
"""

import json
import os
import signal
import sys
import threading
import time
from typing import Any

_LOOK_S = 1.0


def main() -> None:
    """Serve until the parent is gone."""
    # An interrupt is for the parent, which then ends this process.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    told = json.loads(sys.stdin.readline())
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    # Whatever the library prints goes where its log goes.
    os.dup2(2, 1)
    server = _server(told)
    with answer:
        answer.write(json.dumps({"address": server.listening_address}) + "\n")
    sys.stdin.read()
    # Not by way of the interpreter's end: an answer under way would hold it up.
    os._exit(0)


def _server(told: dict[str, Any]) -> Any:  # noqa: ANN401 - the library has no types
    import xllamacpp  # noqa: PLC0415 - so that a parent that is gone already is noticed

    params = xllamacpp.CommonParams()
    params.model.path = told["weights"]
    params.n_ctx = told["context_tokens"]
    params.n_parallel = 1
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.api_keys = [told["key"]]
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = told["threads"]
    params.offline = True
    params.ui = False
    params.endpoint_slots = False
    # Prompts of earlier questions, which it would keep in gigabytes of memory.
    params.cache_ram_mib = 0
    params.verbosity = 1
    return xllamacpp.Server(params)


def _end_with(parent: int) -> None:
    """End when the parent is gone: a copy of its end of the pipe may outlive it."""
    while os.getppid() == parent:
        time.sleep(_LOOK_S)
    os._exit(0)


if __name__ == "__main__":
    main()
