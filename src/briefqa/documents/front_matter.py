"""YAML front matter: its fields, and the line each of them stands on."""

import re
from dataclasses import dataclass

import yaml

from briefqa.datatypes import JsonValue
from briefqa.documents.values import MOST_DEPTH, json_value

_FENCED = re.compile(r"---[ \t]*\n(.*?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """The fields of a front matter.

    ``lines`` gives the source line, from 1, of each field's key; ``texts`` the
    value as it is written, indentation taken off, and the line it starts on,
    for each field that is a text of several lines.
    """

    fields: dict[str, JsonValue]
    lines: dict[str, int]
    texts: dict[str, tuple[str, int]]


def split_front_matter(text: str) -> tuple[FrontMatter | None, int]:
    """Return the front matter of ``text``, if any, and where the body starts.

    Text between ``---`` lines that is not a YAML mapping is left in the body:
    a document may well open with a rule.
    """
    fenced = _FENCED.match(text)
    if fenced is None:
        return None, 0
    try:
        _refuse_bombs(fenced[1])
        front = _read_fields(fenced[1])
    except (yaml.YAMLError, ValueError):
        return None, 0
    return (front, fenced.end()) if front else (None, 0)


class _Loader(yaml.CSafeLoader):
    """Reads plain values; a date stays as it is written, be it a possible one or not."""


_Loader.add_constructor("tag:yaml.org,2002:timestamp", lambda _, scalar: str(scalar.value))


def _refuse_bombs(written: str) -> None:
    """Raise ValueError for deep nesting and for aliases, which multiply without bound.

    Events come one by one: libyaml builds a tree by recursion, and a few
    kilobytes of brackets overflow its stack and end the process.
    """
    depth = 0
    for event in yaml.parse(written, Loader=_Loader):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > MOST_DEPTH or isinstance(event, yaml.AliasEvent):
            msg = "deep nesting and aliases are not read"
            raise ValueError(msg)


def _read_fields(written: str) -> FrontMatter | None:
    loader = _Loader(written)
    try:
        top = loader.get_single_node()
        if not isinstance(top, yaml.MappingNode):
            return None
        front = FrontMatter({}, {}, {})
        # Line 1 is the opening fence.
        line, counted = 2, 0
        for key, value in top.value:
            name = str(key.value)
            front.fields[name] = json_value(loader.construct_document(value))
            # YAML knows more kinds of line end than a text editor, so its own count is not used.
            line += written.count("\n", counted, key.start_mark.index)
            counted = key.start_mark.index
            front.lines[name] = line
            front.texts.pop(name, None)
            if isinstance(value, yaml.ScalarNode) and value.style in {"|", ">"}:
                start, end = value.start_mark.index, value.end_mark.index
                _, _, below = written[start:end].partition("\n")
                opened = line + written.count("\n", counted, start)
                front.texts[name] = (_dedent(below), 1 + opened)
        return front
    finally:
        loader.dispose()


def _dedent(text: str) -> str:
    lines = text.split("\n")
    indents = [len(line) - len(line.lstrip(" ")) for line in lines if line.strip()]
    margin = min(indents, default=0)
    return "\n".join(line[margin:] for line in lines)
