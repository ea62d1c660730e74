"""The reference pages name everything there is, and nothing else."""

import inspect
import re
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import typer
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from briefqa import errors
from briefqa.cli.app import application
from briefqa.cli.telling import INTERRUPTED
from briefqa.settings import ModelSettings, Settings

_PAGES = Path(__file__).parents[3] / "docs" / "reference"
_HELP = {"-h", "--help"}


def _commands(
    command: Any,  # noqa: ANN401 - typer's own class, which is not public
    path: str = "briefqa",
) -> Iterator[tuple[str, Any]]:
    """Yield each command that does something, with how it is typed."""
    below: Mapping[str, Any] = getattr(command, "commands", {})
    if not below:
        yield path, command
    for name, each in below.items():
        yield from _commands(each, f"{path} {name}")


_COMMANDS = dict(_commands(typer.main.get_command(application())))


def _sections() -> dict[str, str]:
    """Return the part of the page on each command, by its name without arguments."""
    page = (_PAGES / "cli.md").read_text(encoding="utf-8")
    parts = re.split(r"^## `(briefqa [^`]+)`$", page, flags=re.MULTILINE)[1:]
    names = [re.sub(r"( \[?[A-Z]+\]?…?)+$", "", heading) for heading in parts[::2]]
    return dict(zip(names, parts[1::2], strict=True))


def test_every_command_has_a_section() -> None:
    """A command that is not written down is not found."""
    assert set(_sections()) == set(_COMMANDS)


@pytest.mark.parametrize("name", _COMMANDS)
def test_every_option_is_in_its_command_s_table(name: str) -> None:
    """So is every option, and none that was taken away."""
    command = _COMMANDS[name]
    real = {
        option
        for parameter in command.params
        if parameter.param_type_name == "option"
        for option in parameter.opts
        # A short form stands beside its long one.
        if option.startswith("--")
    } - _HELP

    documented = set(re.findall(r"^\| `(--[a-z-]+)", _sections()[name], re.MULTILINE))

    assert documented == real


@pytest.mark.parametrize("name", _COMMANDS)
def test_help_ends_with_examples_that_parse(name: str) -> None:
    """An example with a mistake is worse than none."""
    command = _COMMANDS[name]
    head, *lines = command.epilog.split("\n")[1:]
    # Of a pipe or a redirection, only what concerns this command.
    calls = [
        each for line in lines for each in re.split(r" [|<>] ", line) if f"{name} " in f"{each} "
    ]

    assert command.help
    assert head == "Examples:"
    assert len(calls) == len(lines)
    for call in calls:
        arguments = shlex.split(call.partition(name)[2])
        assert command.make_context(name, arguments).params


def test_exit_codes_are_those_of_the_errors() -> None:
    """Scripts are written from this table."""
    page = (_PAGES / "cli.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+) \|[^|]+\|([^|]*)\|$", page, re.MULTILINE)
    real = {
        name: error.exit_code
        for name, error in vars(errors).items()
        if inspect.isclass(error) and issubclass(error, errors.BriefqaError)
    }

    documented = [
        (name, int(code)) for code, names in rows for name in re.findall(r"`(\w+)`", names)
    ]

    assert sorted(documented) == sorted(real.items())
    assert {int(code) for code, _ in rows} == {0, INTERRUPTED, *real.values()}


def _settings(model: type[BaseModel], above: str = "") -> Iterator[tuple[str, object]]:
    for name, field in model.model_fields.items():
        kind = field.annotation
        if inspect.isclass(kind) and issubclass(kind, BaseModel):
            yield from _settings(kind, f"{above}{name}.")
        else:
            assert field.default is not PydanticUndefined
            yield above + name, field.default


def test_every_setting_is_documented_with_variable_and_default() -> None:
    """A setting is useless to whoever cannot look up its name."""
    page = (_PAGES / "settings.md").read_text(encoding="utf-8")
    rows = {
        cells[0].strip("`"): cells
        for line in page.splitlines()
        if line.startswith("| `") and len(cells := [c.strip() for c in line.split("|")[1:-1]]) == 6
    }

    real = dict(_settings(Settings))

    assert set(rows) == set(real)
    for name, default in real.items():
        variable = f"BRIEFQA_{name.upper().replace('.', '__')}"
        assert rows[name][2] == f"`{variable}`"
        assert rows[name][3] == ("unset" if default is None else f"`{default}`")


def test_every_field_of_a_language_model_is_documented_with_its_default() -> None:
    """They are written by hand into the file, and nothing completes them."""
    page = (_PAGES / "settings.md").read_text(encoding="utf-8")
    section = page.partition("## Language models\n")[2].partition("\n## ")[0]
    documented = dict(re.findall(r"^\| `(\w+)` \| `?([^`|]+)`? \|", section, re.MULTILINE))

    real = {
        name: "unset" if field.default is None else str(field.default)
        for name, field in ModelSettings.model_fields.items()
    }

    assert {name: default.strip() for name, default in documented.items()} == real


def test_bounds_in_the_page_are_enforced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each bound is allowed, and one step beyond is not."""
    page = (_PAGES / "settings.md").read_text(encoding="utf-8")
    rows = re.findall(
        r"^\| `[^`]+` \|[^|]*\| `(\w+)` \|[^|]*\| (\d+) to (\d+) \|", page, re.MULTILINE
    )

    assert len(rows) >= 8
    for variable, least, most in rows:
        for value, is_allowed in (
            (int(least), True),
            (int(most), True),
            (int(least) - 1, False),
            (int(most) + 1, False),
        ):
            monkeypatch.setenv(variable, str(value))
            try:
                Settings()
            except ValueError:
                assert not is_allowed, f"{variable}={value}"
            else:
                assert is_allowed, f"{variable}={value}"
        monkeypatch.delenv(variable)
