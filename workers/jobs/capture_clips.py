"""Clips out of a feed's packets: the seconds around a press, and spans whose end is known only while they last."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from itertools import groupby

from core.camera import Instant
from core.clip import Clip
from core.clock import utc_text
from core.store import clips
from workers.cameras.feeds import start_of
from workers.cameras.packets import Gop, Packet
from workers.cancellation import Cancelled, Reason
from workers.jobs.capture_pace import Continuity
from workers.jobs.capture_pictures import SETTLED_NS, gap_reason, nothing_of, span_packets, why_silent
from workers.jobs.capture_storing import (
    Taking,
    commit,
    free_bytes,
    outcome_of,
    published_with,
    refuse_if_nearly_full,
    store_clip,
)
from workers.runner import Outcome

_DISK_EVERY_NS = 2_000_000_000


def clip(taking: Taking) -> Outcome:
    """One clip, or one for each connection that the span saw; the last one is published with the job's end."""
    refuse_if_nearly_full(taking)
    context, params = taking.context, taking.params
    with context.database.read() as tx:
        made = clips.for_job(tx, context.job.id)
    pressed_ns = start_of(taking.feed, params)
    to_ns = pressed_ns + int(params.post_s * 1e9)
    from_ns = max((each.end_ns for each in made), default=pressed_ns - int(params.pre_s * 1e9))

    def tell() -> None:
        share = (min(taking.utc_ns(), to_ns) - from_ns) / max(1, to_ns - from_ns)
        context.progress(100 * share, "writing", f"until {utc_text(to_ns)}")

    continuity = Continuity(taking.camera.id, from_ns)
    packets = span(taking, continuity, from_ns, lambda: to_ns, tell)
    count = told = 0
    last: Clip | None = None
    for _, group in groupby(packets, key=lambda got: got[0].epoch):
        if last is not None:
            commit(taking, replace(last, gaps=tuple(continuity.gaps[told:])))
            told = len(continuity.gaps)
        ordinal = max((each.ordinal + 1 for each in made), default=0) + count
        last = store_clip(taking, group, ordinal)
        count += 1
    if context.cancel.cancelled:
        if last is not None:
            commit(taking, replace(last, gaps=tuple(continuity.gaps[told:])))
        context.cancel.check()
    if last is None and not made:
        raise why_silent(taking) if taking.feed.lost else nothing_of(taking)
    continuity.reach(to_ns, taking.feed.frame_interval_ns, lambda: gap_reason(taking, None))
    gaps = [gap for each in made for gap in each.gaps] + continuity.gaps
    outcome = outcome_of(0, len(made) + count, gaps)
    if last is None:
        return outcome
    return published_with(taking, outcome, replace(last, gaps=tuple(continuity.gaps[told:])))


def span(
    taking: Taking, continuity: Continuity, from_ns: int, to_ns: Callable[[], int], tell: Callable[[], None]
) -> Iterator[tuple[Gop, Packet]]:
    """The packets of a span, from the keyframe at or before its start. `tell` is called at each, and at every tick.

    to_ns: asked at each packet. Ends early, with a gap, when the camera is silent for too long or the disk nearly full;
    without one when the worker is to leave: what was recorded up to then is kept, the rest is for the next worker.
    """
    try:
        yield from _span(taking, continuity, from_ns, to_ns, tell)
    except Cancelled as asked:
        if asked.reason is not Reason.STOPPING:
            raise


def _span(
    taking: Taking, continuity: Continuity, from_ns: int, to_ns: Callable[[], int], tell: Callable[[], None]
) -> Iterator[tuple[Gop, Packet]]:
    context, feed = taking.context, taking.feed
    checked_ns, begun = 0, False
    for got in span_packets(taking, from_ns, to_ns):
        now_ns = taking.utc_ns()
        tell()
        if got is None:
            silent = feed.silent_s() > context.settings.rtsp.capture_timeout
            if silent and not begun:
                raise why_silent(taking)
            if silent or now_ns > to_ns() + SETTLED_NS:
                return
            continue
        gop, packet = got
        at_ns = feed.at(Instant(gop.epoch, packet.pts)).at_ns
        continuity.reach(at_ns, feed.frame_interval_ns, partial(gap_reason, taking, gop))
        if now_ns - checked_ns > _DISK_EVERY_NS:
            checked_ns = now_ns
            if free_bytes(taking) < context.settings.retention.min_free_bytes // 2:
                continuity.gaps.append(taking.gap(at_ns, to_ns(), "The disk is nearly full"))
                continuity.reached_ns = to_ns()
                return
        begun = True
        yield got
