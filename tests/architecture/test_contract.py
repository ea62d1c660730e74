"""The contract modules say what they promise to say."""

import ast
import dataclasses
import inspect
import re
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from types import ModuleType

import pytest

from briefqa import datatypes, errors, protocols

_BRANCH = re.compile(r"(?P<lead>[│├└─ ]*)(?P<name>\w+Error)(?: \((?P<code>\d+)\))?")
_INDENT = 4


def _classes(module: ModuleType) -> list[type]:
    found = vars(module).values()
    return [c for c in found if inspect.isclass(c) and c.__module__ == module.__name__]


def _drawn() -> Iterator[tuple[str, str | None, int]]:
    """Yield (class, parent, exit code) for each line of the tree in the module's docstring."""
    above: list[tuple[str, int]] = []
    tree = (errors.__doc__ or "").split("```")[1]
    for line in tree.strip().splitlines():
        branch = _BRANCH.match(line)
        assert branch, f"not a line of the tree: {line!r}"
        del above[len(branch["lead"]) // _INDENT :]
        parent, inherited = above[-1] if above else (None, -1)
        code = int(branch["code"]) if branch["code"] else inherited
        above.append((branch["name"], code))
        yield branch["name"], parent, code


def test_error_tree_is_drawn_as_it_is() -> None:
    """Scripts rely on the exit codes, and readers on the tree, so the two must agree."""
    drawn = set(_drawn())

    real = {
        (c.__name__, None if c is errors.BriefqaError else c.__bases__[0].__name__, c.exit_code)
        for c in _classes(errors)
        if issubclass(c, errors.BriefqaError)
    }

    assert drawn == real
    assert len(real) == len(_classes(errors))


_RECORDS = [c for c in _classes(datatypes) if not issubclass(c, Enum)]
_PROTOCOLS = [c for c in _classes(protocols) if getattr(c, "_is_protocol", False)]


@pytest.mark.parametrize("record", _RECORDS, ids=lambda c: c.__name__)
def test_records_are_frozen_and_slotted(record: type) -> None:
    """Threads share records, so none may change or grow after it is made."""
    assert dataclasses.is_dataclass(record)
    assert record.__dataclass_params__.frozen  # type: ignore[attr-defined] # not in typeshed
    assert "__slots__" in vars(record)


@pytest.mark.parametrize("protocol", _PROTOCOLS, ids=lambda c: c.__name__)
def test_protocols_are_small(protocol: type) -> None:
    """A plug-in has at most five members to write."""
    members = {
        name
        for name, value in vars(protocol).items()
        if (inspect.isfunction(value) and value.__qualname__.startswith(protocol.__name__ + "."))
        or isinstance(value, property)
    }

    assert 1 <= len(members - {"__init__"}) <= 5


def test_no_module_imports_the_package_itself(modules: list[Path]) -> None:
    """Names come from the module that defines them: importing the root makes cycles."""
    offenders = [
        f"{path.name}:{statement.lineno}"
        for path in modules
        for statement in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if (isinstance(statement, ast.ImportFrom) and statement.module == "briefqa")
        or (
            isinstance(statement, ast.Import)
            and any(alias.name == "briefqa" for alias in statement.names)
        )
    ]

    assert offenders == []
