"""Which pictures a capture takes: the nearest to the press, and those of a span as they come."""

import heapq
from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import dataclass

from core.camera import CameraState, Instant
from core.clock import utc_text
from core.errors import CameraSilent, InstantGone, KnownError
from workers.cameras.feeds import asked_instant
from workers.cameras.packets import Gop, Packet
from workers.jobs.capture_storing import Taking

SETTLED_NS = 2_000_000_000
"""Pictures of a moment arrive at most this much later."""
_TICK_S = 0.2
_NEAREST_NS = 250_000_000
"""A picture this near to the press is of the press, however few a second the camera sends."""


def wait_a_tick(taking: Taking) -> None:
    """Wait for packets, at most 0.2 s. Raises Cancelled."""
    taking.context.cancel.check()
    before = taking.feed.ring.newest()
    count = 0 if before is None else len(before.packets)
    taking.feed.ring.wait_until(
        lambda: (
            (newest := taking.feed.ring.newest()) is not None and (newest is not before or len(newest.packets) > count)
        ),
        _TICK_S,
    )


def why_silent(taking: Taking) -> KnownError:
    """Why the camera sends nothing, to be raised."""
    # A copy: the feed's own may be raised by several captures at once.
    return copy(taking.feed.lost) or CameraSilent(camera=taking.camera.label, seconds=round(taking.feed.silent_s()))


def nothing_of(taking: Taking) -> InstantGone:
    """Why not one picture was had, to be raised."""
    label = taking.camera.label
    return InstantGone(f"{label} has no picture of the time asked for: the ring does not reach that far", camera=label)


def find_instant(taking: Taking) -> Instant:
    """The picture on screen at the press, or the nearest to its time; waits for one that is still on its way.

    A camera that was just being connected at the press gives its first picture. Raises InstantGone, CameraError.
    """
    asked = asked_instant(taking.params)
    if asked is not None:
        return asked
    at_ns = taking.params.at_ns
    while True:
        nearest = taking.feed.ring.nearest(at_ns)
        state = taking.feed.status().state
        waits = state in (CameraState.LIVE, CameraState.CONNECTING)
        if nearest is not None and (_has_come(taking, at_ns) or not waits):
            return _judged(taking, *nearest)
        if nearest is None and not waits:
            raise why_silent(taking)
        if taking.feed.silent_s() > taking.context.settings.rtsp.capture_timeout:
            raise why_silent(taking)
        taking.context.progress(10, "waiting", f"for a picture of {taking.camera.label}")
        wait_a_tick(taking)


def _has_come(taking: Taking, at_ns: int) -> bool:
    """Whether a picture of this moment or later is here: none that comes now can be nearer."""
    newest = taking.feed.ring.newest()
    return newest is not None and taking.feed.at(Instant(newest.epoch, newest.last_pts)).at_ns >= at_ns


def _judged(taking: Taking, instant: Instant, later_ns: int) -> Instant:
    patience_ns = int(taking.context.settings.rtsp.capture_timeout * 1e9)
    was_connecting = taking.feed.first == instant and 0 < later_ns <= patience_ns
    if abs(later_ns) <= max(_NEAREST_NS, taking.feed.frame_interval_ns * 3 // 2) or was_connecting:
        return instant
    label = taking.camera.label
    when = utc_text(taking.params.at_ns)
    if later_ns < 0:
        raise InstantGone(f"{label} sent no picture at {when}: {why_silent(taking).title}", camera=label)
    raise InstantGone(f"The picture of {label} at {when} is no longer in its ring", camera=label)


@dataclass(frozen=True, slots=True)
class Pictured:
    """A picture of a span, in the order in which it was captured."""

    gop: Gop
    pts: int
    at_ns: int


def pictures(taking: Taking) -> Iterator[Pictured | None]:
    """The pictures pinned for the job and those that come, in order of capture; None at every tick without one.

    Raises Cancelled.
    """
    follower = taking.feed.follow(taking.context.job.id)
    waiting: list[int] = []
    gop: Gop | None = None
    while True:
        taking.context.cancel.check()
        got = follower.wait(_TICK_S)
        if got is None:
            yield None
            continue
        if gop is not None and got[0].epoch != gop.epoch:
            yield from (_pictured(taking, gop, heapq.heappop(waiting)) for _ in range(len(waiting)))
        gop, packet = got
        heapq.heappush(waiting, packet.pts)
        # Whatever is sent later is shown later than this packet's DTS.
        shown = packet.pts if packet.dts is None else packet.dts
        while waiting and waiting[0] <= shown:
            yield _pictured(taking, gop, heapq.heappop(waiting))


def _pictured(taking: Taking, gop: Gop, pts: int) -> Pictured:
    return Pictured(gop, pts, taking.feed.at(Instant(gop.epoch, pts)).at_ns)


def span_packets(taking: Taking, from_ns: int, to_ns: Callable[[], int]) -> Iterator[tuple[Gop, Packet] | None]:
    """The packets of a span, from the keyframe at or before its start; None at every tick without one.

    to_ns: asked at each packet, as an end may be known only while the span lasts.

    Ends by itself with the first packet past the span. Raises Cancelled.
    """
    follower = taking.feed.follow(taking.context.job.id)
    held: list[tuple[Gop, Packet]] = []
    begun = False
    while True:
        taking.context.cancel.check()
        got = follower.wait(_TICK_S)
        if got is None:
            yield None
            continue
        gop, packet = got
        at_ns = taking.feed.at(Instant(gop.epoch, packet.pts)).at_ns
        decoded_ns = at_ns if packet.dts is None else taking.feed.at(Instant(gop.epoch, packet.dts)).at_ns
        if min(at_ns, decoded_ns) > to_ns():
            return
        if not begun:
            if packet.is_keyframe:
                held.clear()
            held.append(got)
            begun = at_ns >= from_ns
            if begun:
                yield from held
            continue
        yield got


def gap_reason(taking: Taking, after: Gop | None) -> str:
    """Why pictures are missing before this GOP, or up to the end of what was asked for, in words."""
    label, feed = taking.camera.label, taking.feed
    if after is None:
        return feed.lost.title if feed.lost else f"{label} sent no pictures"
    first = feed.first
    if first == Instant(after.epoch, after.first.pts):
        return f"{label} was connected only then"
    before = feed.ring.preceding(after.number)
    if before is None:
        return f"The ring of {label} did not reach further back"
    if before.epoch != after.epoch:
        return f"{label} was not connected"
    return f"Pictures of {label} were lost on the way, or there was no memory left for them"
