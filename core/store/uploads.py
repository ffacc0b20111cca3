"""The outbox: one upload a file, claimed one by one, until the store's copy is verified."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

from sqlalchemy import Select, func, insert, null, select, update

from core.clip import Clip
from core.clock import utc_text
from core.errors import NotFound
from core.frame import Frame
from core.ids import new_id
from core.job import OPEN
from core.result import ResultFile
from core.store import job_rows, sessions, stations
from core.store.database import Reading, Writing
from core.store.moves import StaleAttempt, before
from core.store.schema import jobs
from core.store.schema_files import SEND_DUE, SENDABLE, WITH_REASON, clips, frames, upload_totals, uploads
from core.store.schema_results import results
from core.upload import MOVES, ItemKind, SyncSummary, Upload, UploadState

_NAMES = [field.name for field in fields(Upload)]
_COLUMNS = [uploads.c[name] for name in _NAMES]
_OPEN = (UploadState.WAITING, UploadState.SENDING, UploadState.BLOCKED)


def add(tx: Writing, kind: ItemKind, item: Frame | Clip | ResultFile, *, station_id: str) -> Upload:
    """The upload of a file whose row is made in the same transaction."""
    upload = Upload(
        id=new_id(),
        item_kind=kind,
        item_id=item.id,
        path=item.path,
        bytes=item.bytes,
        sha256=item.sha256,
        state=UploadState.WAITING,
        attempt=0,
        metadata=_metadata(tx, item, station_id),
        starred=item.starred,
        created_at_ns=tx.now_ns,
        revision=tx.revision(),
    )
    tx.execute(insert(uploads).values({name: getattr(upload, name) for name in _NAMES}))
    return upload


def _metadata(tx: Reading, item: Frame | Clip | ResultFile, station_id: str) -> dict[str, str]:
    if isinstance(item, ResultFile):
        of_kind = {"job_id": item.job_id, "created_timestamp": utc_text(tx.now_ns), "original_filename": item.name}
    else:
        of_kind = {
            "request_id": item.request_id or "",
            "capture_timestamp": utc_text(item.captured_at_ns),
            "original_filename": item.original_filename or "",
        }
    said = of_kind | {
        "camera_id": item.camera_id,
        "sha256": item.sha256,
        "session": sessions.get(tx, item.session_id).label if item.session_id else None,
        "tenant_id": item.tenant_id,
        "station_id": station_id,
    }
    return {name: value for name, value in said.items() if value}


def claim_next(tx: Writing, worker_id: str) -> Upload | None:
    """Start the next attempt of the upload whose turn it is: starred first, then oldest; None if none can be sent."""
    return next(iter(claim_many(tx, worker_id, 1)), None)


def claim_many(tx: Writing, worker_id: str, limit: int, max_bytes: int | None = None) -> list[Upload]:
    """The same for several at once, in the order of their turns: one, or as many as `max_bytes` together allow."""
    due_at_ns = next_due_ns(tx)
    if due_at_ns is not None and due_at_ns <= tx.now_ns:
        due = update(uploads).where(SEND_DUE, uploads.c.not_before_ns <= tx.now_ns)
        tx.execute(due.values(not_before_ns=None, revision=tx.revision()))
    turn = (uploads.c.starred.desc(), uploads.c.created_at_ns, uploads.c.id)
    ids: list[str] = []
    size = 0
    for row in tx.rows(select(uploads.c.id, uploads.c.bytes).where(SENDABLE).order_by(*turn).limit(limit)):
        size += row["bytes"]
        if ids and max_bytes is not None and size > max_bytes:
            break
        ids.append(row["id"])
    if not ids:
        return []
    claimed = (
        update(uploads)
        .where(uploads.c.id.in_(ids), uploads.c.state.in_(before(MOVES, UploadState.SENDING)))
        .values(
            state=UploadState.SENDING,
            attempt=uploads.c.attempt + 1,
            worker_id=worker_id,
            reason="",
            revision=tx.revision(),
        )
        .returning(*_COLUMNS)
    )
    by_id = {row["id"]: Upload(**row) for row in tx.rows(claimed)}
    return [by_id[id] for id in ids]


def correlations(tx: Reading, ids: Collection[str]) -> dict[str, str]:
    """By upload, the correlation id of the job that made its file; without those whose job is forgotten."""
    found: dict[str, str] = {}
    for kind, items in ((ItemKind.FRAME, frames), (ItemKind.CLIP, clips), (ItemKind.RESULT, results)):
        made = uploads.join(items, items.c.id == uploads.c.item_id).join(jobs, jobs.c.id == items.c.job_id)
        query = select(uploads.c.id, jobs.c.correlation_id).select_from(made)
        query = query.where(uploads.c.id.in_(ids), uploads.c.item_kind == kind)
        found |= {row["id"]: row["correlation_id"] for row in tx.rows(query)}
    return found


def any_sendable(tx: Reading, now_ns: int) -> bool:
    """Whether `claim_next` would find one."""
    due_at_ns = next_due_ns(tx)
    if due_at_ns is not None and due_at_ns <= now_ns:
        return True
    return tx.scalar(select(uploads.c.id).where(SENDABLE).limit(1)) is not None


def next_due_ns(tx: Reading) -> int | None:
    """When the next waiting upload may be claimed (UTC ns); None if none waits for a time."""
    query = select(uploads.c.not_before_ns).where(SEND_DUE).order_by(uploads.c.not_before_ns).limit(1)
    due: int | None = tx.scalar(query)
    return due


def sent(tx: Writing, upload: Upload, sent_bytes: int, multipart: Mapping[str, object] | None = None) -> Upload:
    """How far this attempt is, and what another needs to go on from there. Raises StaleAttempt."""
    kept = None if multipart is None else dict(multipart)
    _fenced(tx, upload, sent_bytes=sent_bytes, multipart=kept)
    return replace(upload, sent_bytes=sent_bytes, multipart=kept, revision=tx.revision())


def verified(tx: Writing, upload: Upload, etag: str | None, how: str) -> None:
    """The store's own bytes were proven to be the file's. Raises StaleAttempt."""
    done = {"etag": etag, "verified_how": how, "verified_at_ns": tx.now_ns, "sent_bytes": upload.bytes}
    _fenced(tx, upload, UploadState.VERIFIED, reason="", multipart=None, **done)


def verified_many(tx: Writing, proven: Sequence[tuple[Upload, str | None, str]]) -> None:
    """The same for several (upload, etag, how) in one statement. One whose attempt is over stays as it is."""
    given = func.json_each(json.dumps([[upload.id, upload.attempt, etag, how] for upload, etag, how in proven]))
    row = given.table_valued("value").alias("proven").c.value
    done = (
        update(uploads)
        .where(
            uploads.c.id == func.json_extract(row, "$[0]"),
            uploads.c.attempt == func.json_extract(row, "$[1]"),
            uploads.c.state.in_(before(MOVES, UploadState.VERIFIED)),
        )
        .values(
            state=UploadState.VERIFIED,
            etag=func.json_extract(row, "$[2]"),
            verified_how=func.json_extract(row, "$[3]"),
            verified_at_ns=tx.now_ns,
            sent_bytes=uploads.c.bytes,
            multipart=null(),
            reason="",
            revision=tx.revision(),
        )
    )
    tx.execute(done)


def wait(tx: Writing, upload: Upload, reason: str, not_before_ns: int | None = None) -> None:
    """Put it back until then (None: it may be sent at once). Raises StaleAttempt."""
    _fenced(tx, upload, UploadState.WAITING, reason=reason, not_before_ns=not_before_ns)


def block(tx: Writing, upload: Upload, reason: str) -> None:
    """It can't go on without the operator. `upload` is an attempt under way. Raises StaleAttempt."""
    _fenced(tx, upload, UploadState.WAITING)
    blocked = update(uploads).where(uploads.c.id == upload.id, uploads.c.state.in_(before(MOVES, UploadState.BLOCKED)))
    tx.execute(blocked.values(state=UploadState.BLOCKED, reason=reason, not_before_ns=None, revision=tx.revision()))


