"""Commands ``keys new`` and ``keys hash``."""

import sys
from getpass import getpass
from typing import Annotated

import typer

from briefqa.cli.options import JsonOption
from briefqa.cli.output import print_json, say
from briefqa.errors import UsageError


def new_key(
    name: Annotated[
        str,
        typer.Argument(metavar="NAME", help="Whose key it is; `admin` for one that may change."),
    ],
    *,
    as_json: JsonOption = False,
) -> int:
    """Make a key for the HTTP service and print it, this once.

    Nothing is written down. On stderr stands the line for briefqa.toml, which has only its hash.
    """
    from briefqa.settings import keys  # noqa: PLC0415 - slow, and `--help` needs none

    try:
        keys.check_key_name(name)
    except ValueError as error:
        raise UsageError(str(error)) from error
    key = keys.new_key()
    hashed = keys.hashed(key)
    if as_json:
        print_json({"name": name, "key": key, "hash": hashed})
        return 0
    sys.stdout.write(f"{key}\n")
    if name == keys.ADMIN:
        say("briefqa: below [server] in briefqa.toml put:")
        say(f'admin_key = "{hashed}"')
    else:
        say("briefqa: below [server.keys] in briefqa.toml put:")
        say(f'{name} = "{hashed}"')
    return 0


def hash_key(*, as_json: JsonOption = False) -> int:
    """Read a key from stdin and print its hash, for briefqa.toml.

    The key is no argument, since these are seen by others and kept by shells.
    """
    from briefqa.settings.keys import hashed  # noqa: PLC0415 - as above

    is_typed = sys.stdin.isatty()
    given = getpass("Key: ") if is_typed else sys.stdin.readline()
    try:
        found = hashed(given.rstrip("\r\n"))
    except ValueError as error:
        raise UsageError(str(error)) from error
    if as_json:
        print_json({"hash": found})
    else:
        sys.stdout.write(f"{found}\n")
    return 0
