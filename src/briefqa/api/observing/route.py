"""The route that Prometheus asks."""

from fastapi import FastAPI
from starlette.responses import PlainTextResponse, Response

from briefqa.api.observing.metrics import CONTENT_TYPE, Metrics
from briefqa.api.problems import PROBLEM_REPLIES


def add_metrics_route(app: FastAPI, metrics: Metrics) -> None:
    """Add ``GET /metrics``."""

    @app.get(
        "/metrics",
        tags=["operations"],
        summary="Give numbers for Prometheus",
        description="In its text format, version 0.0.4.",
        response_class=PlainTextResponse,
        responses=PROBLEM_REPLIES,
    )
    def show_metrics() -> Response:
        return Response(metrics.text(), media_type=CONTENT_TYPE)
