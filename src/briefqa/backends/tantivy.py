"""BM25 with tantivy."""

import shutil
import tempfile
import unicodedata
from collections.abc import Iterable
from pathlib import Path

from tantivy import (
    DocAddress,
    Document,
    Filter,
    Index,
    Occur,
    Query,
    Schema,
    SchemaBuilder,
    Searcher,
    TextAnalyzer,
    TextAnalyzerBuilder,
    Tokenizer,
)

from briefqa.datatypes import ChunkId
from briefqa.errors import IndexDamagedError

_ANALYZER = "briefqa_words"
_TEXT, _CHUNK_ID, _POSITION = "text", "chunk_id", "position"
_META = "meta.json"
# The writer's own books and locks: of no use to a reader.
_LEFTOVERS = (".managed.json", ".tantivy-meta.lock", ".tantivy-writer.lock")

_LONGEST_WORD = 64
# Held back until this is full; a folder of some 100,000 chunks then ends in one segment.
_WRITER_BYTES = 256_000_000

_SPARE = 16
# Scores are float32 sums whose order is tantivy's own: closer than this, they are equal.
_ROUNDING = 1e-4

# Words that carry no subject. They are dropped from the question and not from the index:
# "what was the cost of it" should not favour passages with many a "what", while a question
# made of nothing else ("who is it?") still finds the passages that hold its words.
# "us" is not among them: in lower case it is also a country.
_STOP_WORDS = """
    a about an and any are as at be been being both but by can could did do does doing done
    each for from get gets had has have having he her hers him his how i if in into is it its
    me my no nor not of off on onto or our ours out over per please said says shall she should
    so some such tell than that the their theirs them then there these they this those to too
    upon very via was we were what when where whether which while who whom whose why will
    with would you your yours
    d ll m re s t ve
"""


class TantivyIndex:
    """An opened index; safe to search from several threads."""

    def __init__(self, schema: Schema, searcher: Searcher) -> None:
        self._schema = schema
        self._searcher = searcher
        self._all_words = _analyzer(())
        self._subject_words = _analyzer(_STOP_WORDS.split())

    def __len__(self) -> int:
        return self._searcher.num_docs

    def search(self, question: str, k: int, /) -> list[tuple[ChunkId, float]]:
        """Return up to ``k`` (id, BM25 score), best first; equals in the order added.

        Any text is a valid question: its words are looked up, never parsed as a query.

        Raises:
            ValueError: If ``k`` is negative.
        """
        if k < 0:
            msg = f"k is {k}, but must not be negative"
            raise ValueError(msg)
        k = min(k, len(self))
        terms = self.terms(question) or self._all_words.analyze(_plain(question))
        if not terms or not k:
            return []
        either = [
            (Occur.Should, Query.term_query(self._schema, _TEXT, term, "freq"))
            # Sorted, so that the same words give the same sums in any order.
            for term in sorted(set(terms))
        ]
        return self._best(Query.boolean_query(either), k)

    def terms(self, text: str, /) -> list[str]:
        """Return the text's words but stop words: lower case, stemmed, in order."""
        return self._subject_words.analyze(_plain(text))

    def document_frequency(self, term: str, /) -> int:
        """Return how many chunks hold ``term``, a result of ``terms``."""
        return self._searcher.doc_freq(_TEXT, _plain(term))

    def _best(self, query: Query, k: int) -> list[tuple[ChunkId, float]]:
        """Return the best ``k``, the order of equals settled by their position."""
        limit = min(len(self), k + _SPARE)
        while True:
            hits = self._searcher.search(query, limit).hits
            if len(hits) < limit or limit == len(self) or hits[k - 1][0] - hits[-1][0] > _ROUNDING:
                break
            limit = min(len(self), limit * 2)
        addresses = [address for _, address in hits]
        positions = self._searcher.fast_field_values(_POSITION, addresses)
        ranked: list[tuple[float, float, DocAddress]] = []
        tie = 0.0
        for (score, address), position in zip(hits, positions, strict=True):
            if not ranked or tie - score > _ROUNDING:
                tie = score
            ranked.append((-tie, position or 0, address))
        ranked.sort(key=lambda each: each[:2])
        return [
            (ChunkId(str(self._searcher.doc(address).get_first(_CHUNK_ID))), -negative)
            for negative, _, address in ranked[:k]
        ]


class TantivyBackend:
    """Builds and reopens BM25 indexes."""

    def build(self, folder: Path, entries: Iterable[tuple[ChunkId, str]], /) -> None:
        """Write an index of (id, text) into the empty ``folder``.

        Only data is left there: ``meta.json`` and the segments' files.

        Raises:
            OSError: If the folder cannot be written.
        """
        try:
            self._write(folder, entries)
        except ValueError as error:
            # All that tantivy says of a full disk; without this it would look like our mistake.
            if "IO error" not in str(error):
                raise
            raise OSError(str(error)) from error

    def _write(self, folder: Path, entries: Iterable[tuple[ChunkId, str]]) -> None:
        schema = _schema()
        index = Index(schema, path=str(folder), reuse=False)
        index.register_tokenizer(_ANALYZER, _analyzer(()))
        # One thread: chunks stay in the order given, in one segment while they fit the buffer.
        writer = index.writer(_WRITER_BYTES, 1)
        for position, (chunk_id, text) in enumerate(entries):
            fields = {_TEXT: _plain(text), _CHUNK_ID: chunk_id, _POSITION: position}
            # With the schema: without it, tantivy takes the position for a signed number.
            writer.add_document(Document.from_dict(fields, schema))
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
    builder.add_text_field(_TEXT, tokenizer_name=_ANALYZER, index_option="freq")
    builder.add_text_field(_CHUNK_ID, stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_unsigned_field(_POSITION, fast=True)
    return builder.build()


def _analyzer(stop_words: Iterable[str]) -> TextAnalyzer:
    builder = (
        TextAnalyzerBuilder(Tokenizer.simple())
        .filter(Filter.remove_long(_LONGEST_WORD))
        .filter(Filter.lowercase())
        .filter(Filter.ascii_fold())
    )
    words = list(stop_words)
    if words:
        # Before the stemmer, which would make stems of them.
        builder = builder.filter(Filter.custom_stopword(words))
    return builder.filter(Filter.stemmer("English")).build()


def _plain(text: str) -> str:
    """Compose letters with their accents, and replace lone surrogates.

    The tokenizer would otherwise cut a word at a combining accent.
    """
    return unicodedata.normalize("NFKC", text).encode("utf-8", "replace").decode()
