"""Which parts of a page are its text, and which only surround it.

Nothing is certain here: a page calls its parts what it likes. What is left out
must be called something that surrounds pages (a navigation, a footer), and is
kept all the same where it holds much of the page's prose.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from functools import lru_cache

from selectolax.lexbor import LexborNode

from briefqa.documents.html.hidden import Hidden
from briefqa.documents.html.tables import TableShape
from briefqa.documents.html.tree import Step, Walk

_LINKS = (
    "(?:links?|buttons?|icons?|bar|tools?|this|widget|media|nav|navigation|follow|list|block"
    "|section|share|panel|menu|wrapper|container|posts|articles|content|stories|reading|pages)"
)
_SURROUNDS = re.compile(
    # as its last word
    r"(?:.*-)?(?:nav|navbar|navbox|navigation|[a-z]*menu|breadcrumbs?|sidebar|footer|masthead"
    r"|pagination|pager|newsletter|toolbar|newsletter-signup)"
    # as its first word
    r"|(?:nav|navbar|breadcrumbs?|cookies?|gdpr|onetrust|sidebar|footer|pagination|newsletter"
    r"|sharedaddy|addtoany|addthis|adsbygoogle|advert[a-z]*)(?:-.*)?"
    # anywhere
    rf"|(?:.*-)?(?:share|sharing|social|skip|related|jump)(?:-{_LINKS})+"
    r"|(?:.*-)?(?:cookie|consent|phase|promo|subscribe)-(?:banner|notice|bar|popup|overlay)(?:-.*)?"
    r"|(?:.*-)?(?:toc|table-of-contents|contents-list)(?:-(?:container|wrapper|list|wrap))?"
    r"|comments?-(?:area|section|list|respond|form)|disqus-thread"
    # alone
    r"|share|sharing|social|comments|respond|skiplinks?|noprint|no-print|d-print-none|hidden-print|menu-[a-z-]*"
    # what Wikipedia calls its own
    r"|mw-(?:editsection|jump-link|cite-backlink|indicators|portlet.*)|catlinks|printfooter"
    r"|authority-control|vector-(?:page-toolbar|column-start|column-end|body-before-content)"
    r"|p-lang-btn|sistersitebox|side-box|ambox|hatnote|portalbox|portal-bar|sitesub|contentsub"
)
_SAYS_WHAT_PAGE_IS = re.compile(
    r"(?:has|no|with|without|is|not|category|tag|topic|type|format|term|js|page-template)-.*"
)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_LONGEST_NAME = 60
_ROLES = {
    "navigation": "nav",
    "search": "nav",
    "menu": "nav",
    "menubar": "nav",
    "toolbar": "nav",
    "tablist": "nav",
    "dialog": "nav",
    "alertdialog": "nav",
    "banner": "header",
    "contentinfo": "footer",
    "complementary": "aside",
    "main": "main",
    "article": "article",
}
_IN_SECTIONS = frozenset({"article", "aside", "main", "nav", "section", "blockquote", "figure"})
_BLOCKS_IN_CELL = frozenset({"p", "ul", "ol", "dl", "blockquote", "pre", "br"})
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_MARKS = frozenset({"sup", "a", "span"})
_MARK_CLASSES = frozenset({
    "reference", "mw-editsection", "mw-cite-backlink", "mw-jump-link", "footnote-backref",
    "back-to-top", "skip-link", "govuk-skip-link", "skip-to-content", "headerlink",
})  # fmt: skip
_CLASSED = frozenset({"div", "section", "ul", "ol", "table", "p", "form", "aside", "header"})
_IDENTIFIED = frozenset({"div", "ul", "ol", "table", "form"})
"""An id on a section is often made from its heading ("Navigation satellites")."""

_PROSE = 200


class _Kind(Enum):
    PAGE = auto()
    MAIN = auto()
    ARTICLE = auto()
    LINKS = auto()
    """Navigation, search, dialogs."""
    BANNER = auto()
    """What opens the page above its text, or is named as surrounding it."""
    FOOTER = auto()
    ASIDE = auto()


_KINDS = {
    "main": _Kind.MAIN,
    "article": _Kind.ARTICLE,
    "nav": _Kind.LINKS,
    "search": _Kind.LINKS,
    "header": _Kind.BANNER,
    "footer": _Kind.FOOTER,
    "aside": _Kind.ASIDE,
}
_SURROUNDING = frozenset({_Kind.LINKS, _Kind.BANNER, _Kind.FOOTER, _Kind.ASIDE})


@dataclass(slots=True)
class _Region:
    """A part of the page that is named; counts are of characters shown."""

    kind: _Kind
    element: LexborNode
    inside: int
    in_text: bool
    text: int = 0
    links: int = 0
    holds_title: bool = False
    holds_main: bool = False


@dataclass(frozen=True, slots=True)
class Regions:
    """Where a page's text starts, and what below that to leave out."""

    root: LexborNode
    left_out: frozenset[int]
    layout_tables: frozenset[int]


