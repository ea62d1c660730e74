"""The parts of a page are written down as what they are."""

import pytest
from tests.unit.documents.web_pages import PROSE, page, parts, shown


def test_items_of_lists_are_numbered_as_a_browser_numbers_them() -> None:
    """Texts refer to their own numbers: see (c) above."""
    assert shown("<ul><li>a<li><p>b</p></ul>") == "- a\n- b"
    assert shown("<ol start=3><li>a<li value=7>b<li>c</ol>") == "3. a\n7. b\n8. c"
    assert shown("<ol type=a><li>a<li>b</ol>") == "a. a\nb. b"
    assert shown("<ol type=I start=4><li>a</ol>") == "IV. a"
    assert shown("<ol reversed><li>a<li>b</ol>") == "2. a\n1. b"
    assert shown("<ol type=a start=27><li>a</ol><ol start=-2 type=a><li>b</ol>") == "aa. a\n-2. b"


def test_lists_inside_lists_can_be_told_apart() -> None:
    """Without indents, the marker alone says which list an item is in."""
    body = "<ol><li>a<ol><li>b<li>c</ol><li>d<ul><li>e<ol type=i><li>f</ol></ul></ol>"

    assert shown(body) == "1. a\n1.1. b\n1.2. c\n2. d\n– e\ni. f"


def test_an_item_of_several_paragraphs_is_marked_once() -> None:
    """The second paragraph is no item of its own."""
    assert parts("<ol><li><p>a</p><p>b</p><li>c</ol>") == [
        ("list_item", "1. a"),
        ("paragraph", "b"),
        ("list_item", "2. c"),
    ]


def test_terms_stand_before_what_is_said_of_them() -> None:
    """A definition without its term answers no question."""
    body = (
        "<dl><dt>Compute<dd>Chips.<dd>Power.<dt>Data<dt>Records:<dd><p>Known.</p><p>More.</p>"
        "<dt>Parts</dt><dd><ul><li>one</ul></dd><dt>Last</dl>"
    )

    assert shown(body) == (
        "Compute: Chips.\n\nPower.\n\nData; Records: Known.\n\nMore.\n\nParts:\n\n- one\n\nLast:"
    )


def test_code_keeps_its_lines_and_indents() -> None:
    """In some languages they are what the code means."""
    code = "<pre><code>  if x:<br>      y = 1\n\n  <b>z</b> = 2\n</code></pre>"

    assert parts(f"<p>See</p>{code}") == [
        ("paragraph", "See"),
        ("lines", "if x:\n    y = 1\n\nz = 2"),
    ]


def test_two_breaks_part_paragraphs_and_one_does_not() -> None:
    """Pages of the nineties know no other paragraphs."""
    assert shown("a<br>b<br><br>c<br/> <br>\n<br>d") == "a b\n\nc\n\nd"


def test_a_heading_may_hold_blocks_and_may_never_be_closed() -> None:
    """A page whose first heading swallows it would be one long heading."""
    assert parts("<h2><div>Energy</div><span> now</span></h2><p>a") == [
        ("heading", "Energy now"),
        ("paragraph", "a"),
    ]
    assert parts("<h2>Energy<p>a</p><p>b</p><ul><li>c</ul>") == [
        ("heading", "Energy"),
        ("paragraph", "a"),
        ("paragraph", "b"),
        ("list_item", "- c"),
    ]


