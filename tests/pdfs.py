"""PDF files that say of each sentence on which page it stands, and in which order they are read."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import count
from pathlib import Path

from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.pdfmetrics import registerFont, stringWidth
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

A4 = (595.0, 842.0)
_FONTS = Path("/usr/share/fonts/truetype/dejavu")
_NOUNS = ("ministry", "committee", "regulator", "parliament", "council", "agency", "court")
_VERBS = ("reviewed", "published", "rejected", "funded", "questioned", "extended", "measured")
_OBJECTS = (
    "the national strategy",
    "a shared register",
    "the export rules",
    "an annual audit",
    "the public compute programme",
    "new procurement guidance",
    "the safety standard",
)
_WHEN = ("after a long debate in both chambers", "before the summer recess began",
         "without consulting the devolved administrations", "on the advice of its own experts",
         "in spite of several written objections")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Labelled:
    """A PDF and the (page, sentence) pairs that are found in it, in reading order.

    ``openings`` are the words that the text of a page opens with, where a
    paragraph runs on from the page before.
    """

    data: bytes
    sentences: tuple[tuple[int, str], ...]
    openings: tuple[tuple[int, str], ...] = ()


class Page:
    """Draws on one canvas and keeps what it drew."""

    def __init__(self, size: tuple[float, float] = A4, **options: object) -> None:
        self._buffer = BytesIO()
        # Invariant: no clock, no random id, so that the bytes are the same each time.
        self.canvas = Canvas(self._buffer, pagesize=size, invariant=1, **options)
        self.number = 1
        self._ids = count(1)

    def sentences(self, how_many: int) -> list[str]:
        """Return new sentences, none like another."""
        return [self._sentence(next(self._ids)) for _ in range(how_many)]

    @staticmethod
    def _sentence(i: int) -> str:
        return (
            f"Finding {i} is that the {_NOUNS[i % 7]} {_VERBS[i * 3 % 7]} {_OBJECTS[i * 5 % 7]} "
            f"{_WHEN[i % 5]}."
        )

    def column(  # noqa: PLR0913 - how a column is set has this many sides
        self,
        paragraphs: Sequence[str],
        x: float,
        y: float,
        width: float,
        *,
        font: str = "Helvetica",
        size: float = 10,
        leading: float = 12.5,
        gap: float = 6,
        indent: float = 0,
        justified: bool = False,
    ) -> float:
        """Draw paragraphs from ``y`` down; return where the next line would stand."""
        for paragraph in paragraphs:
            lines = wrapped(paragraph, width, font, size, indent)
            for at, line in enumerate(lines):
                start = x + (indent if at == 0 else 0)
                drawn = self.canvas.beginText(start, y)
                drawn.setFont(font, size)
                slack = x + width - start - stringWidth(line, font, size)
                is_spread = justified and at + 1 < len(lines) and " " in line
                drawn.setWordSpace(slack / line.count(" ") if is_spread else 0)
                drawn.textOut(line)
                self.canvas.drawText(drawn)
                y -= leading
            y -= gap
        return y

    def next_page(self) -> None:
        """Begin another page."""
        self.canvas.showPage()
        self.number += 1

    def finish(
        self, sentences: Sequence[tuple[int, str]], openings: Sequence[tuple[int, str]] = ()
    ) -> Labelled:
        """Return the file."""
        self.canvas.save()
        return Labelled(self._buffer.getvalue(), tuple(sentences), tuple(openings))


def wrapped(text: str, width: float, font: str, size: float, indent: float = 0) -> list[str]:
    """Cut ``text`` into lines of at most ``width`` points; a line feed in it ends a line."""
    lines: list[str] = []
    for part in text.split("\n"):
        line = ""
        for word in part.split(" "):
            longer = f"{line} {word}".strip()
            room = width - (0 if lines else indent)
            if line and stringWidth(longer, font, size) > room:
                lines.append(line)
                longer = word
            line = longer
        lines.append(line)
    return lines


def _at(page: int, sentences: Sequence[str]) -> list[tuple[int, str]]:
    return [(page, sentence) for sentence in sentences]


def one_column() -> Labelled:
    """Two pages of justified prose under headings."""
    page = Page()
    found: list[tuple[int, str]] = []
    for number in (1, 2):
        y = page.column(
            [f"Part {number}"], 72, 770, 450, font="Helvetica-Bold", size=18, leading=26
        )
        found.append((number, f"Part {number}"))
        for _ in range(3):
            sentences = page.sentences(4)
            found += _at(number, sentences)
            y = page.column([" ".join(sentences)], 72, y, 450, justified=True)
        page.next_page()
    return page.finish(found)


def two_columns(*, right_first: bool = False) -> Labelled:
    """A heading across two columns, and a paragraph that goes on in the second."""
    page = Page()
    heading = "A heading that runs across both of the columns"
    page.column([heading], 60, 780, 480, font="Times-Bold", size=20, leading=24)
    sentences = page.sentences(24)
    lines = wrapped(" ".join(sentences), 225, "Times-Roman", 10)
    half = len(lines) // 2
    columns = [(lines[:half], 60.0), (lines[half:], 310.0)]
    for column, x in columns[::-1] if right_first else columns:
        page.column(column, x, 740, 225, font="Times-Roman", leading=12, gap=0)
    return page.finish([(1, heading), *_at(1, sentences)])


def two_columns_drawn_backwards() -> Labelled:
    """The right column is drawn before the left, as some typesetting programs do."""
    return two_columns(right_first=True)


def columns_drawn_by_lines() -> Labelled:
    """Each line of the left column is followed in the file by that of the right beside it."""
    page = Page()
    sentences = page.sentences(16)
    lines = wrapped(" ".join(sentences), 220, "Helvetica", 9)
    half = (len(lines) + 1) // 2
    for at in range(half):
        for column, x in ((lines[:half], 60), (lines[half:], 300)):
            if at < len(column):
                page.column([column[at]], x, 760 - 11 * at, 230, size=9)
    return page.finish(_at(1, sentences))


def three_columns() -> Labelled:
    """A newspaper's page: a headline over three narrow columns of unequal length."""
    page = Page()
    headline = "Three narrow columns under one headline"
    page.column([headline], 40, 790, 520, font="Helvetica-Bold", size=22)
    found = [(1, headline)]
    for x, how_many in ((40, 9), (220, 8), (400, 5)):
        sentences = page.sentences(how_many)
        found += _at(1, sentences)
        middle = len(sentences) // 2
        page.column(
            [" ".join(sentences[:middle]), " ".join(sentences[middle:])],
            x, 750, 160, size=8.5, leading=10.5, indent=10, gap=0, justified=True,
        )  # fmt: skip
    return page.finish(found)


