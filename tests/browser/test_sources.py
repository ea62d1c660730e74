"""The source of a citation: the exact words, in any text, and how they are taken along."""

import json
import random
from collections.abc import Callable
from typing import Any

import pypdfium2
import pytest
from playwright.sync_api import Locator, Page, expect
from tests.browser.briefs import FERRY, FILES, FUND
from tests.browser.conftest import Server

Ask = Callable[[str], dict[str, Any]]  # Any: a reply

_QUESTIONS = {
    "The harbour fund holds how many million pounds?": FUND,
    "When did the ferry to the island begin?": FERRY,
    "How many pounds do boats pay a day?": (
        "Boats pay 12 pounds a day;\n  half of it goes to the fund."
    ),
    "When was the quay dredged?": "The **quay** was dredged in 1998.",
    "Since when has the harbour master served?": "> The harbour master has served\n> since 2011.",
}
_FUND_QUESTION, _FERRY_QUESTION, *_ = _QUESTIONS


def _marked(place: Locator | Page) -> str:
    return "".join(place.locator("mark").all_text_contents())


def test_source_opens_at_exactly_the_words_quoted(asked: Ask, page: Page, server: Server) -> None:
    """Code points are no UTF-16 units, and signs are hidden; the quote is marked all the same."""
    for question, quote in _QUESTIONS.items():
        citation = asked(question)["citations"][0]
        assert citation["quote"] == quote

        page.locator(".exchange:last-child .chip").first.click()

        source = page.get_by_role("complementary", name="Source")
        expect(source.locator("[data-standing=holds]")).to_contain_text(
            f"letter for letter (characters {citation['start']}–{citation['end']})"
        )
        assert _marked(source) == quote
        text = server.service.document(citation["doc_id"]).text
        assert source.locator(".typeset").text_content() == text
        expect(source.locator("mark:visible").first).to_be_in_viewport()
        expect(source.get_by_role("heading", level=2).first).to_have_text(citation["title"])


def test_source_is_laid_out_for_reading(asked: Ask, page: Page) -> None:
    """Signs of Markdown are for writers: readers see what they stand for."""
    asked(_FUND_QUESTION)
    page.locator(".chip").first.click()
    text = page.get_by_role("region", name="Text")

    expect(text.get_by_role("heading", name="The fund")).to_be_visible()
    expect(text.get_by_role("listitem")).to_have_count(2)
    expect(text.get_by_role("cell", name="155")).to_be_visible()
    expect(text.get_by_role("link", name="link")).to_have_attribute(
        "rel", "noopener noreferrer nofollow"
    )
    seen = text.inner_text()
    assert "An opening with bold words, code, a link and" in seen
    assert "The quay was dredged" in seen
    assert [sign for sign in ("**", "## ", "|--", "`", "\n>", "\n- ") if sign in seen] == []


# Parted by ¦.
_PIECES = (
    "# ¦## ¦- ¦1. ¦12. ¦> ¦\n¦\n\n¦    ¦\t¦|¦---\n¦===\n¦| a | b |\n|---|---|\n| c | d |\n¦[x] ¦"
    "**¦*¦_¦`¦```\n¦~~¦\\*¦\\¦[¦](¦)¦](https://a.example/b_c)¦![¦https://a.example ¦[r]: http://z\n¦"
    "<b>¦&amp;¦<!-- c -->¦word ¦naïve ¦🚢 ¦😀¦\u202e¦a\u0301¦Title: "
)

_IN_PAGE = """async ([name, given]) => {
    const script = document.querySelector("script[type=module]").src;
    return (CHECK)(await import(new URL(name, script)), given);
}"""


def _in_page(page: Page, module: str, check: str, given: object) -> list[str]:
    """Return what ``check``, a function of a module of the page and of ``given``, returns."""
    found: list[str] = page.evaluate(_IN_PAGE.replace("CHECK", check), [module, given])
    return found


def _markdown(chance: random.Random) -> str:
    return "".join(chance.choices(_PIECES.split("¦"), k=chance.randrange(1, 40)))


def test_laying_out_never_changes_a_character(server: Server, page: Page) -> None:
    """Offsets count in the text shown as in the canonical text, whatever Markdown it holds."""
    chance = random.Random(5)  # noqa: S311 - not for secrets
    texts = [_markdown(chance) for _ in range(1500)] + [*FILES.values()]
    page.goto(server.url)

    check = """({ typeset, typesetPart, typesetLine }, texts) => texts.filter((text) =>
        [typeset, typesetPart, typesetLine].some((set) => set(text, "a.md").textContent !== text))
    """
    broken = _in_page(page, "typeset.js", check, texts)

    assert broken == []


