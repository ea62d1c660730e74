"""Joins the commands, and turns whatever goes wrong into one line and an exit code."""

import gc
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from briefqa.cli.agents import mcp
from briefqa.cli.asking import ask, search
from briefqa.cli.batching import batch
from briefqa.cli.calibrating import calibrate
from briefqa.cli.changing import remove_document, restore_document
from briefqa.cli.chatting import chat
from briefqa.cli.comparing import compare_runs, plan_run, report_runs
from briefqa.cli.diagnosing import doctor
from briefqa.cli.evaluating import gate
from briefqa.cli.evaluating import run as run_evaluation
from briefqa.cli.generations import collect_garbage, list_generations, roll_back
from briefqa.cli.indexing import index
from briefqa.cli.inspecting import check, list_documents, show_config, show_document
from briefqa.cli.keys import hash_key, new_key
from briefqa.cli.migrating import migrate
from briefqa.cli.models import check_model, list_models
from briefqa.cli.output import say_warnings, tolerate_narrow_encodings
from briefqa.cli.serving import serve
from briefqa.cli.telling import told
from briefqa.cli.verifying import verify
from briefqa.cli.why_not import why_not


def _examples(*lines: str) -> str:
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


def _group(help_text: str, *examples: str) -> typer.Typer:
    return typer.Typer(
        help=help_text,
        epilog=_examples(*examples),
        add_completion=False,
        invoke_without_command=True,
        pretty_exceptions_enable=False,
        # Plain help: rich would take longer to import than all of the rest.
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )


