"""Which elements of a page nobody sees: as the page itself, and its own style sheets, say."""

import re
from collections.abc import Iterable, Mapping, Sequence

from selectolax.lexbor import LexborNode

_NEVER_SHOWN = frozenset(
    [
        "head",
        "script",
        "style",
        "template",
        "noscript",
        "noembed",
        "noframes",
        "svg",
        "canvas",
        "audio",
        "video",
        "iframe",
        "object",
        "embed",
        "applet",
        "map",
        "area",
        "select",
        "option",
        "optgroup",
        "datalist",
        "input",
        "textarea",
        "button",
        "label",
        "keygen",
        "meter",
        "progress",
        "output",
        "rp",
        "annotation",
        "annotation-xml",
        "base",
        "link",
        "meta",
        "title",
        "param",
        "source",
        "track",
    ]
)
_HOLDS_BUTTON = frozenset(["h1", "h2", "h3", "h4", "h5", "h6", "summary", "dt"])
"""What in an accordion is a heading that can be pressed."""

_HIDING = re.compile(r"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*hidden)\b")
_FOR_SCREEN_READERS = frozenset(
    [
        "sr-only",
        "visually-hidden",
        "visuallyhidden",
        "visually-hidden-focusable",
        "screen-reader-text",
        "screen-reader-only",
        "govuk-visually-hidden",
        "element-invisible",
        "assistive-text",
    ]
)
_RULE = re.compile(r"([^{}]*)([{}])")
_DISPLAY = re.compile(r"(?:^|;)\s*(display|visibility)\s*:\s*([a-z-]+)")
_ONE_NAME = re.compile(r"\s*([.#]-?[_a-zA-Z][\w-]*)\s*")
_NAMES = re.compile(r"[.#]-?[_a-zA-Z][\w-]*")
_LONGEST_STYLE = 5_000_000


class Hidden:
    """Tells what of a page is not shown, given the texts of its style sheets."""

    def __init__(self, sheets: Iterable[str] = ()) -> None:
        self._names = _hidden_names("\n".join(sheets)[:_LONGEST_STYLE])

    def hides(self, tag: str, attributes: Mapping[str, str | None], element: LexborNode) -> bool:
        """Say whether an element itself is hidden, wherever it stands."""
        if tag in _NEVER_SHOWN:
            return tag != "button" or not _is_in_heading(element)
        if tag == "dialog":
            return "open" not in attributes
        if not attributes or tag in {"html", "body"}:
            # Pages hide all of themselves until their scripts have run.
            return False
        is_hidden = "hidden" in attributes and attributes["hidden"] != "until-found"
        if is_hidden or attributes.get("aria-hidden") == "true":
            return True
        classes = (attributes.get("class") or "").split()
        # Wikipedia hides a formula behind a picture of it.
        return not any(name.startswith("mwe-math") for name in classes) and (
            self._is_styled_away(attributes.get("style"), classes, attributes.get("id"))
        )

    def _is_styled_away(
        self, style: str | None, classes: Sequence[str], identity: str | None
    ) -> bool:
        if style and _HIDING.search(style.lower()):
            return True
        if not _FOR_SCREEN_READERS.isdisjoint(classes):
            return True
        return bool(self._names) and (
            any(f".{name}" in self._names for name in classes) or f"#{identity}" in self._names
        )


def _is_in_heading(element: LexborNode) -> bool:
    above = element.parent
    further = above.parent if above is not None else None
    return any(it is not None and it.tag in _HOLDS_BUTTON for it in (above, further))


def _hidden_names(css: str) -> frozenset[str]:
    """Return the classes (``.x``) and ids (``#x``) that ``css`` hides, whatever else applies.

    A name that any rule also shows, in whatever surroundings, is not among them.
    """
    first, *rest = css.split("/*")
    css = first + "".join(part.partition("*/")[2] for part in rest)
    hidden: set[str] = set()
    shown: set[str] = set()
    selectors: list[str] = []
    for found in _RULE.finditer(css):
        before, brace = found.groups()
        if brace == "{":
            selectors.append(before)
            continue
        if not selectors:
            continue
        selector = selectors.pop()
        values = _DISPLAY.findall(before.lower())
        if not values:
            continue
        name, value = values[-1]
        if (name, value) not in {("display", "none"), ("visibility", "hidden")}:
            shown.update(_NAMES.findall(selector))
        elif not selectors:
            alone = (_ONE_NAME.fullmatch(part) for part in selector.split(","))
            hidden.update(found[1] for found in alone if found)
    return frozenset(hidden - shown)