def test_laying_out_hides_no_word(server: Server, page: Page) -> None:
    """Only signs are hidden, and the addresses of links that can be followed."""
    chance = random.Random(6)  # noqa: S311 - not for secrets
    texts = [_markdown(chance) for _ in range(1500)]
    page.goto(server.url)

    check = """({ typeset, typesetPart }, texts) => texts.flatMap((text) =>
        [typeset, typesetPart].flatMap((set) => [...set(text, "a.md").querySelectorAll(".marks")]
            .filter((marks) => !marks.closest("a")).map((marks) => marks.textContent)))
    """
    hidden = _in_page(page, "typeset.js", check, texts)

    assert len(set(hidden)) > 20
    assert [each for each in hidden if any(c.isalpha() for c in each)] == []


def test_code_points_become_the_browsers_own_offsets(server: Server, page: Page) -> None:
    """Python is the oracle: every slice of a text with characters beyond 16 bits."""
    text = "a🚢b😀👩 e\u0301 👩\u200d🚀z"
    spans = [[start, end] for start in range(len(text)) for end in range(start + 1, len(text) + 1)]
    page.goto(server.url)

    check = """({ utf16Indices }, [text, spans]) =>
        spans.map((span) => text.slice(...utf16Indices(text, span)))
    """
    slices = _in_page(page, "offsets.js", check, [text, spans])

    assert slices == [text[start:end] for start, end in spans]


def test_pointing_at_a_citation_shows_its_quote(asked: Ask, page: Page) -> None:
    """A glance at the words needs no click, and the quote stays while it is read."""
    asked(_FUND_QUESTION)
    quote = page.get_by_role("tooltip")

    page.locator(".chip").first.hover()
    expect(quote).to_contain_text(FUND)
    quote.hover()
    page.wait_for_timeout(300)
    expect(quote).to_be_visible()
    page.locator("h2").first.hover()
    expect(quote).to_be_hidden()
    page.locator(".chip").first.focus()
    expect(quote).to_contain_text(FUND)
    expect(page.locator(".chip").first).to_have_attribute("aria-describedby", "quote")
    page.keyboard.press("Escape")
    expect(quote).to_be_hidden()


def test_keyboard_reaches_everything(asked: Ask, page: Page) -> None:
    """Nobody needs a pointer."""
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Help")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    expect(page.get_by_label("Question", exact=True)).to_be_focused()
    page.keyboard.type("a?/")
    expect(page.get_by_label("Question", exact=True)).to_have_value("a?/")
    asked("The nets must be marked with whose number? How are boats inspected?")
    asked(_FUND_QUESTION)
    page.get_by_label("Passages only").check()
    page.get_by_label("Question", exact=True).fill(_FUND_QUESTION)
    page.keyboard.press("Enter")
    links = page.locator(".exchange:last-child .passages .link")
    expect(links.nth(2)).to_be_visible()

    links.first.focus()
    page.keyboard.press("ArrowRight")
    expect(links.nth(1)).to_be_focused()
    page.keyboard.press("Enter")
    source = page.get_by_role("complementary", name="Source")
    expect(source).to_contain_text("Passage 2 of")
    expect(source.locator("h2").first).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(source).to_contain_text("Passage 1 of")
    expect(links.first).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("Escape")
    expect(source).to_be_hidden()
    expect(links.first).to_be_focused()


def test_copies_are_what_reference_managers_read(asked: Ask, page: Page, server: Server) -> None:
    """A quote is taken along with where it stands."""
    citation = asked(_FUND_QUESTION)["citations"][0]
    page.locator(".chip").first.click()

    def copied(name: str) -> str:
        page.get_by_role("button", name=f"Copy {name}").click()
        expect(page.locator("#voice p").last).to_have_text(f"Copied {name}")
        text: str = page.evaluate("navigator.clipboard.readText()")
        return text

    assert copied("Quote") == FUND
    assert copied("Link") == server.url + citation["href"]
    assert copied("BibTeX") == (
        "@misc{harbour-2024-harbours,\n"
        "  title = {{Harbours \\& ferries: 100\\% of\\_it}},\n"
        "  author = {Ada Byron and {University of the Harbour}},\n"
        "  year = {2024},\n"
        "  month = mar,\n"
        "  url = {https://example.org/harbours?a=1},\n"
        f"  note = {{“{FUND}”, line {citation['line']}}},\n"
        "}\n"
    ).replace("harbour-2024", "byron-2024")
    assert copied("RIS").replace("\r\n", "\n") == (
        "TY  - RPRT\n"
        "TI  - Harbours & ferries: 100% of_it\n"
        "AU  - Ada Byron\n"
        "AU  - University of the Harbour\n"
        "PY  - 2024\n"
        "DA  - 2024/03/01/\n"
        "UR  - https://example.org/harbours?a=1\n"
        f"N1  - “{FUND}”, line {citation['line']}\n"
        "ER  - \n"
    )
    assert json.loads(copied("CSL-JSON")) == [
        {
            "id": "byron-2024-harbours",
            "type": "report",
            "title": "Harbours & ferries: 100% of_it",
            "author": [{"literal": "Ada Byron"}, {"literal": "University of the Harbour"}],
            "issued": {"date-parts": [[2024, 3, 1]]},
            "URL": "https://example.org/harbours?a=1",
            "note": f"“{FUND}”, line {citation['line']}",
        }
    ]
    answer = copied("answer")
    assert answer.startswith(f"{FUND} [1]\n\n[1] Harbours")
    assert server.url + citation["href"] in answer


