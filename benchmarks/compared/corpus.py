"""A data set as files that any program can index, with its questions and judgements."""

import csv
import gzip
import json
import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote


@dataclass(frozen=True, slots=True)
class JudgedQuestion:
    """A question, and the names of the files that bear on it, each with its grade."""

    text: str
    grades: dict[str, int]


def file_name(document: str) -> str:
    """Return the name of the file that holds a document of the set."""
    return f"{quote(document, safe='')}.txt"


def judged_questions(dataset: Path) -> list[JudgedQuestion]:
    """Return the questions of the set that have a judgement above zero, in its order."""
    grades: dict[str, dict[str, int]] = defaultdict(dict)
    with (dataset / "qrels.tsv").open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream, delimiter="\t"):
            if int(row["score"]) > 0:
                grades[row["query-id"]][file_name(row["corpus-id"])] = int(row["score"])
    lines = (dataset / "queries.jsonl").read_text(encoding="utf-8").splitlines()
    queries = [json.loads(line) for line in lines]
    return [
        JudgedQuestion(query["text"], grades[query["_id"]])
        for query in queries
        if query["_id"] in grades
    ]


def write_files(
    dataset: Path, questions: Sequence[JudgedQuestion], folder: Path, count: int
) -> None:
    """Write ``count`` documents as text files: first all that the questions need, then others.

    Raises:
        ValueError: If the questions need more than ``count``.
    """
    needed = {name for question in questions for name in question.grades}
    if len(needed) > count:
        msg = f"the questions need {len(needed)} documents, more than {count}: ask fewer"
        raise ValueError(msg)
    with gzip.open(dataset / "corpus.jsonl.gz", "rt", encoding="utf-8") as lines:
        records = [json.loads(line) for line in lines]
    records.sort(key=lambda record: file_name(record["_id"]) not in needed)
    folder.mkdir(parents=True)
    for record in records[:count]:
        text = f"{record.get('title', '')}\n\n{record['text']}\n".lstrip()
        (folder / file_name(record["_id"])).write_text(text, encoding="utf-8")


def change_some(folder: Path, line: str) -> list[str]:
    """Append a line to every hundredth file; return the names of these files."""
    names = sorted(path.name for path in folder.iterdir())[::100]
    for name in names:
        with (folder / name).open("a", encoding="utf-8") as stream:
            stream.write(f"{line}\n")
    return names


def ndcg_at_10(ranked: Sequence[str], grades: dict[str, int]) -> float:
    """Return nDCG@10 with linear gains, as trec_eval has it, of passages "file#number".

    A file counts where its first passage stands among the files.
    """
    files = list(dict.fromkeys(passage.partition("#")[0] for passage in ranked))[:10]
    best = sorted(grades.values(), reverse=True)[:10]
    found, most = (
        sum(gain / math.log2(rank + 1) for rank, gain in enumerate(gains, 1))
        for gains in ([grades.get(name, 0) for name in files], best)
    )
    return found / most
