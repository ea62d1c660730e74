"""Reads a Dockerfile as far as ours goes: instructions, and what they are given."""

import json
import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_FLAG = re.compile(r"--([a-z-]+)=(\S+)\s+")


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction: its name in capitals, its ``--flags``, and the rest as written."""

    name: str
    flags: dict[str, str]
    value: str

    @property
    def words(self) -> list[str]:
        """The value as a list: of a JSON array its items, of anything else its words."""
        if self.value.startswith("["):
            items: list[str] = json.loads(self.value)
            return items
        return shlex.split(self.value)


def read_dockerfile(path: Path) -> list[list[Instruction]]:
    """Return the instructions of each stage, each beginning with its FROM.

    What stands before the first stage is left out.
    """
    text = re.sub(r"^\s*#.*\n", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    lines = re.sub(r"\\\n\s*", "", text).splitlines()
    stages: list[list[Instruction]] = []
    for line in filter(None, map(str.strip, lines)):
        name, _, value = line.partition(" ")
        if name == "FROM":
            stages.append([])
        if stages:
            flags, value = _without_flags(value)
            stages[-1].append(Instruction(name, flags, value))
    return stages


def environment(stage: Sequence[Instruction]) -> dict[str, str]:
    """Return the variables that a stage sets, unexpanded."""
    pairs = [word for each in stage if each.name == "ENV" for word in each.words]
    return dict(pair.split("=", 1) for pair in pairs)


def only(stage: Sequence[Instruction], name: str) -> Instruction:
    """Return the one instruction of that name."""
    (found,) = (each for each in stage if each.name == name)
    return found


def _without_flags(value: str) -> tuple[dict[str, str], str]:
    flags: dict[str, str] = {}
    while match := _FLAG.match(value):
        flags[match[1]] = match[2]
        value = value[match.end() :]
    return flags, value.strip()