def table_between_columns() -> Labelled:
    """Two columns, a table across both, two columns again."""
    page = Page()
    found: list[tuple[int, str]] = []
    y = 780.0
    for part in (1, 2):
        lows = []
        for x in (60, 310):
            sentences = page.sentences(5)
            found += _at(1, sentences)
            lows.append(page.column([" ".join(sentences)], x, y, 225, leading=12))
        y = min(lows) - 14
        if part == 1:
            for row in (
                ("Country", "Spending", "Share"),
                ("France", "12.5", "0.31"),
                ("Japan", "14.1", "0.29"),
                ("Norway", "3.8", "0.44"),
            ):
                for cell, x in zip(row, (60, 240, 430), strict=True):
                    page.column([cell], x, y, 150)
                y -= 14
            y -= 14
            found += [
                (1, "Country | Spending | Share"),
                (1, "Japan | 14.1 | 0.29"),
                (1, "Norway | 3.8 | 0.44"),
            ]
    return page.finish(found)


def hyphenated() -> Labelled:
    """Words cut at line ends, with hyphens that belong to them and hyphens that do not."""
    page = Page()
    text = (
        "The mergers between firms reduce competi-\ntion in every market. A co-\noperation of "
        "states may be called co-operation.\nOur evidence is AI-\nbased. The state-of-the-\nart "
        "method is long-\nterm.\nLong-term plans of 2019-\n2021 are on record. The govern-\nment "
        "of the self-\ngoverning island agreed."
    )
    page.column([text], 72, 770, 400)
    return page.finish(
        _at(
            1,
            (
                "The mergers between firms reduce competition in every market.",
                "A co-operation of states may be called co-operation.",
                "Our evidence is AI-based.",
                "The state-of-the-art method is long-term.",
                "Long-term plans of 2019-2021 are on record.",
                "The government of the self-governing island agreed.",
            ),
        )
    )