@dataclass(slots=True)
class _Survey:
    """What is seen on the way through a page."""

    hidden: Hidden
    regions: list[_Region] = field(default_factory=list)
    unseen: set[int] = field(default_factory=set)
    layout_tables: set[int] = field(default_factory=set)
    open_regions: list[int] = field(default_factory=list)
    open_tables: list[TableShape] = field(default_factory=list)
    sections: int = 0
    links: int = 0


def find_regions(body: LexborNode, hidden: Hidden) -> Regions:
    """Return where in ``body`` the text of a web page is."""
    return _chosen(_surveyed(body, hidden))


def whole_page(body: LexborNode, hidden: Hidden) -> Regions:
    """Return all of a page that is seen, but for its navigation: in a book no site surrounds it."""
    survey = _surveyed(body, hidden)
    links = {it.element.mem_id for it in survey.regions if it.kind is _Kind.LINKS}
    return Regions(body, frozenset(survey.unseen | links), frozenset(survey.layout_tables))


def _surveyed(body: LexborNode, hidden: Hidden) -> _Survey:
    survey = _Survey(hidden)
    survey.regions.append(_Region(_Kind.PAGE, body, -1, in_text=False))
    survey.open_regions.append(0)
    walk = Walk(body)
    for step, tag, at in walk:
        if step is Step.TEXT:
            _count_text(survey, at)
        elif step is Step.LEAVE:
            _leave(survey, tag, at)
        elif not _enter(survey, tag, at):
            survey.unseen.add(at.mem_id)
            walk.prune()
    return survey


def _count_text(survey: _Survey, at: LexborNode) -> None:
    characters = len((at.text_content or "").strip())
    region = survey.regions[survey.open_regions[-1]]
    region.text += characters
    if survey.links:
        region.links += characters
    if survey.open_tables:
        survey.open_tables[-1].add_text(characters)


def _enter(survey: _Survey, tag: str, at: LexborNode) -> bool:
    """Take note of an element; say whether it is seen at all."""
    attributes = at.attributes
    if survey.hidden.hides(tag, attributes, at) or (tag in _MARKS and _is_mark(attributes)):
        return False
    region = survey.regions[survey.open_regions[-1]]
    if kind := _kind(tag, attributes, in_section=survey.sections > 0):
        in_text = region.in_text or region.kind in {_Kind.MAIN, _Kind.ARTICLE}
        survey.regions.append(_Region(kind, at, survey.open_regions[-1], in_text))
        survey.open_regions.append(len(survey.regions) - 1)
    region.holds_title = region.holds_title or tag == "h1"
    survey.sections += tag in _IN_SECTIONS
    survey.links += tag == "a"
    _enter_table(survey, tag, attributes)
    return True


def _enter_table(survey: _Survey, tag: str, attributes: Mapping[str, str | None]) -> None:
    if tag == "table":
        role = attributes.get("role")
        survey.open_tables.append(TableShape(is_presentation=role in {"presentation", "none"}))
    elif survey.open_tables:
        table = survey.open_tables[-1]
        if tag == "tr":
            table.start_row()
        elif tag in {"td", "th"}:
            table.start_cell()
        elif tag in _BLOCKS_IN_CELL:
            table.add_block()
        table.is_titled = table.is_titled or tag in {"th", "caption"}
        table.holds_heading = table.holds_heading or tag in _HEADINGS


