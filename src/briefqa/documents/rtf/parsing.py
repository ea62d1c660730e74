"""Takes an RTF file apart into paragraphs, rows of tables and properties."""

import re
from collections.abc import Callable
from dataclasses import replace

from briefqa.documents.rtf.blocks import RtfBlocks, RtfNote, RtfParagraph
from briefqa.documents.rtf.groups import (
    CHARACTERS,
    PROPERTIES,
    SIGNS,
    STARRED,
    TOKEN,
    UNSEEN,
    Font,
    Group,
    Style,
    code_page,
)
from briefqa.documents.symbols import symbol
from briefqa.documents.values import whole
from briefqa.errors import DocumentError

_MOST_DEPTH = 1000
_MOST_SKIPPED = 10
_LATEST_START = 100
_IMAGES = {"pict", "shppict", "object"}
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]+")
_OPENING = rb"{\rtf"


class RtfParser:
    """Reads one file; what it finds is in its attributes."""

    def __init__(self, data: bytes, source: str) -> None:
        if (start := data.find(_OPENING, 0, _LATEST_START)) < 0:
            raise DocumentError(
                source, reason="not_as_named", detail="is not RTF: it does not begin as RTF does"
            )
        self.blocks = RtfBlocks()
        self.notes: list[RtfNote] = []
        self.properties: dict[str, str] = {}
        self.holds_images = False
        self._source = source
        self._encoding = "cp1252"
        self._fonts: dict[int, Font] = {}
        self._default_font = 0
        self._styles: dict[int, Style] = {}
        self._group = Group()
        self._stack: list[Group] = []
        self._bytes = bytearray()
        self._skip = 0
        self._paragraph = RtfParagraph()
        self._read(data[start:].decode("latin-1"))
        self.is_whole = not self._stack
        self._flush()
        self._end_paragraph(self._group.depth)
        self.blocks.end_row(1)

    def _read(self, text: str) -> None:
        at = 0
        while found := TOKEN.match(text, at):
            at = found.end()
            word, number, byte, sign, brace, run = found.groups()
            if run is not None:
                self._add_run(run)
            elif word is not None:
                if word == "bin":
                    at += max(int(number or 0), 0)
                self._meet(word, None if number is None else int(number))
            elif byte is not None:
                self._add_run(chr(int(byte, 16)))
            elif brace == "{":
                self._open()
            elif brace is not None:
                self._close()
                if not self._stack:
                    return
            elif sign is not None:
                self._meet_sign(sign)

    def _open(self) -> None:
        self._flush()
        self._skip = 0
        if len(self._stack) == _MOST_DEPTH:
            raise DocumentError(
                self._source,
                reason="unsafe",
                detail=f"nests its parts more than {_MOST_DEPTH:,} deep, as no program does",
            )
        self._stack.append(self._group)
        self._group = replace(self._group, is_starred=False, opens_target=False)

    def _close(self) -> None:
        self._flush()
        self._skip = 0
        closed = self._group
        self._group = self._stack.pop()
        if closed.opens_target and closed.target:
            self._keep("".join(closed.parts), closed.target)

    def _keep(self, text: str, target: str) -> None:
        """Put the text of a group that has ended where it belongs."""
        text = _clean(text)
        match target:
            case "marker":
                self._paragraph.marker = " ".join(text.split()) or self._paragraph.marker
            case "footnote" | "endnote":
                self._paragraph.notes.append(len(self.notes))
                self.notes.append(RtfNote(text, target == "endnote"))
            case "box":
                self._paragraph.boxes += text.split("\n")
            case "fonts" | "styles" | "info" | "upr":
                pass
            case _:
                self.properties.setdefault(target, text.strip())

    def _send_to(self, target: str) -> None:
        self._group.target, self._group.parts, self._group.opens_target = target, [], True

    def _meet(self, word: str, number: int | None) -> None:
        if self._skips(word):
            return
        self._flush()
        group = self._group
        self.holds_images |= word in _IMAGES
        is_property = word in PROPERTIES and group.target == "info"
        if group.is_starred:
            group.is_starred = False
            if word not in STARRED and not is_property:
                self._send_to("")
        if not group.target:
            return
        if word in UNSEEN:
            self._send_to("")
        elif is_property:
            self._send_to(PROPERTIES[word])
        elif word in _TARGETS:
            self._send_to(_TARGETS[word])
        elif word in CHARACTERS:
            self._put(CHARACTERS[word])
        elif word in _ACTIONS:
            _ACTIONS[word](self, 1 if number is None else number)

    def _skips(self, word: str) -> bool:
        """Say whether ``word`` only stands in for a Unicode character before it."""
        skips = self._skip > 0 and word in CHARACTERS
        self._skip = self._skip - 1 if skips else 0
        return skips

    def _meet_sign(self, sign: str) -> None:
        if self._skip and sign in SIGNS:
            self._skip -= 1
        elif sign == "*":
            self._group.is_starred = True
        elif sign in "\r\n":
            self.end_paragraph(1)
        else:
            self._flush()
            self._put(SIGNS.get(sign, ""))

    def _add_run(self, run: str) -> None:
        if self._skip:
            run, self._skip = run[self._skip :], max(self._skip - len(run), 0)
        if self._group.target == "fonts":
            self._name_font(run)
        elif self._group.target == "styles":
            self._name_style(run)
        elif self._group.target:
            self._bytes += run.encode("latin-1")

    def _flush(self) -> None:
        """Decode the bytes since the last word: only together they are characters."""
        if not self._bytes:
            return
        data, self._bytes = bytes(self._bytes), bytearray()
        number = self._default_font if self._group.font is None else self._group.font
        font = self._fonts.get(number, Font())
        if font.is_symbols:
            self._put("".join(symbol(font.name or "symbol", byte) for byte in data))
        else:
            self._put(data.decode(font.encoding or self._encoding, "replace"))

    def _put(self, text: str) -> None:
        group = self._group
        if group.target and not (group.is_hidden or group.is_deleted):
            group.parts.append(text)

    def _name_font(self, run: str) -> None:
        if self._group.font is not None:
            font = self._fonts.setdefault(self._group.font, Font())
            font.name += run.partition(";")[0].strip()

    def _name_style(self, run: str) -> None:
        if self._group.style is not None:
            style = self._styles.setdefault(self._group.style, Style(self._group.level))
            style.name += run.partition(";")[0].strip().lower()

    def end_paragraph(self, _: int) -> None:
        """Meet ``par``: in the body it ends a paragraph, elsewhere a line."""
        if self._group.target != "body":
            self._put("\n")
            return
        self._end_paragraph(self._group.depth)

    def _end_paragraph(self, depth: int) -> None:
        group, paragraph = self._group, self._paragraph
        style = self._styles.get(group.style or 0, Style())
        paragraph.text = _clean("".join(group.parts))
        paragraph.level = style.level if group.level is None else group.level
        paragraph.style = style.name
        group.parts.clear()
        self._paragraph = RtfParagraph()
        self.blocks.add(paragraph, depth)

    def end_cell(self, depth: int) -> None:
        """Meet ``cell`` (1) or ``nestcell`` (2)."""
        if self._group.target == "body":
            self._end_paragraph(depth)
            self.blocks.end_cell(depth)

    def end_row(self, depth: int) -> None:
        """Meet ``row`` (1) or ``nestrow`` (2)."""
        if self._group.target == "body":
            self.blocks.end_row(depth)

    def enter_table(self, depth: int) -> None:
        """Meet ``intbl`` (1) or ``itap``, which says how many tables the paragraph is in."""
        self._group.depth = max(depth, 0)

    def set_font(self, number: int) -> None:
        """Meet ``f``."""
        self._group.font = number
        if self._group.target == "fonts":
            self._fonts[number] = Font()

    def set_charset(self, number: int) -> None:
        """Meet ``fcharset``."""
        if self._group.target == "fonts" and self._group.font is not None:
            self._fonts.setdefault(self._group.font, Font()).set_charset(number)

    def set_code_page(self, number: int) -> None:
        """Meet ``ansicpg``."""
        self._encoding = code_page(number)

    def set_default_font(self, number: int) -> None:
        """Meet ``deff``."""
        self._default_font = number

    def state(self, **values: int | bool | None) -> None:
        """Meet a word that sets something until the group closes."""
        for name, value in values.items():
            setattr(self._group, name, value)

    def add_unicode(self, number: int) -> None:
        """Meet ``u``, after which come characters for programs that do not know it."""
        self._put(chr(number % 0x10000))
        self._skip = self._group.unicode_skip

    def set_endnote(self, _: int) -> None:
        """Meet ``ftnalt``, which says that the footnote is an endnote."""
        if self._group.target == "footnote":
            self._group.target = "endnote"

    def show_again(self, _: int) -> None:
        """Meet ``ud``: after a text for old programs comes the same in Unicode."""
        if self._group.target == "upr":
            shown = next(g for g in reversed(self._stack) if g.target != "upr")
            self._group.target, self._group.parts = shown.target, shown.parts

    def add_date(self, number: int, form: str) -> None:
        """Meet a part of a date among the properties."""
        if self._group.target in {"created", "modified"}:
            self._group.parts.append(form.format(number))