app = _group(
    "Answer questions over a folder of briefs, and show the exact words each sentence rests on.",
    "briefqa index briefs",
    "briefqa ask Who wrote the brief on AI sovereignty?",
    "briefqa ask --help",
)
app.callback()(_begin)
app.command(
    epilog=_examples(
        "briefqa index briefs",
        "briefqa index briefs evidence --index /srv/index --strict",
        "briefqa index --watch",
        "briefqa index briefs --ray auto",
        "briefqa index briefs --json > report.json",
    )
)(index)
app.command(
    epilog=_examples(
        "briefqa ask Who wrote the brief on AI sovereignty?",
        "briefqa ask --top-k 3 -- 'What does the UK spend on computing?'",
        "briefqa ask --as-of 2025-03 How large is the AI workforce?",
        "briefqa ask --json - < question.txt",
        "briefqa ask --history answer.json And in 2024?",
    )
)(ask)
app.command(
    epilog=_examples(
        "briefqa chat",
        "briefqa chat --where 'published>=2025'",
        "briefqa chat --json < questions.txt > answers.jsonl",
    )
)(chat)
app.command(
    epilog=_examples(
        "briefqa search export controls",
        "briefqa search --top-k 20 --json export controls",
        "briefqa search --since 2025 export controls",
        "briefqa search --explain --top-k 3 export controls",
    )
)(search)
app.command(
    "why-not",
    epilog=_examples(
        "briefqa why-not ai-sovereignty.md What does China want?",
        "briefqa why-not --top-k 20 --since 2025 --json ai-sovereignty.md export controls",
    ),
)(why_not)
app.command(
    epilog=_examples(
        "briefqa batch questions.jsonl -o answers.jsonl",
        "briefqa batch topics.xml --search --top-k 100 -o passages.jsonl",
        "briefqa batch questions.txt --as-of 2025-03 --jobs 4 -o answers.jsonl --json",
        "briefqa batch - < questions.txt > answers.jsonl",
    )
)(batch)
app.command(
    epilog=_examples(
        "briefqa ask --json Who wrote the brief? | briefqa verify -",
        "briefqa verify answer.json --sources briefs",
        "briefqa verify answer.json --no-sources --json",
        "briefqa verify answer.json --update answer.json",
        "briefqa verify --batch answers.jsonl --json > revisit.jsonl",
    )
)(verify)
app.command(
    epilog=_examples(
        "briefqa serve",
        "briefqa serve --port 8080 --index /srv/index",
    )
)(serve)
app.command(epilog=_examples("briefqa mcp", "briefqa mcp --url http://127.0.0.1:8321"))(mcp)
documents = _group(
    "List, show, remove and restore documents of the index.",
    "briefqa documents list",
    "briefqa documents show ai-sovereignty.md",
)
documents.callback()(_show_help)
documents.command(
    "list",
    epilog=_examples("briefqa documents list", "briefqa documents list --json"),
)(list_documents)
documents.command(
    "show",
    epilog=_examples(
        "briefqa documents show ai-sovereignty.md",
        "briefqa documents show ai-sovereignty.md --text > canonical.txt",
    ),
)(show_document)
documents.command(
    "remove",
    epilog=_examples("briefqa documents remove ai-sovereignty.md"),
)(remove_document)
documents.command(
    "restore",
    epilog=_examples("briefqa documents restore ai-sovereignty.md"),
)(restore_document)
app.add_typer(documents, name="documents")
generations = _group(
    "List the states of the index that are kept, go back to one, or let go of the old ones.",
    "briefqa generations list",
    "briefqa generations rollback",
)
generations.callback()(_show_help)
generations.command(
    "list",
    epilog=_examples("briefqa generations list", "briefqa generations list --json"),
)(list_generations)
generations.command(
    "rollback",
    epilog=_examples("briefqa generations rollback"),
)(roll_back)
generations.command("gc", epilog=_examples("briefqa generations gc"))(collect_garbage)
app.add_typer(generations, name="generations")
evaluation = _group(
    "Measure answers and passages against a set of questions, and compare what was measured.",
    "briefqa eval run --dataset questions.jsonl",
    "briefqa eval run --help",
)
evaluation.callback()(_show_help)
evaluation.command(
    "run",
    epilog=_examples(
        "briefqa eval run --dataset questions.jsonl",
        "briefqa eval run --dataset beir/scifact -o runs/scifact --embedder hash",
        "briefqa eval run --dataset questions.jsonl --url http://127.0.0.1:8321 --json",
    ),
)(run_evaluation)
evaluation.command(
    "gate", epilog=_examples("briefqa eval gate", "briefqa eval gate --index /srv/index --json")
)(gate)
evaluation.command(
    "compare",
    epilog=_examples(
        "briefqa eval compare runs/before runs/after",
        "briefqa eval compare runs/before runs/after --measure ndcg@10 --measure mrr@10 --top 20",
        "briefqa eval compare runs/before runs/after runs/other --json > comparison.json",
    ),
)(compare_runs)
evaluation.command(
    "report",
    epilog=_examples(
        "briefqa eval report runs/after",
        "briefqa eval report runs/before runs/after -o report.html",
    ),
)(report_runs)
evaluation.command(
    "power",
    epilog=_examples(
        "briefqa eval power runs/before runs/after --measure ndcg@10 --difference 0.02",
        "briefqa eval power runs/before --difference 0.02 --power 0.9 --json",
    ),
)(plan_run)
app.add_typer(evaluation, name="eval")
app.command(
    epilog=_examples(
        "briefqa calibrate questions.jsonl",
        "briefqa calibrate questions.jsonl --dry-run --folds 10 --json",
        "briefqa calibrate --reset",
    )
)(calibrate)
app.command(
    epilog=_examples(
        "briefqa migrate index milvus://milvus.example.org:19530/briefs",
        "briefqa migrate milvus://milvus.example.org:19530/briefs index",
        "briefqa migrate index milvus-lite:briefs.db --json",
    )
)(migrate)
app.command(epilog=_examples("briefqa check", "briefqa check --fast --index /srv/index"))(check)
app.command(epilog=_examples("briefqa doctor", "briefqa doctor --json"))(doctor)
models = _group(
    "List the language models that may write answers, and try one.",
    "briefqa models list",
    "briefqa models check local",
)
models.callback()(_show_help)
models.command("list", epilog=_examples("briefqa models list", "briefqa models list --json"))(
    list_models
)
models.command(
    "check",
    epilog=_examples("briefqa models check local", "briefqa models check local --json"),
)(check_model)
app.add_typer(models, name="models")
keys = _group("Make keys for the HTTP service.", "briefqa keys new alice")
keys.callback()(_show_help)
keys.command(
    "new", epilog=_examples("briefqa keys new alice", "briefqa keys new admin --json > key.json")
)(new_key)
keys.command("hash", epilog=_examples("briefqa keys hash", "briefqa keys hash < key.txt"))(hash_key)
app.add_typer(keys, name="keys")
config = _group("Show the settings.", "briefqa config show")
config.callback()(_show_help)
config.command(
    "show",
    epilog=_examples("briefqa config show", "BRIEFQA_TOP_K=3 briefqa config show --json"),
)(show_config)
app.add_typer(config, name="config")


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
    return told(lambda: app(arguments, prog_name="briefqa", standalone_mode=False) or 0)
