"""Trees are walked whole, and XHTML is written so that an HTML parser understands it."""

from html import unescape
from xml.sax.saxutils import escape

from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from briefqa.documents.html.tree import Step, Walk, parse_page, xhtml_as_html

_TREES: st.SearchStrategy[object] = st.recursive(
    st.text("ab <&", min_size=1) | st.just(("title", [])),
    lambda inner: st.tuples(
        st.sampled_from(["i", "div", "a", "span"]), st.lists(inner, max_size=4)
    ),
    max_leaves=20,
)


def _xml(tree: object) -> str:
    if not isinstance(tree, tuple):
        return f"<![CDATA[{tree}]]>" if "<" in str(tree) else escape(str(tree))
    name, inside = tree
    return (
        f"<{name} id='x/y'>{''.join(map(_xml, inside))}</{name}>"
        if inside
        else f"<{name} id='x/y'/>"
    )


@given(st.lists(_TREES, max_size=5))
def test_xhtml_says_the_same_to_an_html_parser_as_to_an_xml_parser(trees: list[object]) -> None:
    """Read as HTML, an element that closes itself is open to the end of the page."""
    xhtml = f"<html><body><p/>{''.join(map(_xml, trees))}<br/></body></html>"
    expected = "".join(str(text) for text in etree.fromstring(xhtml).itertext())

    body = parse_page(xhtml_as_html(xhtml)).body

    assert body is not None
    assert body.text().split() == expected.split()


@given(
    st.lists(st.sampled_from(["<p>", "</p>", "<b>", "</b>", "<ul><li>", "</ul>", "a", "<!-- -->"]))
)
def test_a_walk_visits_what_the_parser_does_and_leaves_what_it_entered(pieces: list[str]) -> None:
    """Blocks end where their element does; one that is never left would swallow the rest."""
    tree = parse_page("".join(pieces))
    assert tree.root is not None
    open_elements: list[int] = []
    visited: list[int] = []

    for step, _, at in Walk(tree.root):
        if step is Step.LEAVE:
            assert open_elements.pop() == at.mem_id
            continue
        visited.append(at.mem_id)
        if step is Step.ENTER:
            open_elements.append(at.mem_id)

    assert not open_elements
    expected = [at.mem_id for at in tree.root.traverse(include_text=True) if at.tag != "-comment"]
    assert visited == expected


def test_what_is_pruned_is_neither_seen_nor_left() -> None:
    """Hidden parts are passed over whole."""
    tree = parse_page("<div><b>x<i>y</i></b><u>z</u></div>")
    walk = Walk(tree.css("div")[0])
    seen: list[tuple[Step, str]] = []

    for step, tag, _ in walk:
        seen.append((step, tag))
        if tag == "b":
            walk.prune()

    assert seen == [
        (Step.ENTER, "div"),
        (Step.ENTER, "b"),
        (Step.ENTER, "u"),
        (Step.TEXT, "-text"),
        (Step.LEAVE, "u"),
        (Step.LEAVE, "div"),
    ]


def test_declared_entities_are_dropped_and_known_ones_read() -> None:
    """A document type may declare entities that multiply; the names of HTML need none."""
    xhtml = '<!DOCTYPE html [<!ENTITY a "b"> <!ENTITY c "&a;&a;">]><p>1&nbsp;&mdash; &c;</p>'

    body = parse_page(xhtml_as_html(xhtml)).body

    assert body is not None
    assert body.text() == unescape("1&nbsp;&mdash; &c;")
