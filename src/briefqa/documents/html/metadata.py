"""What a page says of itself: title, authors, date and the like."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from email.utils import parsedate

from selectolax.lexbor import LexborHTMLParser, LexborNode

from briefqa.datatypes import BlockKind, JsonValue, Metadata
from briefqa.documents.draft import Draft
from briefqa.documents.html.linked_data import LinkedData, linked_data, names
from briefqa.documents.metadata import parse_date, read_metadata

_PUBLISHED = (
    "citation_publication_date", "citation_date", "citation_online_date",
    "article:published_time", "article:published", "og:published_time",
    "govuk:first-published-at", "dcterms.issued", "dc.date.issued", "dcterms.date", "dc.date",
    "dcterms.created", "dc.date.created", "datepublished", "pubdate", "publish-date",
    "publish_date", "publishdate", "publication_date", "parsely-pub-date", "sailthru.date",
    "date", "revised",
)  # fmt: skip
_CATALOGUED_AUTHORS = ("citation_author", "citation_authors", "dc.creator", "dcterms.creator")
"""Where names may be written as in a catalogue: Montgomery, Jessica."""
_AUTHORS = (
    "author", "article:author", "parsely-author", "sailthru.author", "byl", "og:article:author",
)  # fmt: skip
_TAGS = ("article:tag", "citation_keywords", "keywords", "news_keywords", "dc.subject")
_NOBODY = frozenset(
    {"admin", "administrator", "author", "editor", "root", "unknown", "user", "web"}
)
_EXTRA = {
    "site": ("og:site_name", "application-name"),
    "publisher": ("citation_publisher", "dc.publisher", "dcterms.publisher"),
    "journal": ("citation_journal_title",),
    "doi": ("citation_doi", "dc.identifier.doi", "prism.doi"),
    "section": ("article:section",),
    "modified": ("article:modified_time", "og:updated_time", "dcterms.modified"),
    "licence": ("dcterms.license", "dc.rights", "dcterms.rights"),
}
_AFTER_TITLE = re.compile(r"\s+(?:[|–—·•»:-]{1,2})\s+\S")
_BY = re.compile(r"(?:written )?by:?\s+", re.IGNORECASE)
_LAST_FIRST = re.compile(r"([^\s,]+(?: [^\s,]+)?), ([^\s,]+(?: [^\s,]+){0,2})")
_SAVED_FROM = re.compile(r"<!--[^>]{0,200}?(?:saved from url=\(\d+\)|\burl:\s*)(https?://[^\s>]+)")
_STATED_DATE = re.compile(
    r"(?:(?:first )?published(?: on)?|posted(?: on)?|date)?\s*:?\s*(.{4,30})", re.IGNORECASE
)
_ISO_START = re.compile(r"([0-9]{4})[/.-]?([0-9]{1,2})[/.-]?([0-9]{1,2})(?![0-9])")
_BYLINE = re.compile(r"byline|publish|posted|entry-date|post-date|article-date|dateline|meta\b")
_WORD = re.compile(r"\w+")
_SAVED_WITHIN = 5_000
_OPENING_BLOCKS = 6
_LONGEST_VALUE = 5_000
_FEWEST_WORDS = 6
_MOST_TAGS = 50
_PLACES_ABOVE = 3
_MOST_BYLINES = 10


@dataclass(frozen=True, slots=True)
class _Page:
    """A page's tree, and what its head holds."""

    tree: LexborHTMLParser
    metas: Mapping[str, Sequence[str]]
    linked: LinkedData

    def first(self, keys: Iterable[str]) -> str | None:
        return next((self.metas[key][0] for key in keys if key in self.metas), None)

    def link(self, rel: str) -> str | None:
        links = self.tree.css(f'link[rel="{rel}"]')
        return next((_folded(it.attributes.get("href")) for it in links), None)


