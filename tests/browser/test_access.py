"""A page whose service asks for a key: asked for once, kept in the tab, and never elsewhere."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect
from tests.browser.briefs import FUND
from tests.browser.conftest import Server
from tests.listening import listening

from briefqa.api.access import Access
from briefqa.settings.keys import key_digest

_KEY = "briefqa_a-key-for-this-test"
_WRONG = "briefqa_some-other-key"
_QUESTION = "The harbour fund holds how many million pounds?"


@pytest.fixture
def locked(server: Server) -> Iterator[str]:
    """The address of the same service behind a key."""
    with listening(server.service, Access(keys={"reader": key_digest(_KEY)})) as url:
        yield url


@pytest.fixture
def visit(context: BrowserContext, locked: str) -> Iterator[Callable[[str], Page]]:
    """Opens a tab at a path; nothing may fail in it, or be asked of another place."""
    with ExitStack() as ends:

        def open_tab(path: str) -> Page:
            page = context.new_page()
            wrong: list[str] = []
            page.on("pageerror", lambda error: wrong.append(str(error)))
            page.on(
                "request",
                lambda asked: (
                    None if asked.url.startswith(f"{locked}/") else wrong.append(asked.url)
                ),
            )
            ends.callback(lambda: wrong == [] or pytest.fail(f"{path}: {wrong}"))
            page.goto(locked + path)
            return page

        yield open_tab


def _give(page: Page, key: str) -> None:
    dialog = page.get_by_role("dialog", name="This service asks for a key")
    field = dialog.get_by_label("Key", exact=True)
    expect(field).to_be_focused()
    field.fill(key)
    field.press("Enter")


def _stored(page: Page) -> dict[str, Any]:
    found: dict[str, Any] = page.evaluate(
        "() => ({session: {...sessionStorage}, local: {...localStorage}, cookie: document.cookie})"
    )
    return found


def test_key_is_asked_for_once_and_kept_in_the_tab_only(visit: Callable[[str], Page]) -> None:
    """With it the page works as without; it goes into no cookie, address or lasting store."""
    page = visit("/")
    _give(page, f" {_KEY}\t")
    expect(page.get_by_text("can be asked.")).to_be_visible()

    field = page.get_by_label("Question", exact=True)
    field.fill(_QUESTION)
    field.press("Enter")
    expect(page.locator("article.exchange").get_by_text(FUND).first).to_be_visible()
    page.locator(".chip").first.click()
    expect(page.locator("#source mark").first).to_be_visible()
    page.get_by_role("link", name="Documents").click()
    expect(page.locator("#documents li").first).to_be_visible()
    page.reload()
    expect(page.locator("#documents li").first).to_be_visible()

    stored = _stored(page)
    assert stored["session"] == {"briefqa.key": _KEY}
    assert _KEY not in str(stored["local"])
    assert stored["cookie"] == ""
    assert _KEY not in page.url
    other = visit("/documents")
    expect(other.get_by_role("dialog")).to_be_visible()


def test_wrong_key_is_told_and_asked_for_again(visit: Callable[[str], Page]) -> None:
    """One key too many a paste, and the page says so instead of failing."""
    page = visit("/documents")
    expect(page.get_by_role("dialog").get_by_role("alert")).to_have_count(0)

    _give(page, _WRONG)
    alert = page.get_by_role("dialog").get_by_role("alert")
    expect(alert).to_have_text("The service does not accept this key.")
    _give(page, "Schlüssel 🔑")
    expect(alert).to_contain_text("signs of ASCII")
    _give(page, _KEY)

    expect(page.locator("#documents li").first).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_link_of_a_citation_opens_at_its_words_after_the_key(
    visit: Callable[[str], Page], server: Server
) -> None:
    """Agents and chat frontends give such links to people who have the key, not the page."""
    start = server.service.document("harbour.md").text.index(FUND)

    page = visit(f"/documents/harbour.md#chars={start}-{start + len(FUND)}")
    _give(page, _KEY)

    expect(page.locator("mark")).to_have_text([FUND])
    gone = visit("/documents/gone.md")
    _give(gone, _KEY)
    expect(gone.get_by_role("heading", name="There is no such document")).to_be_visible()


def test_key_can_be_forgotten(visit: Callable[[str], Page]) -> None:
    """Whoever leaves a shared computer takes the key along."""
    page = visit("/documents")
    forget = page.get_by_role("button", name="Forget key")
    expect(forget).to_have_count(0)
    _give(page, _KEY)
    expect(page.locator("#documents li").first).to_be_visible()

    forget.click()

    expect(page.get_by_role("dialog")).to_be_visible()
    expect(page.locator("#documents li")).to_have_count(0)
    assert _stored(page)["session"] == {}


@pytest.mark.parametrize("path", ["/", "/documents", "/documents/harbour.md"])
def test_without_the_key_the_page_says_why_it_is_empty(
    visit: Callable[[str], Page], path: str
) -> None:
    """Whoever has none is told what is missing, and nothing of the documents."""
    page = visit(path)
    expect(page.get_by_role("dialog")).to_be_visible()

    page.keyboard.press("Escape")

    expect(page.get_by_text("a key is needed").first).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert "harbour" not in page.locator("body").inner_text().lower()


def test_a_late_reply_does_not_ask_again(
    context: BrowserContext, visit: Callable[[str], Page]
) -> None:
    """Whoever has closed the dialog must not find it open again a moment later."""
    late: list[Route] = []

    def answer(route: Route) -> None:
        if late or "/v1/models" not in route.request.url:
            route.continue_()
        else:
            late.append(route)

    context.route("**/v1/**", answer)
    page = visit("/")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)

    with page.expect_response("**/v1/models"):
        late[0].continue_()
    page.wait_for_timeout(200)

    expect(page.get_by_role("dialog")).to_have_count(0)


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_everyone_can_give_the_key(visit: Callable[[str], Page], axe: str, colours: str) -> None:
    """axe-core finds nothing in the dialog, and on a phone nothing hangs over the edge."""
    page = visit("/")
    page.emulate_media(color_scheme="dark" if colours == "dark" else "light")
    page.set_viewport_size({"width": 375, "height": 720})

    def check() -> None:
        page.evaluate(axe)
        found = page.evaluate("async () => (await axe.run()).violations")
        assert [
            (each["id"], [place["html"][:200] for place in each["nodes"]]) for each in found
        ] == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 375

    check()
    _give(page, _WRONG)
    expect(page.get_by_role("dialog").get_by_role("alert")).to_be_visible()
    check()
    _give(page, _KEY)
    expect(page.get_by_text("can be asked.")).to_be_visible()
    check()
    for button in page.locator("header.top button").all():
        expect(button).to_be_in_viewport(ratio=1)


def test_routes_can_be_tried_out_with_the_key(visit: Callable[[str], Page]) -> None:
    """The page of the routes needs nothing that its policy forbids, and can send the key."""
    said: list[str] = []
    page = visit("/health")
    page.on("console", lambda message: said.append(message.text))
    page.goto(page.url.replace("/health", "/docs"))
    page.get_by_role("button", name="Authorize").first.click()
    page.get_by_label("auth-bearer-value").fill(_KEY)
    page.get_by_role("button", name="Apply credentials").click()
    page.get_by_role("button", name="Close").last.click()

    page.locator(
        "#operations-documents-list_documents_v1_documents_get .opblock-summary-control"
    ).click()
    page.get_by_role("button", name="Try it out").click()
    page.get_by_role("button", name="Execute").click()

    expect(page.locator(".live-responses-table tbody .response-col_status").first).to_have_text(
        "200"
    )
    assert [line for line in said if "Content Security Policy" in line] == []
