"""Command ``chat``."""

import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from briefqa.cli.opening import open_configured
from briefqa.cli.options import (
    AsOfOption,
    EmbedderOption,
    IndexOption,
    ModelOption,
    NoColorOption,
    PolicyOption,
    RerankerOption,
    RiskOption,
    SinceOption,
    TopKOption,
    WhereOption,
)
from briefqa.cli.output import complain, say
from briefqa.datatypes import Policy
from briefqa.errors import BriefqaError
from briefqa.retrieval import date_conditions, parse_conditions

if TYPE_CHECKING:
    from types import ModuleType

    from briefqa.cli.conversing import Conversation

_PROMPT = "> "


def chat(
    *,
    index: IndexOption = None,
    embedder: EmbedderOption = None,
    reranker: RerankerOption = None,
    top_k: TopKOption = None,
    risk: RiskOption = None,
    model: ModelOption = None,
    policy: PolicyOption = Policy.STRICT,
    where: WhereOption = None,
    since: SinceOption = None,
    as_of: AsOfOption = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print each answer as JSON on one line of stdout.")
    ] = False,
    no_color: NoColorOption = False,
) -> int:
    """Ask one question after the other, each understood after those before it.

    "And France?" is asked in full, and shown so. A line that begins with a slash
    is a command: /help lists them. Ctrl-C stops an answer, and leaves where there
    is none. What comes through a pipe is asked line by line; a line that cannot
    be asked does not stop the others, and the exit code is that of the last such.
    """
    from briefqa.cli.conversing import Choices, Conversation  # noqa: PLC0415 - as below
    from briefqa.settings import load_settings  # noqa: PLC0415 - slow, and `--help` needs none

    conditions = list(where or ())
    parse_conditions(conditions)
    date_conditions(since=since, as_of=as_of)
    settings = load_settings(
        {
            "index": index,
            "embedder": embedder,
            "reranker": reranker,
            "top_k": top_k,
            "risk": risk,
            "model": model,
        }
    )
    page = None
    if not as_json:
        from briefqa.cli.pages import Page  # noqa: PLC0415 - rich is only for people

        page = Page(no_color=no_color)
    with open_configured(settings) as service:
        choices = Choices(settings.top_k, conditions, since, as_of, policy=policy)
        conversation = Conversation(service, choices, page)
        if sys.stdin.isatty():
            info = service.info
            say(f"{info.documents} documents, generation {info.generation}; /help lists commands")
            return _talk(conversation, _typed(is_shown=page is not None))
        return _read(conversation, echo=page.line if page is not None else None)


def _typed(*, is_shown: bool) -> Iterator[str]:
    """Yield the lines that are typed, until Ctrl-D; they can be edited, and called up again.

    Args:
        is_shown: Whether stdout is for people, so that the prompt may stand there.
    """
    reconfigure = getattr(sys.stdin, "reconfigure", None)
    if reconfigure is not None:
        # What is no text is asked as such, and ends nothing.
        reconfigure(errors="replace")
    editor = _editor() if is_shown and sys.stdout.isatty() else None
    while True:
        try:
            line = input(_PROMPT) if editor is not None else _line_after_prompt()
        except EOFError:
            say("")
            return
        except KeyboardInterrupt:
            if editor is None or not editor.get_line_buffer():
                raise
            # What was typed is dropped, as a shell does.
            say("")
            continue
        yield line


def _editor() -> "ModuleType | None":
    """Return what makes `input` edit lines; None where the system has none."""
    try:
        import readline  # noqa: PLC0415 - not every Python has it
    except ImportError:
        return None
    from briefqa.cli.conversing import COMMANDS  # noqa: PLC0415

    def complete(text: str, state: int) -> str | None:
        found = [name for name in (*COMMANDS, "/quit") if name.startswith(text or "/")]
        return found[state] if text.startswith("/") and state < len(found) else None

    readline.set_completer(complete)
    readline.set_completer_delims(" ")
    readline.parse_and_bind("tab: complete")
    return readline


def _line_after_prompt() -> str:
    sys.stderr.write(_PROMPT)
    sys.stderr.flush()
    line = sys.stdin.readline()
    if not line:
        raise EOFError
    return line


def _talk(conversation: "Conversation", lines: Iterator[str]) -> int:
    """Take lines until one says to leave; nothing that goes wrong ends it."""
    for line in lines:
        try:
            if not conversation.take(line):
                break
        except BriefqaError as error:
            complain(str(error))
        except KeyboardInterrupt:
            say("stopped; Ctrl-C once more leaves")
    return 0


def _read(conversation: "Conversation", *, echo: Callable[[str], None] | None) -> int:
    """Take the lines of a pipe; return the exit code of the last that could not be asked."""
    code = 0
    for data in sys.stdin.buffer:
        line = data.decode("utf-8", "replace").strip()
        if echo is not None and line:
            echo(f"{_PROMPT}{line}")
        try:
            if not conversation.take(line):
                break
        except BriefqaError as error:
            complain(str(error))
            code = error.exit_code
        if echo is not None and line:
            echo("")
        sys.stdout.flush()
    return code
