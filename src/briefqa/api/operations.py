"""Routes for whoever keeps the service running."""

from importlib.metadata import version

from fastapi import FastAPI
from starlette.responses import JSONResponse

from briefqa.api.access import Access
from briefqa.api.problems import PROBLEM_REPLIES
from briefqa.api.schemas import HealthReply, ReadyReply
from briefqa.assembly.service import Service

_IN_THE_LOG = "the newest state of the index cannot be used; the server's log has why"


def installed_version() -> str:
    """Return the version of this package."""
    return version("briefqa")


def add_operation_routes(app: FastAPI, service: Service, access: Access) -> None:
    """Add ``/health`` and ``/ready``."""
    health_reply = {"status": "ok", "version": installed_version()}

    @app.get(
        "/health",
        tags=["operations"],
        summary="Tell that the process is up",
        responses={200: {"model": HealthReply}},
    )
    async def health() -> JSONResponse:
        # In no thread, for which it might have to wait.
        return JSONResponse(health_reply)

    @app.get(
        "/ready",
        tags=["operations"],
        summary="Tell whether questions can be answered",
        description=(
            "`degraded` means that questions are answered, but from an older state of the "
            "index, because of `reason`. Where none can be answered, the status is 503."
        ),
        responses={200: {"model": ReadyReply}, **PROBLEM_REPLIES},
    )
    def ready() -> JSONResponse:
        index, reason = service.info, service.degraded
        if reason is not None and access.keys:
            # It may name a path, and this is asked without a key.
            reason = _IN_THE_LOG
        return JSONResponse(
            {
                "status": "ready" if reason is None else "degraded",
                "reason": reason,
                "generation": index.generation,
                "documents": index.documents,
                "chunks": index.chunks,
                "embedder": service.model_id,
            }
        )
