"""The app: all routes behind the door, and the document that describes them, which needs no internet to be read."""

from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import fastapi_offline
from fastapi import FastAPI
from fastapi.openapi.docs import get_redoc_html, get_swagger_ui_html
from fastapi.openapi.utils import get_openapi
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles
from pydantic import TypeAdapter
from starlette.types import ASGIApp

from core.tracking import TrackingMessage
from workers.api import events, health, ingest, jobs, metrics, status
from workers.api.answers import AnsweredBefore
from workers.api.auth import PAGES, Door, Patience, Rate
from workers.api.errors import ErrorBody, answer_errors
from workers.api.parts import ApiParts

TITLE = "TrackShift Station"
_OFFLINE = PAGES[-1].rstrip("/")
_REFUSALS: dict[int | str, dict[str, Any]] = {
    code: {"model": ErrorBody, "description": words}
    for code, words in (
        (400, "The body can't be read"),
        (401, "No token, or a wrong one"),
        (403, "A foreign Host or Origin"),
        (404, "Unknown"),
        (408, "The body came too slowly"),
        (409, "It contradicts what is there"),
        (413, "Too large, or too many files"),
        (422, "Bad input"),
        (429, "Too many requests"),
        (503, "The database is busy"),
        (507, "The disk is full"),
    )
}
_READ_MORE = (
    "The queue and the ingestion of this station, for programs on this machine. Every request but `GET /` carries "
    "`Authorization: Bearer` and the token from the file `api.token` in the data folder."
)


def make_app(
    parts: ApiParts,
    *,
    token: str,
    port: int,
    patience: Patience | None = None,
    requests: Rate | None = None,
    wrong_tokens: Rate | None = None,
) -> ASGIApp:
    """All routes, with the door around them."""
    app = AnsweredBefore(_routes(parts), parts.answers)
    return Door(
        app,
        token=token,
        port=port,
        seen=parts.figures.seen,
        patience=patience,
        requests=requests,
        wrong_tokens=wrong_tokens,
    )


def _routes(parts: ApiParts) -> FastAPI:
    app = FastAPI(
        title=TITLE,
        version=version("trackshift-station"),
        description=_READ_MORE,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        strict_content_type=False,
        responses=_REFUSALS,
    )
    app.state.parts = parts
    app.state.watchers = set()
    for routes in (health, metrics, status, events, ingest, jobs):
        app.include_router(routes.router)
    answer_errors(app)
    _offline_pages(app)
    app.openapi = partial(_described, app)  # type: ignore[method-assign]
    return app


def _offline_pages(app: FastAPI) -> None:
    files = StaticFiles(directory=Path(fastapi_offline.__file__).parent / "static")
    app.mount(_OFFLINE, files, name="offline-docs")
    icon = f"{_OFFLINE}/favicon.png"

    @app.get("/docs", include_in_schema=False)
    async def swagger() -> HTMLResponse:
        return get_swagger_ui_html(
            openapi_url="/openapi.json",
            title=TITLE,
            swagger_js_url=f"{_OFFLINE}/swagger-ui-bundle.js",
            swagger_css_url=f"{_OFFLINE}/swagger-ui.css",
            swagger_favicon_url=icon,
        )

    @app.get("/redoc", include_in_schema=False)
    async def redoc() -> HTMLResponse:
        return get_redoc_html(
            openapi_url="/openapi.json",
            title=TITLE,
            redoc_js_url=f"{_OFFLINE}/redoc.standalone.js",
            redoc_favicon_url=icon,
            with_google_fonts=False,
        )


def _described(app: FastAPI) -> dict[str, Any]:
    """The document, with what FastAPI can't know: the token, and the messages that tracking's intake reads itself."""
    if app.openapi_schema is None:
        document = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
        components = document["components"]
        message = TypeAdapter[Any](TrackingMessage).json_schema(ref_template="#/components/schemas/{model}")
        components["schemas"] |= message.pop("$defs") | {"TrackingMessage": message}
        components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        document["security"] = [{"token": []}]
        document["paths"]["/"]["get"]["security"] = []
        app.openapi_schema = document
    return app.openapi_schema
