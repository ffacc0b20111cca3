"""The one body of every refusal, and which HTTP status a fault of the world has."""

import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Literal

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from core.clock import utc_text
from core.errors import (
    CameraUnknown,
    CredentialsError,
    DatabaseBusy,
    DataFolderError,
    DiskFull,
    JobRefused,
    KnownError,
    MediaTooLarge,
    NotFound,
    StorageError,
    UsageError,
    WorkerAbsent,
)
from core.redaction import clean
from core.store.moves import IllegalMove
from workers.supervision import report

_DETAILS_MOST = 20
_CLIENT_GONE = 499
_NO_OBJECT = ("dict_type", "model_attributes_type")


class ErrorBody(BaseModel):
    """What every refusal and failure looks like."""

    status: Literal["error"] = "error"
    error: str = Field(description="What kind of error, for programs.", examples=["not_found"])
    message: str = Field(description="What happened, for people.", examples=["Process with ID 7 not found"])
    details: list[dict[str, Any]] = Field(
        default_factory=list, description="What to do, or which part of the request is wrong."
    )
    request_id: str = Field(description="The X-Request-ID of the request; its log lines carry it too.")
    timestamp: str = Field(description="UTC, ISO 8601.")


class Refused(HTTPException):
    """A request that is answered with an error; may be raised wherever a request is worked on."""

    def __init__(
        self,
        status: HTTPStatus,
        error: str,
        message: str,
        *,
        details: list[dict[str, Any]] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(status, message, headers)
        self.error = error
        self.details = details or []


class Conflict(KnownError):
    """What was asked for contradicts what is there."""

    title = "This contradicts what is there"
    safe = "Nothing was changed."
    permanent = True


_STATUS: tuple[tuple[type[KnownError], HTTPStatus], ...] = (
    (Conflict, HTTPStatus.CONFLICT),
    (IllegalMove, HTTPStatus.CONFLICT),
    (JobRefused, HTTPStatus.CONFLICT),
    (NotFound, HTTPStatus.NOT_FOUND),
    (CameraUnknown, HTTPStatus.NOT_FOUND),
    (MediaTooLarge, HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
    (UsageError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (DiskFull, HTTPStatus.INSUFFICIENT_STORAGE),
    (DatabaseBusy, HTTPStatus.SERVICE_UNAVAILABLE),
    (DataFolderError, HTTPStatus.SERVICE_UNAVAILABLE),
    (StorageError, HTTPStatus.SERVICE_UNAVAILABLE),
    (CredentialsError, HTTPStatus.SERVICE_UNAVAILABLE),
    (WorkerAbsent, HTTPStatus.SERVICE_UNAVAILABLE),
)
_SLUGS = {404: "not_found", 405: "method_not_allowed", 400: "bad_request", 413: "too_large"}


def status_of(error: KnownError) -> HTTPStatus:
    """Anything else of the world's doing is, as far as the caller can tell, the service being unavailable."""
    return next((status for kind, status in _STATUS if isinstance(error, kind)), HTTPStatus.SERVICE_UNAVAILABLE)


def body(error: str, message: str, request_id: str, details: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    """The one body, cleaned of secrets, as JSON will have it."""
    return {
        "status": "error",
        "error": error,
        "message": clean(message),
        "details": details or [],
        "request_id": request_id,
        "timestamp": utc_text(time.time_ns()),
    }


def answer_for_refusal(refused: Refused, request_id: str) -> JSONResponse:
    told = body(refused.error, refused.detail, request_id, refused.details)
    return JSONResponse(told, refused.status_code, dict(refused.headers or {}))


def answer_errors(app: FastAPI) -> None:
    """Every error of the app in the one body."""

    @app.exception_handler(KnownError)
    async def known(request: Request, error: KnownError) -> JSONResponse:
        status = status_of(error)
        headers = {"Retry-After": "1"} if isinstance(error, DatabaseBusy) else {}
        details = [{"hint": error.hint}] if error.hint else []
        return JSONResponse(body(error.slug, error.title, _id(request), details), status, headers)

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> JSONResponse:
        if isinstance(error, Refused):
            return answer_for_refusal(error, _id(request))
        message = f"{error.detail}: {request.method} {request.url.path[:200]}"
        told = body(_SLUGS.get(error.status_code, "refused"), message, _id(request))
        return JSONResponse(told, error.status_code, dict(error.headers or {}))

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        details = [_plain(one) for one in error.errors()[:_DETAILS_MOST]]
        first = details[0]
        where = str(first["field"]) or "the request"
        malformed = first["type"] == "json_invalid"
        if (
            first["type"] in _NO_OBJECT
            and not where.count(".")
            and "json" not in request.headers.get("content-type", "")
        ):
            first["message"] = "should be a JSON object, sent with the header Content-Type: application/json"
        message = f"The body is no JSON: {first['message']}" if malformed else f"{where}: {first['message']}"
        told = body("malformed_json" if malformed else "invalid", message, _id(request), details)
        return JSONResponse(told, HTTPStatus.UNPROCESSABLE_ENTITY)

    @app.exception_handler(ClientDisconnect)
    async def gone(request: Request, error: ClientDisconnect) -> Response:
        return Response(status_code=_CLIENT_GONE)  # to nobody

    @app.exception_handler(Exception)
    async def bug(request: Request, error: Exception) -> JSONResponse:
        report(f"{request.method} {request.url.path}", error)
        message = "A bug of ours stopped this request. Its details are in the worker's log under this request_id."
        return JSONResponse(body("internal", message, _id(request)), HTTPStatus.INTERNAL_SERVER_ERROR)


def _plain(one: Mapping[str, Any]) -> dict[str, Any]:
    # Without the input: it may be huge, or a secret.
    place = [str(step) for step in one["loc"]]
    field = ".".join(place[1:] if len(place) > 1 else place)
    message = str(one["msg"]).removeprefix("Value error, ")
    if one["type"] == "json_invalid":
        message = str(one.get("ctx", {}).get("error", message))
    return {"field": field, "message": message[:300], "type": one["type"]}


def _id(request: Request) -> str:
    return str(request.scope["state"]["request_id"])
