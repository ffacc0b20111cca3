"""The capture: a job that makes frames or a clip of one camera, from the seconds that its feed keeps."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from itertools import groupby
from typing import TypeVar

from core.camera import Camera, CameraState, Gap, Instant
from core.capture import CaptureMode, CaptureParams
from core.clip import Clip
from core.clock import utc_text
from core.errors import CameraUnknown, InstantGone, KnownError
from core.store import cameras, clips, frames
from workers.cameras.feed import Feed
from workers.cameras.feeds import pin, start_of
from workers.cameras.packets import Gop, Packet
from workers.cameras.stills import Still, StillDecoder
from workers.cancellation import Cancelled, Reason
from workers.jobs.capture_pace import Continuity, Pace
from workers.jobs.capture_pictures import (
    find_instant,
    gap_reason,
    pictures,
    span_packets,
    why_silent,
)
from workers.jobs.capture_storing import (
    Taking,
    commit,
    free_bytes,
    publisher,
    refuse_if_nearly_full,
    store_clip,
    store_still,
)
from workers.runner import JobContext, Outcome

T = TypeVar("T")
_SYNC_S = 5.0
_SETTLED_NS = 2_000_000_000
"""Pictures of a moment arrive at most this much later."""
_DISK_EVERY_NS = 2_000_000_000


def run(context: JobContext) -> Outcome:
    """Capture as the job's params say (core.capture.CaptureParams); summary: frames, clips (counts) and gaps.

    Frames and clips committed by an earlier attempt count; this one goes on with what is left. Raises KnownError,
    Cancelled, StaleAttempt.
    """
    params = CaptureParams.model_validate(context.job.params)
    with context.database.read() as tx:
        camera = cameras.get(tx, params.camera_id)
    feed = _feed_of(context, camera)
    taking = Taking(context, params, camera, feed)
    again = False
    try:
        pin(feed, context.job.id, params)
        return _MODES[params.mode](taking)
    except KnownError as failed:
        again = not failed.permanent and context.job.tries_left > 1
        raise
    finally:
        if not again:
            feed.unpin(context.job.id)


def _feed_of(context: JobContext, camera: Camera) -> Feed:
    """The camera's feed; one that was configured a moment ago may not have one yet. Raises CameraError."""
    deadline_ns = context.clock.monotonic_ns() + int(_SYNC_S * 1e9)
    while True:
        context.cancel.check()
        try:
            return context.feeds.get(camera.id)
        except CameraUnknown:
            if context.clock.monotonic_ns() > deadline_ns:
                raise
        context.cancel.wait(0.05)


def _single_frame(taking: Taking) -> Outcome:
    frame = store_still(taking, taking.feed.still(find_instant(taking)), 0)
    publish = publisher(taking, frame)
    return replace(_outcome(1, 0, []), publish=lambda tx: _done(publish(tx)), files=(frame.path,))


def _done(_made: object) -> None:
    return None


def _burst(taking: Taking) -> Outcome:
    params = taking.params
    interval_ns = None if params.fps is None else int(1e9 / params.fps)
    return _paced(taking, Pace(taking.feed.at(find_instant(taking)).at_ns, interval_ns, params.count))


def _interval(taking: Taking) -> Outcome:
    params = taking.params
    fps = params.fps or taking.context.settings.rtsp.default_fps
    return _paced(taking, Pace(start_of(taking.feed, params), int(1e9 / fps), max(1, round(params.duration_s * fps))))


def _paced(taking: Taking, pace: Pace) -> Outcome:
    """Take frames at a pace, each committed by itself; its ordinal is its place, so an attempt repeats none."""
    context, feed = taking.context, taking.feed
    with context.database.read() as tx:
        made = frames.for_job(tx, context.job.id)
    pace.place = max((frame.ordinal + 1 for frame in made), default=0)
    continuity = Continuity(taking.camera.id, max((frame.captured_at_ns for frame in made), default=pace.start_ns))
    resumed_ns = continuity.reached_ns if made else pace.start_ns - feed.frame_interval_ns // 2 - 1
    taken, last, decoder = len(made), None, StillDecoder()
    for picture in () if pace.complete else pictures(taking):
        if picture is None:
            if _is_over(taking, pace, taken):
                break
            context.progress(100 * pace.place / pace.count, "waiting", f"{taken} frames; no new picture")
            continue
        if picture.at_ns <= resumed_ns:
            continue
        if pace.interval_ns is None and last is not None and last.epoch != picture.gop.epoch:
            break  # a burst is of consecutive pictures
        gop, last = picture.gop, picture.gop
        continuity.reach(picture.at_ns, feed.frame_interval_ns, partial(gap_reason, taking, gop))
        place = pace.take(picture.at_ns, feed.frame_interval_ns)
        picture_taken = None if place is None else decoder.picture(gop, picture.pts)
        if place is not None and picture_taken is not None:
            instant = Instant(gop.epoch, picture.pts)
            commit(taking, store_still(taking, Still(instant, feed.at(instant), picture_taken), place))
            taken += 1
        if pace.complete:
            break
        context.progress(100 * pace.place / pace.count, "capturing", f"{taken} of {pace.count} frames")
    if not taken:
        raise why_silent(taking) if feed.lost else _nothing(taking)
    if not pace.complete:
        end_ns = pace.end_ns(feed.frame_interval_ns)
        continuity.reach(end_ns, 0, lambda: gap_reason(taking, None))
    return _outcome(taken, 0, continuity.gaps)


