"""A real Milvus server, for what its version can do: that of the package ``milvus``, 2.3.

The package pins libraries of its own, so it is installed into an environment of its own:
``BRIEFQA_MILVUS_SERVER`` names the ``milvus-server`` there. It has no sparse vectors, so it
can hold no index; but it parses filters and compares vectors as later ones do.
"""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("pymilvus", reason="pymilvus is not installed")

from tests.contract import test_vector_stores as dense
from tests.contract.test_milvus import promised
from tests.milvus import CollectionVectorBackend

from briefqa.backends.milvus import server as servers
from briefqa.backends.milvus.address import MilvusAddress
from briefqa.backends.milvus.expressions import any_of, quoted, selected
from briefqa.backends.milvus.layout import KEY, POSITION, TEXT, record, record_fields
from briefqa.backends.milvus.server import WRITTEN, MilvusServer
from briefqa.cli.app import run
from briefqa.protocols import Selection

_PROGRAM = "BRIEFQA_MILVUS_SERVER"
_STARTING_S = 120

pytestmark = [
    pytest.mark.skipif(_PROGRAM not in os.environ, reason=f"{_PROGRAM} names no milvus-server"),
    pytest.mark.timeout(300),
]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server that has been started, as its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder = tmp_path_factory.mktemp("milvus-server")
    arguments = [os.environ[_PROGRAM], "--data", str(folder), "--proxy-port", str(port)]
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen(arguments, stdout=log, stderr=log, start_new_session=True) as process,
    ):
        try:
            _wait_for(process, port)
            yield f"milvus://127.0.0.1:{port}/briefs"
        finally:
            # The program starts another, which would outlive it.
            os.killpg(process.pid, signal.SIGKILL)


def _wait_for(process: "subprocess.Popen[bytes]", port: int) -> None:
    ends = time.monotonic() + _STARTING_S
    while time.monotonic() < ends and process.poll() is None:
        with socket.socket() as probe:
            if not probe.connect_ex(("127.0.0.1", port)):
                return
        time.sleep(0.5)
    pytest.fail("the server did not start")


@pytest.fixture(scope="module")
def server(address: str) -> Iterator[MilvusServer]:
    """A connection that minds no version."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(servers, "_LEAST_VERSION", (2, 3))
        connection = MilvusServer(MilvusAddress.parse(address))
    yield connection
    connection.close()


def test_an_old_server_is_refused(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Better than a search by words that fails after hours of copying."""
    assert run(["ask", "--index", address, "who?"]) == 4

    said = capsys.readouterr().err
    assert "2.3.5" in said
    assert "2.4 or newer" in said


@pytest.mark.parametrize(("count", "k"), [(60, 7), (60, 80)])
def test_search_agrees_with_exact_inner_products(server: MilvusServer, count: int, k: int) -> None:
    """Ids and similarities both match a plain matrix product."""
    promise = promised(dense.test_search_agrees_with_exact_inner_products)

    promise(CollectionVectorBackend(server), (count, 24), 5, k, count + k)


def test_equals_come_in_the_order_added(server: MilvusServer) -> None:
    """Repeated paragraphs are common; which of them is shown must not be chance."""
    promised(dense.test_equals_come_in_the_order_added)(
        CollectionVectorBackend(server), distinct=4, copies=20, k=25
    )


def test_a_selection_holds_a_search(server: MilvusServer) -> None:
    """By ranges, and by a list where there are many."""
    backend = CollectionVectorBackend(server)
    store = backend.create(12)
    rows = dense.unit_rows(4000, 12, seed=3)
    store.add(dense.named(4000), rows)
    query = dense.unit_rows(1, 12, seed=4)

    for positions in (range(5, 2000), range(0, 4000, 3), [7]):
        among = Selection(np.array(positions, dtype=np.int64))
        [found] = store.search(query, 10, among=among)

        scores = rows[among.positions].astype(np.float64) @ query[0]
        assert [score for _, score in found] == pytest.approx(np.sort(scores)[::-1][:10], abs=1e-5)
    assert "in [" in selected(POSITION, Selection(np.arange(0, 4000, 3)))


@pytest.fixture(scope="module")
def texts(server: MilvusServer) -> dict[str, str]:
    """A collection of records, and the text of each by its key."""
    server.create("briefs_texts", record_fields())
    server.load("briefs_texts")
    return {}


@settings(max_examples=60, deadline=None)
@given(text=st.text(max_size=12) | st.text(alphabet="\"'\\%_\n\r\t\x00ab", max_size=8))
def test_a_literal_stands_for_its_text(
    server: MilvusServer, texts: dict[str, str], text: str
) -> None:
    """A quote in a title must end no literal, in the parser of the server itself."""
    key = f"field:{len(texts)}"
    texts[key] = text
    server.insert("briefs_texts", [record("field", key.removeprefix("field:"), **{TEXT: text})])

    for where in (f"{TEXT} == {quoted(text)}", any_of(TEXT, [text])):
        rows = server.query("briefs_texts", where, (KEY, TEXT), consistency=WRITTEN)
        assert {row[KEY] for row in rows} == {key for key, each in texts.items() if each == text}
        assert {row[TEXT] for row in rows} == {text}


@pytest.mark.usefixtures("texts")
def test_an_alias_leads_where_it_is_pointed(server: MilvusServer) -> None:
    """What serves is one alias."""
    assert server.aliased("briefs_alias") is None
    server.point("briefs_alias", "briefs_texts")
    server.point("briefs_alias", "briefs_texts")
    assert server.aliased("briefs_alias") == "briefs_texts"
    assert "briefs_texts" in server.names()
    server.unpoint("briefs_alias")
    assert server.aliased("briefs_alias") is None
