"""An index of words: how it is built, opened and searched."""

import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
from tantivy import (
    DocAddress,
    Document,
    FieldType,
    Index,
    IndexWriter,
    Occur,
    Query,
    Schema,
    SchemaBuilder,
    Searcher,
    TextAnalyzerBuilder,
    Tokenizer,
)

from briefqa.backends.tantivy.analysis import (
    LANGUAGES,
    Reading,
    chunk_words,
    most_frequent_first,
    plain,
)
from briefqa.datatypes import ChunkId
from briefqa.errors import IndexDamagedError
from briefqa.protocols import DocumentWords, Selection

_BETWEEN_SPACES = "briefqa_between_spaces"
_TEXT, _CHUNK_ID, _POSITION, _LANGUAGE = "text", "chunk_id", "position", "language"
_META = "meta.json"
_NONE = "none"
"""Stands in the index for a language that is not known."""

# The writer's own books and locks: of no use to a reader.
_LEFTOVERS = (".managed.json", ".tantivy-meta.lock", ".tantivy-writer.lock")

# Held back until this is full; a folder of some 100,000 chunks then ends in one segment.
_WRITER_BYTES = 256_000_000

_SPARE = 16
# Scores are float32 sums whose order is tantivy's own. Rounded, those of equal texts are equal,
# and each is what it is whatever else was found.
_DECIMALS = 4
_ROUNDING = 10**-_DECIMALS

# Measured on 100,000 chunks: each range of positions adds some 6 µs to a query, and reading
# every hit there is takes 30 ms. So few chunks are looked for among themselves; where they
# are many, all are looked through and the others passed over.
_MOST_RANGES = 1000
_MOST_SHARE = 0.1


class TantivyIndex:
    """An opened index; safe to search from several threads."""

    def __init__(self, schema: Schema, searcher: Searcher) -> None:
        self._schema = schema
        self._searcher = searcher
        held = {code: searcher.doc_freq(_LANGUAGE, code or _NONE) for code in LANGUAGES}
        self._languages = most_frequent_first(held)
        self._reading = Reading(self._languages)

    def __len__(self) -> int:
        return self._searcher.num_docs

    def search(
        self, question: str, k: int, /, *, among: Selection | None = None
    ) -> list[tuple[ChunkId, float]]:
        """Return up to ``k`` (id, BM25 score), best first; equals in the order added.

        Any text is a valid question: its words are looked up, never parsed as a query.
        With ``among`` they are the best of these, with the same scores as without.

        Raises:
            ValueError: If ``k`` is negative, or ``among`` selects what is not there.
        """
        if k < 0:
            msg = f"k is {k}, but must not be negative"
            raise ValueError(msg)
        if among is not None:
            among.check_within(len(self))
        k = min(k, len(self) if among is None else len(among))
        terms = self._reading.searched_terms(question)
        if not terms or not k:
            return []
        either = [
            (Occur.Should, Query.term_query(self._schema, _TEXT, term, "freq"))
            # Sorted, so that the same words give the same sums in any order.
            for term in sorted(set(terms))
        ]
        return self._best_among(Query.boolean_query(either), k, among)

    def terms(self, text: str, /) -> list[str]:
        """Return the text's words but stop words: lower case, stemmed, in order."""
        return self._reading.terms(text)

    def language(self, text: str, /) -> str:
        """Return the language, of those of the chunks, that ``text`` is read in.

        An ISO 639-1 code, or nothing for one that is not known. Where the text does
        not tell, it is the language of most chunks.
        """
        return self._reading.language(text)

    def languages(self, first: int, last: int, /) -> list[str]:
        """Return in which language each chunk was read, from number ``first`` to ``last``.

        An ISO 639-1 code, or nothing for one that is not known.
        """
        found = self._languages[:1] * (last + 1 - first)
        # Most folders have one language, and nothing is looked for.
        for code in self._languages[1:]:
            read_so = Query.term_query(self._schema, _LANGUAGE, code or _NONE, "basic")
            both = [(Occur.Must, read_so), (Occur.Must, self._between(first, last))]
            hits = self._searcher.search(Query.boolean_query(both), len(found)).hits
            for _, position, _ in self._positioned(hits, None):
                found[position - first] = code
        return found

    def document_frequency(self, term: str, /) -> int:
        """Return how many chunks hold ``term``, a result of ``terms``."""
        return self._searcher.doc_freq(_TEXT, plain(term))

    def _best_among(
        self, query: Query, k: int, among: Selection | None
    ) -> list[tuple[ChunkId, float]]:
        if among is None or len(among) > _MOST_SHARE * len(self):
            return self._best(query, k, among)
        runs = among.runs()
        if len(runs) > _MOST_RANGES:
            return self._best(query, k, among)
        within = Query.boolean_query([(Occur.Should, self._between(*run)) for run in runs])
        # Of no weight: a score must not tell whether a search was held to a part.
        weightless = Query.const_score_query(within, 0.0)
        return self._best(Query.boolean_query([(Occur.Must, query), (Occur.Must, weightless)]), k)

    def _between(self, first: int, last: int) -> Query:
        return Query.range_query(
            self._schema, _POSITION, FieldType.Unsigned, first, last, use_inverted_index=True
        )

    def _best(
        self, query: Query, k: int, among: Selection | None = None
    ) -> list[tuple[ChunkId, float]]:
        """Return the best ``k``, the order of equals settled by their position."""
        share = 1.0 if among is None else len(among) / len(self)
        limit = min(len(self), int((k + _SPARE) / share))
        while True:
            found = self._searcher.search(query, limit).hits
            hits = self._positioned(found, among)
            is_cut_clear = len(hits) >= k and hits[k - 1][0] - found[-1][0] > _ROUNDING
            if len(found) < limit or limit == len(self) or is_cut_clear:
                break
            limit = min(len(self), limit * 2)
        hits.sort(key=lambda hit: (-round(hit[0], _DECIMALS), hit[1]))
        return [
            (
                ChunkId(str(self._searcher.doc(address).get_first(_CHUNK_ID))),
                round(score, _DECIMALS),
            )
            for score, _, address in hits[:k]
        ]

    def _positioned(
        self, found: Sequence[tuple[float, DocAddress]], among: Selection | None
    ) -> list[tuple[float, int, DocAddress]]:
        """Return score, position and address of what was ``found``, but none that is not asked."""
        addresses = [address for _, address in found]
        values = self._searcher.fast_field_values(_POSITION, addresses)
        positions = np.array(values, dtype=np.int64)
        is_among = np.ones(len(found), dtype=np.bool_)
        if among is not None:
            places = np.searchsorted(among.positions, positions)
            is_among = among.positions[np.minimum(places, len(among) - 1)] == positions
        return [
            (score, position, address)
            for (score, address), position, is_kept in zip(
                found, positions.tolist(), is_among.tolist(), strict=True
            )
            if is_kept
        ]


