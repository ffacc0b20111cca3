"""The pit stops: what was timed, once a stop however often it is timed, and the operator's word beside it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import RowMapping, Select, insert, select, update

from core.clip import Clip
from core.errors import NotFound, UsageError
from core.ids import new_id
from core.stop import Mark, Moment, Span, Stop
from core.store import clips
from core.store.database import Reading, Writing
from core.store.schema_files import VISIBLE
from core.store.schema_files import clips as clip_rows
from core.store.schema_stops import SHOWN, stops

_LONGEST_CLIP_NS = 2 * 3_600_000_000_000
"""Captures last an hour at most, with their pre-roll and post-roll; an imported file may be longer."""
_DRIFT_NS = 100_000_000
"""A clock that is set finely moves an instant that is told twice; two cars are never so near in one box."""
_PLAIN = (
    "id",
    "camera_id",
    "session_id",
    "job_id",
    "clip_id",
    "zero_at_ns",
    "frame_ns",
    "complete",
    "locked",
    "remark",
    "car_number",
    "operator",
    "touched_at_ns",
    "created_at_ns",
    "deleted_at_ns",
    "revision",
)


def keep(tx: Writing, found: Sequence[Stop], *, clip_id: str | None) -> list[Stop]:
    """What was timed in a clip, or live (clip_id None): all the stops that its video holds.

    A stop that is kept already (timed before in this clip, or live on its camera while the clip was taken) gets the
    new measure and keeps the operator's word; a locked one stays as it is, and one that was timed in a clip gets no
    live measure. What an earlier timing of the clip found
    and this one does not is hidden, unless the operator touched it.
    """
    known = [] if clip_id is None else for_clip(tx, clip_id)
    kept: list[Stop] = []
    for stop in found:
        twin = next((one for one in known if _overlap(one, stop)), None) or _twin(tx, stop, live=clip_id is not None)
        kept.append(_add(tx, stop) if twin is None else _renew(tx, twin, stop))
    ids = {stop.id for stop in kept}
    for gone in known:
        if gone.id not in ids and not gone.touched:
            delete(tx, gone.id)
    return kept


def get(tx: Reading, id: str) -> Stop:
    """Hidden or not. Raises NotFound."""
    found = tx.row(_all().where(stops.c.id == id))
    if found is None:
        raise NotFound("stop", id)
    return _stop(found)


def for_clip(tx: Reading, clip_id: str) -> list[Stop]:
    """The shown ones that were timed in it, in their order."""
    return _list(tx, _all().where(stops.c.clip_id == clip_id, SHOWN).order_by(stops.c.from_ns, stops.c.id))


def for_job(tx: Reading, job_id: str) -> list[Stop]:
    """The shown ones that this job measured last, in their order."""
    return _list(tx, _all().where(stops.c.job_id == job_id, SHOWN).order_by(stops.c.from_ns, stops.c.id))


def for_session(tx: Reading, session_id: str | None, limit: int = 5000) -> list[Stop]:
    """The shown ones of a session (None: of no session), in their order; the newest `limit` if there are more."""
    query = _all().where(stops.c.session_id == session_id, SHOWN)
    return _list(tx, query.order_by(stops.c.from_ns.desc(), stops.c.id.desc()).limit(limit))[::-1]


def newest(tx: Reading, camera_id: str) -> Stop | None:
    """The camera's last shown stop."""
    query = _all().where(stops.c.camera_id == camera_id, SHOWN).order_by(stops.c.from_ns.desc()).limit(1)
    found = tx.row(query)
    return None if found is None else _stop(found)


def clips_with(tx: Reading, stop: Stop) -> list[Clip]:
    """Every camera's shown clips that hold a part of the stop: its own first, then by camera."""
    c = clip_rows.c
    within = c.captured_at_ns.between(stop.from_ns - _LONGEST_CLIP_NS, stop.to_ns)
    ids = [
        row["id"]
        for row in tx.rows(
            select(c.id)
            .where(VISIBLE, within, c.captured_at_ns + c.duration_ns > stop.from_ns)
            .order_by(c.camera_id, c.captured_at_ns)
        )
    ]
    if stop.clip_id is not None and stop.clip_id not in ids:
        ids.append(stop.clip_id)
    found = [clips.get(tx, id) for id in ids]
    return sorted(found, key=lambda clip: (clip.id != stop.clip_id, clip.camera_id != stop.camera_id))


def set_mark(tx: Writing, id: str, moment: Moment, mark: Mark | None, *, operator: str | None) -> Stop:
    """Set an instant by hand; None: the machine's counts again. Raises NotFound, UsageError if it is locked or the
    instants would not be in their order."""
    stop = _unlocked(tx, id)
    hand = {**stop.hand}
    if mark is None:
        hand.pop(moment, None)
    else:
        hand[moment] = mark
    changed = replace(stop, hand=hand)
    known = [each.at_ns for one in Moment if (each := changed.mark(one)) is not None]
    if known != sorted(known):
        raise UsageError(
            f"{moment.value.capitalize()} can't be there",
            hint="A car arrives, stands, is released and leaves: move the neighbouring instant first.",
        )
    return _touch(tx, id, operator, **_marks("hand", hand), from_ns=changed.from_ns)


