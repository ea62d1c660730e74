"""The page for everyone: screen readers, small screens, dark rooms."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import Server

Ask = Callable[[str], dict[str, Any]]  # Any: a reply

_PHONE = {"width": 375, "height": 720}
_QUESTION = "The harbour fund holds how many million pounds?"


@pytest.fixture
def check(page: Page, axe: str) -> Callable[[], None]:
    """Holds the page as it stands to axe-core's rules."""

    def check() -> None:
        page.evaluate(axe)
        found = page.evaluate("async () => (await axe.run()).violations")
        assert [
            (each["id"], [place["html"][:200] for place in each["nodes"]]) for each in found
        ] == []

    return check


@pytest.fixture(params=["light", "dark"])
def colours(request: pytest.FixtureRequest, page: Page) -> str:
    """What the system prefers."""
    page.emulate_media(color_scheme=request.param)
    return str(request.param)


@pytest.mark.usefixtures("colours")
def test_asking_can_be_done_by_everyone(asked: Ask, page: Page, check: Callable[[], None]) -> None:
    """axe-core finds nothing, from the first visit to an open source."""
    expect(page.get_by_text("can be asked.")).to_be_visible()
    check()
    asked(_QUESTION)
    page.locator(".chip").first.click()
    expect(page.locator("#source mark")).to_be_visible()
    asked("Who repairs the lighthouse in Zambia?")
    page.locator("details.filters summary").click()
    page.get_by_label("Author").select_option("Ada Byron")
    check()
    page.keyboard.press("Escape")
    page.locator(".chip").first.hover()
    check()
    page.get_by_role("button", name="Help").click()
    check()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Earlier").click()
    check()


@pytest.mark.usefixtures("colours")
def test_pages_of_documents_can_be_read_by_everyone(
    server: Server, page: Page, check: Callable[[], None]
) -> None:
    """axe-core finds nothing on them either."""
    for path in ("", "/harbour.md#chars=3-200", "/hostile.md", "/gone.md"):
        page.goto(f"{server.url}/documents{path}")
        expect(page.get_by_text("Loading …")).to_have_count(0)
        check()


def _overhang(page: Page) -> int:
    width: int = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    return width


def test_phone_shows_the_source_as_a_sheet(
    asked: Ask, page: Page, check: Callable[[], None]
) -> None:
    """Nothing hangs over the edge, and the answer's page stays behind the source."""
    page.set_viewport_size({"width": _PHONE["width"], "height": _PHONE["height"]})
    asked(_QUESTION)
    assert _overhang(page) == 0
    for button in page.locator("header.top button").all():
        expect(button).to_be_in_viewport(ratio=1)

    page.locator(".chip").first.click()

    sheet = page.get_by_role("complementary", name="Source")
    expect(sheet.locator("mark")).to_be_in_viewport()
    box = sheet.bounding_box()
    assert box is not None
    assert (box["x"], box["width"]) == (0, _PHONE["width"])
    assert box["y"] > 50
    assert box["y"] + box["height"] == pytest.approx(_PHONE["height"], abs=1)
    assert _overhang(page) == 0
    check()
    sheet.get_by_role("button", name="Close the source").click()
    expect(sheet).to_be_hidden()


def test_phone_shows_documents_within_its_width(server: Server, page: Page) -> None:
    """Long names and tables do not widen the page."""
    page.set_viewport_size({"width": 320, "height": 640})
    for path in ("/documents", "/documents/harbour.md", "/documents/hostile.md"):
        page.goto(server.url + path)
        expect(page.get_by_text("Loading …")).to_have_count(0)
        assert _overhang(page) == 0


def test_colours_follow_the_system_until_chosen(server: Server, page: Page) -> None:
    """A choice is kept, on every page, and can be taken back."""

    def lightness() -> int:
        red: int = page.evaluate(
            "Number(getComputedStyle(document.body).backgroundColor.match(/\\d+/)[0])"
        )
        return red

    page.emulate_media(color_scheme="dark")
    page.goto(server.url)
    assert lightness() < 50
    page.emulate_media(color_scheme="light")
    assert lightness() > 200

    theme = page.locator("#theme")
    theme.click()
    theme.click()
    expect(theme).to_have_text("Dark")
    assert lightness() < 50
    page.goto(f"{server.url}/documents")
    assert lightness() < 50
    theme.click()
    expect(theme).to_have_text("Auto")
    assert lightness() > 200
