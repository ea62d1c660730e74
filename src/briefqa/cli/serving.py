"""Command ``serve``."""

import gc
import logging
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from briefqa.cli.indexing import reading_options
from briefqa.cli.opening import open_configured
from briefqa.cli.options import EmbedderOption, IndexOption, ModelOption, RerankerOption
from briefqa.cli.output import say

if TYPE_CHECKING:
    from socket import socket

    from briefqa.api.access import Access, Rate
    from briefqa.api.admin import Admin
    from briefqa.api.limiting import Limits
    from briefqa.settings import LimitSettings, ServerSettings, Settings


def serve(
    *,
    index: IndexOption = None,
    embedder: EmbedderOption = None,
    reranker: RerankerOption = None,
    model: ModelOption = None,
    host: Annotated[
        str | None,
        typer.Option("--host", metavar="HOST", help="Address to listen on; by default 127.0.0.1."),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            "--port", metavar="PORT", help="Port to listen on, 0 picks one; by default 8321."
        ),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option("--workers", metavar="N", help="Processes that answer; by default 1."),
    ] = None,
) -> int:
    """Serve the index over HTTP until interrupted.

    Prints the address on stderr once it answers, then one log line a request.
    """
    from briefqa.settings import load_settings  # noqa: PLC0415 - slow, and `--help` needs none

    given = {"host": host, "port": port, "workers": workers}
    server = {name: value for name, value in given.items() if value is not None}
    settings = load_settings(
        {
            "index": index,
            "embedder": embedder,
            "reranker": reranker,
            "model": model,
            "server": server or None,
        }
    )
    if settings.server.workers > 1:
        from briefqa.cli.workers import serve_in_workers  # noqa: PLC0415 - as above

        return serve_in_workers(settings)
    serve_here(settings, on_ready=say_where)
    return 0


def say_where(url: str) -> None:
    """Say that the service answers at ``url``."""
    say(f"briefqa: serving at {url} (Ctrl-C stops it)")


def serve_here(
    settings: "Settings",
    *,
    on_ready: Callable[[str], None],
    listener: "socket | None" = None,
    rate: "Rate | None" = None,
) -> None:
    """Serve the index in this process, as one of ``server.workers``, until told to stop.

    Args:
        settings: All of them.
        on_ready: Told the address once it answers.
        listener: Where to listen, if not at the address of the settings.
        rate: What counts requests, if this process is not the only one.
    """

    def on_settled(url: str) -> None:
        _look_for_garbage_less()
        on_ready(url)

    with open_configured(settings) as service:
        # Only now: a missing index is told at once, not after a server was imported.
        from briefqa.api.observing.observer import Observer  # noqa: PLC0415
        from briefqa.api.observing.telemetry import traces_wanted  # noqa: PLC0415
        from briefqa.api.server import serve as serve_http  # noqa: PLC0415

        configure_logs(settings.server)
        with Observer(traces_wanted(settings.server.telemetry, os.environ)) as observer:
            serve_http(
                service,
                admin=_admin(settings),
                access=_access(settings.server, rate),
                limits=_limits(settings.server.limits).shared_by(settings.server.workers),
                observer=observer,
                host=settings.server.host,
                port=settings.server.port,
                listener=listener,
                on_ready=on_settled,
            )


def _look_for_garbage_less() -> None:
    """Have what is loaded by now passed over, and the rest looked at after more has been made.

    With eight clients that gave 2 to 4 per cent more answers a second.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(5_000, 20, 50)


def configure_logs(settings: "ServerSettings") -> None:
    """Have log lines written as the settings of a server say."""
    from briefqa.logs import LogForm, configure_logging  # noqa: PLC0415 - as above

    form = settings.log_form
    configure_logging(
        LogForm.for_stderr() if form == "auto" else LogForm(form),
        level=logging.getLevelNamesMapping()[settings.log_level.upper()],
    )


def _admin(settings: "Settings") -> "Admin | None":
    from briefqa.api.admin import Admin  # noqa: PLC0415 - as above
    from briefqa.assembly.changing import IndexChanger  # noqa: PLC0415
    from briefqa.settings.keys import ADMIN  # noqa: PLC0415

    key = settings.server.key_digests().get(ADMIN)
    if key is None:
        return None
    most_bytes = settings.server.max_upload_megabytes * 1_000_000
    return Admin(key, most_bytes, IndexChanger(settings.index, reading_options(settings.documents)))


def _access(settings: "ServerSettings", rate: "Rate | None") -> "Access":
    from briefqa.api.access import Access, RateLimiter  # noqa: PLC0415 - as above

    if rate is None and settings.requests_per_minute is not None:
        rate = RateLimiter(settings.requests_per_minute)
    return Access(
        keys=settings.key_digests(),
        hosts=tuple(settings.allowed_hosts),
        cors_origins=tuple(settings.cors_origins),
        rate=rate,
    )


def _limits(settings: "LimitSettings") -> "Limits":
    from briefqa.api.limiting import Limits  # noqa: PLC0415 - as above
    from briefqa.api.limiting.limits import default_answers_at_once  # noqa: PLC0415

    return Limits(
        answers_at_once=settings.answers_at_once or default_answers_at_once(),
        answers_waiting=settings.answers_waiting,
        wait_s=settings.wait_s,
        answer_s=settings.answer_s,
        question_characters=settings.question_characters,
        top_k=settings.top_k,
        body_bytes=settings.body_kilobytes * 1_024,
        json_depth=settings.json_depth,
        connections=settings.connections,
        head_s=settings.head_s,
        body_s=settings.body_s,
        write_s=settings.write_s,
        grace_s=settings.grace_s,
    )
