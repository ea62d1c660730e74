"""How results look to people: wrapped to the terminal, in colour where that is wanted.

Text of documents is put into rich as text, never as markup, and is made
harmless first.
"""

import os
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from briefqa.cli.harmless import harmless, one_line
from briefqa.datatypes import (
    Answer,
    AnswerSentence,
    Citation,
    Disagreement,
    DocumentInfo,
    IndexInfo,
    Passage,
    Place,
    SearchResult,
    Verdict,
)
from briefqa.retrieval import nothing_satisfies

if TYPE_CHECKING:
    # Only a search that is to be explained loads it.
    from briefqa.retrieval.explaining import Explanation, HitExplanation, StageScore

_SHORT = 160
_PASSAGE = 400
_PLACES = 3
_LEAST_WIDTH = 24
_MARK = r"\[\d+\]"


class Page:
    """Prints on stdout for a person."""

    def __init__(self, *, no_color: bool = False) -> None:
        """Open the page.

        Args:
            no_color: Print no escape sequence at all; so does a non-empty ``NO_COLOR``, and
                so does a stdout that is not a terminal.
        """
        plain = no_color or bool(os.environ.get("NO_COLOR"))
        self._console = Console(
            color_system=None if plain else "auto", highlight=False, markup=False, emoji=False
        )

    def line(self, text: str = "", *, style: str = "", indent: int = 0) -> None:
        """Print ``text``, wrapped, ``indent`` columns in."""
        self._hanging(Text(" " * indent), Text(harmless(text), style=style))

    def table(self, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """Print rows under their heads; what does not fit is continued below."""
        table = Table(box=None, pad_edge=False, header_style="bold")
        for head in heads:
            table.add_column(head, overflow="fold")
        for row in rows:
            table.add_row(*(Text(one_line(cell)) for cell in row))
        self._tabular(table)

    def fields(self, fields: Iterable[tuple[str, str]]) -> None:
        """Print names and values, one pair a line."""
        table = Table(box=None, pad_edge=False, show_header=False)
        table.add_column(style="bold")
        table.add_column(overflow="fold")
        for name, value in fields:
            table.add_row(Text(one_line(name)), Text(one_line(value)))
        self._tabular(table)

    def answer(self, answer: Answer) -> None:
        """Print an answer and its numbered sources, or that there is none and what is nearest."""
        self.asked(answer.asked)
        if answer.answered:
            self.said(answer.text)
        self.sources(answer)

    def asked(self, rewritten: str | None) -> None:
        """Print a question as it was asked, if that is not how it was written."""
        if rewritten is not None:
            self.line(f"Asked as: {rewritten}", style="italic")

    def said(self, text: str) -> None:
        """Print an answer or a sentence of it, the marks of its sources in colour."""
        marked = Text(harmless(text))
        marked.highlight_regex(_MARK, "cyan")
        self._hanging(Text(), marked)

    def sentence(self, sentence: AnswerSentence) -> None:
        """Print a sentence as an answer's text has it: with its date and its marks."""
        dated = f" ({sentence.dated})" if sentence.dated else ""
        marks = "".join(f"[{number}]" for number in sentence.citations)
        self.said(f"{sentence.text}{dated} {marks}".rstrip())

    def sources(self, answer: Answer) -> None:
        """Print what comes after an answer's text, or instead of it."""
        if not answer.answered:
            self._refusal(answer)
            return
        for disagreement in answer.disagreements:
            self.line()
            self.line(_differing(disagreement, answer.citations), style="yellow")
        for citation in answer.citations:
            self.line()
            self._source(citation)
        self.line()
        self._left_out(answer)
        for line in written(answer):
            self.line(line, style="yellow")
        self.line(f"Confidence {answer.confidence:.2f} · {index_named(answer.index)}", style="dim")

    def passages(self, passages: Sequence[Passage]) -> None:
        """Print passages, shortened."""
        for passage in passages:
            self._passage(passage, most=_PASSAGE)
            self.line()

    def surroundings(self, citation: Citation, before: str, after: str) -> None:
        """Print a quote in bold, with its source and the text that it stands in."""
        self._hanging(
            Text(f"[{citation.number}] ", "cyan"), Text(one_line(citation.document.title), "bold")
        )
        for line in _origin(citation.document, citation.place):
            self.line(line, style="dim")
        self.line()
        for paragraph in _paragraphs(before, citation.quote, after):
            self._hanging(Text(), paragraph)

    def search(self, result: SearchResult, explanation: "Explanation | None" = None) -> None:
        """Print ranked passages, or that there are none; each with how it came by its score."""
        if not result.passages:
            self.line(_nothing_found(result), style="bold")
            self._left_out(result)
            return
        explained = explanation.hits if explanation is not None else [None] * len(result.passages)
        for passage, hit in zip(result.passages, explained, strict=True):
            self._passage(passage, most=_PASSAGE)
            if hit is not None:
                self._explained(hit, passage)
            self.line()
        if explanation is not None:
            self._reading(explanation)
        self._left_out(result)
        self.line(index_named(result.index), style="dim")

    def stages(self, stages: Sequence["StageScore"], *, indent: int = 0) -> None:
        """Print what each stage gave a chunk, a row each, ``indent`` columns in."""
        from briefqa.retrieval.explaining import apportioned  # noqa: PLC0415 - as above

        table = Table(box=None, pad_edge=False, header_style="bold")
        table.add_column("stage", overflow="fold")
        for head in ("gave", "rank", "counts as", "weight", "adds"):
            table.add_column(head, justify="right", overflow="fold")
        parts = [each.contribution for each in stages]
        for each, part in zip(stages, apportioned(parts, sum(parts), _PLACES), strict=True):
            row = (each.value, each.counted, each.weight, part)
            gave, counts, weight, adds = (f"{number:.{_PLACES}f}" for number in row)
            table.add_row(each.stage, gave, str(each.rank), counts, weight, adds)
        table.add_row("score", "", "", "", "", f"{sum(parts):.{_PLACES}f}")
        self._tabular(table, indent=indent)

    def _explained(self, hit: "HitExplanation", passage: Passage) -> None:
        indent = 4
        self.line()
        self.stages(hit.stages, indent=indent)
        held = ", ".join(f"{each.term} ({each.weight:.2f})" for each in hit.terms) or "none"
        self.line(f"Words of the question: {held}", indent=indent)
        self.line(f"Rank among the candidates: {hit.rank}", indent=indent)
        if passage.hit.duplicates:
            self.line(f"Stands for: {', '.join(passage.hit.duplicates)}", indent=indent)
        if hit.reranked is not None:
            score, before = hit.reranked.score, hit.reranked.rank_before
            self.line(f"The reranker gave {score:.3f}; before, it had rank {before}", indent=indent)

    def _reading(self, explanation: "Explanation") -> None:
        language = explanation.language or "unknown"
        candidates = counted(explanation.candidates, "candidate")
        self.line(f"Language of the question: {language} · {candidates}")
        weights = ", ".join(f"{name} {each:.3f}" for name, each in explanation.weights.items())
        self.line(f"Weights: {weights}")
        words = ", ".join(
            f"{each.term} ({each.weight:.2f}, in {counted(each.document_frequency, 'chunk')}"
            f"{', added' if each.is_added else ''})"
            for each in explanation.terms
        )
        self.line(f"Words looked up: {words or 'none'}")
        self.line()

    def _refusal(self, answer: Answer) -> None:
        reason = answer.reason or "The documents do not answer this."
        self.line(f"No answer (confidence {answer.confidence:.2f}). {reason}", style="bold")
        if answer.passages:
            self.line()
            self.line("Nearest passages:")
        for passage in answer.passages:
            self.line()
            self._passage(passage, most=_SHORT)
        if answer.undated or answer.superseded:
            self.line()
            self._left_out(answer)

    def _left_out(self, found: Answer | SearchResult) -> None:
        for number, which in (
            (found.undated, "without a date"),
            (found.superseded, "superseded by a newer one"),
        ):
            if number:
                were = "was" if number == 1 else "were"
                self.line(f"{counted(number, 'document')} {which} {were} left out.")

    def _source(self, citation: Citation) -> None:
        mark = Text(f"[{citation.number}] ", "cyan")
        self._hanging(mark, Text(one_line(citation.document.title), "bold"))
        for line in _origin(citation.document, citation.place):
            self.line(line, style="dim", indent=len(mark))
        self.line(f"“{one_line(citation.quote)}”", indent=len(mark))

    def _passage(self, passage: Passage, *, most: int) -> None:
        mark = Text(f"{passage.hit.rank}. {passage.hit.score:.2f}  ", "cyan")
        self._hanging(mark, Text(one_line(passage.document.title), "bold"))
        for line in _origin(passage.document, passage.place):
            self.line(line, style="dim", indent=len(mark))
        self.line(shortened(one_line(passage.text), most), indent=len(mark))

    def _hanging(self, lead: Text, text: Text) -> None:
        """Print ``text`` after ``lead``, and what does not fit under itself."""
        width = self._console.width
        indent = lead.cell_len
        if width - indent < _LEAST_WIDTH:
            # So narrow that an indent would leave no room for words.
            lead, indent = (Text() if not lead.plain.strip() else lead), 0
            text = Text.assemble(lead, text)
            lead = Text()
        for line in text.wrap(self._console, width - indent, overflow="fold") or [Text()]:
            line.rstrip()
            self._console.print(Text.assemble(lead, line) if line.plain else "", soft_wrap=True)
            lead = Text(" " * indent)

    def _tabular(self, table: Table, *, indent: int = 0) -> None:
        with self._console.capture() as captured:
            self._console.print(table, width=max(1, self._console.width - indent))
        for line in captured.get().splitlines():
            # Straight to the file: what is in it has been styled.
            self._console.file.write(f"{' ' * indent}{line}".rstrip() + "\n")


def _paragraphs(before: str, quote: str, after: str) -> list[Text]:
    """Return the three texts as one, by lines, the quote in bold."""
    whole = Text.assemble(harmless(before), (harmless(quote), "bold"), harmless(after))
    return list(whole.split("\n"))


def _differing(found: Disagreement, citations: Sequence[Citation]) -> str:
    """Return in a sentence what each source says, the newest first."""
    dated = {each.number: each.document.metadata.published for each in citations}
    sides = [
        f"{one_line(said)}{f' ({dated[number]})' if dated[number] else ''} [{number}]"
        for said, number in zip(found.said, found.citations, strict=True)
    ]
    return f"Sources differ on {one_line(found.about)}: {'; '.join(sides)}."


def _nothing_found(result: SearchResult) -> str:
    if result.conditions and result.index.documents:
        return nothing_satisfies(result.conditions)
    return "Nothing found: the index holds no documents."


def written(answer: Answer) -> list[str]:
    """Return what is to be said of the language model that wrote an answer, or failed to."""
    said: list[str] = []
    verdicts = [each for each in answer.sentences if each.verdict is not Verdict.SUPPORTED]
    for each in verdicts:
        detail = f" ({each.detail})" if each.detail else ""
        said.append(f"{each.verdict.value.capitalize()}: “{one_line(each.text)}”{detail}")
    if answer.withheld:
        were = "sentence was" if len(answer.withheld) == 1 else "sentences were"
        said.append(f"{len(answer.withheld)} {were} withheld: the passages do not bear them out.")
    if answer.fault is not None:
        said.append(
            f"The language model failed ({answer.fault.kind.value}): {answer.fault.detail}."
        )
    if answer.model is not None:
        is_judged = all(each.verdict is not Verdict.UNJUDGED for each in answer.sentences)
        how = "each sentence was held against what it cites" if is_judged else "nothing was judged"
        said.append(f"Written by {answer.model}; {how}.")
    elif answer.withheld or answer.fault is not None:
        said.append("The answer is made of sentences of the documents.")
    return said


def shortened(text: str, most: int) -> str:
    """Return at most ``most`` code points of ``text``, cut between words where it can be."""
    if len(text) <= most:
        return text
    start = text[: most - 1]
    whole, _, rest = start.rpartition(" ")
    return (whole if whole and len(rest) < most // 2 else start) + "…"


def place_named(document: DocumentInfo, place: Place) -> str:
    """Return file, line or page, and headings as a person would say them."""
    parts = [document.source]
    if place.number is not None:
        parts.append(f"{place.unit.value} {place.number}")
    found = one_line(", ".join(parts))
    headings = one_line(" > ".join(place.heading))
    return f"{found} · {headings}" if headings else found


def index_named(index: IndexInfo) -> str:
    """Return what an index holds and which generation it is."""
    return f"{counted(index.documents, 'document')}, generation {index.generation}"


def counted(number: int, noun: str) -> str:
    """Return the number with its noun, in the plural where there is not one."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _origin(document: DocumentInfo, place: Place) -> list[str]:
    meta = document.metadata
    by = " · ".join(part for part in (", ".join(meta.authors), meta.published) if part)
    lines = [one_line(by), place_named(document, place)]
    if meta.source_url:
        lines.append(one_line(meta.source_url))
    return [line for line in lines if line]
