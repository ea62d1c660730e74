"""What the tests in a browser may use: a Chromium that is installed, and a server to show."""

import os
import shutil
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from tests.browser.briefs import write_briefs
from tests.listening import listening

from briefqa import Service, build_index, open_index
from briefqa.datatypes import AnswerEvent

_NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESKTOP = {"width": 1280, "height": 800}
_PATIENCE_MS = 8_000

Events = Generator[AnswerEvent, None, None]


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser's program; without one the tests skip, but never where CI runs them."""
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    if found is None:
        reason = f"needs a Chromium: none of {', '.join(_NAMES)} is installed"
        if os.environ.get("CI", "").lower() in {"1", "true"}:
            pytest.fail(reason)
        pytest.skip(reason)
    return found


@pytest.fixture(scope="module")
def browser(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser with a new profile, started once a module.

    It has an event loop run in this thread for as long as it is there, and other tests of
    the same process start loops of their own.
    """
    # Crash reports and caches go where the test's other files go.
    home = tmp_path_factory.mktemp("home")
    with sync_playwright() as driver:
        environment: dict[str, str | float | bool] = {**os.environ, "HOME": str(home)}
        with driver.chromium.launch(
            executable_path=chromium, args=_FLAGS, env=environment
        ) as running:
            yield running


@pytest.fixture(scope="session")
def axe() -> str:
    """The script of axe-core, out of the package that carries it."""
    spec = find_spec("axe_playwright_python")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).with_name("axe.min.js").read_text(encoding="utf-8")


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A window with no history, which may use the clipboard."""
    context = browser.new_context(
        viewport={"width": DESKTOP["width"], "height": DESKTOP["height"]},
        permissions=["clipboard-read", "clipboard-write"],
        reduced_motion="reduce",
        locale="en-GB",
    )
    context.set_default_timeout(_PATIENCE_MS)
    yield context
    context.close()


@dataclass
class Seen:
    """What a page did beside showing itself."""

    requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def watch(self, page: Page) -> None:
        """Note whatever ``page`` asks for, and what goes wrong in it."""
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("dialog", lambda dialog: self.errors.append(f"a dialog: {dialog.message}"))

    def elsewhere(self, url: str) -> list[str]:
        """Return the requests that went to another place than ``url``."""
        return [each for each in self.requests if not each.startswith(f"{url}/")]


@pytest.fixture
def seen() -> Seen:
    """What the page of the test did."""
    return Seen()


@pytest.fixture
def page(context: BrowserContext, server: "Server", seen: Seen) -> Iterator[Page]:
    """A tab; in no test may it fail, or ask another place for anything."""
    page = context.new_page()
    seen.watch(page)
    yield page
    assert seen.errors == []
    assert seen.elsewhere(server.url) == []


@dataclass(frozen=True)
class Server:
    """A server in this process, and the service that it asks."""

    url: str
    service: Service
    briefs: Path

    def index(self) -> None:
        """Index the folder again."""
        build_index(self.briefs, self.service_folder, embedder="hash")

    @property
    def service_folder(self) -> Path:
        """The index folder."""
        return self.briefs.parent / "index"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server over a few briefs, one of them hostile."""
    briefs = tmp_path_factory.mktemp("browser") / "briefs"
    write_briefs(briefs)
    folder = briefs.parent / "index"
    build_index(briefs, folder, embedder="hash")
    with open_index(folder) as service, listening(service) as url:
        yield Server(url, service, briefs)


@pytest.fixture
def asked(server: Server, page: Page) -> Callable[[str], dict[str, Any]]:
    """Asks on the page, waits for the end, and returns what the service itself answers."""

    def ask(question: str) -> dict[str, Any]:
        field = page.get_by_label("Question", exact=True)
        field.fill(question)
        before = page.locator("article.exchange").count()
        field.press("Enter")
        expect(page.locator("article.exchange")).to_have_count(before + 1)
        page.locator("article.exchange:last-child:not([aria-busy])").wait_for()
        reply: dict[str, Any] = page.evaluate(
            """async (question) => (await fetch("/v1/ask", {
                method: "POST",
                headers: { "Content-Type": "application/json" },
                body: JSON.stringify({ question }),
            })).json()""",
            question,
        )
        return reply

    page.goto(server.url)
    return ask


@pytest.fixture
def speak(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Callable[..., Events]], None]:
    """Has the service answer what a generator says, which is given the arguments of the call."""

    def speak(events: Callable[..., Events]) -> None:
        monkeypatch.setattr(server.service, "stream", events)

    return speak
