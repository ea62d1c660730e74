"""Writes the list of English verbs from the files of WordNet 3.0 (Debian's `wordnet-base`).

    python scripts/derive_verbs.py /usr/share/wordnet > src/briefqa/answering/generating/verbs.txt

A line has a verb and those of its forms that no rule gives. A question mark says that it is often
another word: that in the texts whose senses were counted for WordNet it is a verb fewer than five
times, or less than four times as often as anything else.
"""

import re
import sys
from collections import Counter
from pathlib import Path

_VERB = "2"
_FEWEST, _TIMES = 5, 4
_WORD = re.compile(r"[a-z]{2,}")


def words_of(folder: Path, part: str) -> set[str]:
    """Return the words that WordNet has as a part of speech."""
    lines = (folder / f"index.{part}").read_text(encoding="utf-8").splitlines()
    return {line.split()[0] for line in lines if not line.startswith(" ")}


def counts_of(folder: Path) -> Counter[tuple[str, bool]]:
    """Return how often each word is a verb, and how often it is not."""
    found: Counter[tuple[str, bool]] = Counter()
    for line in (folder / "cntlist.rev").read_text(encoding="utf-8").splitlines():
        sense, _, count = line.split()
        word, kind = sense.split("%")
        found[word, kind[0] == _VERB] += int(count)
    return found


def irregular_of(folder: Path) -> dict[str, list[str]]:
    """Return the forms of each verb that are built by no rule."""
    found: dict[str, list[str]] = {}
    for line in sorted((folder / "verb.exc").read_text(encoding="utf-8").splitlines()):
        form, *bases = line.split()
        for base in bases:
            if _WORD.fullmatch(form) and form not in _regular(base):
                found.setdefault(base, []).append(form)
    return found


def _regular(base: str) -> set[str]:
    endings = ("s", "es", "d", "ed", "ing")
    found = {base + ending for ending in endings} | {base + base[-1] + e for e in ("ed", "ing")}
    return found | {base.removesuffix("e") + "ing", base[:-1] + "ies", base[:-1] + "ied"}


def main() -> None:
    """Print the list, below the licence of what it is taken from."""
    folder = Path(sys.argv[1])
    licence = (folder / "index.verb").read_text(encoding="utf-8").splitlines()
    heads = [line[4:].strip() for line in licence if line.startswith("  ")]
    print(*(f"# {line}".rstrip() for line in heads), sep="\n")
    counts, irregular = counts_of(folder), irregular_of(folder)
    others = words_of(folder, "noun") | words_of(folder, "adj")
    for verb in sorted(words_of(folder, "verb")):
        if _WORD.fullmatch(verb):
            uses = counts[verb, True]
            is_sure = uses >= max(_FEWEST, _TIMES * counts[verb, False])
            mark = "" if is_sure or verb not in others else "?"
            print(f"{verb}{mark}", *irregular.get(verb, ()))


if __name__ == "__main__":
    main()
