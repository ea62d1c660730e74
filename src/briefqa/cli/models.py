"""Commands ``models list`` and ``models check``."""

import os
import time
from typing import Annotated

import typer

from briefqa.assembly.models import LOCAL, writers
from briefqa.cli.options import JsonOption, NoColorOption
from briefqa.cli.output import print_json, say
from briefqa.cli.progress import PlainLines
from briefqa.datatypes import FaultKind, JsonValue, Message, ModelDescription, Role
from briefqa.errors import ModelFaultError

_PROMPT = (Message(Role.USER, "Reply with the one word: ready"),)
_SHOWN = 60


def list_models(*, as_json: JsonOption = False, no_color: NoColorOption = False) -> int:
    """List the language models that may write answers, and whether their keys are set.

    No key is ever shown, and nothing is sent to any of them.
    """
    from briefqa.settings import load_settings  # noqa: PLC0415 - slow, and `--help` needs none

    settings = load_settings()
    found = writers(settings)
    descriptions = [found.description(name) for name in found]
    if as_json:
        rows: list[JsonValue] = [_to_wire(each) for each in descriptions]
        print_json({"default": settings.model, "models": rows})
        return 0
    from briefqa.cli.pages import Page  # noqa: PLC0415 - rich is only for people

    page = Page(no_color=no_color)
    page.table(
        ("name", "kind", "address", "model", "key"),
        [
            (each.name, each.kind, each.base_url or "", each.model or "", _key(each))
            for each in descriptions
        ],
    )
    page.line(
        f"Answers are written by {settings.model}, unless another is asked for."
        if settings.model
        else "None writes answers unless it is asked for; they are sentences of the documents."
    )
    return 0


def check_model(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="Name, as `briefqa models list` gives it.")
    ],
    *,
    as_json: JsonOption = False,
    no_color: NoColorOption = False,
) -> int:
    """Ask a language model for one word, and say how long that took or what failed.

    Exits with 5 if it cannot be reached, or replies with what is no answer.
    """
    from briefqa.settings import load_settings  # noqa: PLC0415 - slow, and `--help` needs none

    found = writers(load_settings(), on_progress=PlainLines(say))
    description = found.description(name)
    model = found[name].model
    said, first_s, began = "", None, time.monotonic()
    try:
        for piece in model.stream(
            _PROMPT, max_tokens=description.max_tokens, timeout_s=description.timeout_s
        ):
            if piece and first_s is None:
                first_s = time.monotonic() - began
            said += piece
    except ModelFaultError as error:
        # A model that chatters on until it is cut has been reached all the same.
        if error.kind is not FaultKind.CUT_OFF or not said.strip():
            raise
    whole_s = time.monotonic() - began
    if as_json:
        print_json(
            {
                "name": name,
                "model": model.model_id,
                "said": said,
                "first_ms": round((first_s or whole_s) * 1000, 1),
                "total_ms": round(whole_s * 1000, 1),
            }
        )
        return 0
    from briefqa.cli.pages import Page  # noqa: PLC0415 - rich is only for people

    words = " ".join(said.split())
    shown = words if len(words) <= _SHOWN else f"{words[: _SHOWN - 1]}…"
    Page(no_color=no_color).line(
        f"{model.model_id} replies {shown!r}, after {first_s or whole_s:.2f} s; "
        f"all in {whole_s:.2f} s.",
        style="green",
    )
    return 0


def _to_wire(description: ModelDescription) -> dict[str, JsonValue]:
    variable = description.api_key_env
    return {
        "name": description.name,
        "kind": description.kind,
        "base_url": description.base_url,
        "model": description.model,
        "key_from": variable,
        "key_is_set": bool(os.environ.get(variable)) if variable else None,
    }


def _key(description: ModelDescription) -> str:
    variable = description.api_key_env
    if variable is None:
        return "made anew each time" if description.kind == LOCAL else "none is sent"
    return f"{variable}, which is {'set' if os.environ.get(variable) else 'not set'}"