def ligatures() -> Labelled:
    """Letters drawn as one, and letters with their accents apart."""
    page = Page()
    _dejavu()
    drawn = "The o\ufb03cial \ufb01gures \ufb02ow from the a\ufb00ected \ufb01rms."
    page.column([drawn, "The cafe\u0301 is closed."], 72, 770, 450, font="DejaVu")
    return page.finish(
        _at(1, ("The official figures flow from the affected firms.", "The café is closed."))
    )


def over_the_page() -> Labelled:
    """A paragraph that goes over two page ends, once within a word; heads, feet, a footnote."""
    page = Page()
    note = "1 This note stands at the foot of the first page."
    text = " ".join(page.sentences(24))
    lines = wrapped(text, 450, "Helvetica", 10)
    third = len(lines) // 3
    # The last word of the second page is cut in two.
    last, whole = lines[2 * third - 1], lines[2 * third].split(" ")[0]
    lines[2 * third - 1] = f"{last} {whole[:3]}-"
    lines[2 * third] = lines[2 * third].removeprefix(whole[:3])
    starts = [0]
    for number in (1, 2, 3):
        shown = lines[(number - 1) * third : number * third if number < 3 else None]
        page.column(["Evidence to the committee"], 72, 810, 450, size=8)
        page.column(shown, 72, 770, 450, gap=0)
        if number == 1:
            page.column([note], 72, 90, 450, size=7)
        page.column([f"Page {number} of 3"], 270, 30, 100, size=8)
        starts.append(starts[-1] + len(" ".join(shown)) + (-1 if number == 2 else 1))
        page.next_page()
    found = []
    at = 0
    for sentence in text.replace(". ", ".\n").split("\n"):
        at = text.index(sentence, at)
        found.append((sum(start <= at for start in starts[:3]), sentence))
    openings = [(number, text[starts[number - 1] :][:40]) for number in (1, 2, 3)]
    return page.finish([*found, (1, note)], openings)


def running_heads() -> Labelled:
    """Seven pages with heads that differ on left and right pages, and numbered feet."""
    page = Page()
    found = []
    for number in range(1, 8):
        head = "Annual report" if number % 2 else "The regulator and the market"
        page.column([head], 72, 808, 400, size=9)
        sentences = page.sentences(12)
        page.column([" ".join(sentences[:6]), " ".join(sentences[6:])], 72, 770, 450)
        found += _at(number, sentences)
        page.column([f"– {number} –"], 290, 40, 100, size=9)
        page.next_page()
    return page.finish(found)


def table() -> Labelled:
    """A table of words and figures between two paragraphs."""
    page = Page()
    before, after = page.sentences(3), page.sentences(3)
    y = page.column([" ".join(before)], 72, 770, 450)
    rows = (
        ("Region", "Households", "Change"),
        ("North East", "1,204", "+2.1 %"),
        ("South West of the country", "2,380", "–0.4 %"),
        ("Wales", "1,345", "+0.9 %"),
    )
    for row in rows:
        for at, cell in enumerate(row):
            x = 72 if at == 0 else 300 + 100 * at - stringWidth(cell, "Helvetica", 10)
            page.column([cell], x, y, 300)
        y -= 15
    page.column([" ".join(after)], 72, y - 12, 450)
    cells = [(1, " | ".join(row)) for row in rows]
    return page.finish([*_at(1, before), *cells, *_at(1, after)])


def rotated() -> Labelled:
    """A page turned by its own entry between two that are not, and a note in its margin."""
    page = Page()
    found = []
    for number, turn in ((1, 0), (2, 90), (3, 270), (4, 180)):
        sentences = page.sentences(10)
        found += _at(number, sentences)
        page.canvas.saveState()
        page.canvas.setPageRotation(turn)
        # A page that is turned on its side is kept as a wide one.
        page.canvas.translate(*{0: (0, 0), 90: (A4[1], 0), 180: A4, 270: (0, A4[0])}[turn])
        page.canvas.rotate(turn)
        page.column([" ".join(sentences[:5]), " ".join(sentences[5:])], 72, 500, 450)
        page.canvas.restoreState()
        if number == 1:
            page.canvas.saveState()
            page.canvas.rotate(90)
            page.column(["A stamp along the margin of page one."], 200, -30, 500)
            page.canvas.restoreState()
            found.append((1, "A stamp along the margin of page one."))
        page.next_page()
    return page.finish(found)


