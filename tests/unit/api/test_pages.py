"""The files of the page: whole, as published, and small enough to read."""

import hashlib
import re
from pathlib import Path

import pytest
from starlette.testclient import TestClient

import briefqa.api

_WEB = Path(briefqa.api.__path__[0]) / "web"
_VENDORED = re.compile(r"^\| `(?P<path>[^`]+)` \| .*`(?P<sha256>[0-9a-f]{64})` \|$", re.MULTILINE)
_IMPORT = re.compile(r'^(?:import|\} from|export) .*?"(\.[^"]+)";$', re.MULTILINE)
_MOST_LINES = 350


def _own(pattern: str) -> list[Path]:
    found = [path for path in _WEB.rglob(pattern) if "vendor" not in path.parts]
    assert found
    return found


def test_vendored_files_are_as_published() -> None:
    """A library that somebody edited could not be renewed, nor trusted by its name."""
    folder = _WEB / "vendor"
    listed = dict(_VENDORED.findall((folder / "README.md").read_text(encoding="utf-8")))

    assert {path.relative_to(folder).as_posix() for path in folder.rglob("*.js")} == set(listed)
    for name, sha256 in listed.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == sha256
        assert (folder / name).with_name("LICENSE").is_file()


def test_modules_import_what_is_there() -> None:
    """A browser tells of a missing file only to whoever opens its console."""
    targets = [
        path.parent / target
        for path in _own("*.js")
        for target in _IMPORT.findall(path.read_text(encoding="utf-8"))
    ]

    assert len(targets) > 20
    assert [target for target in targets if not target.is_file()] == []


@pytest.mark.parametrize("path", ["/", "/documents", "/documents/note.txt"])
def test_pages_name_only_files_that_are_served(client: TestClient, path: str) -> None:
    """Every script and style is one of ours, under the address that names its content."""
    page = client.get(path)
    addresses = re.findall(r'(?:src|href)="(/assets/[^"]+)"', page.text)

    assert page.status_code == 200
    assert len(addresses) == 4
    assert {client.get(address).status_code for address in addresses} == {200}
    assert "{assets}" not in page.text


def test_no_page_has_script_or_style_of_its_own() -> None:
    """The policy would block it; and what is blocked is missed by nobody until it matters."""
    for page in _own("*.html"):
        text = page.read_text(encoding="utf-8")

        assert re.search(r"<script(?![^>]* src=)|<style| style=| on[a-z]+=|https?://", text) is None


def test_modules_make_no_markup_of_text() -> None:
    """Documents are shown as text; there is no sink by which they could become more."""
    sinks = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|srcdoc"
    for module in _own("*.js"):
        assert re.search(sinks, module.read_text(encoding="utf-8")) is None


def test_modules_of_the_page_can_be_read_in_one_sitting() -> None:
    """The limit of Python modules holds for these, too."""
    long = [path.name for path in _own("*.js") if len(path.read_text().splitlines()) > _MOST_LINES]

    assert long == []
