"""What an EPUB says of itself: its chapters in reading order, their names, its metadata."""

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from lxml import etree

from briefqa.datatypes import JsonValue, Metadata
from briefqa.documents.archives import Archive
from briefqa.documents.html.metadata import abstract_of
from briefqa.documents.html.tree import parse_page, xhtml_as_html
from briefqa.documents.metadata import parse_date, read_metadata
from briefqa.documents.values import whole
from briefqa.documents.xml import parse_xml
from briefqa.errors import DocumentError

_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
_FONT_MASKS = frozenset({"http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC"})
"""Fonts are often garbled against copying; this locks no text."""
_PAGES = frozenset({"application/xhtml+xml", "text/html", "application/xml"})
_PAGE_NAME = re.compile(r"\.x?html?$", re.IGNORECASE)
_AUTHOR_ROLES = frozenset({"aut", "author"})
_DEEPEST_LABEL = 6
_NAMED = {"title", "creator", "date", "language", "subject", "identifier", "source", "description"}


@dataclass(frozen=True, slots=True)
class Chapter:
    """A page of the book: its name in the archive, and how the table of contents calls it."""

    name: str
    label: str | None
    level: int


@dataclass(frozen=True, slots=True)
class _Item:
    """An entry of the manifest."""

    name: str
    media_type: str
    properties: str


@dataclass(frozen=True, slots=True)
class Package:
    """The package document of a book and the archive it lies in."""

    archive: Archive
    path: str
    root: etree._Element
    names: frozenset[str]

    def metadata(self, text: str) -> Metadata:
        """Return the book's metadata; ``text`` is what the book says, not to be repeated."""
        found: dict[str, list[etree._Element]] = {}
        for element in _children(self._part("metadata")):
            found.setdefault(_local(element), []).append(element)
        texts = {
            name: [told for element in found.get(name, ()) if (told := _text(element))]
            for name in _NAMED | {"publisher", "rights"}
        }
        sources = [*texts["source"], *texts["identifier"]]
        known: dict[str, JsonValue] = {
            "title": self._titled(found.get("title", [])),
            "authors": list(self._authors(found.get("creator", []))),
            "published": _published(found.get("date", [])),
            "tags": list(dict.fromkeys(texts["subject"])),
            "language": next(iter(texts["language"]), None),
            "source_url": next((it for it in sources if it.startswith("http")), None),
            "abstract": abstract_of(_unmarked(" ".join(texts["description"][:1])), text),
            "identifier": next(iter(texts["identifier"]), None),
            "publisher": next(iter(texts["publisher"]), None),
            "rights": next(iter(texts["rights"]), None),
        }
        return read_metadata({name: value for name, value in known.items() if value})

    def chapters(self) -> list[Chapter]:
        """Return the pages of the book in reading order, but for its cover and contents."""
        items = self._items()
        left_out = self._guided({"cover", "toc"})
        left_out |= {it.name for it in items.values() if "nav" in it.properties.split()}
        labels = self._labels(items)
        spine = self._part("spine")
        refs = [ref.get("idref", "") for ref in _children(spine) if _local(ref) == "itemref"]
        listed = [items[ref] for ref in refs if ref in items] or list(items.values())
        chapters: dict[str, Chapter] = {}
        for item in listed:
            is_page = item.media_type in _PAGES or _PAGE_NAME.search(item.name)
            if is_page and item.name not in left_out:
                label, level = labels.get(item.name, (None, 1))
                chapters[item.name] = Chapter(item.name, label, level)
        return list(chapters.values())

    def lost(self) -> int:
        """Return how many entries of the reading order lead nowhere."""
        items = self._items()
        refs = (ref for ref in _children(self._part("spine")) if _local(ref) == "itemref")
        return sum(ref.get("idref", "") not in items for ref in refs)

    def _part(self, name: str) -> etree._Element | None:
        return next((part for part in _children(self.root) if _local(part) == name), None)

    def _items(self) -> dict[str, _Item]:
        found: dict[str, _Item] = {}
        for item in _children(self._part("manifest")):
            name = self._resolved(item.get("href", ""))
            properties = item.get("properties", "")
            found[item.get("id", "")] = _Item(name, item.get("media-type", ""), properties)
        return found

    def _resolved(self, href: str, base: str | None = None) -> str:
        """Return the name in the archive that ``href``, seen from the member ``base``, means."""
        path = href.partition("#")[0]
        folder = posixpath.dirname(self.path if base is None else base)
        names = (
            posixpath.normpath(posixpath.join(folder, form)).lstrip("/")
            for form in (path, unquote(path))
        )
        literal, unquoted = names
        return literal if literal in self.names else unquoted

    def _guided(self, kinds: set[str]) -> set[str]:
        references = _children(self._part("guide"))
        return {self._resolved(it.get("href", "")) for it in references if it.get("type") in kinds}

    def _titled(self, titles: list[etree._Element]) -> str | None:
        types = self._refined("title-type")
        main = (it for it in titles if types.get(it.get("id", "")) == "main")
        chosen = next(main, titles[0] if titles else None)
        return _text(chosen) if chosen is not None else None

    def _authors(self, creators: list[etree._Element]) -> tuple[str, ...]:
        """Return the creators that are authors, or all if none is said to be."""
        refined = self._refined("role")
        roles = [refined.get(it.get("id", "")) or _attribute(it, "role") for it in creators]
        people = [_text(it) for it in creators]
        authors = [
            name
            for name, role in zip(people, roles, strict=True)
            if role is None or role.lower() in _AUTHOR_ROLES
        ]
        return tuple(dict.fromkeys(name for name in authors or people if name))

    def _refined(self, name: str) -> dict[str, str]:
        """Return what meta elements add, under ``name``, to the elements of each id."""
        metas = (it for it in _children(self._part("metadata")) if it.get("property") == name)
        return {it.get("refines", "").removeprefix("#"): _text(it) for it in metas}

    def _labels(self, items: Mapping[str, _Item]) -> dict[str, tuple[str, int]]:
        """Return how the table of contents calls each page, and how deep it stands there."""
        labels: dict[str, tuple[str, int]] = {}
        navs = [it for it in items.values() if "nav" in it.properties.split()]
        older = [it for it in items.values() if it.media_type == "application/x-dtbncx+xml"]
        for item in (*navs[:1], *older[:1]):
            try:
                data = self.archive.read(item.name)
                is_nav = item in navs
                entries = list(_nav_entries(data) if is_nav else _ncx_entries(data, item.name))
            except DocumentError as error:
                if error.reason != "corrupt":
                    raise
                continue
            for href, label, level in entries:
                if label:
                    labels.setdefault(self._resolved(href, item.name), (label, level))
        return labels