def lock(tx: Writing, id: str, locked: bool, *, operator: str | None) -> Stop:
    """A locked stop is changed by nothing: no timing, no nudge. Raises NotFound."""
    get(tx, id)
    return _touch(tx, id, operator, locked=locked)


def annotate(tx: Writing, id: str, *, remark: str, car_number: str, operator: str | None) -> Stop:
    """The operator's notes and car number. Raises NotFound, UsageError if it is locked."""
    _unlocked(tx, id)
    return _touch(tx, id, operator, remark=remark, car_number=car_number.strip())


def delete(tx: Writing, id: str) -> None:
    """Hide it. Raises NotFound."""
    get(tx, id)
    tx.execute(update(stops).where(stops.c.id == id).values(deleted_at_ns=tx.now_ns, revision=tx.revision()))


def undelete(tx: Writing, id: str) -> None:
    """Have it back. Raises NotFound."""
    get(tx, id)
    tx.execute(update(stops).where(stops.c.id == id).values(deleted_at_ns=None, revision=tx.revision()))


def _unlocked(tx: Reading, id: str) -> Stop:
    stop = get(tx, id)
    if stop.locked:
        raise UsageError("This stop is locked", hint="Unlock it first; what it holds is safe.")
    return stop


def _touch(tx: Writing, id: str, operator: str | None, **values: Any) -> Stop:
    said = {"operator": operator, "touched_at_ns": tx.now_ns, "revision": tx.revision()}
    tx.execute(update(stops).where(stops.c.id == id).values(values | said))
    return get(tx, id)


def _twin(tx: Reading, stop: Stop, *, live: bool) -> Stop | None:
    """A stop of the same camera at the same time; `live`: only one that was timed live and belongs to no clip yet."""
    c = stops.c
    near = c.from_ns.between(stop.from_ns - _LONGEST_CLIP_NS, stop.to_ns + _DRIFT_NS)
    query = _all().where(c.camera_id == stop.camera_id, near, SHOWN)
    if live:
        query = query.where(c.clip_id.is_(None))
    return next((one for one in _list(tx, query) if _overlap(one, stop)), None)


def _overlap(one: Stop, other: Stop) -> bool:
    return one.from_ns <= other.to_ns + _DRIFT_NS and other.from_ns <= one.to_ns + _DRIFT_NS


def _add(tx: Writing, stop: Stop) -> Stop:
    added = replace(stop, id=stop.id or new_id(), created_at_ns=tx.now_ns, revision=tx.revision())
    tx.execute(insert(stops).values(_values(added)))
    return added


def _renew(tx: Writing, kept: Stop, measured: Stop) -> Stop:
    if kept.locked or (measured.clip_id is None and kept.clip_id is not None):
        return kept
    renewed = replace(
        measured,
        id=kept.id,
        session_id=kept.session_id or measured.session_id,
        clip_id=measured.clip_id or kept.clip_id,
        hand=kept.hand,
        locked=False,
        remark=kept.remark,
        car_number=kept.car_number,
        operator=kept.operator,
        touched_at_ns=kept.touched_at_ns,
        created_at_ns=kept.created_at_ns,
        revision=tx.revision(),
    )
    tx.execute(update(stops).where(stops.c.id == kept.id).values(_values(renewed)))
    return renewed


def _marks(whose: str, marks: Mapping[Moment, Mark]) -> dict[str, int | None]:
    values: dict[str, int | None] = {}
    for moment in Moment:
        mark = marks.get(moment)
        values[f"{whose}_{moment.value}_at_ns"] = None if mark is None else mark.at_ns
        values[f"{whose}_{moment.value}_u_ns"] = None if mark is None else mark.u_ns
    return values


def _values(stop: Stop) -> dict[str, Any]:
    return {
        **{name: getattr(stop, name) for name in _PLAIN},
        **_marks("machine", stop.machine),
        **_marks("hand", stop.hand),
        "from_ns": stop.from_ns,
        "span_ns": stop.machine_span.ns if stop.machine_span else None,
        "span_u_ns": stop.machine_span.u_ns if stop.machine_span else None,
        "notes": list(stop.notes),
        "box": [list(corner) for corner in stop.box],
    }


def _all() -> Select[Any]:
    return select(stops)


def _list(tx: Reading, query: Select[Any]) -> list[Stop]:
    return [_stop(row) for row in tx.rows(query)]


def _stop(row: RowMapping) -> Stop:
    plain: dict[str, Any] = {name: row[name] for name in _PLAIN}
    return Stop(
        **plain,
        machine=_read_marks(row, "machine"),
        hand=_read_marks(row, "hand"),
        machine_span=None if row["span_ns"] is None else Span(row["span_ns"], row["span_u_ns"]),
        notes=tuple(row["notes"]),
        box=tuple((float(x), float(y)) for x, y in row["box"]),
    )


def _read_marks(row: RowMapping, whose: str) -> dict[Moment, Mark]:
    return {
        moment: Mark(row[f"{whose}_{moment.value}_at_ns"], row[f"{whose}_{moment.value}_u_ns"])
        for moment in Moment
        if row[f"{whose}_{moment.value}_at_ns"] is not None
    }
