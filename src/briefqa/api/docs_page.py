"""The page at ``/docs``: Swagger UI from an installed package, and nothing from elsewhere."""

import hashlib
import re
from base64 import b64encode
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, HTMLResponse, Response

from briefqa.api.access.access import Access
from briefqa.api.access.guards import POLICY, docs_policy
from briefqa.api.access.keys import is_open
from briefqa.api.problems import MEDIA_TYPE
from briefqa.api.schemas import Problem
from briefqa.api.statuses import state_statuses

_PACKAGE = "fastapi_swagger"
_SCRIPT = "swagger-ui-bundle.js"
_STYLE = "swagger-ui.css"
_ICON = "favicon-32x32.png"
_INLINE = re.compile(rb"<script>(.+?)</script>", re.DOTALL)
_MEDIA_TYPES: Final = {_SCRIPT: "text/javascript", _STYLE: "text/css", _ICON: "image/png"}

_SCHEME = "key"

_Json = dict[str, Any]  # Any: an OpenAPI document


def add_docs_routes(app: FastAPI) -> None:
    """Add ``/docs`` and the files it needs; its links are relative, for any path prefix."""
    folder = _assets()

    page = get_swagger_ui_html(
        openapi_url="openapi.json",
        title=app.title,
        swagger_js_url=f"docs/{_SCRIPT}",
        swagger_css_url=f"docs/{_STYLE}",
        swagger_favicon_url=f"docs/{_ICON}",
        # The validator is a service on the internet.
        swagger_ui_parameters={"validatorUrl": None},
    )
    headers = {POLICY: docs_policy(_hashed(_INLINE.findall(bytes(page.body))))}

    @app.get("/docs", include_in_schema=False)
    def docs() -> HTMLResponse:
        return HTMLResponse(page.body, headers=headers)

    @app.get("/docs/{asset}", include_in_schema=False)
    def docs_asset(asset: str) -> Response:
        if asset not in _MEDIA_TYPES:
            raise HTTPException(404)
        media_type, headers = _MEDIA_TYPES[asset], {"Cache-Control": "no-cache"}
        return FileResponse(folder / asset, media_type=media_type, headers=headers)


def describe(app: FastAPI, access: Access) -> None:
    """Have the OpenAPI document give problems their own media type, and say how a key is sent."""
    generate = app.openapi

    def openapi() -> _Json:
        if app.openapi_schema is None:
            made = generate()
            for path, methods in made["paths"].items():
                for method, operation in methods.items():
                    _set_media_type(operation["responses"].get("default"))
                    state_statuses(path, method, operation)
                    if access.keys and not is_open(path):
                        operation["security"] = [{_SCHEME: []}]
            if access.keys:
                schemes = {_SCHEME: {"type": "http", "scheme": "bearer"}}
                made.setdefault("components", {})["securitySchemes"] = schemes
        return generate()

    app.openapi = openapi  # type: ignore[method-assign] # the documented way to change it


def _set_media_type(response: _Json | None) -> None:
    if response is not None:
        (content,) = response["content"].values()
        # Errors in OpenAI's shape are plain JSON.
        if content["schema"]["$ref"].endswith(f"/{Problem.__name__}"):
            response["content"] = {MEDIA_TYPE: content}


def _hashed(scripts: list[bytes]) -> str:
    """Return the SHA-256 of the only script, in Base64, as a policy names it."""
    (script,) = scripts
    return b64encode(hashlib.sha256(script).digest()).decode()


def _assets() -> Path:
    # The package is found, not imported: only its files are wanted.
    spec = find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        msg = f"{_PACKAGE} is not installed"
        raise ModuleNotFoundError(msg, name=_PACKAGE)
    return Path(spec.origin).parent / "resources"
