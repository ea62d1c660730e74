"""The pages for people keep up with the code."""

import inspect
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from briefqa import datatypes, protocols

_SECTIONS = ["Context", "Decision", "Alternatives", "Consequences", "Status"]
_LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)")


def test_glossary_explains_every_record_and_protocol(repository: Path) -> None:
    """Each name that others write in their code has one meaning, written down."""
    glossary = (repository / "docs" / "glossary.md").read_text(encoding="utf-8")
    public = [
        name
        for module in (datatypes, protocols)
        for name, value in vars(module).items()
        if not name.startswith("_")
        and str(getattr(value, "__module__", None)).startswith(module.__name__)
        if inspect.isclass(value) or type(value).__name__ == "NewType"
    ]

    assert len(public) > 20
    assert [name for name in public if not re.search(rf"`{name}`", glossary)] == []


def test_glossary_gives_each_word_one_meaning(repository: Path) -> None:
    """A word explained twice would mean two things."""
    glossary = (repository / "docs" / "glossary.md").read_text(encoding="utf-8")
    rows = [line.split("|") for line in glossary.splitlines() if line.startswith("| ")]
    words = [row[1].strip() for row in rows if row[1].strip() != "word"]

    assert len(words) > 40
    assert sorted(set(words)) == sorted(words)


def test_decisions_are_numbered_listed_and_whole(repository: Path) -> None:
    """A decision can be found, and tells what was ruled out and whether it still holds."""
    folder = repository / "docs" / "adr"
    pages = sorted(folder.glob("[0-9]*.md"))
    listing = (folder / "README.md").read_text(encoding="utf-8")

    assert [int(page.name[:4]) for page in pages] == list(range(1, len(pages) + 1))
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert re.findall(r"^## (.+)$", text, re.MULTILINE) == _SECTIONS, page.name
        title = text.splitlines()[0].removeprefix(f"# {int(page.name[:4])}. ")
        assert f"]({page.name}) | {title} |" in listing


def test_links_between_pages_lead_somewhere(project_files: list[Path]) -> None:
    """A reader who follows a link finds a page."""
    broken = [
        f"{page.name}: {target}"
        for page in project_files
        if page.suffix == ".md" and "seeds" not in page.parts
        for target in _LINK.findall(page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]

    assert broken == []


def test_contributing_names_the_gates_in_their_order(repository: Path) -> None:
    """Contributors run what `make check` runs."""
    make = shutil.which("make")
    if make is None:
        pytest.skip("needs make to list what `make check` runs")
    page = (repository / "CONTRIBUTING.md").read_text(encoding="utf-8")
    gates = ["ruff format --check", "ruff check", "mypy", "lint-imports", "pytest"]

    listed = [cell for cell in re.findall(r"^\| `([^`]+)` \|", page, re.MULTILINE) if cell in gates]
    planned = subprocess.run(
        [make, "--dry-run", "check"], cwd=repository, check=True, capture_output=True, text=True
    )
    run = [
        gate
        for line in planned.stdout.splitlines()
        for gate in gates
        if re.match(rf"\.venv/bin/(?:python -m )?{gate}(?: |$)", line)
    ]

    assert listed == gates
    assert list(dict.fromkeys(run)) == gates


def test_changelog_has_an_open_section_and_every_release(repository: Path) -> None:
    """What a user can notice has a place to be written down."""
    changelog = (repository / "CHANGELOG.md").read_text(encoding="utf-8")
    with (repository / "pyproject.toml").open("rb") as file:
        version = tomllib.load(file)["project"]["version"]

    sections = re.findall(r"^## \[(.+?)\]", changelog, re.MULTILINE)

    assert sections[0] == "Unreleased"
    assert sections[1:] == [] or sections[1] == version
