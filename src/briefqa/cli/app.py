"""Joins the commands, and turns whatever goes wrong into one line and an exit code."""

import gc
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Annotated

import typer
from typer.main import get_command

from briefqa.cli.commands import GROUPS, Group
from briefqa.cli.output import say_warnings, tolerate_narrow_encodings
from briefqa.cli.telling import told
from briefqa.machine import rare_collections


def _examples(lines: Sequence[str]) -> str:
    # The mark keeps help from joining the lines into a paragraph.
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)


def _show_help(context: typer.Context) -> None:
    """Print help where a command is missing: that is a question, not a mistake."""
    if context.invoked_subcommand is None:
        sys.stdout.write(context.get_help() + "\n")


def _show_version(is_asked: bool) -> None:
    if is_asked:
        from importlib.metadata import version  # noqa: PLC0415 - only this needs it

        sys.stdout.write(f"briefqa {version('briefqa')}\n")
        raise typer.Exit


def _begin(
    context: typer.Context,
    version: Annotated[  # noqa: ARG001 - its callback does the work
        bool,
        typer.Option("--version", help="Print the version.", is_eager=True, callback=_show_version),
    ] = False,
) -> None:
    _show_help(context)


def application(only: str | None = None) -> typer.Typer:
    """Return the program: every command, or but the one, or the group, of the name ``only``."""
    names = {group.name for group in GROUPS} | {command.name for command in GROUPS[0].commands}
    everything, *groups = GROUPS
    is_all = only not in names
    app = _group(everything, None if is_all else only)
    app.callback()(_begin)
    for group in groups:
        if is_all or group.name == only:
            added = _group(group, None)
            added.callback()(_show_help)
            app.add_typer(added, name=group.name)
    return app


def _program(only: str | None) -> Callable[..., int]:
    """Return the `application` as it is run, with all imported that reads its options."""
    with rare_collections():
        # Only what is called is imported; else it is for the whole program to understand.
        return get_command(application(only))


def _group(group: Group, only: str | None) -> typer.Typer:
    app = typer.Typer(
        help=group.help,
        epilog=_examples(group.examples),
        add_completion=False,
        invoke_without_command=True,
        pretty_exceptions_enable=False,
        # Plain help: rich would take longer to import than all of the rest.
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    for command in group.commands:
        if only is None or command.name == only:
            app.command(command.name, epilog=_examples(command.examples))(_found(command.place))
    return app


def _found(place: str) -> Callable[..., int]:
    module, _, name = place.partition(":")
    function: Callable[..., int] = getattr(import_module(f"briefqa.cli.{module}"), name)
    return function


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command as all that this process is for, and return its exit code.

    Args:
        arguments: What was typed after the name; by default what this process was given.
    """
    tolerate_narrow_encodings()
    say_warnings()
    code = run(arguments)
    # The interpreter would otherwise look through all that was imported for garbage, just
    # before it throws everything away: 0.1 of the 0.8 seconds that a question took.
    gc.freeze()
    return code


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command that ``arguments`` name.

    Returns:
        The exit code. Whatever went wrong has been said on stderr, in one line.
    """
    given = sys.argv[1:] if arguments is None else arguments

    def work() -> int:
        program = _program(given[0] if given else None)
        return program(given, prog_name="briefqa", standalone_mode=False) or 0

    return told(work)
