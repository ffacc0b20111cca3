"""Which handler does which kind of job, in which pool, how many at once and for how long."""

from collections.abc import Callable, Mapping

from core.capture import CaptureMode, CaptureParams
from core.job import Job, JobKind
from core.settings import Settings
from workers.jobs import analyzing, capturing, importing, reporting, stop_timing, tracking
from workers.runner import Handler, KindRules
from workers.scheduler import ANALYSES, CAPTURES, WORK

SHARDS_AT_ONCE = 4
"""While one ends and its successor begins, the others keep every allowed call under way."""
_CAPTURE_MARGIN_S = 60.0
_BURST_SLOWEST_FPS = 1.0


def _capture_limit_s(job: Job, settings: Settings) -> float:
    """What it was asked to take, the longest silence that the camera may have, and a margin."""
    params = CaptureParams.model_validate(job.params)
    if params.mode is CaptureMode.CLIP:
        asked_s = params.pre_s + params.post_s
    elif params.mode is CaptureMode.BURST:
        asked_s = params.count / (params.fps or _BURST_SLOWEST_FPS)
    elif params.mode is CaptureMode.SINGLE_FRAME:
        asked_s = 0.0
    else:
        asked_s = params.duration_s
    return asked_s + settings.rtsp.capture_timeout + _CAPTURE_MARGIN_S


def _work_slots(settings: Settings) -> int:
    return settings.jobs.concurrency


def _unhurried(handler: Handler, pool: str = WORK, slots: Callable[[Settings], int] = _work_slots) -> KindRules:
    """Rules for what may take hours, as a large import, a long clip or a night's run do; it may not stand still."""
    return KindRules(
        handler, pool, slots, limit_s=lambda job, settings: None, stall_s=lambda settings: settings.jobs.timeout
    )


KINDS: Mapping[JobKind, KindRules] = {
    JobKind.CAPTURE: KindRules(
        capturing.run, CAPTURES, slots=lambda settings: settings.jobs.capture_concurrency, limit_s=_capture_limit_s
    ),
    JobKind.IMPORT: _unhurried(importing.run),
    JobKind.STOP_TIMING: _unhurried(stop_timing.run),
    JobKind.ANALYZE: _unhurried(analyzing.run, ANALYSES, lambda settings: SHARDS_AT_ONCE),
    JobKind.REPORT: KindRules(
        reporting.run,
        WORK,
        slots=_work_slots,
        limit_s=lambda job, settings: settings.jobs.timeout,
    ),
    JobKind.TRACK: _unhurried(tracking.run),
}