def _leave(survey: _Survey, tag: str, at: LexborNode) -> None:
    survey.sections -= tag in _IN_SECTIONS
    survey.links -= tag == "a"
    if tag == "table":
        table = survey.open_tables.pop()
        if table.is_layout:
            survey.layout_tables.add(at.mem_id)
        if survey.open_tables:
            around = survey.open_tables[-1]
            around.add_text(table.longest_cell)
            around.holds_grid = around.holds_grid or table.is_grid or table.holds_grid
            around.holds_heading = around.holds_heading or table.holds_heading
    if survey.regions[survey.open_regions[-1]].element.mem_id == at.mem_id:
        survey.open_regions.pop()


def _kind(tag: str, attributes: Mapping[str, str | None], *, in_section: bool) -> _Kind | None:
    """Return what an element is to the page, if that is told by its tag, role or names."""
    role = _ROLES.get(attributes.get("role") or "")
    kind = _KINDS.get(role or tag)
    if kind is not None and (role or not (in_section and tag in {"header", "footer"})):
        return kind
    names = (attributes.get("class") or "").split() if tag in _CLASSED or tag == "footer" else []
    if tag in _IDENTIFIED and (identity := attributes.get("id")):
        names.append(identity)
    return _Kind.BANNER if any(_surrounds(name) for name in names) else None


@lru_cache(maxsize=4096)
def _surrounds(name: str) -> bool:
    if len(name) > _LONGEST_NAME:
        return False
    name = _CAMEL.sub("-", name).replace("_", "-").lower().strip("-")
    name = re.sub("-+", "-", name)
    return bool(_SURROUNDS.fullmatch(name)) and not _SAYS_WHAT_PAGE_IS.fullmatch(name)


def _is_mark(attributes: Mapping[str, str | None]) -> bool:
    """Say whether an element marks a note, an edit or the page of a printed book."""
    if attributes.get("epub:type") == "pagebreak" or attributes.get("role") == "doc-pagebreak":
        return True
    classes = attributes.get("class")
    return classes is not None and not _MARK_CLASSES.isdisjoint(classes.split())


def _chosen(survey: _Survey) -> Regions:
    """Decide what to leave out, and where the text starts."""
    regions = survey.regions
    for region in reversed(regions[1:]):
        _add(region, regions[region.inside])
    left_out = [r for r in regions if r.kind in _SURROUNDING and not _is_kept(r, regions[0])]
    out = {region.element.mem_id for region in left_out}
    kept = _kept_text(regions, out)
    layout = frozenset(survey.layout_tables)
    if not kept[0]:
        return Regions(regions[0].element, frozenset(survey.unseen), layout)
    best = 0
    for kind in (_Kind.MAIN, _Kind.ARTICLE):
        found = [at for at, region in enumerate(regions) if region.kind is kind]
        at = max(found, key=lambda at: kept[at], default=0)
        if at and 2 * kept[at] >= kept[0]:
            best = at
            break
    return Regions(regions[best].element, frozenset(survey.unseen | out), layout)


def _add(region: _Region, around: _Region) -> None:
    around.text += region.text
    around.links += region.links
    around.holds_title = around.holds_title or region.holds_title
    around.holds_main = around.holds_main or region.holds_main or region.kind is _Kind.MAIN


def _is_kept(region: _Region, page: _Region) -> bool:
    if region.holds_main or (region.holds_title and region.kind is _Kind.BANNER):
        return True
    if region.kind is _Kind.ASIDE and region.in_text:
        return region.text >= _PROSE and 3 * region.links < region.text
    share = 2 if region.kind is _Kind.LINKS else 3
    is_prose = 2 * region.links < region.text and region.text - region.links >= _PROSE
    return is_prose and share * region.text > page.text


def _kept_text(regions: list[_Region], out: set[int]) -> list[int]:
    """Return how much text of each region is left, given the elements left out."""
    own = [region.text for region in regions]
    for region in regions[1:]:
        own[region.inside] -= region.text
    for at in range(len(regions) - 1, 0, -1):
        if regions[at].element.mem_id in out:
            own[at] = 0
        own[regions[at].inside] += own[at]
    return own
