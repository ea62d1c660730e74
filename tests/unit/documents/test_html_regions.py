"""What surrounds the text of a page is left out, and the text itself never."""

import pytest
from tests.unit.documents.web_pages import PROSE, shown

_LINKS = "<ul><li><a href=/a>Home</a></li><li><a href=/b>About us</a></li></ul>"


@pytest.mark.parametrize(
    "surrounding",
    [
        f"<nav>{_LINKS}</nav>",
        f"<div role=navigation>{_LINKS}</div>",
        "<header>The Institute</header>",
        "<footer>All rights reserved</footer>",
        "<div role=contentinfo>All rights reserved</div>",
        "<aside>Recent posts</aside>",
        "<div class='site-footer dark'>All rights reserved</div>",
        "<div id=cookie-banner>We use cookies</div>",
        "<div class=gem-c-cookie-banner>We use cookies</div>",
        "<ol class=govuk-breadcrumbs><li>Home</li></ol>",
        "<div class='share-buttons'>Share this</div>",
        "<div class=sharedaddy>Share this</div>",
        "<div class=socialShare>Share this</div>",
        "<ul id=menu-main class=menu><li>Home</li></ul>",
        "<div id=secondary class=left-sidebar>Recent posts</div>",
        "<div id=toc class=toc>Contents</div>",
        "<div id=comments class=comments-area>First!</div>",
        "<form role=search>Find</form>",
        "<div role=dialog>Subscribe to our letter</div>",
    ],
)
def test_what_surrounds_a_text_is_left_out(surrounding: str) -> None:
    """The same menu on every page would be found for every question."""
    body = f"<h1>Compute</h1><p>{PROSE}</p>"

    assert shown(f"{surrounding}{body}") == shown(body)
    assert shown(f"{body}{surrounding}") == shown(body)


@pytest.mark.parametrize(
    "name",
    [
        "post category-social-policy tag-navigation",
        "has-sidebar",
        "content-sidebar-wrap",
        "no-footer",
        "social-policy",
        "share-price-analysis",
        "footnotes",
        "navigation-satellites",
        "header",
    ],
)
def test_a_name_that_only_sounds_like_it_costs_no_text(name: str) -> None:
    """Publishing systems name an article after its topics, and topics are called anything."""
    assert shown(f"<div class='{name}'><p>Kept.</p></div><p>{PROSE}</p>").startswith("Kept.")


@pytest.mark.parametrize("name", ["sidebar", "menu", "footer", "share", "cookies", "noprint"])
def test_much_prose_is_kept_whatever_it_is_called(name: str) -> None:
    """The name of a part is a hint; what it holds decides."""
    assert "Kept." in shown(f"<div class={name}><p>Kept. {PROSE * 4}</p></div><p>{PROSE}</p>")


@pytest.mark.parametrize("tag", ["nav", "aside", "header", "footer"])
def test_a_page_that_would_be_empty_keeps_all_that_is_seen(tag: str) -> None:
    """Somebody put the whole text into one of these; that is no reason to lose it."""
    assert shown(f"<{tag}><p>All there is.</p></{tag}><script>x</script>") == "All there is."


def test_the_main_part_is_all_that_is_read_if_it_holds_most() -> None:
    """What is around it needs no name to be left out."""
    outside = "<div>Our other work</div>"

    for main in ("<main>{}</main>", "<div role=main>{}</div>", "<article>{}</article>"):
        assert shown(outside + main.format(f"<p>{PROSE}</p>") + outside) == PROSE.strip()


def test_a_small_main_part_does_not_cost_the_rest() -> None:
    """Some pages mark only a box as their article."""
    body = f"<div><p>{PROSE * 3}</p></div><article><p>A teaser.</p></article>"

    assert shown(body) == f"{(PROSE * 3).strip()}\n\nA teaser."


def test_the_largest_of_several_articles_is_read_only_if_it_is_most_of_the_page() -> None:
    """A page of three posts is about all three."""
    posts = "".join(f"<article><h2>Post {i}</h2><p>{PROSE}</p></article>" for i in range(3))

    assert shown(posts).count(PROSE.strip()) == 3


def test_headers_and_footers_inside_a_text_are_part_of_it() -> None:
    """A title and byline stand in the header of an article, a source in the footer of a quote."""
    body = (
        f"<article><header><h1>Title</h1><p>By Ada</p></header><p>{PROSE}</p>"
        "<blockquote><p>Words.</p><footer>Her letters</footer></blockquote></article>"
    )

    text = shown(body)

    assert text.startswith("Title\n\nBy Ada\n\n")
    assert text.endswith("Words.\n\nHer letters")


def test_a_site_header_with_the_title_in_it_is_kept() -> None:
    """Many pages have no other place where their title stands."""
    body = f"<header><nav>{_LINKS}</nav><h1>Compute</h1></header><p>{PROSE}</p>"

    assert shown(body) == f"Compute\n\n{PROSE.strip()}"


def test_a_box_of_prose_inside_an_article_is_kept_and_a_pulled_quote_is_not() -> None:
    """Boxes of reports hold findings; a quote that is set large stands in the text as well."""
    box = f"<aside><p>{PROSE * 3}</p></aside>"

    text = shown(f"<article><p>Text. {PROSE}</p>{box}<aside>So does the power</aside></article>")

    assert (PROSE * 3).strip() in text
    assert not text.endswith("So does the power")
