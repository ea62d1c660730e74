"""The text of one paragraph of an OpenDocument text, as its reader sees it."""

from lxml import etree

from briefqa.documents.odt.styles import OdtStyles
from briefqa.documents.xml import attribute, child, local_name, whole_number

BOXES = {
    "text-box", "custom-shape", "rect", "circle", "ellipse", "polygon", "polyline", "path", "line",
    "connector", "caption", "regular-polygon", "measure",
}  # fmt: skip
"""Shapes, which may hold paragraphs of their own."""

_UNSEEN = {
    "annotation", "annotation-end", "ruby-text", "note-citation", "script", "title", "desc",
    "event-listeners", "forms", "tracked-changes", "hidden-paragraph", "glue-point", "image-map",
}  # fmt: skip
_IMAGES = {"image", "object", "object-ole", "plugin"}
_MOST_BLANKS = 200


class OdtParagraph:
    """What a paragraph shows: its text, the notes in it, the shapes anchored in it."""

    def __init__(self, paragraph: etree._Element, styles: OdtStyles) -> None:
        self._styles = styles
        self._parts: list[str] = []
        self.notes: list[etree._Element] = []
        self.boxes: list[etree._Element] = []
        self.objects: list[str] = []
        self.holds_images = False
        self.is_hidden = styles.is_hidden("paragraph", attribute(paragraph, "style-name"))
        if not self.is_hidden:
            self._read(paragraph)

    @property
    def text(self) -> str:
        """The text, its line breaks kept; none if the paragraph is hidden."""
        return "" if self.is_hidden else "".join(self._parts)

    def add(self, text: str) -> None:
        """Append the text of an object that stands in the paragraph."""
        self._parts.append(text)

    def _read(self, element: etree._Element) -> None:
        self._parts.append(element.text or "")
        for inner in element:
            self._meet(local_name(inner), inner)
            self._parts.append(inner.tail or "")

    def _meet(self, name: str, element: etree._Element) -> None:
        match name:
            case "s":
                count = whole_number(attribute(element, "c"), 1)
                self._parts.append(" " * min(count, _MOST_BLANKS))
            case "tab":
                self._parts.append("\t")
            case "line-break":
                self._parts.append("\n")
            case "note":
                self.notes.append(element)
            case "hidden-paragraph" if attribute(element, "is-hidden") == "true":
                self.is_hidden = True
            case _ if name in BOXES:
                self.boxes.append(element)
            case _ if name and name not in _UNSEEN and not self._hides(name, element):
                self.holds_images |= name in _IMAGES
                if name == "object" and (target := attribute(element, "href")):
                    self.objects.append(target)
                self._read(element)

    def _hides(self, name: str, element: etree._Element) -> bool:
        if attribute(element, "display") == "none" or attribute(element, "is-hidden") == "true":
            return True
        style = attribute(element, "style-name")
        return name in {"span", "a"} and self._styles.is_hidden("text", style)


def formula_text(root: etree._Element) -> str:
    """Return the text of an embedded formula, "" for any other object."""
    if local_name(root) != "math":
        return ""
    notation = child(root, "semantics", "annotation")
    if notation is not None and notation.text:
        return str(notation.text)
    return "".join(str(text) for text in root.itertext())
