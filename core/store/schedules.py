"""The schedules: what is asked for again and again, when it next runs, and which of its times passed without a run."""

from dataclasses import fields, replace
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import sqlalchemy as sa
from pydantic import ValidationError
from sqlalchemy import RowMapping, func, insert, select

from core.capture import CaptureParams, ImportParams, refusal
from core.capture_checks import check_capture
from core.errors import NotFound, UsageError
from core.ids import new_id
from core.job import PRIORITY_SCHEDULED, TRIES, Job, JobKind, NewJob
from core.schedule import Schedule, ScheduleTrigger, parse_cron
from core.store import cameras
from core.store.database import Reading, Writing
from core.store.schema_around_jobs import schedules
from core.tracking import TrackingParams

_FIELDS = [field.name for field in fields(Schedule)]
_COLUMNS = [schedules.c[name] for name in _FIELDS]
_GIVEN = ("name", "kind", "trigger", "params", "camera_id", "every_s", "cron", "time_zone", "enabled")
_CALENDAR = ("trigger", "every_s", "cron", "time_zone", "enabled")


def new_job(schedule: Schedule, at_ns: int, *, tries: int = TRIES) -> NewJob:
    """What it asks for at that time. Raises UsageError if its parameters can't be."""
    params: dict[str, object] = dict(schedule.params)
    try:
        if schedule.kind is JobKind.TRACK:
            params = TrackingParams.model_validate(params).model_dump(mode="json", exclude_none=True)
        else:
            params |= {} if schedule.camera_id is None else {"camera_id": schedule.camera_id}
            if schedule.kind is JobKind.CAPTURE:
                params = CaptureParams.model_validate({**params, "at_ns": at_ns}).model_dump(mode="json")
            else:
                params = ImportParams.model_validate(params).model_dump(mode="json")
    except ValidationError as invalid:
        raise refusal(invalid) from None
    return NewJob(
        schedule.kind,
        params,
        name=schedule.name,
        priority=PRIORITY_SCHEDULED,
        camera_id=schedule.camera_id,
        tries=tries,
    )


def add(tx: Writing, schedule: Schedule) -> Schedule:
    """A new schedule, with an id of its own. Raises UsageError, CameraUnknown, NoPitBox."""
    _check(tx, schedule)
    _check_camera(tx, schedule)
    made = replace(
        schedule,
        id=new_id(),
        next_run_at_ns=None,
        run_asked=False,
        last_run_at_ns=None,
        last_job_id=None,
        missed_runs=0,
        created_at_ns=tx.now_ns,
        revision=tx.revision(),
    )
    values = {name: getattr(made, name) for name in _FIELDS} | {"params": dict(made.params)}
    tx.execute(insert(schedules).values(values))
    return get(tx, made.id)


def update(tx: Writing, schedule: Schedule) -> Schedule:
    """Change what the caller may say of it; its next run is computed anew if its calendar changed.

    One whose camera was removed can be switched off. Raises NotFound, UsageError, CameraUnknown, NoPitBox.
    """
    before = get(tx, schedule.id)
    _check(tx, schedule)
    if schedule.enabled or schedule.camera_id != before.camera_id:
        _check_camera(tx, schedule)
    values: dict[str, Any] = {name: getattr(schedule, name) for name in _GIVEN}
    values |= {"params": dict(schedule.params), "revision": tx.revision()}
    if any(getattr(before, name) != getattr(schedule, name) for name in _CALENDAR):
        values["next_run_at_ns"] = None
    tx.execute(sa.update(schedules).where(_is(schedule.id)).values(values))
    return get(tx, schedule.id)


def remove(tx: Writing, id: str) -> None:
    """No more runs; the jobs it made stay. Raises NotFound."""
    _change(tx, id, deleted_at_ns=tx.now_ns)


def get(tx: Reading, id: str) -> Schedule:
    """Raises NotFound."""
    row = tx.row(select(*_COLUMNS).where(_is(id)))
    if row is None:
        raise NotFound("schedule", id)
    return _schedule(row)