def _clean(text: str) -> str:
    return _CONTROL.sub(" ", whole(text))


_TARGETS = {
    "fonttbl": "fonts",
    "stylesheet": "styles",
    "info": "info",
    "footnote": "footnote",
    "listtext": "marker",
    "pntext": "marker",
    "shptxt": "box",
    "upr": "upr",
}
_ACTIONS: dict[str, Callable[[RtfParser, int], None]] = {
    "par": RtfParser.end_paragraph,
    "sect": RtfParser.end_paragraph,
    "cell": lambda parser, _: parser.end_cell(1),
    "nestcell": lambda parser, _: parser.end_cell(2),
    "row": lambda parser, _: parser.end_row(1),
    "nestrow": lambda parser, _: parser.end_row(2),
    "f": RtfParser.set_font,
    "fcharset": RtfParser.set_charset,
    "ansicpg": RtfParser.set_code_page,
    "mac": lambda parser, _: parser.set_code_page(10000),
    "pc": lambda parser, _: parser.set_code_page(437),
    "pca": lambda parser, _: parser.set_code_page(850),
    "u": RtfParser.add_unicode,
    "ftnalt": RtfParser.set_endnote,
    "ud": RtfParser.show_again,
    "yr": lambda parser, number: parser.add_date(number, "{:04}"),
    "mo": lambda parser, number: parser.add_date(number, "-{:02}"),
    "dy": lambda parser, number: parser.add_date(number, "-{:02}"),
    "deff": RtfParser.set_default_font,
    "pard": lambda parser, _: parser.state(level=None, style=None, depth=0),
    "plain": lambda parser, _: parser.state(font=None, is_hidden=False, is_deleted=False),
    "v": lambda parser, number: parser.state(is_hidden=bool(number)),
    "deleted": lambda parser, number: parser.state(is_deleted=bool(number)),
    "uc": lambda parser, number: parser.state(unicode_skip=min(max(number, 0), _MOST_SKIPPED)),
    "s": lambda parser, number: parser.state(style=number),
    "outlinelevel": lambda parser, number: parser.state(level=number),
    "intbl": RtfParser.enter_table,
    "itap": RtfParser.enter_table,
}
