"""The metrics route, for Prometheus."""

from typing import Any

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST

from workers.api.parts import Station

router = APIRouter(tags=["health"])
_TEXT: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/plain": {"schema": {"type": "string"}}}, "description": "The exposition format"}
}


@router.get("/metrics", summary="Metrics for Prometheus", response_class=Response, responses=_TEXT)
def metrics(station: Station) -> Response:
    return Response(station.figures.text(), media_type=CONTENT_TYPE_LATEST)
