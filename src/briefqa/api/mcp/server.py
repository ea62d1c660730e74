"""The tools under the Model Context Protocol, by its SDK; over HTTP and over stdio."""

import json
import logging
from collections.abc import Callable
from typing import Any

import anyio
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel.server import Server
from mcp.server.stdio import stdio_server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INVALID_PARAMS,
    CallToolRequestParams,
    CallToolResult,
    ListToolsResult,
    PaginatedRequestParams,
    TextContent,
    ToolAnnotations,
)
from mcp_types import Tool as ListedTool
from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.types import Message, Receive, Scope, Send

from briefqa.api.mcp.links import Links, links_to_service
from briefqa.api.mcp.stdin import can_wait, lines
from briefqa.api.mcp.tools import TOOLS, Tool
from briefqa.api.observing import note_problem
from briefqa.api.operations import installed_version
from briefqa.api.problems import INTERNAL, INVALID, kind_of
from briefqa.api.replies import encoded
from briefqa.api.validation import explain
from briefqa.assembly.service import Service
from briefqa.errors import BriefqaError
from briefqa.wire import WireObject

_INSTRUCTIONS = """\
Answers from a folder of documents, and quotes the exact words. Use search and fetch to read for \
yourself, or ask for an answer whose every sentence is cited. Cite the url of what you use."""

_log = logging.getLogger(__name__)
# It tells of each session that begins and ends, and each of our requests is one.
logging.getLogger("mcp").setLevel(logging.WARNING)

_Context = ServerRequestContext[Any, Any]


def run_over_stdio(service: Service, links: Links) -> None:
    """Serve whoever started this process over stdin and stdout until the former ends."""

    async def run() -> None:
        server = _server(service, lambda _: links)
        # All that is asked of it is to give lines.
        given: Any = lines() if can_wait() else None
        async with stdio_server(stdin=given) as (read, write):
            await server.run(read, write, server.create_initialization_options())

    anyio.run(run)


class HttpServer:
    """Answers requests over HTTP, each on its own: no session is kept."""

    def __init__(self, service: Service) -> None:
        self._server = _server(service, _links_of_request)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; if whoever sent it leaves, what it asked for is stopped."""
        body = await Request(scope, receive).body()
        manager = StreamableHTTPSessionManager(self._server, json_response=True, stateless=True)
        async with anyio.create_task_group() as group:

            async def stop_when_left() -> None:
                while (await receive())["type"] != "http.disconnect":
                    pass
                group.cancel_scope.cancel()

            group.start_soon(stop_when_left)
            async with manager.run():
                await manager.handle_request(scope, _only(body), send)
            group.cancel_scope.cancel()


def _only(body: bytes) -> Receive:
    """Return a ``receive`` that gives the body, and then nothing for ever."""
    pending: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        if pending:
            return pending.pop()
        await anyio.sleep_forever()
        raise AssertionError

    return receive


def _links_of_request(context: _Context) -> Links:
    if not isinstance(context.request, Request):
        msg = "a call over HTTP comes with its request"
        raise TypeError(msg)
    return links_to_service(str(context.request.base_url).rstrip("/"))


def _server(service: Service, links: Callable[[_Context], Links]) -> Server[Any]:
    async def list_tools(_: _Context, __: PaginatedRequestParams | None) -> ListToolsResult:
        return ListToolsResult(tools=[_listed(tool) for tool in TOOLS.values()])

    async def call_tool(context: _Context, called: CallToolRequestParams) -> CallToolResult:
        tool = TOOLS.get(called.name)
        if tool is None:
            message = f"there is no tool {called.name[:60]!r}; there are {', '.join(TOOLS)}"
            raise MCPError(INVALID_PARAMS, message)
        return await _called(tool, called.arguments or {}, service, links(context))

    return Server(
        "briefqa",
        version=installed_version(),
        title="briefqa",
        instructions=_INSTRUCTIONS,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )


def _listed(tool: Tool[BaseModel]) -> ListedTool:
    return ListedTool(
        name=tool.name,
        title=tool.title,
        description=tool.description,
        input_schema=tool.takes.model_json_schema(),
        output_schema=tool.gives.model_json_schema(),
        annotations=ToolAnnotations(
            title=tool.title,
            read_only_hint=True,
            destructive_hint=False,
            idempotent_hint=True,
            open_world_hint=False,
        ),
    )


async def _called(
    tool: Tool[BaseModel], arguments: WireObject, service: Service, links: Links
) -> CallToolResult:
    """Return what a tool gives, or what is wrong in words that an agent can act upon."""
    try:
        wanted = tool.takes.model_validate(arguments)
        found = encoded(await tool.run(service, wanted, links))
    except ValidationError as error:
        note_problem(INVALID.name)
        wrong = explain([{**each, "loc": ("body", *each["loc"])} for each in error.errors()])
        return _failed("; ".join(f"{each.where}: {each.detail}" for each in wrong))
    except BriefqaError as error:
        note_problem(kind_of(error).name)
        return _failed(str(error))
    except Exception as error:  # noqa: BLE001 - its message may quote what was asked
        note_problem(INTERNAL.name)
        _log.error("%s", type(error).__name__)
        return _failed("something unexpected happened; the server's log has its kind")
    text = TextContent(type="text", text=found)
    return CallToolResult(content=[text], structured_content=json.loads(found))


def _failed(detail: str) -> CallToolResult:
    return CallToolResult(content=[TextContent(type="text", text=detail)], is_error=True)
