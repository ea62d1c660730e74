"""The folder of an exported model: what is in it, and whether it is whole.

It holds ``model.onnx`` (token ids in, vectors or logits out, and the vectors of tokens),
its weights in ``model.bin``, ``tokenizer.json`` and ``model.json``, which says what they are:

```
format       2
name         for people
fingerprint  of the files the graph was made from
window       tokens the graph takes, special tokens counted
prompts      {"query": text put before a question, "document": the same for a passage}
inputs       names of the graph's inputs
check        how the graph was compared with its reference
files        {name: {"sha256", "size"}}
checksum     SHA-256 of all of the above
```

An embedder's card has ``model_id``, as written into an index, ``dim``, the width of a
vector, and ``max_tokens``, the tokens of text that fit once special tokens and prompt are
off; ``tokens`` says whether the graph also gives the vectors of tokens, ``alone`` (false if
missing) whether no text may share a batch with another, and ``languages`` which ones the
model was made for, null if it does not say. A reranker's has
``reranker_id`` instead, and no prompt for passages.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from briefqa.backends.onnx.running import OpenedModel, session_of
from briefqa.errors import BackendError, IndexDamagedError
from briefqa.machine import available_cores, sha256_of

FORMAT = 2
_GRAPH = "model.onnx"
_TOKENIZER = "tokenizer.json"
_CARD = "model.json"
_SMALL = (_TOKENIZER, _GRAPH)

# Any: a parsed JSON object; whoever reads one converts or indexes every field.
Fields = dict[str, Any]
Card = TypeVar("Card")


def open_model(
    folder: Path, read: Callable[[Fields], Card], *, threads: int | None
) -> tuple[Card, OpenedModel]:
    """Open the model in ``folder``, once its files match their checksums.

    Args:
        folder: Where an export was written.
        read: Makes what it needs of the card's fields; what it raises is damage.
        threads: How many batches may run at a time, each on one core; by default as many
            as there are cores that this process may use.

    Raises:
        IndexDamagedError: If a file is missing or has changed; it names the file.
        BackendError: If onnxruntime cannot load an undamaged graph.
    """
    card, files = _read_card(folder / _CARD, read)
    with ThreadPoolExecutor(1) as checking:
        # Hashing the weights, 90 MB, takes as long as all that is imported and read meanwhile.
        weights = [name for name in files if name not in _SMALL]
        checked = checking.submit(_check_files, folder, files, weights)
        _check_files(folder, files, _SMALL)
        import onnxruntime  # noqa: F401, PLC0415
        from tokenizers import Tokenizer  # noqa: PLC0415

        with _loading(folder):
            tokenizer_json = (folder / _TOKENIZER).read_text(encoding="utf-8")
            tokenizer = Tokenizer.from_str(tokenizer_json)
        checked.result()
    with _loading(folder):
        session = session_of(folder / _GRAPH)
    return card, OpenedModel(session, tokenizer, tokenizer_json, threads or available_cores())


@contextmanager
def _loading(folder: Path) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        # Both libraries raise bare or private classes; chained, never swallowed.
        msg = f"onnxruntime cannot load the model in {str(folder)!r}: {error}"
        raise BackendError(msg) from error


def _read_card(
    path: Path, read: Callable[[Fields], Card]
) -> tuple[Card, dict[str, tuple[str, int]]]:
    """Read a card and the hashes and sizes it states, and check it against its own checksum."""
    try:
        fields: Fields = json.loads(path.read_bytes())
        claimed = fields.pop("checksum")
        text = json.dumps(fields, sort_keys=True, ensure_ascii=True)
        if claimed != hashlib.sha256(text.encode()).hexdigest():
            raise IndexDamagedError(path, "it does not match its own checksum")
        if fields["format"] != FORMAT:
            detail = f"it has format {fields['format']!r}, expected {FORMAT}"
            raise IndexDamagedError(path, detail)
        files = {
            name: (str(file["sha256"]), int(file["size"])) for name, file in fields["files"].items()
        }
        return read(fields), files
    except OSError as error:
        raise IndexDamagedError(path, error.strerror or str(error)) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise IndexDamagedError(path, f"it is not a model's description: {error}") from error


def _check_files(folder: Path, files: Mapping[str, tuple[str, int]], names: Iterable[str]) -> None:
    for name in names:
        if name not in files:
            raise IndexDamagedError(folder / _CARD, f"it does not name {name}")
        sha256, size = files[name]
        path = folder / name
        try:
            if path.stat().st_size != size:
                detail = f"it has {path.stat().st_size} bytes, expected {size}"
                raise IndexDamagedError(path, detail)
            found = sha256_of(path)
        except OSError as error:
            raise IndexDamagedError(path, error.strerror or str(error)) from error
        if found != sha256:
            raise IndexDamagedError(path, f"SHA-256 is {found}, expected {sha256}")
