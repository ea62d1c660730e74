"""A connection to Milvus, or to milvus-lite in this process: collections, rows and aliases."""

import logging
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from briefqa.backends.milvus.address import MilvusAddress
from briefqa.errors import BackendError, IndexDamagedError, StoreError, StoreVersionError

if TYPE_CHECKING:
    from pymilvus import MilvusClient

Row: TypeAlias = dict[str, Any]
"""One row, by field. Any, because the layout of a collection types its fields."""

MOST_ROWS = 16_384
"""Most rows that Milvus returns at once."""

WRITTEN, SETTLED = "Strong", "Bounded"
"""How fresh an answer must be: after all writes, or as good as all of those long ago."""

_TOKEN = "MILVUS_TOKEN"  # noqa: S105 - the name of a variable
_TIMEOUT_S = 30.0
_LOADING_S = 3600.0
_LEAST_VERSION = (2, 4)
_MISSING = 100
_INSTALL = "install it: python -m pip install 'briefqa[milvus]'"


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a collection, of a kind as Milvus names it.

    ``index`` is the kind of its index, if it has one. Of texts ``max_length`` is the most
    bytes, of vectors ``dim`` the width. An ARRAY is one of texts.
    """

    name: str
    kind: str
    index: str = ""
    is_key: bool = False
    max_length: int | None = None
    dim: int | None = None
    most: int | None = None


class MilvusServer:
    """A store that is reached; safe to use from several threads."""

    def __init__(self, address: MilvusAddress) -> None:
        """Connect.

        Raises:
            StoreError: If it cannot be reached.
            StoreVersionError: If it is older than 2.4.
            BackendError: If what that takes is not installed.
        """
        self.address = address
        client_of = _client_class()
        with self._errors("cannot be reached"):
            uri = address.server or _start_lite(address)
            token = os.environ.get(_TOKEN, "") if address.server else ""
            self._client: MilvusClient = client_of(uri=uri, token=token, timeout=_TIMEOUT_S)
            self.version = self._client.get_server_version(timeout=_TIMEOUT_S)
        if address.server is not None and _numbers(self.version) < _LEAST_VERSION:
            least = ".".join(map(str, _LEAST_VERSION))
            raise StoreVersionError(address.text, found=self.version, least=least)

    def create(self, name: str, fields: Sequence[Field]) -> None:
        """Make an empty collection; one field is its key, and one at least a vector."""
        from pymilvus import DataType  # noqa: PLC0415 - an extra

        kinds = DataType.__members__
        with self._errors(f"cannot make collection {name}"):
            schema = self._client.create_schema(auto_id=False, enable_dynamic_field=False)
            indexes = self._client.prepare_index_params()
            for field in fields:
                schema.add_field(field.name, kinds[field.kind], **_options(field, kinds))
                if field.index:
                    indexes.add_index(field.name, index_type=field.index, metric_type="IP")
            self._client.create_collection(
                name, schema=schema, index_params=indexes, timeout=_TIMEOUT_S
            )

    def insert(self, name: str, rows: Sequence[Row]) -> None:
        """Add rows, a few MB of them at most."""
        if rows:
            with self._errors(f"cannot write to collection {name}"):
                self._client.insert(name, list(rows), timeout=_TIMEOUT_S)

    def settle(self, name: str) -> None:
        """Have all rows of a collection stored for good and ready to be searched."""
        with self._errors(f"cannot store collection {name}"):
            self._client.flush(name, timeout=_LOADING_S)
        self.load(name)

    def load(self, name: str) -> None:
        """Have a collection ready to be read, which takes no time if it is."""
        with self._errors(f"cannot load collection {name}"):
            self._client.load_collection(name, timeout=_LOADING_S)

    def query(
        self, name: str, where: str, fields: Sequence[str], *, consistency: str = SETTLED
    ) -> list[Row]:
        """Return up to `MOST_ROWS` rows of which the filter ``where`` is true, in any order."""
        with self._errors(f"cannot read collection {name}"):
            found = self._client.query(
                name,
                filter=where,
                output_fields=list(fields),
                limit=MOST_ROWS,
                consistency_level=consistency,
                timeout=_TIMEOUT_S,
            )
            return [dict(row) for row in found]

    def nearest(  # noqa: PLR0913 - a search, and where it looks
        self,
        name: str,
        field: str,
        wanted: object,
        limit: int,
        *,
        where: str,
        fields: Sequence[str],
        consistency: str = SETTLED,
    ) -> list[tuple[float, Row]]:
        """Return the inner product and the ``fields`` of the nearest rows, best first."""
        with self._errors(f"cannot search collection {name}"):
            [found] = self._client.search(
                name,
                data=[wanted],
                anns_field=field,
                limit=min(limit, MOST_ROWS),
                filter=where,
                output_fields=list(fields),
                search_params={"metric_type": "IP"},
                consistency_level=consistency,
                timeout=_TIMEOUT_S,
            )
            return [(float(hit["distance"]), dict(hit["entity"])) for hit in found]

    def count(self, name: str) -> int:
        """Return how many rows a collection has, after all writes."""
        with self._errors(f"cannot read collection {name}"):
            found = self._client.query(
                name,
                filter="",
                output_fields=["count(*)"],
                consistency_level=WRITTEN,
                timeout=_TIMEOUT_S,
            )
            return int(found[0]["count(*)"])

    def names(self) -> list[str]:
        """Return the collections whose names begin with that of the index, sorted."""
        with self._errors("cannot list its collections"):
            found = self._client.list_collections(timeout=_TIMEOUT_S)
        return sorted(name for name in found if name.startswith(f"{self.address.name}_"))

    def drop(self, name: str) -> None:
        """Remove a collection, if it is there."""
        with self._errors(f"cannot remove collection {name}"):
            self._client.drop_collection(name, timeout=_TIMEOUT_S)

    def aliased(self, alias: str) -> str | None:
        """Return the collection that ``alias`` leads to; None if there is no such alias."""
        with self._errors(f"cannot read alias {alias}"):
            try:
                found = self._client.describe_alias(alias, timeout=_TIMEOUT_S)
            except _milvus_error() as error:
                if is_missing(error):
                    return None
                raise
            return str(found["collection_name"]) or None

    def point(self, alias: str, name: str) -> None:
        """Let ``alias`` lead to a collection, from one moment to the next."""
        is_there = self.aliased(alias) is not None
        with self._errors(f"cannot point alias {alias} to {name}"):
            point = self._client.alter_alias if is_there else self._client.create_alias
            point(name, alias, timeout=_TIMEOUT_S)

    def unpoint(self, alias: str) -> None:
        """Remove ``alias``, if it is there."""
        if self.aliased(alias) is not None:
            with self._errors(f"cannot remove alias {alias}"):
                self._client.drop_alias(alias, timeout=_TIMEOUT_S)

    def close(self) -> None:
        """Let go of the connection."""
        self._client.close()

    @contextmanager
    def _errors(self, doing: str) -> Iterator[None]:
        """Turn what Milvus raises into errors of ours."""
        try:
            yield
        except _milvus_error() as error:
            if is_missing(error):
                raise damaged(self.address, f"{doing}: {_message(error)}") from error
            raise StoreError(self.address.text, f"{doing}: {_message(error)}") from error


def _options(field: Field, kinds: Mapping[str, Any]) -> dict[str, Any]:
    options: dict[str, Any] = {
        "is_primary": field.is_key,
        "max_length": field.max_length,
        "dim": field.dim,
        "max_capacity": field.most,
        "element_type": kinds["VARCHAR"] if field.kind == "ARRAY" else None,
    }
    return {name: value for name, value in options.items() if value is not None}


def damaged(address: MilvusAddress, detail: str) -> IndexDamagedError:
    """Return the error of an index that is not whole in the store."""
    advice = f"write it again with `briefqa migrate FOLDER {address.text}`"
    return IndexDamagedError(address.text, detail, advice=advice)


def is_missing(error: Exception) -> bool:
    """Tell whether Milvus has no collection or alias of the name it was given."""
    text = _message(error).lower()
    is_unknown = "not exist" in text or "not found" in text
    return getattr(error, "code", None) == _MISSING or ("alias" in text and is_unknown)


def _message(error: Exception) -> str:
    text = str(getattr(error, "message", "") or error)
    return text.splitlines()[0] if text else type(error).__name__


def _client_class() -> "type[MilvusClient]":
    # The library would otherwise read the next .env file above its own, and put it in force.
    before = os.environ.get("PYTHON_DOTENV_DISABLED")
    os.environ["PYTHON_DOTENV_DISABLED"] = "1"
    try:
        from pymilvus import MilvusClient  # noqa: PLC0415 - an extra, and slow to import
    except ImportError as error:
        msg = f"pymilvus is not installed; {_INSTALL}"
        raise BackendError(msg) from error
    finally:
        if before is None:
            del os.environ["PYTHON_DOTENV_DISABLED"]
        else:
            os.environ["PYTHON_DOTENV_DISABLED"] = before
    # What goes wrong is raised, and said once.
    logging.getLogger("pymilvus").setLevel(logging.CRITICAL)
    return MilvusClient  # type: ignore[no-any-return] # it has no types


def _milvus_error() -> type[Exception]:
    from pymilvus.exceptions import MilvusException  # noqa: PLC0415 - an extra

    found: type[Exception] = MilvusException
    return found


def _start_lite(address: MilvusAddress) -> str:
    """Start milvus-lite on the folder of ``address``, or find it started; return its URL."""
    try:
        from milvus_lite.server_manager import server_manager_instance  # noqa: PLC0415
    except ImportError as error:
        msg = "milvus-lite is not installed; install it: python -m pip install milvus-lite"
        raise BackendError(msg) from error
    for noisy in ("grpc", "milvus_lite"):
        logging.getLogger(noisy).setLevel(logging.CRITICAL)
    uri = server_manager_instance.start_and_get_uri(str(address.folder))
    if uri is None:
        detail = "milvus-lite cannot open it; another process may have it open"
        raise StoreError(address.text, detail)
    return str(uri)


def _numbers(version: str) -> tuple[int, int]:
    found = re.search(r"(\d+)\.(\d+)", version)
    return (int(found[1]), int(found[2])) if found else (0, 0)
