"""Takes the pictures of the page that the documentation shows, in an installed Chromium.

Indexes ``seeds/``, serves it, asks one question and opens the first source, at the width of a
desk and of a phone, light and dark. Needs the ``dev`` extra, and Chromium.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, sync_playwright

_ROOT = Path(__file__).parents[1]
_QUESTION = "How large is the UK's AI investment?"
_SIZES = {"desk": (1280, 800), "phone": (390, 780)}
_SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
_NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")


@contextmanager
def served() -> Iterator[str]:
    """Serve an index of the seeds; give the address."""
    briefqa = [sys.executable, "-m", "briefqa"]
    with tempfile.TemporaryDirectory() as index:
        build = [*briefqa, "index", str(_ROOT / "seeds"), "--index", index]
        subprocess.run(build, check=True, capture_output=True)
        command = [*briefqa, "serve", "--index", index, "--port", "0"]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
            words = (word for line in process.stderr or () for word in line.split())
            yield next(word for word in words if word.startswith("http://"))
            process.terminate()


def take(browser: Browser, url: str, folder: Path) -> Iterator[Path]:
    """Take each picture; yield its path."""
    for size, (width, height) in _SIZES.items():
        for scheme in _SCHEMES:
            page = browser.new_page(
                viewport={"width": width, "height": height},
                color_scheme=scheme,
                reduced_motion="reduce",
                locale="en-GB",
            )
            page.goto(url)
            box = page.get_by_role("textbox", name="Question")
            box.fill(_QUESTION)
            box.press("Enter")
            page.locator(".exchange:not([aria-busy])").wait_for()
            page.locator(".chip").first.click()
            page.locator("mark").first.wait_for()
            path = folder / f"page-{size}-{scheme}.png"
            page.screenshot(path=path)
            page.close()
            yield path


def main() -> None:
    """Take them all."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, nargs="?", default=_ROOT / "docs" / "images")
    options = parser.parse_args()
    chromium = next(filter(None, map(shutil.which, _NAMES)), None)
    if chromium is None:
        parser.exit(1, f"no Chromium is installed: none of {', '.join(_NAMES)}\n")
    with (
        served() as url,
        sync_playwright() as driver,
        driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"]) as browser,
    ):
        for path in take(browser, url, options.folder):
            print(path)


if __name__ == "__main__":
    main()
