"""The health routes: whether the service answers at all, and each part of the station with its time."""

import time
from http import HTTPStatus
from importlib.metadata import version
from typing import Any, Literal

from fastapi import APIRouter, Response

from core.clock import utc_text
from core.store import stations
from workers.api.models import Health, PartHealth, ServiceState
from workers.api.parts import Station
from workers.health import Check, Verdict

router = APIRouter(tags=["health"])
_SERVICE = "trackshift-station"
_VITAL = frozenset({"database", "disk", "worker"})
"""Without these nothing can be captured; the others come back by themselves."""
State = Literal["healthy", "degraded", "unhealthy"]
_UNHEALTHY: dict[int | str, dict[str, Any]] = {
    503: {"model": Health, "description": "A part without which nothing works does not answer"}
}


@router.get("/", summary="Whether the service answers; needs no token", responses={503: {"model": ServiceState}})
def root(station: Station) -> ServiceState:
    """Reads one row, and says no more than that. A database that can't be read is 503 in the body of every error."""
    with station.database.read() as tx:
        stations.revision(tx)
    return ServiceState(status="healthy", service=_SERVICE, timestamp=utc_text(time.time_ns()))


@router.get("/health", summary="Database, storage, cameras, disk and worker, each with its ms", responses=_UNHEALTHY)
def health(response: Response, station: Station) -> Health:
    """Each part is really asked, with a deadline of 3 s. `trackshift doctor` prints the same."""
    checks = station.health.check()
    states = [_state(check) for check in checks]
    worst: State = next((state for state in ("unhealthy", "degraded") if state in states), "healthy")
    if worst == "unhealthy":
        response.status_code = HTTPStatus.SERVICE_UNAVAILABLE
    return Health(
        status=worst,
        service=_SERVICE,
        timestamp=utc_text(time.time_ns()),
        version=version("trackshift-station"),
        checks={
            check.name: PartHealth(status=state, message=check.message, hint=check.hint, ms=check.ms)
            for check, state in zip(checks, states, strict=True)
        },
    )


def _state(check: Check) -> State:
    if check.verdict is Verdict.OK:
        return "healthy"
    return "unhealthy" if check.verdict is Verdict.FAIL and check.name in _VITAL else "degraded"
