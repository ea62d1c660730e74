"""How texts become words, each language in its own way."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import lru_cache

from tantivy import Filter, TextAnalyzer, TextAnalyzerBuilder, Tokenizer

from briefqa.datatypes import ChunkId
from briefqa.protocols import DocumentWords

UNKNOWN = ""
"""Stands for a language that no stemmer here knows."""

# By ISO 639-1 code: the languages of which tantivy has both a stemmer and a list of stop words.
_NAMES = {
    "da": "danish",
    "de": "german",
    "en": "english",
    "es": "spanish",
    "fi": "finnish",
    "fr": "french",
    "hu": "hungarian",
    "it": "italian",
    "nl": "dutch",
    "no": "norwegian",
    "pt": "portuguese",
    "ru": "russian",
    "sv": "swedish",
}
LANGUAGES = (*_NAMES, UNKNOWN)
_LONGEST_WORD = 64
_TEXTS_KEPT = 2048
_MOST_LOOKED_UP = 50_000

_CHUNKS_TO_TELL = 20
"""Chunks of a document by which its language is told."""

_MOST_TELLING = 5_000
"""Characters of a text that are enough to tell its language."""

_LEAST_SHARE = 0.15
"""Share of stop words below which they tell no language."""

_PLAIN_SHARE = 0.98
"""Share of letters without accents from which on a text counts as written without them."""

# Words that carry no subject. They are dropped from the question and not from the index:
# "what was the cost of it" should not favour passages with many a "what", while a question
# made of nothing else ("who is it?") still finds the passages that hold its words.
# "us" is not among them: in lower case it is also a country.
_ENGLISH_STOP_WORDS = """
    a about an and any are as at be been being both but by can could did do does doing done
    each for from get gets had has have having he her hers him his how i if in into is it its
    me my no nor not of off on onto or our ours out over per please said says shall she should
    so some such tell than that the their theirs them then there these they this those to too
    upon very via was we were what when where whether which while who whom whose why will
    with would you your yours
    d ll m re s t ve
"""

# Scripts that put no space between words: runs of them are cut into overlapping pairs.
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+"
)


def plain(text: str) -> str:
    """Compose letters with their accents, replace lone surrogates, and part unspaced scripts.

    The tokenizer would otherwise cut a word at a combining accent, and take a Chinese
    sentence for one word.
    """
    if text.isascii():
        return text
    composed = unicodedata.normalize("NFKC", text).encode("utf-8", "replace").decode()
    return _UNSPACED.sub(_in_pairs, composed)


def words(text: str, language: str) -> list[str]:
    """Return all words of ``text``, as `plain` gives it: lower case, stemmed, in order."""
    return _analyzer(language, is_subject=False).analyze(text)


def subject_words(text: str, language: str) -> list[str]:
    """Return what `words` does, but no stop words."""
    return _analyzer(language, is_subject=True).analyze(text)


def language_of(text: str, among: Sequence[str] = tuple(_NAMES)) -> str | None:
    """Return the language of ``among`` of whose stop words ``text`` holds most.

    Stop words are near half of any running text, and each language has its own.

    Returns:
        A code, or None if too few words tell, or two languages claim as many of them.
    """
    counts = Counter(_splitter().analyze(text[:_MOST_TELLING].lower()))
    held = dict.fromkeys(filter(None, among), 0)
    for word in _STOP_WORDS.among(counts):
        for code in _STOP_WORDS.languages[word]:
            if code in held:
                held[code] += counts[word]
    most = max(held.values(), default=0)
    claiming = [code for code, count in held.items() if count == most]
    is_told = most > _LEAST_SHARE * counts.total() and len(claiming) == 1
    return claiming[0] if is_told else None


def language_of_document(text: str) -> str:
    """Return the language to read a document in.

    Where nothing tells, what is written without accents is read as English, for what
    little a stemmer does to other languages it does to their questions too; anything
    else is `UNKNOWN`.
    """
    found = language_of(text)
    if found is not None:
        return found
    letters = [letter for letter in text[:_MOST_TELLING] if letter.isalpha()]
    is_plain = sum(letter.isascii() for letter in letters) >= _PLAIN_SHARE * len(letters)
    return "en" if is_plain else UNKNOWN


class _StopWords:
    """Which words are stop words in which language; tantivy tells of a text, not of its lists.

    ``languages`` gives the codes of their languages for those found so far. Safe to use from
    several threads.
    """

    def __init__(self) -> None:
        self.languages: dict[str, tuple[str, ...]] = {}
        self._others: set[str] = set()

    def among(self, found: Iterable[str]) -> AbstractSet[str]:
        """Return those of the words, which are in lower case, that are stop words somewhere."""
        known = set(found).difference(self._others)
        new = known.difference(self.languages)
        if new:
            self._look_up(new)
        return known & self.languages.keys()

    def _look_up(self, new: set[str]) -> None:
        others = _sieve(*_NAMES).analyze(" ".join(new))
        somewhere = new.difference(others)
        if somewhere:
            # Only now: most words are stop words nowhere, which one look tells.
            left = {code: set(_sieve(code).analyze(" ".join(somewhere))) for code in _NAMES}
            for word in somewhere:
                self.languages[word] = tuple(code for code in _NAMES if word not in left[code])
        if len(self._others) > _MOST_LOOKED_UP:
            self._others = set()
        self._others.update(others)


_STOP_WORDS = _StopWords()


class Reading:
    """Reads questions and texts as an index of chunks in certain languages does.

    Safe to use from several threads.
    """

    def __init__(self, languages: Sequence[str]) -> None:
        """Read in ``languages``, those of the chunks, the one of most chunks first."""
        self._languages = languages
        # The same sentences answer one question after the other.
        self._terms_of = lru_cache(_TEXTS_KEPT)(self._looked_up)

    def terms(self, text: str) -> list[str]:
        """Return the text's words but stop words: lower case, stemmed, in order."""
        return list(self._terms_of(text))

    def searched_terms(self, question: str) -> list[str]:
        """Return the words that a search looks up: all of them if there are but stop words."""
        return self.terms(question) or words(plain(question), self.language(question))

    def language(self, text: str) -> str:
        """Return the language, of those of the chunks, that ``text`` is read in.

        An ISO 639-1 code, or nothing for one that is not known. Where the text does
        not tell, it is the language of most chunks.
        """
        if len(self._languages) > 1:
            told = language_of(plain(text), self._languages)
            if told is not None:
                return told
        return self._languages[0] if self._languages else UNKNOWN

    def _looked_up(self, text: str) -> tuple[str, ...]:
        return tuple(subject_words(plain(text), self.language(text)))