def test_quotes_figures_and_ruby_are_prose() -> None:
    """They are part of what a person reads."""
    body = (
        "<blockquote>Said.</blockquote>"
        "<figure><img alt=x><figcaption>Figure 1</figcaption></figure>"
        "<p>A <q>word</q> and <ruby>漢<rp>(</rp><rt>kan</rt><rp>)</rp></ruby>"
    )

    assert shown(body) == "Said.\n\nFigure 1\n\nA “word” and 漢(kan)"


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("10<sup>6</sup> CO<sub>2</sub> m<sup>-2</sup>", "10⁶ CO2 m⁻²"),
        ("2<sup>n</sup> 2<sup>n - 1</sup> 1<sup>st</sup>", "2^n 2^(n - 1) 1st"),
        ("so.<sup><a href=#fn1>1</a></sup> Next", "so. Next"),
        ("so.<a href=x#fn1><sup>[12]</sup></a> Next", "so. Next"),
        ("so<sup><a href=#f role=doc-noteref>[footnote 3]</a></sup>.", "so."),
        ("so<a href=#cite>[3]</a>.", "so."),
        ("see <a href=#s>section 3</a> and <a href=#x>4</a>.", "see section 3 and 4."),
        ("A note. <a href=#fnref1>↩︎</a>", "A note."),
        ("E is <math alttext='E=mc^2'><mi>E</mi></math>", "E is E=mc^2"),
    ],
)
def test_small_marks_do_not_run_into_words(html: str, text: str) -> None:
    """106 is not a million, and no word ends in the number of its footnote."""
    assert shown(f"<p>{html}</p>") == text


def test_a_table_of_data_becomes_rows() -> None:
    """A row can be read, and quoted, on its own."""
    body = (
        "<table><caption>Table 1. <b>Costs</b></caption>"
        "<thead><tr><th></th><th>2024</th><th>2025</th></tr></thead>"
        "<tr><th>Chips<br>and power</th><td> 1 </td><td><p>2</p></td></tr>"
        "<tr><td>People</td><td></td><td><ul><li>a</li><li>b</li></ul></td></tr></table>"
    )

    assert parts(body) == [
        (
            "lines",
            "Table 1. Costs\n| 2024 | 2025\nChips and power | 1 | 2\nPeople |  | a; b",
        )
    ]


def test_cells_that_span_are_read_in_every_row_they_belong_to() -> None:
    """A row whose first cell stands five rows above says nothing."""
    body = (
        "<table><tr><th colspan=2>Both<th>C<tr><td rowspan=2>a<td>b<td>1<tr><td>c<td>2"
        "<tr><td>d<td>e<td>3</table>"
    )

    assert shown(body) == "Both |  | C\na | b | 1\na | c | 2\nd | e | 3"


@pytest.mark.parametrize(
    "table",
    [
        "<table><tr><td><p>One.</p></td></tr><tr><td><p>Two.</p></td></tr></table>",
        "<table role=presentation><tr><td>One.</td><td>Two.</td></tr></table>",
        "<table><tr><td><h2>One.</h2></td><td>Two.</td></tr></table>",
        f"<table><tr><td>One.</td><td>{PROSE * 4}</td></tr></table>",
        "<table><tr><td>One.</td><td><table><tr><td>a<td>b<tr><td>c<td>d</table></td></tr></table>",
    ],
)
def test_a_table_that_only_lays_out_reads_as_prose(table: str) -> None:
    """Old pages put everything into tables; their paragraphs are no rows."""
    text = shown(table)

    assert "One. |" not in text
    assert text.startswith("One.\n\n")


def test_a_table_inside_a_cell_is_part_of_its_row() -> None:
    """Data sheets set single cells in a table of their own."""
    inner = "<table><tr><td> JIS G 4108 </td></tr></table>"

    text = shown(
        f"<table><tr><td>Grade<td>SNB<tr><td>Standard<td>{inner}<tr><td>Use<td>Bolts</table>"
    )

    assert text == "Grade | SNB\nStandard | JIS G 4108\nUse | Bolts"


def test_headings_are_kept_as_a_path() -> None:
    """A citation names the headings above it."""
    document = page("<h1>A</h1><h3>B</h3><p>x<h2>C</h2><table><tr><td>1<td>2<tr><td>3<td>4</table>")

    assert [block.heading for block in document.blocks] == [
        (),
        ("A",),
        ("A", "B"),
        ("A", "B"),
        ("A", "C"),
        ("A", "C"),
    ]