def page_metadata(tree: LexborHTMLParser, root: LexborNode, text: str, body: Draft) -> Metadata:
    """Return the metadata of a page.

    Args:
        tree: The page.
        root: Where in it the text starts.
        text: Its source.
        body: What has been read of it, of which dates and titles can be told.
    """
    scripts = (it.text() for it in tree.css('script[type="application/ld+json"]'))
    page = _Page(tree, _metas(tree), linked_data(scripts))
    title = _title(page, root)
    told = page.first(("citation_abstract", "og:description", "description", "dc.description"))
    fields: dict[str, JsonValue] = {
        "title": title,
        "authors": list(_authors(page)),
        "published": _published(page, root) or _stated_date(body),
        "tags": [tag for tag in _tags(page) if tag != title],
        "language": _language(page),
        "source_url": _source_url(page, text),
        "abstract": abstract_of(told, f"{title}\n{body.text}"),
    }
    fields |= {name: page.first(keys) for name, keys in _EXTRA.items()}
    return read_metadata({name: value for name, value in fields.items() if value})


def _metas(tree: LexborHTMLParser) -> dict[str, list[str]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for it in tree.css("meta[content]"):
        attributes = it.attributes
        content = _folded(attributes.get("content"))
        for key in ("name", "property", "itemprop", "http-equiv"):
            name = (attributes.get(key) or "").strip().lower()
            if name and content:
                found[name].append(content)
    return dict(found)


def _folded(value: str | None) -> str:
    return " ".join((value or "")[:_LONGEST_VALUE].split())


def _title(page: _Page, root: LexborNode) -> str | None:
    """Return the title without the name of the site, as far as the page tells them apart."""
    element = page.tree.css_first("title")
    whole = _folded(element.text() if element is not None else None)
    headings = (root.css_first("h1"), page.tree.css_first("h1"))
    heading = next((_folded(it.text()) for it in headings if it is not None), "")
    site = (page.first(("og:site_name",)) or "").casefold()
    headline = page.linked.get("headline") or page.linked.get("name")
    offered = [
        _folded(page.first(("citation_title",))),
        _folded(page.first(("og:title", "twitter:title"))),
        _folded(headline if isinstance(headline, str) else None),
    ]
    known = [it for it in offered if it and it.casefold() != site]
    if not whole:
        return next(iter([*known, heading]), None) or None
    inside = [it for it in known if it.casefold() in whole.casefold()]
    if heading and _is_title_of(heading, whole):
        inside.append(heading)
    shortest = min(inside, key=len, default=whole)
    return _without_site(shortest, site)


def _is_title_of(heading: str, whole: str) -> bool:
    if not whole.casefold().startswith(heading.casefold()):
        return False
    return len(heading) >= len(whole) or bool(_AFTER_TITLE.match(whole, len(heading)))


def _without_site(title: str, site: str) -> str:
    if not site or not title.casefold().endswith(site):
        return title
    before = title[: len(title) - len(site)].rstrip()
    name = before.rstrip("|–—·•»:-").rstrip()
    return name if name and name != before else title


def _authors(page: _Page) -> tuple[str, ...]:
    """Return the authors that the first source to name any names."""
    catalogued = [page.metas[key] for key in _CATALOGUED_AUTHORS if key in page.metas]
    stated = [page.metas[key] for key in _AUTHORS if key in page.metas]
    signed = page.tree.css('[rel="author"], [itemprop="author"]')
    bylines = [it.text() for it in signed[:_MOST_BYLINES]]
    for candidates in (*catalogued, names(page.linked.get("author")), *stated, bylines):
        found = [_person(name) for candidate in candidates for name in candidate.split(";")]
        kept = [it for it in found if it and "://" not in it and it.lower() not in _NOBODY]
        if candidates in catalogued:
            kept = [_first_last(name) for name in kept]
        if kept:
            return tuple(dict.fromkeys(kept))
    return ()


def _first_last(name: str) -> str:
    found = _LAST_FIRST.fullmatch(name)
    return f"{found[2]} {found[1]}" if found else name


def _person(text: str) -> str:
    return _BY.sub("", _folded(text), count=1)


def _published(page: _Page, root: LexborNode) -> str | None:
    """Return the day of publication that the page states for machines."""
    linked = page.linked.get("datePublished")
    stated = [page.metas[key][0] for key in _PUBLISHED if key in page.metas]
    if isinstance(linked, str):
        stated.append(linked)
    found = (_date(text) for text in stated)
    return next((day for day in found if day), None) or _timed(root)


def _date(text: str) -> str | None:
    """Return the date at which ``text``, in one of the forms of the web, begins."""
    if day := parse_date(text):
        return day
    if found := _ISO_START.match(text.strip()):
        year, month, of_month = found.groups()
        return parse_date(f"{year}-{month:0>2}-{of_month:0>2}")
    try:
        parts = parsedate(text)
    except (ValueError, IndexError, TypeError):
        return None
    return parse_date(f"{parts[0]:04}-{parts[1]:02}-{parts[2]:02}") if parts else None


def _timed(root: LexborNode) -> str | None:
    """Return the date of the time element that is marked as, or can only be, that of the text."""
    times = root.css("time[datetime]")[:_MOST_TAGS]
    days = [(it, _date(it.attributes.get("datetime") or "")) for it in times]
    marked = (day for it, day in days if day and _is_byline(it))
    alone = {day for _, day in days if day}
    return next(marked, None) or (alone.pop() if len(alone) == 1 else None)


def _is_byline(element: LexborNode) -> bool:
    at: LexborNode | None = element
    for _ in range(_PLACES_ABOVE):
        if at is None:
            return False
        attributes = at.attributes
        told = f"{attributes.get('class')} {attributes.get('itemprop')}".lower()
        if at.tag == "header" or "pubdate" in attributes or _BYLINE.search(told):
            return True
        at = at.parent
    return False


def _stated_date(body: Draft) -> str | None:
    """Return the date that one of the first lines states, if it says nothing else."""
    text = body.text
    opening = [it for it in body.blocks if it.kind is not BlockKind.HEADING][:_OPENING_BLOCKS]
    for block in opening:
        found = _STATED_DATE.fullmatch(block.span.of(text)) if len(block.span) < 60 else None  # noqa: PLR2004
        day = parse_date(found[1]) if found else None
        if day and len(day) > len("2025"):
            return day
    return None


def _tags(page: _Page) -> tuple[str, ...]:
    linked = page.linked.get("keywords")
    stated = [page.metas[key] for key in _TAGS if key in page.metas]
    for candidates in (*stated, names(linked)):
        texts = [candidates] if isinstance(candidates, str) else candidates
        found = (_folded(tag) for text in texts for tag in text.split(","))
        if kept := tuple(dict.fromkeys(tag for tag in found if tag)):
            return kept[:_MOST_TAGS]
    return ()


def _language(page: _Page) -> str | None:
    tops = (it.attributes for it in page.tree.css("html, body"))
    stated_there = (it.get("lang") or it.get("xml:lang") for it in tops)
    own = next((language for language in stated_there if language), None)
    stated = page.first(("content-language", "dc.language", "dcterms.language", "og:locale"))
    language = _folded(own or stated).replace("_", "-")
    return language if re.fullmatch(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8}){0,3}", language) else None


def _source_url(page: _Page, text: str) -> str | None:
    saved = _SAVED_FROM.search(text[:_SAVED_WITHIN])
    offered = (page.link("canonical"), page.first(("og:url",)), saved[1] if saved else None)
    return next((it for it in offered if it and it.startswith(("https://", "http://"))), None)


def abstract_of(told: str | None, known: str) -> str | None:
    """Return what a source tells of its content, if it is prose that ``known`` does not hold."""
    words = _WORD.findall((told or "").casefold())
    if told is None or len(words) < _FEWEST_WORDS or 3 * told.count(",") > len(words):
        return None
    # The last words may be cut off, and punctuation be another.
    opening = " ".join(words[:-2])
    return None if opening in " ".join(_WORD.findall(known.casefold())) else told