def every(tx: Reading) -> list[Schedule]:
    """By name, without the removed ones."""
    query = select(*_COLUMNS).where(schedules.c.deleted_at_ns.is_(None))
    return [_schedule(row) for row in tx.rows(query.order_by(func.lower(schedules.c.name), schedules.c.id))]


def revision(tx: Reading) -> int:
    """Grows when any schedule is added, changed, removed or has run."""
    return int(tx.scalar(select(func.coalesce(func.max(schedules.c.revision), 0))))


def due(tx: Reading, now_ns: int) -> list[Schedule]:
    """Those whose time has come, or that somebody wants run now."""
    come = sa.and_(schedules.c.enabled, schedules.c.next_run_at_ns <= now_ns)
    query = select(*_COLUMNS).where(schedules.c.deleted_at_ns.is_(None), sa.or_(come, schedules.c.run_asked))
    return [_schedule(row) for row in tx.rows(query.order_by(schedules.c.next_run_at_ns, schedules.c.id))]


def unplanned(tx: Reading) -> list[Schedule]:
    """Enabled ones whose next run the worker has yet to compute."""
    query = select(*_COLUMNS).where(
        schedules.c.deleted_at_ns.is_(None), schedules.c.enabled, schedules.c.next_run_at_ns.is_(None)
    )
    return [_schedule(row) for row in tx.rows(query)]


def plan(tx: Writing, schedule: Schedule, next_run_at_ns: int | None) -> None:
    """When it next runs; None: never again, and it is switched off. Raises NotFound."""
    _change(tx, schedule.id, next_run_at_ns=next_run_at_ns, enabled=next_run_at_ns is not None)


def ran(tx: Writing, schedule: Schedule, job: Job | None, missed: int) -> None:
    """It made this job (None: only times that passed are noted), and so many of its times had no run of their own.

    Raises NotFound.
    """
    values: dict[str, Any] = {"missed_runs": schedules.c.missed_runs + missed, "run_asked": False}
    if job is not None:
        values |= {"last_run_at_ns": tx.now_ns, "last_job_id": job.id}
    _change(tx, schedule.id, **values)


def run_now(tx: Writing, id: str) -> None:
    """The worker runs it at once, enabled or not; its calendar goes on as before. Raises NotFound."""
    _change(tx, id, run_asked=True)


def _change(tx: Writing, id: str, **values: Any) -> None:
    changed = sa.update(schedules).where(_is(id)).values(**values, revision=tx.revision())
    if not tx.execute(changed).rowcount:
        raise NotFound("schedule", id)


def _is(id: str) -> Any:
    return (schedules.c.id == id) & schedules.c.deleted_at_ns.is_(None)


def _check(tx: Reading, schedule: Schedule) -> None:
    if not schedule.name.strip():
        raise UsageError("A schedule needs a name")
    try:
        ZoneInfo(schedule.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise UsageError(f"There is no time zone {schedule.time_zone!r}", hint="Write it like Europe/Rome.") from None
    if schedule.trigger is ScheduleTrigger.CRON:
        if schedule.cron is None or schedule.every_s is not None:
            raise UsageError("A schedule by the calendar has a cron line, and no seconds")
        parse_cron(schedule.cron)
    elif schedule.every_s is None or schedule.cron is not None or not 1 <= schedule.every_s <= 366 * 86_400:
        raise UsageError("A schedule by interval runs every 1 s to 366 days, and has no cron line")
    new_job(schedule, tx.now_ns)


def _check_camera(tx: Reading, schedule: Schedule) -> None:
    """Raises CameraUnknown; NoPitBox where events are wanted of a camera without one."""
    if schedule.camera_id is not None:
        cameras.get(tx, schedule.camera_id)
        if schedule.kind is JobKind.CAPTURE:
            check_capture(tx, CaptureParams.model_validate(new_job(schedule, tx.now_ns).params))


def _schedule(row: RowMapping) -> Schedule:
    return Schedule(**row)
