"""The approximate form of a large store: vectors in lists by nearness, a byte a dimension."""

import math
import os
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any, BinaryIO, cast

import faiss
import numpy as np
from numpy.typing import NDArray

from briefqa.errors import BackendError, IndexDamagedError
from briefqa.protocols import Progress, ProgressListener, ReadFiles, Vectors

_STAGE = "vectors"
_SEED = 20_250_301
_ROUNDS = 8
_TRAINED_PER_LIST = 24
_FEWEST_PER_LIST = 39
_PIECE = 1 << 16
_TRIED = 200
_TRIED_K = 10
_TIE = 1e-6
_BYTES = 1 << 20
_ID_BYTES = 8
_NO_SIZES = b"sprs" + bytes(8)


@dataclass(frozen=True, slots=True)
class Reached:
    """How lists are searched, and what that reaches.

    ``probes`` of ``lists`` are looked into. ``recall`` is the share of the ten nearest
    that was found for ``questions``, of which ``wished`` was asked for.
    """

    lists: int
    probes: int
    wished: float
    recall: float
    questions: int

    def to_record(self) -> dict[str, float]:
        """Return it as it stands in ``about.json``."""
        return asdict(self)


class Lists:
    """Finds candidates among the stored vectors, most of the best but not always all."""

    def __init__(
        self, index: faiss.IndexIVF, probes: int, check: Callable[[int, int], None]
    ) -> None:
        self._index = index
        self._check = check
        self.probes = probes
        inverted: Any = index.invlists  # Any: the stub lets it be None
        sizes = np.array([inverted.list_size(each) for each in range(index.nlist)], dtype=np.int64)
        # What FAISS writes ends with the lists, one after another: codes, then numbers.
        self._ends = np.cumsum(sizes * (index.code_size + _ID_BYTES))
        self._is_checked = np.zeros(len(sizes), dtype=np.bool_)

    def __len__(self) -> int:
        return int(self._index.nlist)

    def candidates(
        self, query: NDArray[np.float32], count: int, probes: int, only: faiss.IDSelector | None
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Return up to ``count`` rough similarities, falling, and the positions that have them."""
        faiss.omp_set_num_threads(1)
        _, near = self._index.quantizer.search(query[None], probes)
        for each in near[0][~self._is_checked[near[0]]].tolist():
            self._check(int(self._ends[each - 1]) if each else 0, int(self._ends[each]))
            self._is_checked[each] = True
        how = faiss.SearchParametersIVF(nprobe=probes)  # type: ignore[call-arg] # the stub lacks it
        if only is not None:
            how.sel = only
        scores, positions = self._index.search(query[None], count, params=how)
        is_found = positions[0] >= 0
        return scores[0][is_found], positions[0][is_found]


def list_count(count: int) -> int:
    """Return how many lists ``count`` vectors are put in: a power of two near 4 √count."""
    wished = 2 ** round(math.log2(4 * math.sqrt(count)))
    return int(max(1, min(wished, count // _FEWEST_PER_LIST)))


def build_lists(
    rows: Vectors, path: Path, *, recall: float, on_progress: ProgressListener
) -> Reached:
    """Write the lists of ``rows`` to ``path``; equal rows give equal bytes.

    Vectors are put in lists by k-means over a sample, in one thread: with several, sums could
    be taken in another order.

    Raises:
        OSError: If the disk refuses.
    """
    faiss.omp_set_num_threads(1)
    count, dim = rows.shape
    lists = list_count(count)
    on_progress(Progress(_STAGE, 0, count))
    # Any: the stub knows no index of this kind.
    index: Any = faiss.index_factory(dim, f"IVF{lists},SQ8", faiss.METRIC_INNER_PRODUCT)
    index.cp.seed = _SEED
    index.cp.niter = _ROUNDS
    index.cp.min_points_per_centroid = 1
    index.cp.max_points_per_centroid = count
    random = np.random.default_rng(_SEED)
    sample = random.choice(count, min(count, lists * _TRAINED_PER_LIST), replace=False)
    index.train(np.ascontiguousarray(rows[np.sort(sample)]))
    with path.open("wb") as stream:
        _write(index, rows, stream, on_progress)
    mapped = faiss.read_index(os.fspath(path), faiss.IO_FLAG_MMAP | faiss.IO_FLAG_READ_ONLY)
    return _tuned(cast("faiss.IndexIVF", mapped), rows, recall)


def _write(
    index: faiss.IndexIVF, rows: Vectors, stream: BinaryIO, on_progress: ProgressListener
) -> None:
    """Write what FAISS would write of ``index`` had it been given ``rows``, which it was not.

    It would hold them all in memory. Its file ends with the sizes of the lists and then, list
    by list, the codes and the numbers of what is in each.
    """
    count = len(rows)
    near = np.empty(count, dtype=np.int32)
    quantizer: Any = faiss.downcast_index(index.quantizer)
    for start, piece in _pieces(rows):
        near[start : start + len(piece)] = quantizer.assign(piece, 1)[:, 0]
    sizes = np.bincount(near, minlength=index.nlist)
    index.ntotal = count
    head = _head(index, sizes)
    stream.write(head)
    ends = np.cumsum(sizes * (index.code_size + _ID_BYTES))
    codes_at = len(head) + ends - sizes * (index.code_size + _ID_BYTES)
    ids_at = codes_at + sizes * index.code_size
    for start, piece in _pieces(rows):
        lists = near[start : start + len(piece)]
        codes = np.empty((len(piece), index.code_size), dtype=np.uint8)
        # Held by a name: a pointer does not keep alive what it points to.
        wide = lists.astype(np.int64)
        pointers = [faiss.swig_ptr(each) for each in (piece, wide, codes)]
        index.encode_vectors(len(piece), *pointers)
        order = np.argsort(lists, kind="stable")
        bounds = np.flatnonzero(np.diff(lists[order], prepend=-1, append=index.nlist))
        for first, last in pairwise(bounds.tolist()):
            number, places = lists[order[first]], order[first:last]
            stream.seek(codes_at[number])
            stream.write(codes[places].data)
            stream.seek(ids_at[number])
            stream.write((start + places).astype("<i8").data)
            codes_at[number] += len(places) * index.code_size
            ids_at[number] += len(places) * _ID_BYTES
        on_progress(Progress(_STAGE, start + len(piece), count))


def _pieces(rows: Vectors) -> Iterator[tuple[int, Vectors]]:
    for start in range(0, len(rows), _PIECE):
        yield start, np.ascontiguousarray(rows[start : start + _PIECE])


def _head(index: faiss.IndexIVF, sizes: NDArray[np.int64]) -> bytes:
    """Return what FAISS writes of ``index`` up to its lists, were they of these ``sizes``."""
    written = BytesIO()
    writer = faiss.PyCallbackIOWriter(written.write, _BYTES)  # type: ignore[attr-defined] # the stub lacks it
    faiss.write_index(index, writer)
    data = written.getvalue()
    # Of lists that are empty it says how many are not, which are none.
    if not data.endswith(_NO_SIZES):
        msg = "FAISS writes lists in a form that is not known here"
        raise BackendError(msg)
    used = np.flatnonzero(sizes)
    is_full = len(used) > len(sizes) // 2
    told = sizes if is_full else np.stack((used, sizes[used]), axis=1).reshape(-1)
    numbers = np.concatenate(([len(told)], told)).astype("<u8")
    return data[: -len(_NO_SIZES)] + (b"full" if is_full else b"sprs") + numbers.tobytes()


def open_lists(path: Path, shape: tuple[int, int], probes: int, files: ReadFiles) -> Lists:
    """Open what `build_lists` wrote; the lists themselves are mapped, and read when searched.

    Raises:
        IndexDamagedError: If it is not that, of vectors of this ``shape``.
    """
    count, dim = shape
    size = files.size(path)
    head = size - count * (dim + _ID_BYTES)
    if head <= 0:
        raise IndexDamagedError(path, f"has {size} bytes, too few for {count} vectors")
    files.check(path, 0, head)
    try:
        index = faiss.read_index(os.fspath(path), faiss.IO_FLAG_MMAP | faiss.IO_FLAG_READ_ONLY)
    except RuntimeError as error:
        first_line = str(error).splitlines()[0]
        raise IndexDamagedError(path, f"FAISS cannot read it: {first_line}") from error
    if not isinstance(index, faiss.IndexIVFScalarQuantizer) or (
        (index.ntotal, index.d, index.code_size) != (count, dim, dim)
    ):
        detail = f"is a {type(index).__name__} of other vectors"
        raise IndexDamagedError(path, detail)
    return Lists(index, probes, lambda start, end: files.check(path, head + start, head + end))


def _tuned(index: faiss.IndexIVF, rows: Vectors, wished: float) -> Reached:
    """Return the fewest probes that reach ``wished`` for two kinds of made-up questions.

    The one are stored vectors, which must find their neighbours without themselves; the
    other lie in the middle of three of them, farther from everything, as questions are. The
    smaller share counts. On real questions that errs on the safe side (benchmarks/vectors.py):
    what lies between three is harder to find than what a sentence asks for.
    """
    asked = _questions(rows)
    # The nearest of a stored vector is itself, or its double, and easily found.
    best, _ = faiss.knn(
        np.concatenate(asked), rows, min(len(rows), _TRIED_K + 1), faiss.METRIC_INNER_PRODUCT
    )
    low, high = 0, 1
    shares = {high: _share(index, rows, asked, best, high)}
    while shares[high] < wished and high < index.nlist:
        low, high = high, min(index.nlist, high * 2)
        shares[high] = _share(index, rows, asked, best, high)
    while high - low > max(1, low // 16):
        middle = (low + high) // 2
        shares[middle] = _share(index, rows, asked, best, middle)
        low, high = (low, middle) if shares[middle] >= wished else (middle, high)
    questions = sum(map(len, asked))
    return Reached(int(index.nlist), high, wished, round(shares[high], 4), questions)


def _questions(rows: Vectors) -> tuple[Vectors, Vectors]:
    random = np.random.default_rng(_SEED + 1)
    count = min(_TRIED, len(rows))
    drawn = [np.sort(random.choice(len(rows), count, replace=False)) for _ in range(3)]
    stored, second, third = (np.array(rows[places]) for places in drawn)
    between = stored + random.permutation(second) + random.permutation(third)
    lengths = np.linalg.norm(between, axis=1, keepdims=True)
    # Opposites have no middle.
    between = np.where(lengths > _TIE, between / np.maximum(lengths, _TIE), stored)
    return stored, between.astype(np.float32)


def _share(
    index: faiss.IndexIVF,
    rows: Vectors,
    asked: tuple[Vectors, Vectors],
    best: NDArray[np.float32],
    probes: int,
) -> float:
    """Return the share of the nearest that ``probes`` find, for the harder kind of question."""
    how = faiss.SearchParametersIVF(nprobe=probes)  # type: ignore[call-arg] # the stub lacks it
    shares: list[float] = []
    first = 0
    for queries, skipped in zip(asked, (1, 0), strict=True):
        wanted = best[first : first + len(queries), skipped : _TRIED_K + skipped]
        first += len(queries)
        if not wanted.size:
            continue
        found = 0
        _, positions = index.search(queries, candidate_count(_TRIED_K), params=how)
        for query, places, scores in zip(queries, positions, wanted, strict=True):
            exact = np.sort(rows[np.sort(places[places >= 0])] @ query)[::-1][skipped:]
            found += min(wanted.shape[1], int(np.sum(exact >= scores[-1] - _TIE)))
        shares.append(found / wanted.size)
    return min(shares, default=1.0)


def candidate_count(k: int) -> int:
    """Return how many candidates are compared exactly to find ``k``."""
    return 2 * k + 16
