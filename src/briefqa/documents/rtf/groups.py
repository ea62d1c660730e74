"""What the words of RTF mean: code pages, characters, and which groups hold what."""

import codecs
import re
from dataclasses import dataclass, field

TOKEN = re.compile(
    r"\\(?P<word>[a-zA-Z]{1,32})(?P<number>-?[0-9]{1,10})? ?"
    r"|\\'(?P<byte>[0-9a-fA-F]{2})"
    r"|\\(?P<sign>.)"
    r"|(?P<brace>[{}])"
    r"|(?P<run>[^\\{}\r\n]+)"
    r"|[\r\n]+|\\$",
    re.DOTALL,
)
"""One step through a file read as Latin-1, where a character is a byte."""

CHARACTERS = {
    "tab": "\t", "line": "\n", "lbr": "\n", "page": "\n", "column": "\n", "softline": "\n",
    "emdash": "—", "endash": "–", "emspace": " ", "enspace": " ", "qmspace": " ", "bullet": "•",
    "lquote": "‘", "rquote": "’", "ldblquote": "“", "rdblquote": "”",
}  # fmt: skip
SIGNS = {"~": " ", "_": "-", "-": "", "\t": "\t", "{": "{", "}": "}", "\\": "\\"}
UNSEEN = {
    "annotation", "atnauthor", "atndate", "atnicn", "atnid", "atnparent", "atnref", "atntime",
    "aftncn", "aftnsep", "aftnsepc", "ftncn", "ftnsep", "ftnsepc", "background", "bkmkend",
    "bkmkstart", "colortbl", "colorschememapping", "comment", "datafield", "datastore", "do",
    "fldinst", "filetbl", "footer", "footerf", "footerl", "footerr", "generator", "header",
    "headerf", "headerl", "headerr", "latentstyles", "listoverridetable", "listtable",
    "nonesttables", "nonshppict", "objclass", "objdata", "objname", "password", "pict", "pn",
    "private", "revtbl", "rsidtbl", "rxe", "shprslt", "sp", "tc", "template", "themedata",
    "userprops", "wgrffmtfilter", "xe", "xmlnstbl", "mmathPr", "falt", "panose",
}  # fmt: skip
"""Groups whose text is not shown."""

STARRED = {"footnote", "listtext", "nesttableprops", "shpinst", "shptxt", "ud"}
"""Groups that programs may pass over, but whose text is shown."""

PROPERTIES = {
    "title": "title", "author": "authors", "keywords": "keywords", "subject": "subject",
    "category": "category", "doccomm": "comments", "creatim": "created", "revtim": "modified",
}  # fmt: skip
_CODE_PAGES = {
    0: "cp1252", 77: "mac_roman", 128: "cp932", 129: "cp949", 130: "johab", 134: "gbk",
    136: "cp950", 161: "cp1253", 162: "cp1254", 163: "cp1258", 177: "cp1255", 178: "cp1256",
    186: "cp1257", 204: "cp1251", 222: "cp874", 238: "cp1250", 254: "cp437", 255: "cp850",
}  # fmt: skip
_SYMBOLS = 2


@dataclass(slots=True)
class Font:
    """A font of the font table; ``encoding`` is None where the file's own counts."""

    encoding: str | None = None
    is_symbols: bool = False
    name: str = ""

    def set_charset(self, number: int) -> None:
        """Take over what ``fcharset`` says."""
        self.is_symbols = number == _SYMBOLS
        self.encoding = _CODE_PAGES.get(number)


@dataclass(slots=True)
class Style:
    """A paragraph style of the style sheet; ``level`` counts from 0."""

    level: int | None = None
    name: str = ""


@dataclass(slots=True)
class Group:
    """What holds from a brace to the one that closes it.

    ``depth`` is in how many tables the text stands. ``target`` is where text
    goes: "body", "marker", "footnote", "box", "fonts", "styles", a property of
    the file, or "" for nowhere.
    """

    target: str = "body"
    parts: list[str] = field(default_factory=list)
    unicode_skip: int = 1
    font: int | None = None
    is_hidden: bool = False
    is_deleted: bool = False
    level: int | None = None
    style: int | None = None
    depth: int = 0
    is_starred: bool = False
    opens_target: bool = False


def code_page(number: int) -> str:
    """Return the encoding of a Windows code page, windows-1252 if it is not known."""
    name = "utf-8" if number == 65001 else f"cp{number}"  # noqa: PLR2004 - Windows' own number
    try:
        return codecs.lookup(name).name
    except LookupError:
        return "cp1252"
