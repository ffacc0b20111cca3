"""Where a step, a nudge and the timeline's width lead: arithmetic on the capture times of a clip's pictures."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from core.stop import Mark, Stop

_LEAST_MARGIN_NS = 1_000_000_000


def stepped(times_ns: Sequence[int], at_ns: int, by: int, frame_ns: int) -> int:
    """The picture `by` places from the one that is shown at this instant, within the clip.

    times_ns: UTC of every picture, ascending; empty where no clip is open: then `frame_ns` is the step.
    """
    if not times_ns:
        return at_ns + by * frame_ns
    place = bisect_right(times_ns, at_ns) - 1
    return times_ns[min(max(place + by, 0), len(times_ns) - 1)]


def nudged(times_ns: Sequence[int], mark: Mark, by: int, frame_ns: int) -> Mark:
    """The instant moved to the next (by 1) or former (by -1) picture; its doubt is a picture's length.

    Motion between two pictures is not seen: a hand that points at one can't say more than that.
    """
    if not times_ns:
        return Mark(mark.at_ns + by * frame_ns, frame_ns)
    place = bisect_right(times_ns, mark.at_ns) if by > 0 else bisect_left(times_ns, mark.at_ns) - 1
    return set_at(times_ns, times_ns[min(max(place, 0), len(times_ns) - 1)], frame_ns)


def set_at(times_ns: Sequence[int], at_ns: int, frame_ns: int) -> Mark:
    """The instant at the picture that is shown then, with the longer of the two waits around it as doubt."""
    if not times_ns:
        return Mark(at_ns, frame_ns)
    place = max(0, bisect_right(times_ns, at_ns) - 1)
    around = [abs(times_ns[other] - times_ns[place]) for other in (place - 1, place + 1) if 0 <= other < len(times_ns)]
    return Mark(times_ns[place], max([1, *around]) if around else frame_ns)


def range_of(stop: Stop, clips: Sequence[tuple[int, int]], *, whole: bool) -> tuple[int, int]:
    """From and to (UTC ns) of what the timeline shows: the stop with a margin, or all that was recorded of it."""
    margin = max(_LEAST_MARGIN_NS, (stop.to_ns - stop.from_ns) // 6)
    from_ns, to_ns = stop.from_ns - margin, stop.to_ns + margin
    if not clips:
        return from_ns, to_ns
    first, last = min(clip[0] for clip in clips), max(clip[1] for clip in clips)
    return (first, last) if whole else (max(first, from_ns), min(last, to_ns))
