"""Names say what a thing is for, and nothing grows past reading."""

import ast
import re
from pathlib import Path

# "About 300" and "about 40" are the aims; past these a split is due.
_MOST_MODULE_LINES = 350
_MOST_FUNCTION_LINES = 60
# A list of small classes, none of which is about another: to part it would hide the tree.
_LISTS = {"errors.py"}

_EMPTY_MODULE_NAMES = {"utils", "util", "helpers", "helper", "common", "base", "misc"}
_EMPTY_WORDS = {"node", "snippet", "blob", "manager", "processor", "utils", "helpers", "common"}
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")

_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def _definitions(path: Path) -> list[_Definition]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [found for found in ast.walk(tree) if isinstance(found, _Definition)]


def test_modules_are_named_for_their_job(modules: list[Path]) -> None:
    """A module called utils collects what nobody can find again."""
    assert modules
    names = {part for path in modules for part in (path.stem, path.parent.name)}

    assert names & _EMPTY_MODULE_NAMES == set()


def test_definitions_use_the_words_of_the_glossary(modules: list[Path]) -> None:
    """One word a thing: those that could mean any of them are not used."""
    offenders = [
        f"{path.name}:{found.lineno} {found.name}"
        for path in modules
        for found in _definitions(path)
        if {word.lower() for word in _WORD.findall(found.name)} & _EMPTY_WORDS
    ]

    assert offenders == []


def test_modules_and_functions_can_be_read_in_one_sitting(modules: list[Path]) -> None:
    """The worst function, not the average one, is what makes code feared."""
    long_modules = [
        f"{path.name}: {lines} lines"
        for path in modules
        if path.name not in _LISTS
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > _MOST_MODULE_LINES
    ]
    long_functions = [
        f"{path.name}:{found.lineno} {found.name}: {lines} lines"
        for path in modules
        for found in _definitions(path)
        if not isinstance(found, ast.ClassDef)
        and (lines := (found.end_lineno or found.lineno) - found.lineno + 1) > _MOST_FUNCTION_LINES
    ]

    assert long_modules + long_functions == []
