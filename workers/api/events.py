"""The event stream: whoever watches is sent each job, camera and alert as it changes, by revision."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from http import HTTPStatus
from typing import Annotated, Any, NamedTuple

from anyio.to_thread import run_sync
from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import StreamingResponse

from core.clock import utc_text
from core.errors import KnownError
from core.store import alerts, cameras, jobs, stations
from workers.api import process_rows
from workers.api.errors import Refused
from workers.api.parts import ApiParts, Station

router = APIRouter(tags=["status"])
WATCHERS_MOST = 16
_EVERY_S = 0.25
_COMMENT_EVERY = 60
"""Rounds without news after which a comment shows that the line stands."""
_BATCH = 200
_Event = tuple[int, str, dict[str, Any]]
"""(revision, name, document)."""
_STREAM: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}, "description": "Server-sent events"}
}


class _News(NamedTuple):
    events: list[_Event]
    seen: int
    """All up to this revision is told."""


@router.get(
    "/events", summary="Server-sent events: job, camera, alert", response_class=StreamingResponse, responses=_STREAM
)
async def events(
    request: Request,
    station: Station,
    since: Annotated[int | None, Query(ge=0, lt=2**63, description="A revision; now where it is left out.")] = None,
    last_event_id: Annotated[str | None, Header()] = None,
) -> StreamingResponse:
    """Each event's id is its revision: a watcher that comes back sends the last as Last-Event-ID and misses nothing."""
    resumed = int(last_event_id) if last_event_id and last_event_id.isascii() and last_event_id.isdecimal() else None
    asked = resumed if resumed is not None else since
    start = await run_sync(lambda: _revision(station))
    watching: set[object] = request.app.state.watchers
    if len(watching) >= WATCHERS_MOST:
        message = f"{WATCHERS_MOST} watch already"
        raise Refused(HTTPStatus.TOO_MANY_REQUESTS, "too_many_watchers", message, headers={"Retry-After": "10"})
    base_url = str(request.base_url)
    told = _told(
        start if asked is None else min(asked, start),
        lambda seen: _news(station, base_url, seen),
        station.stopping,
        watching,
    )
    return StreamingResponse(told, media_type="text/event-stream")


async def _told(
    seen: int, news_since: Callable[[int], _News], stopping: Callable[[], bool], watching: set[object]
) -> AsyncIterator[str]:
    watcher = object()
    watching.add(watcher)
    try:
        yield _line(seen, "ready", {"revision": seen})
        silent = 0
        while not stopping():
            try:
                found, seen = await run_sync(news_since, seen)
            except KnownError:
                found = []  # a database too busy to say: asked again
            for revision, name, document in found:
                yield _line(revision, name, document)
            silent = 0 if found else silent + 1
            if silent >= _COMMENT_EVERY:
                silent = 0
                yield ": still here\n\n"
            await asyncio.sleep(_EVERY_S)
    finally:
        watching.discard(watcher)


def _line(revision: int, name: str, document: dict[str, Any]) -> str:
    return f"id: {revision}\nevent: {name}\ndata: {json.dumps(document, ensure_ascii=False)}\n\n"


def _revision(station: ApiParts) -> int:
    with station.database.read() as tx:
        return stations.revision(tx)


def _news(station: ApiParts, base_url: str, since: int) -> _News:
    with station.database.read() as tx:
        newest = stations.revision(tx)
        if newest == since:
            return _News([], since)
        moved = jobs.changed(tx, revision=since, limit=_BATCH)
        if len(moved) >= _BATCH:
            newest = moved[-1].revision  # what comes after is told in the next round, in its order
        found: list[_Event] = [
            (job.revision, "job", row.model_dump(mode="json"))
            for job, row in zip(moved, process_rows.rows(tx, moved, base_url), strict=True)
        ]
        for status in cameras.statuses(tx):
            told = {"camera_id": status.camera_id, "state": status.state, "reason": status.reason, "fps": status.fps}
            found.append((status.revision, "camera", told))
        changed_alerts = alerts.changed(tx, revision=since, limit=_BATCH)
        if len(changed_alerts) >= _BATCH:
            newest = min(newest, changed_alerts[-1].revision)
        for alert in changed_alerts:
            cleared_at = None if alert.cleared_at_ns is None else utc_text(alert.cleared_at_ns)
            told = {"id": alert.id, "kind": alert.kind, "subject": alert.subject, "message": alert.message}
            told |= {"hint": alert.hint, "raised_at": utc_text(alert.raised_at_ns), "cleared_at": cleared_at}
            found.append((alert.revision, "alert", told))
    within = sorted((event for event in found if since < event[0] <= newest), key=lambda event: event[0])
    return _News(within, newest)
