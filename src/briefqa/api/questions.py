"""Routes that ask, and the one that checks what was answered."""

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from briefqa.api.judgements import VerifyReply, VerifyRequest
from briefqa.api.limiting import check_asked
from briefqa.api.observing import noted
from briefqa.api.problems import PROBLEM_REPLIES
from briefqa.api.replies import WireResponse
from briefqa.api.schemas import AnswerReply, AskRequest, SearchReply, SearchRequest
from briefqa.api.streaming import STREAMED, Events, NativeForm, reply
from briefqa.api.verification import verify_answer
from briefqa.assembly.service import Service
from briefqa.datatypes import Turn
from briefqa.wire import conditions_from_wire, search_to_wire


def add_question_routes(app: FastAPI, service: Service) -> None:
    """Add ``/v1/search``, ``/v1/ask`` and ``/v1/verify``."""
    _add_searching(app, service)
    _add_asking(app, service)

    @app.post(
        "/v1/verify",
        tags=["questions"],
        summary="Check citations against the documents",
        description=(
            "An answer can be posted back as `/v1/ask` gave it. Unlike the other routes, "
            "this one ignores fields that it does not know."
        ),
        responses={200: {"model": VerifyReply}, **PROBLEM_REPLIES},
    )
    def verify(body: VerifyRequest) -> JSONResponse:
        return WireResponse(verify_answer(service, body))


def _add_searching(app: FastAPI, service: Service) -> None:
    @app.post(
        "/v1/search",
        tags=["questions"],
        summary="Find the most relevant passages",
        responses={200: {"model": SearchReply}, **PROBLEM_REPLIES},
    )
    def search(body: SearchRequest) -> JSONResponse:
        check_asked(body.question, top_k=body.top_k)
        conditions = conditions_from_wire(body.filters)
        if body.explain:
            result, explanation = service.explain(
                body.question,
                top_k=body.top_k,
                where=conditions,
                since=body.since,
                as_of=body.as_of,
            )
            return WireResponse(search_to_wire(noted(result), explanation))
        result = service.search(
            body.question,
            top_k=body.top_k,
            where=conditions,
            since=body.since,
            as_of=body.as_of,
        )
        return WireResponse(search_to_wire(noted(result)))


def _add_asking(app: FastAPI, service: Service) -> None:
    @app.post(
        "/v1/ask",
        tags=["questions"],
        summary="Answer from the documents, or decline",
        description=(
            "With `stream` the reply is server-sent events: `passages`, a `sentence` for each "
            "as soon as it is judged, and `done` with the whole answer, or `error`."
        ),
        responses={200: {"model": AnswerReply, "content": STREAMED}, **PROBLEM_REPLIES},
    )
    async def ask(body: AskRequest, request: Request) -> Response:
        check_asked(body.question, top_k=body.top_k)

        def start() -> Events:
            return service.stream(
                body.question,
                top_k=body.top_k,
                where=conditions_from_wire(body.filters),
                since=body.since,
                as_of=body.as_of,
                history=[Turn(turn.question, turn.answer) for turn in body.history],
                risk=body.risk,
                model=body.model,
                policy=body.policy,
            )

        form = NativeForm(request.scope) if body.stream else None
        return await reply(start, request, form=form)