def most_frequent_first(held: Mapping[str, int]) -> list[str]:
    """Return the languages of which there are chunks, as `Reading` takes them."""
    found = [code for code in LANGUAGES if held.get(code)]
    return sorted(found, key=lambda code: -held[code])


def chunk_words(documents: Iterable[DocumentWords]) -> Iterator[tuple[ChunkId, str, list[str]]]:
    """Yield id, language and all words of each chunk, as they are indexed."""
    for document in documents:
        chunks = [(chunk_id, plain(text)) for chunk_id, text in document.chunks]
        language = document.language
        if language not in LANGUAGES:
            language = language_of_document(" ".join(text for _, text in chunks[:_CHUNKS_TO_TELL]))
        yield from ((chunk_id, language, words(text, language)) for chunk_id, text in chunks)


def _in_pairs(found: re.Match[str]) -> str:
    run = found[0]
    pairs = [run[at : at + 2] for at in range(len(run) - 1)] or [run]
    return f" {' '.join(pairs)} "


@lru_cache
def _analyzer(language: str, *, is_subject: bool) -> TextAnalyzer:
    name = _NAMES.get(language)
    builder = (
        TextAnalyzerBuilder(Tokenizer.simple())
        .filter(Filter.remove_long(_LONGEST_WORD))
        .filter(Filter.lowercase())
    )
    if name is None:
        # Marks are part of a letter in many languages: without them, Vietnamese syllables merge.
        return builder.build()
    if language == "en":
        builder = builder.filter(Filter.ascii_fold())
        if is_subject:
            # Before the stemmer, which would make stems of them.
            builder = builder.filter(Filter.custom_stopword(_ENGLISH_STOP_WORDS.split()))
        return builder.filter(Filter.stemmer(name)).build()
    if is_subject:
        builder = builder.filter(Filter.stopword(name))
    # Folded last: stemmers know the accents of their language.
    return builder.filter(Filter.stemmer(name)).filter(Filter.ascii_fold()).build()


@lru_cache
def _splitter() -> TextAnalyzer:
    return TextAnalyzerBuilder(Tokenizer.simple()).build()


@lru_cache
def _sieve(*languages: str) -> TextAnalyzer:
    """Return what drops nothing but the stop words of ``languages``."""
    builder = TextAnalyzerBuilder(Tokenizer.simple())
    for language in languages:
        is_ours = language == "en"
        builder = builder.filter(
            Filter.custom_stopword(_ENGLISH_STOP_WORDS.split())
            if is_ours
            else Filter.stopword(_NAMES[language])
        )
    return builder.build()