@contextmanager
def _disk_errors() -> Iterator[None]:
    """Turn what tantivy says of the disk into OSError: it has one class for every failure."""
    try:
        yield
    except ValueError as error:
        raise OSError(str(error)) from error


@contextmanager
def _stopped(writer: IndexWriter) -> Iterator[None]:
    """Let the threads of ``writer`` end before an error leaves the block.

    They would write on while others remove what is there.
    """
    try:
        yield
    except BaseException:
        # Either error says that they have ended already.
        with suppress(ValueError, RuntimeError):
            writer.wait_merging_threads()
        raise


class TantivyBackend:
    """Builds and reopens BM25 indexes."""

    def build(self, folder: Path, documents: Iterable[DocumentWords], /) -> None:
        """Write an index of the chunks of ``documents`` into the empty ``folder``.

        Only data is left there: ``meta.json`` and the segments' files.

        Raises:
            OSError: If the folder cannot be written.
        """
        schema = _schema()
        with _disk_errors():
            index = Index(schema, path=str(folder), reuse=False)
            index.register_tokenizer(
                _BETWEEN_SPACES, TextAnalyzerBuilder(Tokenizer.whitespace()).build()
            )
            # One thread: chunks stay in the order given, in one segment while they fit the buffer.
            writer = index.writer(_WRITER_BYTES, 1)
        with _stopped(writer):
            for position, (chunk_id, language, words) in enumerate(chunk_words(documents)):
                fields = {
                    # Words without spaces in them, so that each is found as it was made here.
                    _TEXT: " ".join(words),
                    _CHUNK_ID: chunk_id,
                    _POSITION: position,
                    _LANGUAGE: language or _NONE,
                }
                # With the schema: without it, tantivy takes the position for a signed number.
                document = Document.from_dict(fields, schema)
                with _disk_errors():
                    writer.add_document(document)
            with _disk_errors():
                writer.commit()
                writer.wait_merging_threads()
        for name in _LEFTOVERS:
            (folder / name).unlink(missing_ok=True)
        # tantivy keeps its head for its own user alone; let it be as readable as the rest.
        head = (folder / _META).read_bytes()
        (folder / _META).unlink()
        (folder / _META).write_bytes(head)

    def open(self, folder: Path, /) -> TantivyIndex:
        """Open the index in ``folder`` for reading; nothing is written there.

        Raises:
            IndexDamagedError: If tantivy cannot read it.
        """
        # tantivy wants to put a lock file beside the data, even to read. The folder is
        # immutable and may be read-only, so it gets a folder of links to lock instead.
        view = Path(tempfile.mkdtemp(prefix="briefqa-"))
        try:
            for path in folder.iterdir():
                _link(path.resolve(), view / path.name)
            index = Index.open(str(view))
            # Manual: the default starts a thread that watches for commits, and there are none.
            index.config_reader("manual")
            return TantivyIndex(index.schema, index.searcher())
        except (ValueError, OSError) as error:
            raise IndexDamagedError(folder, f"tantivy cannot read it: {error}") from error
        finally:
            # The files are mapped by now, and stay so without a name.
            shutil.rmtree(view, ignore_errors=True)


def _link(path: Path, link: Path) -> None:
    try:
        link.symlink_to(path)
    except OSError:
        # Systems where links need a privilege.
        shutil.copyfile(path, link)


def _schema() -> Schema:
    builder = SchemaBuilder()
    builder.add_text_field(_TEXT, tokenizer_name=_BETWEEN_SPACES, index_option="freq")
    builder.add_text_field(_LANGUAGE, tokenizer_name="raw", index_option="basic")
    builder.add_text_field(_CHUNK_ID, stored=True, tokenizer_name="raw", index_option="basic")
    # Fast to order equals by, indexed to hold a search to some chunks.
    builder.add_unsigned_field(_POSITION, fast=True, indexed=True)
    return builder.build()