def image_between_pages() -> Labelled:
    """Text, a page that holds only a picture, text, an empty page."""
    page = Page()
    first, last = page.sentences(4), page.sentences(4)
    page.column([" ".join(first)], 72, 770, 450)
    page.next_page()
    page.canvas.drawImage(picture_of("A picture of words"), 72, 400, 400, 100)
    page.next_page()
    page.column([" ".join(last)], 72, 770, 450)
    page.next_page()
    page.next_page()
    return page.finish([*_at(1, first), *_at(3, last)])


def outlined() -> Labelled:
    """Headings in the type of the body, which only the file's own outline names."""
    page = Page()
    found: list[tuple[int, str]] = []
    for number, titles in enumerate(
        (("Background", "Scope"), ("Findings", "Costs"), ("Outlook",)), 1
    ):
        y = 770.0
        for level, title in enumerate(titles):
            key = f"{number}-{level}"
            page.canvas.bookmarkPage(key)
            page.canvas.addOutlineEntry(title, key, level=level)
            sentences = page.sentences(5)
            y = page.column([title, " ".join(sentences)], 72, y, 450)
            found += _at(number, (title, *sentences))
        page.next_page()
    return page.finish(found)


def landscape() -> Labelled:
    """A wide page of two columns."""
    page = Page((A4[1], A4[0]))
    found: list[tuple[int, str]] = []
    for x in (60, 440):
        sentences = page.sentences(12)
        found += _at(1, sentences)
        page.column([" ".join(sentences[:6]), " ".join(sentences[6:])], x, 530, 340, leading=14)
    return page.finish(found)


def footnotes() -> Labelled:
    """Two columns with a note at the foot of the first, while its last sentence goes on."""
    page = Page()
    sentences = page.sentences(20)
    note = "1 See the report of the council, which says more."
    lines = wrapped(" ".join(sentences), 225, "Times-Roman", 10)
    page.column(lines[:35], 60, 770, 225, font="Times-Roman", leading=12, gap=0)
    page.column([note], 60, 320, 225, font="Times-Roman", size=7.5, leading=9)
    page.column(lines[35:], 310, 770, 225, font="Times-Roman", leading=12, gap=0)
    return page.finish([*_at(1, sentences), (1, note)])


def lists() -> Labelled:
    """Bulleted and numbered items that run over several lines, their marks set apart."""
    page = Page()
    found: list[tuple[int, str]] = []
    [opening] = page.sentences(1)
    y = page.column([opening], 72, 770, 450)
    found.append((1, opening))
    for marker in ("•", "•", "1.", "2.", "(a)"):
        sentences = page.sentences(2)
        page.column([marker], 72, y, 20)
        y = page.column([" ".join(sentences)], 96, y, 380, gap=3)
        found += _at(1, (f"{marker} {sentences[0]}", sentences[1]))
    return page.finish(found)


def references() -> Labelled:
    """A list of works with hanging indents."""
    page = Page()
    page.column(["References"], 72, 780, 400, font="Helvetica-Bold", size=14)
    found = [(1, "References")]
    y = 750.0
    for number in range(1, 7):
        entry = (
            f"[{number}] A. Author and B. Writer. The {_NOUNS[number]} and {_OBJECTS[number]} in "
            f"times of change: a study of volume {number}. Journal of Briefs, 20{number}4."
        )
        lines = wrapped(entry, 400, "Helvetica", 10)
        page.column(lines[:1], 72, y, 450, gap=0)
        y = page.column(lines[1:], 92, y - 12.5, 430, gap=0)
        found.append((1, entry))
    return page.finish(found)


def right_to_left() -> Labelled:
    """Hebrew, drawn from right to left as it is seen."""
    page = Page()
    _dejavu()
    sentences = (
        "הוועדה פרסמה את הדוח השנתי על בינה מלאכותית במגזר הציבורי.",
        "הממשלה אימצה את כל ההמלצות של המומחים.",
    )
    y = 770.0
    for line in wrapped(" ".join(sentences), 250, "DejaVu", 11):
        seen = line[::-1]
        page.column([seen], 500 - stringWidth(seen, "DejaVu", 11), y, 400, font="DejaVu", size=11)
        y -= 15
    return page.finish(_at(1, sentences))