def _is_over(taking: Taking, pace: Pace, taken: int) -> bool:
    """Whether no picture of the pace will come any more. Raises CameraError if the camera is silent for too long."""
    if pace.interval_ns is None:
        if taken and taking.feed.status().state is not CameraState.LIVE:
            return True
    elif taking.utc_ns() > pace.end_ns(0) + _SETTLED_NS:
        return True
    if taking.feed.silent_s() > taking.context.settings.rtsp.capture_timeout:
        raise why_silent(taking)
    return False


def _clip(taking: Taking) -> Outcome:
    """One clip, or one for each connection that the span saw; the last one is published with the job's end."""
    refuse_if_nearly_full(taking)
    context, params = taking.context, taking.params
    with context.database.read() as tx:
        made = clips.for_job(tx, context.job.id)
    pressed_ns = start_of(taking.feed, params)
    to_ns = pressed_ns + int(params.post_s * 1e9)
    from_ns = max(
        (clip.captured_at_ns + clip.duration_ns for clip in made), default=pressed_ns - int(params.pre_s * 1e9)
    )
    continuity = Continuity(taking.camera.id, from_ns)
    count = told = 0
    last: Clip | None = None
    for _, group in groupby(_span(taking, continuity, from_ns, to_ns), key=lambda got: got[0].epoch):
        if last is not None:
            commit(taking, replace(last, gaps=tuple(continuity.gaps[told:])))
            told = len(continuity.gaps)
        ordinal = max((clip.ordinal + 1 for clip in made), default=0) + count
        last = store_clip(taking, group, ordinal)
        count += 1
    if context.cancel.cancelled:
        if last is not None:
            commit(taking, replace(last, gaps=tuple(continuity.gaps[told:])))
        context.cancel.check()
    if last is None and not made:
        raise why_silent(taking) if taking.feed.lost else _nothing(taking)
    continuity.reach(to_ns, taking.feed.frame_interval_ns, lambda: gap_reason(taking, None))
    gaps = [gap for clip in made for gap in clip.gaps] + continuity.gaps
    outcome = _outcome(0, len(made) + count, gaps)
    if last is None:
        return outcome
    publish = publisher(taking, replace(last, gaps=tuple(continuity.gaps[told:])))
    return replace(outcome, publish=lambda tx: _done(publish(tx)), files=(last.path,))


def _span(taking: Taking, continuity: Continuity, from_ns: int, to_ns: int) -> Iterator[tuple[Gop, Packet]]:
    """The packets of a clip. Ends early, with a gap, when the camera is silent for too long or the disk nearly full."""
    context, feed = taking.context, taking.feed
    checked_ns, begun = 0, False
    for got in _until_stopping(span_packets(taking, from_ns, to_ns)):
        now_ns = taking.utc_ns()
        if not context.cancel.cancelled:
            share = (min(now_ns, to_ns) - from_ns) / max(1, to_ns - from_ns)
            context.progress(100 * share, "recording", f"until {utc_text(to_ns)}")
        if got is None:
            silent = feed.silent_s() > context.settings.rtsp.capture_timeout
            if silent and not begun:
                raise why_silent(taking)
            if silent or now_ns > to_ns + _SETTLED_NS:
                return
            continue
        gop, packet = got
        at_ns = feed.at(Instant(gop.epoch, packet.pts)).at_ns
        continuity.reach(at_ns, feed.frame_interval_ns, partial(gap_reason, taking, gop))
        if now_ns - checked_ns > _DISK_EVERY_NS:
            checked_ns = now_ns
            if free_bytes(taking) < context.settings.retention.min_free_bytes // 2:
                continuity.gaps.append(taking.gap(at_ns, to_ns, "The disk is nearly full"))
                continuity.reached_ns = to_ns
                return
        begun = True
        yield got


def _until_stopping(packets: Iterator[T]) -> Iterator[T]:
    """Packets, until the worker is to leave: what was recorded up to then is kept, the rest is for the next worker."""
    try:
        yield from packets
    except Cancelled as asked:
        if asked.reason is not Reason.STOPPING:
            raise


def _nothing(taking: Taking) -> InstantGone:
    label = taking.camera.label
    return InstantGone(f"{label} has no picture of the time asked for: the ring does not reach that far", camera=label)


def _outcome(frame_count: int, clip_count: int, gaps: list[Gap]) -> Outcome:
    return Outcome({"frames": frame_count, "clips": clip_count, "gaps": [gap.as_json() for gap in gaps]})


_MODES: Mapping[CaptureMode, Callable[[Taking], Outcome]] = {
    CaptureMode.SINGLE_FRAME: _single_frame,
    CaptureMode.BURST: _burst,
    CaptureMode.INTERVAL: _interval,
    CaptureMode.CONTINUOUS: _interval,
    CaptureMode.CLIP: _clip,
}
