"""Command ``mcp``."""

from typing import Annotated

import typer

from briefqa.cli.opening import open_configured
from briefqa.cli.options import EmbedderOption, IndexOption, ModelOption, RerankerOption


def mcp(
    *,
    index: IndexOption = None,
    embedder: EmbedderOption = None,
    reranker: RerankerOption = None,
    model: ModelOption = None,
    url: Annotated[
        str | None,
        typer.Option(
            "--url",
            metavar="URL",
            help="Address of a `briefqa serve` over the same index, where links then lead; "
            "by default they lead to the source files.",
        ),
    ] = None,
) -> int:
    """Serve the index to an agent over stdin and stdout, by the Model Context Protocol.

    For a client that starts its servers itself; `briefqa serve` has the same at /mcp. Needs the
    extra mcp.
    """
    from briefqa.settings import load_settings  # noqa: PLC0415 - slow, and `--help` needs none

    settings = load_settings(
        {"index": index, "embedder": embedder, "reranker": reranker, "model": model}
    )
    with open_configured(settings) as service:
        # Only now: a missing index is told at once, not after a protocol was imported.
        from briefqa.api.mcp import missing  # noqa: PLC0415
        from briefqa.api.mcp.links import links_to_files, links_to_service  # noqa: PLC0415
        from briefqa.logs import LogForm, configure_logging  # noqa: PLC0415

        try:
            from briefqa.api.mcp.server import run_over_stdio  # noqa: PLC0415 - an extra
        except ModuleNotFoundError as error:
            raise missing(error) from error
        configure_logging(LogForm.JSON)
        if url is not None:
            links = links_to_service(url.rstrip("/"))
        else:
            server = settings.server
            there = f"http://{server.host}:{server.port}"
            links = links_to_files(service.locate_source, there)
        run_over_stdio(service, links)
    return 0