def chinese() -> Labelled:
    """Chinese, which has no blanks at which lines could break."""
    page = Page()
    registerFont(UnicodeCIDFont("STSong-Light"))
    text = "委员会发表了关于公共部门人工智能的年度报告。政府采纳了专家的所有建议并承诺向议会汇报。"
    lines = [text[at : at + 16] for at in range(0, len(text), 16)]
    page.column(lines, 72, 770, 300, font="STSong-Light", size=12, leading=16, gap=0)
    return page.finish(_at(1, [f"{sentence}。" for sentence in text.split("。")[:-1]]))


def greek_and_cyrillic() -> Labelled:
    """Scripts other than Latin, wrapped."""
    page = Page()
    _dejavu()
    sentences = (
        "Η επιτροπή δημοσίευσε την ετήσια έκθεση για την τεχνητή νοημοσύνη.",  # noqa: RUF001
        "Правительство приняло все рекомендации экспертов и обещало отчитаться перед парламентом.",
    )
    page.column([" ".join(sentences)], 72, 770, 300, font="DejaVu", leading=14)
    return page.finish(_at(1, sentences))


def paper() -> Labelled:
    """A journal's first page: authors side by side, two columns with a figure, items and a note."""
    page = Page()
    canvas = page.canvas
    title = "Sovereign Compute and the State: Evidence from Twelve National Programmes"
    authors = (("Ann Lee", "Ben Oak", "Cy Day"), ("University of Ulm", "Ministry of Data", "Tank"))
    canvas.setFont("Times-Bold", 17)
    for at, line in enumerate(wrapped(title, 400, "Times-Bold", 17)):
        canvas.drawCentredString(297, 770 - 21 * at, line)
    canvas.setFont("Times-Roman", 10)
    for at, row in enumerate(authors):
        for x, cell in zip((130, 297, 464), row, strict=True):
            canvas.drawCentredString(x, 718 - 12 * at, cell)
    canvas.setFont("Times-Bold", 10)
    canvas.drawCentredString(297, 670, "Abstract")
    abstract = page.sentences(4)
    page.column([" ".join(abstract)], 110, 654, 375, font="Times-Roman", leading=11, justified=True)
    found = [(1, part) for part in (title, *map(" | ".join, authors), "Abstract", *abstract)]
    caption = "Figure 1: Spending on compute by year, in billions of euros, at prices of 2020."
    note = "1 A note that is set small and says where the numbers come from, in two lines of text."
    for number, x in enumerate((55, 305), 1):
        heading = f"{number} Section of column {number}"
        y = page.column([heading], x, 590, 235, font="Times-Bold", size=11, leading=14, gap=2)
        body, items, after = page.sentences(6), page.sentences(2), page.sentences(6)
        y = _body([" ".join(body[:3]), " ".join(body[3:])], page, x, y)
        found += _at(1, [heading, *body])
        if number == 1:
            for tick in range(5):
                page.column([str(50 - 10 * tick)], x + 10, y - 20 - 16 * tick, 30, size=6)
            y = page.column([caption], x, y - 120, 235, font="Times-Italic", size=8.5, leading=10)
            found.append((1, caption))
        marked = [f"• {item}" for item in items]
        y = page.column(marked, x + 8, y - 4, 225, font="Times-Roman", size=9.5, leading=11, gap=2)
        _body([" ".join(after)], page, x, y - 4)
        found += _at(1, [*marked, *after])
        if number == 1:
            page.column([note], x, 80, 235, font="Times-Roman", size=7.5, leading=8.5)
            found.append((1, note))
    return page.finish(found)


def _body(paragraphs: Sequence[str], page: Page, x: float, y: float) -> float:
    return page.column(
        paragraphs, x, y, 235, font="Times-Roman", size=9.5, leading=11, indent=10, gap=0,
        justified=True,
    )  # fmt: skip


