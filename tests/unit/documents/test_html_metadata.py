"""What a page says of itself is found in all the places where pages say it."""

import json

import pytest
from tests.unit.documents.web_pages import page

from briefqa.datatypes import Metadata


def _metadata(head: str, body: str = "<p>Text.") -> Metadata:
    return page(body, head=head).info.metadata


@pytest.mark.parametrize(
    ("head", "body", "title"),
    [
        ("<title>Compute | Institute</title>", "<h1>Compute</h1>", "Compute"),
        ("<title>Compute</title>", "<h1>Institute</h1>", "Compute"),
        ("<title>Compute | Institute</title>", "<h1>Institute</h1>", "Compute | Institute"),
        ("<title>Energy policy for all</title>", "<h1>Energy</h1>", "Energy policy for all"),
        (
            (
                "<title>Compute - Institute</title><meta property=og:site_name content=Institute>"
                "<meta property=og:title content='Compute - Institute'>"
            ),
            "",
            "Compute",
        ),
        (
            "<title>Institute: Compute</title><meta property=og:title content=Compute>",
            "",
            "Compute",
        ),
        ("<meta property=og:title content=Compute>", "<h1>Other</h1>", "Compute"),
        ("", "<h1>Compute &amp;\n power</h1>", "Compute & power"),
        ("<title>A &amp; B</title>", "", "A & B"),
    ],
)
def test_the_title_is_that_of_the_page_and_not_of_its_site(
    head: str, body: str, title: str
) -> None:
    """The name of the site is the same on all its pages, and tells none from another."""
    assert _metadata(head, f"{body}<p>Text.").title == title


@pytest.mark.parametrize(
    ("head", "body", "authors"),
    [
        ("<meta name=author content='Ada Lovelace; A. Turing'>", "", ("Ada Lovelace", "A. Turing")),
        (
            ("<meta name=citation_author content='Lovelace, Ada'>"
            "<meta name=citation_author content='Alan Turing'><meta name=author content=Site>"),
            "",
            ("Ada Lovelace", "Alan Turing"),
        ),
        ("<meta name=DC.Creator content='Ada Lovelace'>", "", ("Ada Lovelace",)),
        (
            "<meta property=article:author content=https://facebook.com/ada>",
            "<a rel=author>By Ada Lovelace</a>",
            ("Ada Lovelace",),
        ),
        ("<meta name=author content=admin>", "", ()),
        ("<meta name=author content='Department for Science, Innovation and Technology'>", "",
         ("Department for Science, Innovation and Technology",)),
    ],
)  # fmt: skip
def test_authors_are_people_by_their_names(head: str, body: str, authors: tuple[str, ...]) -> None:
    """Questions ask who wrote it; an address or an account answers nothing."""
    assert _metadata(head, f"{body}<p>Text.").authors == authors


@pytest.mark.parametrize(
    "stated",
    [
        "<meta property=article:published_time content=2025-03-03T09:00:00+01:00>",
        "<meta name=citation_publication_date content=2025/3/3>",
        "<meta name=dc.date content=20250303>",
        "<meta name=date content='Mon, 03 Mar 2025 09:00:00 GMT'>",
        "<meta name=DCTERMS.issued content='3 March 2025'>",
        "<meta name=date content=unknown><meta name=pubdate content=2025-03-03>",
        "<meta itemprop=datePublished content=2025-03-03>",
        (
            "<p class=byline><time datetime=2025-03-03T10:00Z>last week</time></p>"
            "<p>Before <time datetime=2020-01-01>"
        ),
        "<p>Written <time datetime=2025-03-03>in March</time></p>",
        "<p>Published on 3 March 2025</p><p>Before: 1 January 2020 was a day.</p>",
        (
            '<script type="application/ld+json">{"@type": "WebPage", "datePublished": "2025-03-03"}'
            "</script>"
        ),
    ],
)
def test_the_date_is_found_in_every_form_of_the_web(stated: str) -> None:
    """Answers are filtered by date; a page without one is found under none."""
    assert (
        _metadata(stated, f"{stated if '<p' in stated else ''}<p>Text.").published == "2025-03-03"
    )


def test_times_that_are_not_of_the_page_do_not_date_it() -> None:
    """A list of events has many dates, none of which is its own."""
    events = "<p><time datetime=2025-03-03>a</time><p><time datetime=2025-03-04>b</time>"

    assert _metadata("", f"{events}<p>The year was 2020.").published is None


def test_linked_data_is_read_through_its_references() -> None:
    """Most publishing systems describe the author apart from the article."""
    graph = [
        {"@type": "WebSite", "name": "Institute"},
        {"@type": ["NewsArticle"], "headline": "Compute", "author": {"@id": "#ada"},
         "datePublished": "2025-03-03", "keywords": "chips, power"},
        {"@type": "Person", "@id": "#ada", "name": "Ada Lovelace"},
    ]  # fmt: skip
    script = json.dumps({"@context": "https://schema.org", "@graph": graph})

    metadata = _metadata(f'<script type="application/ld+json">{script}</script>')

    assert (metadata.title, metadata.authors) == ("Compute", ("Ada Lovelace",))
    assert (metadata.published, metadata.tags) == ("2025-03-03", ("chips", "power"))


@pytest.mark.parametrize(
    "script",
    ["{", "[" * 100_000, "1e999", '{"@type": "Article", "headline": "\\ud800"}', '{"@graph": 3}',
     '{"@type": "Article", "author": [[[{}]], null, 3], "keywords": {"a": 1}}', '"\\u0000"',
     '{"@type": "Article", "author": {"@id": "a"}, "@id": "a"}', "9" * 10_000],
)  # fmt: skip
def test_broken_linked_data_costs_nothing_but_itself(script: str) -> None:
    """It is written by plug-ins, and nobody looks at it."""
    document = page("<p>Text.", head=f'<script type="application/ld+json">{script}</script>')

    assert document.text.endswith("Text.")
    assert document.text.encode()


def test_tags_language_address_and_other_fields_are_kept() -> None:
    """They can be filtered by, and lead back to the source."""
    head = (
        "<meta name=keywords content='chips, power,,chips'><link rel=canonical href=https://x.org/a>"
        "<meta property=og:locale content=en_GB><meta property=article:section content=Energy>"
    )

    metadata = _metadata(head)

    assert metadata.tags == ("chips", "power")
    assert (metadata.language, metadata.source_url) == ("en-GB", "https://x.org/a")
    assert metadata.extra == {"section": "Energy"}


def test_a_saved_page_knows_where_it_came_from() -> None:
    """Browsers write the address into a comment when they save a page."""
    saved = "<!-- saved from url=(0019)https://x.org/brief -->"

    assert _metadata(saved).source_url == "https://x.org/brief"
    assert _metadata("<link rel=canonical href=/brief>").source_url is None


@pytest.mark.parametrize(
    ("description", "abstract"),
    [
        ("Who pays for the chips that every state now wants.", True),
        ("The text says that compute sits with a few firms…", False),
        ("steel datasheet, steel composition, steel standards, properties", False),
        ("Compute access", False),
    ],
)
def test_a_description_is_an_abstract_if_it_adds_to_the_text(
    description: str, *, abstract: bool
) -> None:
    """What stands in the text already would be found twice."""
    head = f"<meta name=description content='{description}'>"

    found = _metadata(head, "<p>The text says that compute sits with a few firms only.")

    assert (found.abstract == description) is abstract