def test_link_of_a_citation_opens_its_document_at_the_quote(
    asked: Ask, page: Page, server: Server
) -> None:
    """The address in a receipt is for people, too, whatever the document is called."""
    for question, quote in _QUESTIONS.items():
        page.goto(server.url)
        citation = asked(question)["citations"][0]
        page.goto(server.url + citation["href"])

        expect(page.locator("mark:visible").first).to_be_in_viewport()
        assert _marked(page) == quote
        expect(page.get_by_role("heading", level=1)).to_have_text(citation["title"])

    page.evaluate("location.hash = '#chars=0-6'")
    expect(page.locator("mark")).to_have_text("Title:")
    page.evaluate("location.hash = '#chars=5-99999'")
    expect(page.locator("main").get_by_text("The text has no characters 5–99999.")).to_be_visible()
    expect(page.locator("mark")).to_have_count(0)


def test_document_page_prints_the_document_alone(page: Page, server: Server) -> None:
    """On paper a button is noise."""
    page.goto(f"{server.url}/documents/harbour.md#chars=120-140")
    expect(page.locator("mark").first).to_be_visible()

    with pypdfium2.PdfDocument(page.pdf(format="A4")) as printed:
        pages = [sheet.get_textpage().get_text_bounded() for sheet in printed]

    text = " ".join(" ".join(pages).split())
    assert "Harbours & ferries" in text
    assert FUND in text
    assert "since 2011." in text
    assert not {"BibTeX", "Documents", "Copy"} & set(text.split())


def test_unknown_document_is_said(page: Page, server: Server) -> None:
    """A link may outlive its document."""
    reply = page.goto(f"{server.url}/documents/gone.md")

    assert reply is not None
    assert reply.status == 404
    expect(page.get_by_role("heading", name="There is no such document")).to_be_visible()


def test_documents_are_listed_found_and_sorted(page: Page, server: Server) -> None:
    """Readers see what is asked before they ask."""
    page.goto(f"{server.url}/documents")
    titles = page.locator("#documents h2")

    expect(titles).to_have_count(len(FILES))
    expect(titles.first).to_have_text("Harbours & ferries: 100% of_it")
    page.get_by_label("Sort").select_option("source")
    expect(titles.first).to_have_text("Harbours & ferries: 100% of_it")
    expect(titles.last).to_have_text("Ferries")
    page.get_by_label("Find").fill("naive 100%")
    expect(titles).to_have_text(["Ferries"])
    expect(page.get_by_role("status")).to_have_text(f"1 document of {len(FILES)}")
    titles.first.get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ferries")
    expect(page.locator(".typeset")).to_have_text(
        server.service.document("réport/naïve 🚢 100%.md").text
    )


@pytest.fixture
def changed(server: Server) -> Callable[[str, str], None]:
    """Writes a document anew and indexes it."""

    def change(name: str, text: str) -> None:
        (server.briefs / name).write_text(text, encoding="utf-8")
        server.index()

    return change


def test_quote_of_an_older_answer_is_found_where_it_stands_now(
    asked: Ask, page: Page, changed: Callable[[str, str], None]
) -> None:
    """A kept answer must not highlight other words when its document has changed since."""
    name = "réport/naïve 🚢 100%.md"
    asked(_FERRY_QUESTION)
    standing = page.locator("#source .standing")

    changed(name, f"# Ferries\n\nNew words stand here. {FERRY}\n")
    page.locator(".chip").first.click()
    expect(standing).to_contain_text("the quote now stands here")
    assert _marked(page) == FERRY

    page.keyboard.press("Escape")
    changed(name, "# Ferries\n\nNothing is left of what was said.\n")
    page.locator(".chip").first.click()
    expect(standing).to_contain_text("no longer in it")
    expect(page.locator("mark")).to_have_count(0)
