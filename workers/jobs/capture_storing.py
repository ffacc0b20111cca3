"""Storing what a capture takes: the file durable first, then its row, fenced by the attempt."""

import hashlib
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, TypeVar, cast

from core.camera import Camera, Gap, Instant
from core.capture import CaptureParams
from core.clip import Clip
from core.errors import DatabaseBusy, DiskFull
from core.frame import Frame
from core.ids import new_id
from core.object_keys import object_key
from core.paths import durable_file, write_durably
from core.retry import backoff
from core.store import clips, frames, jobs
from core.store.database import Writing
from core.upload import ItemKind
from workers.cameras.clip_writer import ClipWriter
from workers.cameras.feed import Feed
from workers.cameras.packets import Gop, Packet
from workers.cameras.stills import Still, encoded
from workers.runner import JobContext, Outcome

T = TypeVar("T", Frame, Clip)


@dataclass(frozen=True, slots=True)
class Taking:
    """One capture under way."""

    context: JobContext
    params: CaptureParams
    camera: Camera
    feed: Feed

    def utc_ns(self) -> int:
        return self.context.clock.utc_ns()

    def gap(self, start_ns: int, end_ns: int, reason: str) -> Gap:
        return Gap(self.camera.id, start_ns, max(start_ns, end_ns), reason)


def store_still(taking: Taking, still: Still, ordinal: int) -> Frame:
    """Write the frame's file. Its row is yet to be made. Raises DiskFull, DataFolderUnwritable."""
    settings = taking.context.settings.capture
    data = encoded(still, settings.frame_format, settings.jpeg_quality, taking.camera.id)
    captured = still.captured
    item_id = new_id()
    path = object_key(ItemKind.FRAME, taking.camera.id, item_id, captured.at_ns, settings.frame_format)
    write_durably(taking.context.folder.absolute(path), data)
    return Frame(
        id=item_id,
        path=path,
        ordinal=ordinal,
        format=settings.frame_format,
        width=still.width,
        height=still.height,
        bytes=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        captured_at_ns=captured.at_ns,
        captured_u_ns=captured.u_ns,
        clock_source=captured.source,
        epoch=still.instant.epoch,
        pts=still.instant.pts,
        **_said(taking),
    )


def store_clip(taking: Taking, packets: Iterator[tuple[Gop, Packet]], ordinal: int) -> Clip:
    """Write packets of one connection, a keyframe first, as a clip file. Raises as `store_still`."""
    first, keyframe = next(packets)
    start = Instant(first.epoch, keyframe.pts)
    item_id = new_id()
    path = object_key(ItemKind.CLIP, taking.camera.id, item_id, taking.feed.at(start).at_ns, "mp4")
    with durable_file(taking.context.folder.absolute(path)) as file:
        writer = ClipWriter(file, first.format)
        writer.write(keyframe)
        for _, packet in packets:
            writer.write(packet)
        written = writer.finish()
        size = file.seek(0, 2)
        file.seek(0)
        digest = hashlib.file_digest(cast("Any", file), "sha256").hexdigest()
    captured = taking.feed.at(start)  # known better by now than when the file was begun
    return Clip(
        id=item_id,
        path=path,
        ordinal=ordinal,
        format="mp4",
        codec=first.format.codec,
        width=first.format.width,
        height=first.format.height,
        bytes=size,
        sha256=digest,
        captured_at_ns=captured.at_ns,
        captured_u_ns=captured.u_ns,
        clock_source=captured.source,
        duration_ns=written.duration_ns,
        frame_count=written.frame_count,
        epoch=start.epoch,
        pts=start.pts,
        **_said(taking),
    )


def _said(taking: Taking) -> dict[str, Any]:
    """What the job, the operator and the camera's entry say of a file."""
    job, said = taking.context.job, taking.params.metadata.model_dump()
    return said | {
        "location": said["location"] or taking.camera.location or None,
        "camera_id": taking.camera.id,
        "session_id": job.session_id,
        "job_id": job.id,
        "request_id": taking.params.request_id,
        "operator": job.operator,
        "tenant_id": job.tenant_id,
    }


def publisher(taking: Taking, made: T) -> Callable[[Writing], T]:
    """Makes the row, and its upload's, in a transaction that the caller fences; returns the row that stands."""
    station_id = taking.context.station_id
    if isinstance(made, Frame):
        frame = made
        return lambda tx: frames.add(tx, frame, station_id=station_id)
    clip = made
    return lambda tx: clips.add(tx, clip, station_id=station_id)


def outcome_of(frame_count: int, clip_count: int, gaps: list[Gap]) -> Outcome:
    """A capture's summary."""
    return Outcome({"frames": frame_count, "clips": clip_count, "gaps": [gap.as_json() for gap in gaps]})


def published_with(taking: Taking, outcome: Outcome, made: T) -> Outcome:
    """The same, whose end publishes this file too."""
    publish = publisher(taking, made)

    def publish_it(tx: Writing) -> None:
        publish(tx)

    return replace(outcome, publish=publish_it, files=(made.path,))


def commit(taking: Taking, made: T) -> T:
    """Publish one file by itself while the job goes on; the file goes if its row can't be made.

    Raises StaleAttempt, Cancelled; waits while the database is busy.
    """
    publish, kept = publisher(taking, made), False
    try:
        for pause_s in backoff(0.1, 2.0):
            try:
                with taking.context.database.write() as tx:
                    jobs.assert_current(tx, taking.context.job)
                    standing = publish(tx)
                kept = standing.path == made.path
                break
            except DatabaseBusy:
                taking.context.cancel.wait(pause_s)
                taking.context.cancel.check()
        return standing
    finally:
        if not kept:
            taking.context.folder.absolute(made.path).unlink(missing_ok=True)


def free_bytes(taking: Taking) -> int:
    return shutil.disk_usage(taking.context.folder.root).free


def refuse_if_nearly_full(taking: Taking) -> None:
    """A new clip is refused while the disk is nearly full. Raises DiskFull."""
    least = taking.context.settings.retention.min_free_bytes
    if free_bytes(taking) < least:
        raise DiskFull(
            f"Less than {least / 1e9:.1f} GB is free, so no new clip is begun",
            hint="Free some space, or lower retention.min_free_bytes in Settings; single frames are still taken.",
            folder=taking.context.folder.root,
        )
