"""What a line of `briefqa chat` does: it asks, or it is a command that begins with a slash."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from briefqa.answering.conversation import latest_turns
from briefqa.assembly.models import EXTRACTIVE
from briefqa.assembly.service import Service
from briefqa.cli.output import json_text, print_json_line, say
from briefqa.datatypes import Answer, Citation, PassagesFound, Policy, SentenceSaid, Turn
from briefqa.errors import UnknownModelError, UsageError
from briefqa.retrieval import date_conditions, parse_conditions
from briefqa.wire import answer_to_wire

if TYPE_CHECKING:
    # Only people need rich.
    from briefqa.cli.pages import Page

_AROUND = 300
_OFF = "off"


@dataclass(slots=True)
class Choices:
    """How the questions of a conversation are asked, until a command says otherwise."""

    top_k: int
    where: list[str] = field(default_factory=list)
    since: str | None = None
    as_of: str | None = None
    model: str | None = None
    policy: Policy = Policy.STRICT


class Conversation:
    """Questions and answers over one index, each question after those before it."""

    def __init__(self, service: Service, choices: Choices, page: "Page | None") -> None:
        """Begin.

        Args:
            service: What is asked.
            choices: How, at first.
            page: Where it is shown to people; without one each answer is a line of JSON.
        """
        self._service = service
        self._choices = choices
        self._page = page
        self._turns: list[Turn] = []
        self._answers: list[Answer] = []
        self._saved: Path | None = None
        self._generation = service.info.generation

    def take(self, line: str) -> bool:
        """Do what a line says, and return whether the conversation goes on.

        Raises:
            BriefqaError: If that cannot be done; the conversation is as it was before.
        """
        line = line.strip()
        if not line:
            return True
        if not line.startswith("/"):
            self._ask(line)
            return True
        name, _, argument = line.partition(" ")
        if name in _LEAVING:
            return False
        command = COMMANDS.get(name)
        if command is None:
            msg = f"there is no command {name!r}; /help lists them"
            raise UsageError(msg)
        command.run(self, argument.strip())
        return True

    def _ask(self, question: str) -> None:
        choices = self._choices
        events = self._service.stream(
            question,
            top_k=choices.top_k,
            where=choices.where,
            since=choices.since,
            as_of=choices.as_of,
            model=choices.model,
            policy=choices.policy,
            history=latest_turns(self._turns),
        )
        with closing(events):
            for event in events:
                match event:
                    case PassagesFound() if self._page is not None:
                        self._page.asked(event.asked)
                    case SentenceSaid() if self._page is not None:
                        self._page.sentence(event.sentence)
                    case Answer():
                        self._keep(event)
                    case _:
                        pass

    def _keep(self, answer: Answer) -> None:
        self._turns.append(Turn(answer.question, answer.text))
        self._answers.append(answer)
        if answer.index.generation != self._generation:
            self._generation = answer.index.generation
            say(f"note: the index has changed; it is now generation {self._generation}")
        if self._page is None:
            print_json_line(answer_to_wire(answer))
        else:
            self._page.sources(answer)

    def open_source(self, argument: str) -> None:
        """Show the text around a quote, or the sources of the last answer."""
        answer, page = self._last(), self._shown()
        if not argument:
            page.sources(answer)
            return
        citation = _numbered(answer.citations, argument)
        document = self._service.document(citation.document.doc_id)
        if document.info.text_sha256 != citation.document.text_sha256:
            msg = f"{document.info.doc_id!r} has changed since it was cited; ask again"
            raise UsageError(msg)
        span = citation.span
        start = _line_start(document.text, max(0, span.start - _AROUND))
        end = _line_end(document.text, min(len(document.text), span.end + _AROUND))
        before, after = document.text[start : span.start], document.text[span.end : end]
        page.surroundings(citation, before, after)

    def show_passages(self, _: str) -> None:
        """Show the passages of the last answer."""
        self._shown().passages(self._last().passages)

    def choose_model(self, argument: str) -> None:
        """Choose what writes the answers; without a name, say what does."""
        known = sorted(self._service.writers)
        if not argument:
            now = self._choices.model or self._service.writer or EXTRACTIVE
            say(f"model: {now}; there are {', '.join([*known, _OFF])}")
            return
        if argument != _OFF and argument not in known:
            raise UnknownModelError(argument, known=known)
        self._choices.model = EXTRACTIVE if argument == _OFF else argument

    def add_condition(self, argument: str) -> None:
        """Add a condition on documents; ``off`` drops all, and nothing says which there are."""
        if argument == _OFF:
            self._choices.where.clear()
        elif argument:
            wanted = [*self._choices.where, argument]
            parse_conditions(wanted)
            self._choices.where = wanted
        say(f"conditions: {'; '.join(self._choices.where) or 'none'}")

    def hold_to_date(self, argument: str) -> None:
        """Look only at documents published until then; ``off`` lifts that."""
        if argument == _OFF:
            self._choices.as_of = None
        elif argument:
            date_conditions(as_of=argument)
            self._choices.as_of = argument
        say(f"as of: {self._choices.as_of or 'now'}")

    def forget(self, _: str) -> None:
        """Forget what was asked, so that the next question leans on nothing."""
        self._turns.clear()
        say("the next question begins a new conversation")

    def save(self, argument: str) -> None:
        """Write all answers so far to a file, a line of JSON each."""
        if not argument:
            msg = "/save needs the name of a file, such as /save answers.jsonl"
            raise UsageError(msg)
        path = Path(argument).expanduser()
        if path.exists() and path != self._saved:
            msg = f"{argument!r} is there already; save under another name"
            raise UsageError(msg)
        lines = [json_text(answer_to_wire(each), encoding="utf-8") for each in self._answers]
        try:
            path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        except OSError as error:
            msg = f"{argument!r} cannot be written: {error.strerror}"
            raise UsageError(msg) from error
        self._saved = path
        say(f"saved {len(lines)} answers in {argument!r}")

    def help(self, _: str) -> None:
        """Say what there is."""
        tell = self._page.line if self._page is not None else say
        for command in COMMANDS.values():
            tell(f"  {command.usage:<18} {command.help}")
        tell(f"  {'/quit':<18} leave; so does Ctrl-D")

    def _last(self) -> Answer:
        if not self._answers:
            msg = "nothing was answered yet; ask something first"
            raise UsageError(msg)
        return self._answers[-1]

    def _shown(self) -> "Page":
        if self._page is None:
            msg = "this command shows something to people; with --json the answer holds it already"
            raise UsageError(msg)
        return self._page


@dataclass(frozen=True, slots=True)
class Command:
    """One command of a conversation, and how it is explained."""

    usage: str
    help: str
    run: Callable[[Conversation, str], None]


_LEAVING = frozenset({"/quit", "/exit"})
COMMANDS: Final[Mapping[str, Command]] = {
    command.usage.split()[0]: command
    for command in (
        Command(
            "/sources [N]", "the sources, or the text around quote N", Conversation.open_source
        ),
        Command("/passages", "the passages of the last answer", Conversation.show_passages),
        Command("/model NAME|off", "which language model writes", Conversation.choose_model),
        Command("/where COND|off", "hold to documents, added up", Conversation.add_condition),
        Command("/as-of DATE|off", "hold to documents until then", Conversation.hold_to_date),
        Command("/reset", "forget what was asked before", Conversation.forget),
        Command("/save FILE", "write the answers so far as JSON lines", Conversation.save),
        Command("/help", "this list", Conversation.help),
    )
}


def _numbered(citations: Sequence[Citation], argument: str) -> Citation:
    for citation in citations:
        if str(citation.number) == argument.strip("[]"):
            return citation
    there = f"1 to {len(citations)}" if citations else "none"
    msg = f"the last answer has no source {argument!r}; there are {there}"
    raise UsageError(msg)


def _line_start(text: str, at: int) -> int:
    return text.rfind("\n", 0, at) + 1


def _line_end(text: str, at: int) -> int:
    found = text.find("\n", at)
    return len(text) if found < 0 else found
