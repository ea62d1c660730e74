"""Every command: its name, where it is, and examples for its help.

Apart from the modules that hold them, so that the one that is called is the only one imported.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Command:
    """A command; ``place`` is its module in `briefqa.cli` and its function there."""

    name: str
    place: str
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Commands under one name, which is empty for those under none."""

    name: str
    help: str
    examples: tuple[str, ...]
    commands: tuple[Command, ...]


_BRIEFQA = (
    Command(
        "index",
        "indexing:index",
        (
            "briefqa index briefs",
            "briefqa index briefs evidence --index /srv/index --strict",
            "briefqa index --watch",
            "briefqa index briefs --ray auto",
            "briefqa index briefs --json > report.json",
        ),
    ),
    Command(
        "ask",
        "asking:ask",
        (
            "briefqa ask Who wrote the brief on AI sovereignty?",
            "briefqa ask --top-k 3 -- 'What does the UK spend on computing?'",
            "briefqa ask --as-of 2025-03 How large is the AI workforce?",
            "briefqa ask --json - < question.txt",
            "briefqa ask --history answer.json And in 2024?",
        ),
    ),
    Command(
        "chat",
        "chatting:chat",
        (
            "briefqa chat",
            "briefqa chat --where 'published>=2025'",
            "briefqa chat --json < questions.txt > answers.jsonl",
        ),
    ),
    Command(
        "search",
        "asking:search",
        (
            "briefqa search export controls",
            "briefqa search --top-k 20 --json export controls",
            "briefqa search --since 2025 export controls",
            "briefqa search --explain --top-k 3 export controls",
        ),
    ),
    Command(
        "why-not",
        "why_not:why_not",
        (
            "briefqa why-not ai-sovereignty.md What does China want?",
            "briefqa why-not --top-k 20 --since 2025 --json ai-sovereignty.md export controls",
        ),
    ),
    Command(
        "batch",
        "batching:batch",
        (
            "briefqa batch questions.jsonl -o answers.jsonl",
            "briefqa batch topics.xml --search --top-k 100 -o passages.jsonl",
            "briefqa batch questions.txt --as-of 2025-03 --jobs 4 -o answers.jsonl --json",
            "briefqa batch - < questions.txt > answers.jsonl",
        ),
    ),
    Command(
        "verify",
        "verifying:verify",
        (
            "briefqa ask --json Who wrote the brief? | briefqa verify -",
            "briefqa verify answer.json --sources briefs",
            "briefqa verify answer.json --no-sources --json",
            "briefqa verify answer.json --update answer.json",
            "briefqa verify --batch answers.jsonl --json > revisit.jsonl",
        ),
    ),
    Command(
        "serve",
        "serving:serve",
        (
            "briefqa serve",
            "briefqa serve --port 8080 --index /srv/index",
        ),
    ),
    Command(
        "mcp",
        "agents:mcp",
        (
            "briefqa mcp",
            "briefqa mcp --url http://127.0.0.1:8321",
        ),
    ),
    Command(
        "calibrate",
        "calibrating:calibrate",
        (
            "briefqa calibrate questions.jsonl",
            "briefqa calibrate questions.jsonl --dry-run --folds 10 --json",
            "briefqa calibrate --reset",
        ),
    ),
    Command(
        "migrate",
        "migrating:migrate",
        (
            "briefqa migrate index milvus://milvus.example.org:19530/briefs",
            "briefqa migrate milvus://milvus.example.org:19530/briefs index",
            "briefqa migrate index milvus-lite:briefs.db --json",
        ),
    ),
    Command(
        "check",
        "inspecting:check",
        (
            "briefqa check",
            "briefqa check --fast --index /srv/index",
        ),
    ),
    Command(
        "doctor",
        "diagnosing:doctor",
        (
            "briefqa doctor",
            "briefqa doctor --json",
        ),
    ),
)
_DOCUMENTS = (
    Command(
        "list",
        "inspecting:list_documents",
        (
            "briefqa documents list",
            "briefqa documents list --json",
        ),
    ),
    Command(
        "show",
        "inspecting:show_document",
        (
            "briefqa documents show ai-sovereignty.md",
            "briefqa documents show ai-sovereignty.md --text > canonical.txt",
        ),
    ),
    Command("remove", "changing:remove_document", ("briefqa documents remove ai-sovereignty.md",)),
    Command(
        "restore", "changing:restore_document", ("briefqa documents restore ai-sovereignty.md",)
    ),
)
_GENERATIONS = (
    Command(
        "list",
        "generations:list_generations",
        (
            "briefqa generations list",
            "briefqa generations list --json",
        ),
    ),
    Command("rollback", "generations:roll_back", ("briefqa generations rollback",)),
    Command("gc", "generations:collect_garbage", ("briefqa generations gc",)),
)
_EVAL = (
    Command(
        "run",
        "evaluating:run",
        (
            "briefqa eval run --dataset questions.jsonl",
            "briefqa eval run --dataset beir/scifact -o runs/scifact --embedder hash",
            "briefqa eval run --dataset questions.jsonl --url http://127.0.0.1:8321 --json",
        ),
    ),
    Command(
        "gate",
        "evaluating:gate",
        (
            "briefqa eval gate",
            "briefqa eval gate --index /srv/index --json",
        ),
    ),
    Command(
        "compare",
        "comparing:compare_runs",
        (
            "briefqa eval compare runs/before runs/after",
            (
                "briefqa eval compare runs/before runs/after"
                " --measure ndcg@10 --measure mrr@10 --top 20"
            ),
            "briefqa eval compare runs/before runs/after runs/other --json > comparison.json",
        ),
    ),
    Command(
        "report",
        "comparing:report_runs",
        (
            "briefqa eval report runs/after",
            "briefqa eval report runs/before runs/after -o report.html",
        ),
    ),
    Command(
        "power",
        "comparing:plan_run",
        (
            "briefqa eval power runs/before runs/after --measure ndcg@10 --difference 0.02",
            "briefqa eval power runs/before --difference 0.02 --power 0.9 --json",
        ),
    ),
)
_MODELS = (
    Command(
        "list",
        "models:list_models",
        (
            "briefqa models list",
            "briefqa models list --json",
        ),
    ),
    Command(
        "check",
        "models:check_model",
        (
            "briefqa models check local",
            "briefqa models check local --json",
        ),
    ),
)
_KEYS = (
    Command(
        "new",
        "keys:new_key",
        (
            "briefqa keys new alice",
            "briefqa keys new admin --json > key.json",
        ),
    ),
    Command(
        "hash",
        "keys:hash_key",
        (
            "briefqa keys hash",
            "briefqa keys hash < key.txt",
        ),
    ),
)
_CONFIG = (
    Command(
        "show",
        "inspecting:show_config",
        (
            "briefqa config show",
            "BRIEFQA_TOP_K=3 briefqa config show --json",
        ),
    ),
)
GROUPS = (
    Group(
        "",
        "Answer questions over a folder of briefs, "
        "and show the exact words each sentence rests on.",
        (
            "briefqa index briefs",
            "briefqa ask Who wrote the brief on AI sovereignty?",
            "briefqa ask --help",
        ),
        _BRIEFQA,
    ),
    Group(
        "documents",
        "List, show, remove and restore documents of the index.",
        (
            "briefqa documents list",
            "briefqa documents show ai-sovereignty.md",
        ),
        _DOCUMENTS,
    ),
    Group(
        "generations",
        "List the states of the index that are kept, go back to one, or let go of the old ones.",
        (
            "briefqa generations list",
            "briefqa generations rollback",
        ),
        _GENERATIONS,
    ),
    Group(
        "eval",
        "Measure answers and passages against a set of questions, and compare what was measured.",
        (
            "briefqa eval run --dataset questions.jsonl",
            "briefqa eval run --help",
        ),
        _EVAL,
    ),
    Group(
        "models",
        "List the language models that may write answers, and try one.",
        (
            "briefqa models list",
            "briefqa models check local",
        ),
        _MODELS,
    ),
    Group("keys", "Make keys for the HTTP service.", ("briefqa keys new alice",), _KEYS),
    Group("config", "Show the settings.", ("briefqa config show",), _CONFIG),
)
