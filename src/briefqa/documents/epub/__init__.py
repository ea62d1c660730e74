"""Reads EPUB books: their chapters one after another, each below its heading."""

from selectolax.lexbor import LexborHTMLParser, LexborNode

from briefqa.datatypes import Document
from briefqa.documents.archives import Archive, open_archive
from briefqa.documents.draft import Draft, Outline
from briefqa.documents.epub.package import Chapter, Package, open_package
from briefqa.documents.files import SourceBytes
from briefqa.documents.html import page_text
from briefqa.documents.html.hidden import Hidden
from briefqa.documents.html.regions import whole_page
from briefqa.documents.html.text import PageWriter
from briefqa.documents.html.tree import Step, Walk, parse_page, xhtml_as_html
from briefqa.documents.metadata import header_lines
from briefqa.errors import DocumentError

_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_FEWEST_ENTRIES = 2
_LINKED = 0.8


def read_epub(file: SourceBytes) -> Document:
    """Return the document of a book.

    Chapters that are missing or broken are named in its notices.

    Raises:
        DocumentError: "corrupt" if it is no whole archive or lists no chapters;
            "encrypted" if it is locked; "unsafe" if it unpacks to far too much;
            "no_text" if its pages hold only images.
    """
    archive = open_archive(file)
    package = open_package(archive)
    chapters = package.chapters()
    body = Draft()
    outline = Outline(body)
    notices = _write_chapters(archive, chapters, outline)
    if not body.blocks:
        raise _without_text(file.source, chapters, notices)
    notices += _lost(package)
    metadata = package.metadata(body.text)
    draft = Draft()
    draft.add_header(header_lines(metadata, {}), {})
    draft.add(body.text, body.blocks)
    return draft.finish(file.source, file.source, metadata, file.sha256, notices=notices)


def _write_chapters(archive: Archive, chapters: list[Chapter], outline: Outline) -> list[str]:
    """Append what can be read of the chapters; return a notice for each of the others."""
    notices: list[str] = []
    pages = {chapter.name.rpartition("/")[2] for chapter in chapters}
    writer = PageWriter(outline)
    for chapter in chapters:
        if chapter.name not in archive:
            notices.append(f"its part {chapter.name!r} is missing")
            continue
        try:
            tree = _tree(archive, chapter.name)
        except DocumentError as error:
            if error.reason not in {"corrupt", "not_text"}:
                raise
            notices.append(f"its part {chapter.name!r} is broken and was left out")
            continue
        body = tree.body
        if body is None or _is_contents(body, chapter.name, pages):
            continue
        regions = whole_page(body, Hidden(it.text() for it in tree.css("style")))
        if chapter.label and not _has_heading(tree) and body.text().strip():
            outline.add_heading(chapter.level, chapter.label)
        writer.write(regions)
    return notices


def _tree(archive: Archive, name: str) -> LexborHTMLParser:
    return parse_page(xhtml_as_html(page_text(archive.read(name), archive.source)))


def _has_heading(tree: LexborHTMLParser) -> bool:
    return any(it.text().strip() for it in tree.css(", ".join(sorted(_HEADINGS))))


def _is_contents(body: LexborNode, name: str, pages: set[str]) -> bool:
    """Say whether a page only leads to the others, as a table of contents does."""
    links = body.css("a[href]")
    targets = {(it.attributes.get("href") or "").partition("#")[0] for it in links}
    others = {target.rpartition("/")[2] for target in targets} - {"", name.rpartition("/")[2]}
    if len(links) < _FEWEST_ENTRIES or not others or not others <= pages:
        return False
    shown = linked = in_links = in_headings = 0
    for step, tag, at in Walk(body):
        change = {Step.ENTER: 1, Step.LEAVE: -1, Step.TEXT: 0}[step]
        in_links += change * (tag == "a")
        in_headings += change * (tag in _HEADINGS)
        if step is Step.TEXT and not in_headings:
            letters = _letters(at.text_content or "")
            shown += letters
            linked += letters * (in_links > 0)
    return linked >= _LINKED * shown


def _letters(text: str) -> int:
    return sum(char.isalpha() for char in text)


def _lost(package: Package) -> list[str]:
    lost = package.lost()
    return [f"{lost} entries of its reading order lead to no part"] if lost else []


def _without_text(source: str, chapters: list[Chapter], notices: list[str]) -> DocumentError:
    if not chapters or len(notices) == len(chapters):
        return DocumentError(source, reason="corrupt", detail="holds no chapter that can be read")
    return DocumentError(
        source,
        reason="no_text",
        detail="holds only images; no text can be read from its pages",
    )
