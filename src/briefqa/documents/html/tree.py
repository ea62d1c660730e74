"""HTML becomes a tree, and the tree is walked without recursion.

The parser follows the HTML standard, and the standard lets a small page ask for
a huge amount of work: it looks through all open elements at most tags, and
opens unclosed bold and font tags anew in every paragraph. A page that does much
of this is flattened before it is parsed, at no cost to its words.
"""

import re
from collections.abc import Iterator
from enum import Enum, auto

from selectolax.lexbor import LexborHTMLParser, LexborNode

_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/>]*)([^>]*)>?")
_VOID = frozenset(
    [
        "area",
        "base",
        "basefont",
        "bgsound",
        "br",
        "col",
        "embed",
        "frame",
        "hr",
        "img",
        "input",
        "link",
        "meta",
        "param",
        "source",
        "track",
        "wbr",
        "keygen",
    ]
)
_CLOSED_BY_OTHERS = frozenset(
    [
        "p",
        "li",
        "dt",
        "dd",
        "tr",
        "td",
        "th",
        "thead",
        "tbody",
        "tfoot",
        "colgroup",
        "option",
        "optgroup",
        "rb",
        "rt",
        "rp",
        "rtc",
        "html",
        "head",
        "body",
    ]
)
_REOPENED = frozenset(
    ["b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"]
)
_RAW = frozenset(
    [
        "script",
        "style",
        "title",
        "textarea",
        "template",
        "noscript",
        "iframe",
        "xmp",
        "noembed",
        "noframes",
        "plaintext",
        "svg",
    ]
)
"""Elements whose tags are never taken out: what is in them must not show."""
_FEWEST_TAGS = 2_000
_ALWAYS_STEPS = 200_000_000
_STEPS_A_TAG = 100
_ALWAYS_REOPENED = 100_000
_REOPENED_A_TAG = 3
_DEEPEST = 400
_LONGEST_TAG = 20_000
_MOST_ATTRIBUTES = 1_000

_DOCTYPE = re.compile(r"<!DOCTYPE[^\[<>]*\[", re.IGNORECASE)
_DOCTYPE_WITHIN = 4_000
_SELF_CLOSED = re.compile(r"""<([a-zA-Z][^\s/<>]*+)((?:[^<>"'/]|/(?!>)|"[^"<]*+"|'[^'<]*+')*+)/>""")


class Step(Enum):
    """What a walk has come to."""

    TEXT = auto()
    ENTER = auto()
    LEAVE = auto()


class Walk:
    """Goes through a tree in reading order, however deep it is."""

    def __init__(self, root: LexborNode) -> None:
        self._root = root
        self._is_pruned = False

    def prune(self) -> None:
        """Pass over what is inside the element just entered; it will not be left either."""
        self._is_pruned = True

    def __iter__(self) -> Iterator[tuple[Step, str, LexborNode]]:
        """Yield each step with the tag, in lower case, and the element or text it is at."""
        at, depth = self._root, 0
        while True:
            tag = at.tag
            if tag == "-text":
                yield Step.TEXT, tag, at
            elif tag is not None and not tag.startswith("-"):
                yield Step.ENTER, tag, at
                if self._is_pruned:
                    self._is_pruned = False
                elif (child := at.first_child) is not None:
                    at, depth = child, depth + 1
                    continue
                else:
                    yield Step.LEAVE, tag, at
            while depth:
                if (following := at.next) is not None:
                    at = following
                    break
                above = at.parent
                if above is None:
                    return
                at, depth = above, depth - 1
                yield Step.LEAVE, at.tag or "", at
            else:
                return


def parse_page(text: str) -> LexborHTMLParser:
    """Return the tree of a page; any text is one.

    Scripting counts as on, so that ``noscript`` is text nobody sees and does
    not end the head of the page.
    """
    return LexborHTMLParser(_calmed(text), scripting=True)


def xhtml_as_html(text: str) -> str:
    """Return XHTML written so that an HTML parser reads it as it was meant.

    Elements that close themselves get an end tag, CDATA becomes plain text, and
    what a document type declares is dropped.
    """
    if found := _DOCTYPE.search(text[:_DOCTYPE_WITHIN]):
        text = "<!DOCTYPE html>" + text[found.end() :].partition("]")[2].partition(">")[2]
    if "<![CDATA[" in text:
        text = _without_cdata(text)
    return _SELF_CLOSED.sub(_closed, text)


def _closed(found: re.Match[str]) -> str:
    name, attributes = found.groups()
    return f"<{name}{attributes}>" if name.lower() in _VOID else f"<{name}{attributes}></{name}>"


def _without_cdata(text: str) -> str:
    first, *rest = text.split("<![CDATA[")
    parts = [first]
    for part in rest:
        inside, end, outside = part.partition("]]>")
        parts.append(inside.replace("&", "&amp;").replace("<", "&lt;") if end else inside)
        parts.append(outside)
    return "".join(parts)


def _calmed(text: str) -> str:
    """Return ``text`` with less markup if parsing all of it would take out of all proportion."""
    tags = text.count("<")
    if tags < _FEWEST_TAGS and len(text) < _LONGEST_TAG:
        return text
    steps = reopened = depth = unclosed = 0
    has_long_tag = False
    for found in _TAG.finditer(text):
        end, name, attributes = found.groups()
        name = name.lower()
        has_long_tag = has_long_tag or len(attributes) > _LONGEST_TAG
        if name in _VOID or name in _CLOSED_BY_OTHERS:
            pass
        elif end:
            depth = max(0, depth - 1)
            unclosed = max(0, unclosed - (name in _REOPENED))
        else:
            depth += 1
            unclosed += name in _REOPENED
        steps += depth
        reopened += unclosed
    if has_long_tag:
        text = _TAG.sub(_with_fewer_attributes, text)
    if reopened > _ALWAYS_REOPENED + _REOPENED_A_TAG * tags:
        text = _TAG.sub(lambda found: "" if found[2].lower() in _REOPENED else found[0], text)
    if steps > _ALWAYS_STEPS + _STEPS_A_TAG * tags:
        text = _flattened(text)
    return text


def _with_fewer_attributes(found: re.Match[str]) -> str:
    end, name, attributes = found.groups()
    if len(attributes) <= _LONGEST_TAG or len(attributes.split()) <= _MOST_ATTRIBUTES:
        return found[0]
    return f"<{end}{name}>"


def _flattened(text: str) -> str:
    """Take out the tags of elements nested past a depth that no page needs."""
    depth = taken_out = 0

    def keep(found: re.Match[str]) -> str:
        nonlocal depth, taken_out
        end, name = found[1], found[2].lower()
        if name in _VOID or name in _RAW or name in _CLOSED_BY_OTHERS:
            return found[0]
        if end and taken_out:
            taken_out -= 1
        elif end:
            depth = max(0, depth - 1)
            return found[0]
        elif depth < _DEEPEST:
            depth += 1
            return found[0]
        else:
            taken_out += 1
        return " <br>"

    return _TAG.sub(keep, text)
