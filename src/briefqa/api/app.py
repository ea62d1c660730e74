"""The application: every route joined to one service."""

from fastapi import FastAPI

from briefqa.api.access import OPEN, Access, HostMiddleware, KeyMiddleware, allow_origins
from briefqa.api.admin import Admin
from briefqa.api.changes import add_change_routes
from briefqa.api.docs_page import add_docs_routes, describe
from briefqa.api.documents import add_document_routes
from briefqa.api.limiting import Limits, LimitsMiddleware, Slots
from briefqa.api.mcp.route import add_mcp_route
from briefqa.api.middleware import RequestMiddleware
from briefqa.api.observing.observer import Observer
from briefqa.api.observing.route import add_metrics_route
from briefqa.api.openai import add_openai_routes
from briefqa.api.operations import add_operation_routes, installed_version
from briefqa.api.pages import add_page_routes
from briefqa.api.problems import add_problem_handlers
from briefqa.api.questions import add_question_routes
from briefqa.assembly.service import Service

_DESCRIPTION = """\
Answers questions over a folder of briefs, and shows the exact words each sentence rests on.

Offsets count Unicode code points in the canonical text of a document, which
`/v1/documents/{doc_id}/text` gives. Errors are problem details as in RFC 9457, and OpenAI's
envelope on the routes in its shape.
"""


def create_app(
    service: Service,
    admin: Admin | None = None,
    *,
    access: Access = OPEN,
    limits: Limits | None = None,
    observer: Observer | None = None,
) -> FastAPI:
    """Return the application that answers from ``service``; closing that stays the caller's.

    Args:
        service: What answers.
        admin: Lets those who hold its key change the index; without it nobody can.
        access: Who may reach it; left out, that is for whoever runs the application to see to.
        limits: How much a client may send and wait; the defaults if left out.
        observer: What counts requests and sends their traces, of this application alone; one
            that sends none if left out.
    """
    app = FastAPI(
        title="briefqa",
        version=installed_version(),
        description=_DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        # Its traces and logs would carry questions to wherever the environment says.
        telemetry={
            "tracing": False,
            "metrics": False,
            "logs": False,
            "operation_spans": False,
            "auto_configure": False,
        },
    )
    limits = limits or Limits()
    # Whoever stops the server tells them, and whoever watches it counts them.
    slots = app.state.slots = Slots.within(limits)
    observer = observer or Observer()
    observer.metrics.watch_index(service)
    observer.metrics.watch_load(slots)
    # Each stands around those above it.
    app.add_middleware(LimitsMiddleware, limits=limits, slots=slots, admin=admin)
    app.add_middleware(KeyMiddleware, access=access)
    allow_origins(app, access)
    app.add_middleware(HostMiddleware, access=access)
    app.add_middleware(RequestMiddleware, observer=observer)
    add_problem_handlers(app)
    add_question_routes(app, service)
    add_document_routes(app, service)
    add_change_routes(app, admin)
    add_openai_routes(app, service)
    add_mcp_route(app, service)
    add_operation_routes(app, service, access)
    add_metrics_route(app, observer.metrics)
    add_docs_routes(app)
    add_page_routes(app, service, access)
    describe(app, access)
    return app