def briefing() -> Labelled:
    """A note as an office writes it: addressees, a box beside the text, options, a watermark."""
    page = Page()
    title = "BRIEFING NOTE"
    found = [(1, title)]
    y = page.column([title], 72, 780, 450, font="Helvetica-Bold", size=16, leading=30)
    for key, value in (
        ("To:", "Minister for Digital"),
        ("From:", "Office for AI, Strategy Unit"),
        ("Subject:", "Options for the spring budget, and what they would cost"),
    ):
        page.column([key], 72, y, 60, font="Helvetica-Bold")
        y = page.column([value], 140, y, 380, gap=2)
        found.append((1, f"{key} | {value}"))
    body, after = page.sentences(10), page.sentences(3)
    box = ("Spend is up by a third.", "Two sites are chosen.", "No law is needed.")
    page.column(box, 400, y - 10, 150, size=9)
    y = page.column([" ".join(body[:5]), " ".join(body[5:])], 72, y - 10, 300)
    found += _at(1, [*body, *box])
    for cells in (
        ("Option", "What it means", "Cost"),
        ("A", "Buy capacity from the\nmarket when needed", "£120m"),
        ("B", "Build one national site\nwith a partner from industry", "£900m"),
        ("C", "Do nothing for now", "£0"),
    ):
        for cell, x in zip(cells[::2], (72, 400), strict=True):
            page.column([cell], x, y, 100)
        y = page.column([cells[1]], 150, y, 200) - 2
        found.append((1, " | ".join(cells).replace("\n", " ")))
    page.column([" ".join(after)], 72, y - 10, 450)
    page.canvas.translate(150, 200)
    page.canvas.rotate(45)
    page.column(["DRAFT"], 0, 0, 300, size=60)
    return page.finish([*found, *_at(1, after), (1, "DRAFT")])


LABELLED: dict[str, Callable[[], Labelled]] = {
    make.__name__: make
    for make in (
        one_column, two_columns, two_columns_drawn_backwards, columns_drawn_by_lines, three_columns,
        table_between_columns, hyphenated, ligatures, over_the_page, running_heads, table, rotated,
        image_between_pages, outlined, landscape, footnotes, lists, references, right_to_left,
        greek_and_cyrillic, chinese, paper, briefing,
    )
}  # fmt: skip


def stated(text: str = "Nothing else.", **properties: str) -> bytes:
    """Return a PDF with the properties title, author, subject and keywords."""
    page = Page()
    for name, value in properties.items():
        getattr(page.canvas, f"set{name.title()}")(value)
    page.column([text], 72, 770, 450)
    return page.finish([]).data


def unreadable_letters() -> bytes:
    """Return a PDF that shows letters but does not say which they are."""
    return greek_and_cyrillic().data.replace(b"/ToUnicode", b"/NoUnicode")


def encrypted(*, user: str, owner: str) -> bytes:
    """Return a PDF that opens with the password ``user``."""
    page = Page(encrypt=StandardEncryption(user, owner))
    page.column(["The secret is out."], 72, 770, 450)
    return page.finish([]).data


def prose(pages: int) -> bytes:
    """Return a PDF of many pages of ordinary prose."""
    page = Page()
    for _ in range(pages):
        page.column([f"Page {page.number}"], 280, 30, 100)
        sentences = page.sentences(30)
        page.column([" ".join(sentences[at : at + 6]) for at in range(0, 30, 6)], 72, 770, 450)
        page.next_page()
    return page.finish([]).data


def picture_of(text: str) -> ImageReader:
    """Return a picture in which ``text`` can be read, as a scanner makes one."""
    import pypdfium2  # noqa: PLC0415 - only pictures need it

    page = Page((400, 100))
    page.column([text], 20, 70, 360, size=18, leading=24)
    with pypdfium2.PdfDocument(page.finish([]).data) as pdf:
        return ImageReader(pdf[0].render(scale=4).to_pil())


def pages_of_pictures(texts: Iterator[str] | Sequence[str]) -> bytes:
    """Return a PDF with a picture of each text on a page of its own, and no text."""
    page = Page()
    for text in texts:
        page.canvas.drawImage(picture_of(text), 72, 400, 400, 100)
        page.next_page()
    return page.finish([]).data


def _dejavu() -> None:
    registerFont(TTFont("DejaVu", str(_FONTS / "DejaVuSans.ttf")))


def has_dejavu() -> bool:
    """Say whether this machine has the font that letters beyond Latin need."""
    return (_FONTS / "DejaVuSans.ttf").is_file()
