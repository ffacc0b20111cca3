"""The capture: a job that makes frames or a clip of one camera, from the seconds that its feed keeps."""

from collections.abc import Callable, Mapping
from functools import partial

from core.camera import Camera, CameraState, Instant
from core.capture import CaptureMode, CaptureParams
from core.errors import CameraUnknown, KnownError
from core.store import cameras, frames
from workers.cameras.feed import Feed
from workers.cameras.feeds import pin, start_of
from workers.cameras.stills import Still, StillDecoder
from workers.jobs import capture_clips, capture_events
from workers.jobs.capture_pace import Continuity, Pace
from workers.jobs.capture_pictures import SETTLED_NS, find_instant, gap_reason, nothing_of, pictures, why_silent
from workers.jobs.capture_storing import Taking, commit, outcome_of, published_with, store_still
from workers.runner import JobContext, Outcome

_SYNC_S = 5.0


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
    return published_with(taking, outcome_of(1, 0, []), frame)


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
        raise why_silent(taking) if feed.lost else nothing_of(taking)
    if not pace.complete:
        end_ns = pace.end_ns(feed.frame_interval_ns)
        continuity.reach(end_ns, 0, lambda: gap_reason(taking, None))
    return outcome_of(taken, 0, continuity.gaps)


def _is_over(taking: Taking, pace: Pace, taken: int) -> bool:
    """Whether no picture of the pace will come any more. Raises CameraError if the camera is silent for too long."""
    if pace.interval_ns is None:
        if taken and taking.feed.status().state is not CameraState.LIVE:
            return True
    elif taking.utc_ns() > pace.end_ns(0) + SETTLED_NS:
        return True
    if taking.feed.silent_s() > taking.context.settings.rtsp.capture_timeout:
        raise why_silent(taking)
    return False


_MODES: Mapping[CaptureMode, Callable[[Taking], Outcome]] = {
    CaptureMode.SINGLE_FRAME: _single_frame,
    CaptureMode.BURST: _burst,
    CaptureMode.INTERVAL: _interval,
    CaptureMode.CONTINUOUS: _interval,
    CaptureMode.EVENT_DRIVEN: capture_events.watch,
    CaptureMode.CLIP: capture_clips.clip,
}
