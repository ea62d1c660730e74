"""The options that several commands share."""

from typing import Annotated

import typer

from briefqa.datatypes import Policy

IndexOption = Annotated[
    str | None,
    typer.Option(
        "--index",
        metavar="DIR",
        help="Folder of the index, or its address in Milvus; by default ./index.",
    ),
]
EmbedderOption = Annotated[
    str | None,
    typer.Option(
        "--embedder",
        metavar="SPEC",
        help="Embedding model, as NAME or NAME:ARGUMENT; by default the one of the index.",
    ),
]
RerankerOption = Annotated[
    str | None,
    typer.Option(
        "--reranker",
        metavar="SPEC",
        help="Model that orders the best passages anew, as NAME:ARGUMENT; by default none.",
    ),
]
ModelOption = Annotated[
    str | None,
    typer.Option(
        "--model",
        metavar="NAME",
        help="Language model that writes the answer, one of `briefqa models list`; by default "
        "sentences of the documents are the answer, as with the name extractive.",
    ),
]
PolicyOption = Annotated[
    Policy,
    typer.Option(
        "--policy",
        help="What becomes of a sentence of the model that its citations do not support: it is "
        "withheld, shown with its verdict, or not judged.",
    ),
]
TopKOption = Annotated[
    int | None,
    typer.Option(
        "--top-k", metavar="N", help="How many passages to show, from 1 to 100; by default 5."
    ),
]
RiskOption = Annotated[
    float | None,
    typer.Option(
        "--risk",
        metavar="SHARE",
        help="Share of the answers given that the documents may not hold, such as 0.1; the "
        "smaller, the fewer are given. By default the threshold of the calibration decides.",
    ),
]
WhereOption = Annotated[
    list[str] | None,
    typer.Option(
        "--where",
        metavar="CONDITION",
        help="Look only at documents that satisfy this, such as 'published>=2025', "
        "'author~Lawrence' or 'tag=procurement'; may be given several times.",
    ),
]
SinceOption = Annotated[
    str | None,
    typer.Option(
        "--since",
        metavar="DATE",
        help="Look only at documents published then or later: 2025, 2025-03 or 2025-03-31.",
    ),
]
AsOfOption = Annotated[
    str | None,
    typer.Option(
        "--as-of", metavar="DATE", help="Look only at documents published then or before."
    ),
]
JsonOption = Annotated[
    bool, typer.Option("--json", help="Print one JSON object on stdout, and nothing else there.")
]
NoColorOption = Annotated[
    bool, typer.Option("--no-color", help="Print without colours; so does NO_COLOR=1.")
]
