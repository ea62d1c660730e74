"""Documents are not trusted: whatever they hold, nothing runs and nothing leaves."""

from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from playwright.sync_api import Page, expect
from tests.browser.briefs import HOSTILE_QUOTE, HOSTILE_TITLE
from tests.browser.conftest import Seen, Server

Ask = Callable[[str], dict[str, Any]]  # Any: a reply

_QUESTION = "What did the smugglers of the cove pay to the watchman?"


def _check_harmless(page: Page, seen: Seen, server: Server) -> None:
    page.wait_for_timeout(150)
    assert page.evaluate("window.ran") is None
    assert seen.elsewhere(server.url) == []
    made = page.evaluate(
        """() => [...document.querySelectorAll(
            "body :is(img, iframe, svg, style, object, embed, base, form[action], [onerror], " +
            "[onload], [onmouseover], script), a[href^='javascript' i], a[href^='data' i]"
        )].map((each) => each.outerHTML)"""
    )
    assert made == []


def test_hostile_answer_and_source_run_nothing(
    asked: Ask, page: Page, seen: Seen, server: Server
) -> None:
    """Titles, authors, quotes and texts are shown as text, letter for letter."""
    reply = asked(_QUESTION)
    assert reply["citations"][0]["quote"] == HOSTILE_QUOTE
    _check_harmless(page, seen, server)

    page.locator(".chip").first.hover()
    page.locator(".chip").first.click()
    source = page.get_by_role("complementary", name="Source")
    expect(source.locator("h2").first).to_have_text(HOSTILE_TITLE)
    assert source.locator("mark").all_text_contents() == [HOSTILE_QUOTE]
    assert source.locator(".typeset").text_content() == server.service.document("hostile.md").text
    for link in page.get_by_role("link").all():
        href = link.get_attribute("href") or ""
        assert href.startswith(("/", "#", "https://", "http://"))
    page.locator("details summary").last.click()
    _check_harmless(page, seen, server)


@pytest.mark.parametrize("path", ["/documents", "/documents/hostile.md#chars=3-200"])
def test_hostile_documents_run_nothing_on_their_pages(
    page: Page, seen: Seen, server: Server, path: str
) -> None:
    """The list and the page of a document show the same texts."""
    page.goto(server.url + path)

    expect(page.get_by_text("Evil").first).to_be_visible()
    _check_harmless(page, seen, server)


def test_marks_that_turn_the_direction_stay_with_themselves(page: Page, server: Server) -> None:
    """A text must not turn what stands around it, and a reader sees that it tried."""
    page.goto(f"{server.url}/documents/hostile.md")
    turning = page.locator(".typeset .turning")

    expect(turning).to_have_count(5)
    assert turning.all_text_contents() == ["\u202e", "\u202e", "\u202c", "\u2066", "\u2069"]
    assert {each.evaluate("each => getComputedStyle(each).display") for each in turning.all()} == {
        "inline-block"
    }
    expect(page.locator("header .quiet .turning")).to_have_attribute("data-sign", "U+202E")


def test_own_script_cannot_make_markup_of_text(page: Page, server: Server) -> None:
    """Were a later change to use innerHTML, it would fail at once and not only when attacked."""
    page.goto(server.url)

    refused = page.evaluate(
        """() => {
            try {
                document.createElement("p").innerHTML = "<b>x</b>";
                return false;
            } catch (error) {
                return error instanceof TypeError;
            }
        }"""
    )

    assert refused


def test_pages_and_their_files_are_guarded_and_kept(server: Server) -> None:
    """Nothing inline runs, nothing is framed, and what is unchanged is not sent again."""
    with httpx2.Client(base_url=server.url) as client:
        page = client.get("/")
        script = page.text.partition('type="module" src="')[2].partition('"')[0]
        asset = client.get(script)
        again = [
            client.get(path, headers={"If-None-Match": reply.headers["etag"]})
            for path, reply in (("/", page), (script, asset))
        ]
        gone = client.get(script.replace("/assets/", "/assets/0"))
        outside = client.get(script.rpartition("/")[0] + "/..%2fpages.py")

    for reply in (page, asset):
        policy = reply.headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert reply.headers["x-content-type-options"] == "nosniff"
        assert reply.headers["referrer-policy"] == "no-referrer"
    assert page.headers["cache-control"] == "no-cache"
    assert "immutable" in asset.headers["cache-control"]
    assert [reply.status_code for reply in again] == [304, 304]
    assert [gone.status_code, outside.status_code] == [404, 404]
