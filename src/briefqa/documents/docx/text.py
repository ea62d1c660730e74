"""The text of one paragraph of a Word document, as its reader sees it."""

from lxml import etree

from briefqa.documents.docx.styles import Styles
from briefqa.documents.office import Note
from briefqa.documents.symbols import symbol
from briefqa.documents.xml import attribute, child, local_name

_UNSEEN = {
    "pPr", "rPr", "tblPr", "sectPr", "sdtPr", "sdtEndPr", "fldData", "ffData", "rubyPr", "rt",
    "del", "moveFrom", "delText", "instrText", "delInstrText", "customXmlPr", "smartTagPr",
    "annotationRef", "footnoteRef", "endnoteRef", "commentReference", "binData",
}  # fmt: skip
"""What is not shown, or not any more: properties, deleted text, codes of fields."""

_CHARACTERS = {
    "tab": "\t", "ptab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-", "softHyphen": "",
}  # fmt: skip
_NOTES = {"footnoteReference": "Footnote", "endnoteReference": "Endnote"}
_IMAGES = {"blip", "imagedata"}
_FORMS = {
    "f": "{above}/{below}",
    "rad": "√({base})",
    "d": "({bases})",
    "nary": "{sign}{limits} {base}",
    "sSup": "{base}{limits}",
    "sSub": "{base}{limits}",
    "sSubSup": "{base}{limits}",
}


class ParagraphText:
    """What a paragraph shows: its text, the notes it refers to, the boxes anchored in it.

    Insertions are in, deletions out; hidden text is out; of a field its result
    is in, of an equation its letters and signs.
    """

    def __init__(self, paragraph: etree._Element, styles: Styles) -> None:
        self.style = styles.of_paragraph(paragraph)
        self._styles = styles
        self._parts: list[str] = []
        self._in_code: list[bool] = []
        self.notes: list[Note] = []
        self.boxes: list[etree._Element] = []
        self.holds_images = False
        self._read(paragraph)

    @property
    def text(self) -> str:
        """The text, its line breaks kept."""
        return "".join(self._parts)

    def _read(self, element: etree._Element) -> None:
        for inner in element:
            name = local_name(inner)
            if name in _UNSEEN or self._is_hidden(name, inner):
                continue
            if (text := _own_text(name, inner)) is not None:
                self._add(text)
            elif name == "fldChar":
                self._meet_field(attribute(inner, "fldCharType"))
            elif name in _NOTES:
                self.notes.append(Note(_NOTES[name], attribute(inner, "id") or ""))
            elif name == "txbxContent":
                self.boxes.append(inner)
            else:
                self.holds_images |= name in _IMAGES
                self._read(alternative(inner) if name == "AlternateContent" else inner)

    def _is_hidden(self, name: str, element: etree._Element) -> bool:
        if name == "r":
            return self._styles.is_hidden(element, self.style)
        return name == "sdt" and child(element, "sdtPr", "showingPlcHdr") is not None

    def _add(self, text: str) -> None:
        if not any(self._in_code):
            self._parts.append(text)

    def _meet_field(self, kind: str | None) -> None:
        """Leave out what stands between the begin of a field and its result."""
        if kind == "begin":
            self._in_code.append(True)
        elif self._in_code and kind == "separate":
            self._in_code[-1] = False
        elif self._in_code and kind == "end":
            self._in_code.pop()


def alternative(element: etree._Element) -> etree._Element:
    """Return the first of several forms of one content: Word shows just one."""
    for name in ("Choice", "Fallback"):
        if (found := child(element, name)) is not None:
            return found
    return element


def _own_text(name: str, element: etree._Element) -> str | None:
    """Return the text that an element of that name is, if it is text."""
    match name:
        case "t":
            return str(element.text or "")
        case "sym":
            return _symbol(element)
        case "oMath":
            return _equation(element)
        case _:
            return _CHARACTERS.get(name)


def _symbol(element: etree._Element) -> str:
    try:
        code = int(attribute(element, "char") or "", 16)
    except ValueError:
        return ""
    return symbol(attribute(element, "font") or "", code)


def _equation(element: etree._Element) -> str:
    """Return an equation on one line: ``a/b``, ``x^2``, ``x_i``, ``√(x)``."""
    name = local_name(element)
    if name in {"t", "chr"}:
        return str(element.text or attribute(element, "val") or "")
    if name.endswith("Pr") and name != "naryPr":
        return ""
    parts = [(local_name(inner), _equation(inner)) for inner in element]
    if name not in _FORMS:
        return "".join(text for _, text in parts)
    terms = dict(parts)
    base, limits = terms.get("e", ""), _limits(terms)
    return _FORMS[name].format(
        base=base,
        above=_grouped(terms.get("num", "")),
        below=_grouped(terms.get("den", "")),
        bases=", ".join(text for kind, text in parts if kind == "e"),
        limits=limits,
        sign=terms.get("naryPr") or "∫",
    )


def _limits(terms: dict[str, str]) -> str:
    below, above = _grouped(terms.get("sub", "")), _grouped(terms.get("sup", ""))
    return (f"_{below}" if below else "") + (f"^{above}" if above else "")


def _grouped(term: str) -> str:
    return term if len(term) <= 1 or term.isalnum() else f"({term})"