def assert_current(tx: Reading, upload: Upload) -> None:
    """Raises StaleAttempt if this attempt is not the one under way."""
    if not tx.scalar(select(uploads.c.id).where(*_fence(upload))):
        raise StaleAttempt("upload", upload.id, upload.attempt)


def _fence(upload: Upload) -> tuple[Any, ...]:
    return (
        uploads.c.id == upload.id,
        uploads.c.attempt == upload.attempt,
        uploads.c.state == UploadState.SENDING,
    )


def _fenced(tx: Writing, upload: Upload, target: UploadState | None = None, **values: Any) -> None:
    where = _fence(upload)
    if target is not None:
        where += (uploads.c.state.in_(before(MOVES, target)),)
        values["state"] = target
    if not tx.execute(update(uploads).where(*where).values(revision=tx.revision(), **values)).rowcount:
        raise StaleAttempt("upload", upload.id, upload.attempt)


def block_waiting(tx: Writing, reason: str) -> int:
    """All that could be sent can't, without the operator (keys, bucket); returns how many."""
    refused = update(uploads).where(uploads.c.state == UploadState.WAITING, ~uploads.c.held)
    return tx.execute(
        refused.values(state=UploadState.BLOCKED, reason=reason, not_before_ns=None, revision=tx.revision())
    ).rowcount