def open_package(archive: Archive) -> Package:
    """Return the package document of the book in ``archive``.

    Raises:
        DocumentError: "corrupt" if there is none; "encrypted" if the text is locked.
    """
    path = _package_path(archive)
    root = parse_xml(archive.read(path), f"{archive.source} ({path})")
    package = Package(archive, path, root, frozenset(archive.names))
    if _locked(archive).intersection(chapter.name for chapter in package.chapters()):
        raise DocumentError(
            archive.source,
            reason="encrypted",
            detail="is locked by copy protection (DRM); ask the publisher for a copy without it",
        )
    return package


def _package_path(archive: Archive) -> str:
    if _CONTAINER in archive:
        root = parse_xml(archive.read(_CONTAINER), f"{archive.source} ({_CONTAINER})")
        paths = (it.get("full-path", "") for it in root.iter() if _local(it) == "rootfile")
        if path := next((it for it in paths if it in archive), None):
            return path
    if path := next((it for it in archive.names if it.lower().endswith(".opf")), None):
        return path
    raise DocumentError(
        archive.source, reason="corrupt", detail="lacks the list of its chapters (an OPF file)"
    )


def _locked(archive: Archive) -> set[str]:
    """Return the members whose content is encrypted, garbled fonts aside."""
    if _ENCRYPTION not in archive:
        return set()
    root = parse_xml(archive.read(_ENCRYPTION), f"{archive.source} ({_ENCRYPTION})")
    locked: set[str] = set()
    for data in root.iter():
        if _local(data) != "EncryptedData":
            continue
        methods = {it.get("Algorithm") for it in data.iter() if _local(it) == "EncryptionMethod"}
        if not methods <= _FONT_MASKS:
            uris = (it.get("URI", "") for it in data.iter() if _local(it) == "CipherReference")
            locked |= {unquote(uri).lstrip("/") for uri in uris}
    return locked


def _nav_entries(data: bytes) -> Iterator[tuple[str, str, int]]:
    tree = parse_page(xhtml_as_html(data.decode(errors="replace")))
    navs = tree.css("nav")
    contents = (it for it in navs if "toc" in (it.attributes.get("epub:type") or "").split())
    nav = next(contents, navs[0] if navs else None)
    for link in nav.css("a[href]") if nav is not None else ():
        level, at = 0, link.parent
        while at is not None and at.tag != "nav" and level < _DEEPEST_LABEL:
            level += at.tag == "ol"
            at = at.parent
        href = link.attributes.get("href") or ""
        yield href, " ".join(link.text().split()), max(1, level)


def _ncx_entries(data: bytes, name: str) -> Iterator[tuple[str, str, int]]:
    waiting = [(parse_xml(data, name), 0)]
    while waiting:
        element, level = waiting.pop()
        level += _local(element) == "navPoint"
        children = list(_children(element))
        waiting += [(child, level) for child in reversed(children)]
        if _local(element) == "navPoint":
            labels = (_text(child) for child in children if _local(child) == "navLabel")
            sources = (it.get("src", "") for it in children if _local(it) == "content")
            yield next(sources, ""), next(labels, ""), min(level, _DEEPEST_LABEL)


def _published(dates: list[etree._Element]) -> str | None:
    """Return the date of publication, or else the first that is not of a later change."""
    events = [_attribute(it, "event") or "publication" for it in dates]
    pairs = list(zip(events, dates, strict=True))
    ordered = [it for event, it in pairs if event == "publication"]
    ordered += [it for event, it in pairs if event not in {"publication", "modification"}]
    return next((day for it in ordered if (day := parse_date(_text(it)))), None)


def _unmarked(text: str) -> str | None:
    """Return a description without the HTML that it is often written in."""
    if "<" in text:
        body = parse_page(text).body
        text = body.text(separator=" ") if body is not None else ""
    return " ".join(text.split()) or None


def _children(element: etree._Element | None) -> Iterator[etree._Element]:
    for child in element if element is not None else ():
        if _local(child):
            yield child


def _local(element: etree._Element) -> str:
    """Return the name of an element without its namespace; "" for what is none."""
    # The stubs do not know that an entity is among the elements, with a function for a tag.
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""  # type: ignore[redundant-expr]


def _attribute(element: etree._Element, name: str) -> str | None:
    found = (value for key, value in element.attrib.items() if str(key).rpartition("}")[2] == name)
    return next((str(value) for value in found), None)


def _text(element: etree._Element) -> str:
    return " ".join(whole("".join(str(text) for text in element.itertext())).split())
