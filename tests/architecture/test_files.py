"""The project's files hold for every machine, not only for the author's."""

import re
from pathlib import Path

_ROOT = Path(__file__).parents[2]
# This checkout, whoever's home, and how files on one machine are named.
_MACHINE_PATH = re.compile(
    rf"{re.escape(str(_ROOT))}|{re.escape(str(Path.home()))}/"
    r"|(?<![\w.])(?:/home/\w|/Users/\w|[A-Z]:\\Users)|file:///"
)
_REGISTRY = re.compile(r"index-url|find-links|trusted-host|/simple/")


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError:
        return []  # A binary file.


def _matches(pattern: re.Pattern[str], paths: list[Path]) -> list[str]:
    return [
        f"{path.name}:{number}: {line.strip()}"
        for path in paths
        if path != Path(__file__)
        for number, line in enumerate(_lines(path), 1)
        if pattern.search(line)
    ]


def test_no_file_names_a_path_of_one_machine(project_files: list[Path]) -> None:
    """What works only where the author's folders are does not work."""
    assert project_files

    assert _matches(_MACHINE_PATH, project_files) == []


def test_only_prose_names_a_package_registry(project_files: list[Path]) -> None:
    """Where packages come from is the installer's choice; a page may still advise one."""
    programs = [path for path in project_files if path.suffix != ".md"]

    assert _matches(_REGISTRY, programs) == []


def test_the_index_folder_holds_only_its_page(repository: Path, project_files: list[Path]) -> None:
    """An index is data: it is built on each machine, and never committed."""
    kept = [path.name for path in project_files if path.is_relative_to(repository / "index")]

    assert kept == ["README.md"]