def unblock_all(tx: Writing) -> int:
    """The operator mended keys or bucket; returns how many may be sent again."""
    again = update(uploads).where(uploads.c.state == UploadState.BLOCKED)
    return tx.execute(again.values(state=UploadState.WAITING, reason="", revision=tx.revision())).rowcount


def hurry(tx: Writing) -> int:
    """Nothing waits for its time any more (`sync now`); returns how many did."""
    soon = update(uploads).where(SEND_DUE)
    return tx.execute(soon.values(not_before_ns=None, revision=tx.revision())).rowcount


def release(tx: Writing, worker_id: str) -> int:
    """Before the first claim of the worker `worker_id`: what any other was sending waits again; returns how many."""
    lost = update(uploads).where(uploads.c.state == UploadState.SENDING, uploads.c.worker_id != worker_id)
    return tx.execute(lost.values(state=UploadState.WAITING, revision=tx.revision())).rowcount


def star(tx: Writing, kind: ItemKind, item_id: str, starred: bool) -> None:
    _of_items(tx, kind, [item_id], starred=starred)


def hold(tx: Writing, kind: ItemKind, item_ids: Collection[str]) -> None:
    """Their files are hidden: they are not sent."""
    _of_items(tx, kind, item_ids, held=True)


def unhold(tx: Writing, kind: ItemKind, item_ids: Collection[str]) -> None:
    _of_items(tx, kind, item_ids, held=False)


def _of_items(tx: Writing, kind: ItemKind, item_ids: Collection[str], **values: Any) -> None:
    theirs = update(uploads).where(uploads.c.item_kind == kind, uploads.c.item_id.in_(item_ids))
    tx.execute(theirs.values(revision=tx.revision(), **values))


def get(tx: Reading, id: str) -> Upload:
    """Raises NotFound."""
    row = tx.row(select(*_COLUMNS).where(uploads.c.id == id))
    if row is None:
        raise NotFound("upload", id)
    return Upload(**row)


def of_item(tx: Reading, kind: ItemKind, item_id: str) -> Upload | None:
    return for_items(tx, kind, [item_id]).get(item_id)


def for_items(tx: Reading, kind: ItemKind, item_ids: Collection[str]) -> dict[str, Upload]:
    """The uploads of these files, by the item's id."""
    query = select(*_COLUMNS).where(uploads.c.item_kind == kind, uploads.c.item_id.in_(item_ids))
    return {upload.item_id: upload for upload in _list(tx, query)}


def every(tx: Reading) -> Iterator[Upload]:
    """All of them, by path."""
    return (Upload(**row) for row in tx.execute(select(*_COLUMNS).order_by(uploads.c.path)).mappings())


def summary(tx: Reading) -> SyncSummary:
    """Counts and bytes by state, at no cost that grows with them."""
    number = dict.fromkeys(UploadState, 0)
    size = dict.fromkeys(UploadState, 0)
    held = 0
    for row in tx.rows(select(upload_totals)):
        state = UploadState(row["state"])
        if row["held"] and state in (UploadState.WAITING, UploadState.BLOCKED):
            held += row["uploads"]
        else:
            number[state] += row["uploads"]
            size[state] += row["bytes"]
    newest = select(uploads.c.reason).where(WITH_REASON, ~uploads.c.held).order_by(uploads.c.revision.desc()).limit(1)
    return SyncSummary(
        waiting=number[UploadState.WAITING],
        sending=number[UploadState.SENDING],
        blocked=number[UploadState.BLOCKED],
        verified=number[UploadState.VERIFIED],
        held=held,
        open_bytes=sum(size[state] for state in _OPEN),
        verified_bytes=size[UploadState.VERIFIED],
        paused=stations.sync_paused(tx),
        reason=tx.scalar(newest) or "",
        open_jobs=sum(count for state, count in job_rows.counts(tx).items() if state in OPEN),
    )


def _list(tx: Reading, query: Select[Any]) -> list[Upload]:
    return [Upload(**row) for row in tx.rows(query)]
