"""The capture clock: when light hit the sensor, from RTCP where the camera sends it, else from the packets' arrival."""

import threading
from collections import OrderedDict, deque

from core import logs
from core.camera import CapturedAt, ClockSource
from core.clock import Clock
from workers.cameras.packets import VideoFormat

_log = logs.get("cameras.timeline")

_MS = 1_000_000
ARRIVAL_U_NS = 250 * _MS
"""A camera's encoding and the network take up to twice this, which arrival alone can't show."""
RTCP_U_NS = 10 * _MS
"""A camera that keeps its clock by NTP on a local network."""
_PLAUSIBLE_LAG_NS = (-250 * _MS, 2000 * _MS)
"""A picture that arrives this long after the camera's own time for it: outside, the camera's clock is not set."""
_USUAL_LAG_NS = 500 * _MS
_SLEW = 5
"""The clock moves by at most a fifth of the time that passes, so later pictures never get earlier times."""
_STEP_NS = 2500 * _MS
"""A larger difference is a step of a clock and is followed at once."""
_NOTICED_STEP_NS = 50 * _MS
_WINDOW_S = 30
_KEPT_EPOCHS = 1024


class StationTime:
    """This machine's UTC by its monotonic clock. A step of the wall clock is noticed, told once, and followed."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._offset_ns = self._measured_ns()
        self._checked_ns = clock.monotonic_ns()

    def utc_of(self, monotonic_ns: int) -> int:
        return monotonic_ns + self._offset_ns

    def check(self) -> int:
        """Compare both clocks, at most once a second; returns the step in ns that was found, or 0."""
        now_ns = self._clock.monotonic_ns()
        with self._lock:
            if now_ns - self._checked_ns < 1_000 * _MS:
                return 0
            self._checked_ns = now_ns
            step_ns = self._measured_ns() - self._offset_ns
            if abs(step_ns) < _NOTICED_STEP_NS:
                return 0
            self._offset_ns += step_ns
        _log.warning("this machine's clock was set; times of capture follow it", step_s=round(step_ns / 1e9, 3))
        return step_ns

    def _measured_ns(self) -> int:
        """UTC minus monotonic, from the pair of readings that was least disturbed."""
        best_gap_ns, best_ns = None, 0
        for _ in range(5):
            before_ns = self._clock.monotonic_ns()
            utc_ns = self._clock.utc_ns()
            gap_ns = self._clock.monotonic_ns() - before_ns
            if best_gap_ns is None or gap_ns < best_gap_ns:
                best_gap_ns, best_ns = gap_ns, utc_ns - before_ns - gap_ns // 2
        return best_ns


class Timeline:
    """The times of one connection's pictures: a PTS plus one offset, which is refined while packets come.

    Because there is one offset, a better one (the first RTCP report, a quicker packet) mends the times of all pictures
    still in the ring. `observe` belongs to the feed's thread; `at` may be asked from any.
    """

    def __init__(self, video: VideoFormat, station: StationTime) -> None:
        self._video = video
        self._station = station
        self._minima: deque[tuple[int, int]] = deque(maxlen=_WINDOW_S)
        self._newest_ns: int | None = None
        self._camera_offset_ns: int | None = None
        self._state = (0, ARRIVAL_U_NS, ClockSource.ARRIVAL)

    @property
    def source(self) -> ClockSource:
        return self._state[2]

    def at(self, pts: int) -> CapturedAt:
        """The time of the picture with this PTS, as it is known now."""
        offset_ns, u_ns, source = self._state
        return CapturedAt(offset_ns + self._video.ns(pts), u_ns, source)

    def observe(self, pts: int, arrival_ns: int, camera_utc_ns: int | None = None) -> None:
        """Learn from a packet: when it arrived (monotonic), and the camera's own UTC for it if it was sent."""
        self._station.check()
        pts_ns = self._video.ns(pts)
        arrival_target_ns = self._station.utc_of(self._least_delayed(arrival_ns - pts_ns, arrival_ns))
        if camera_utc_ns is not None:
            self._camera_offset_ns = camera_utc_ns - pts_ns
        target_ns, u_ns, source = self._target(arrival_target_ns)
        offset_ns = self._state[0]
        if self._newest_ns is None or abs(target_ns - offset_ns) > _STEP_NS:
            offset_ns = target_ns
        else:
            most_ns = max(0, pts_ns - self._newest_ns) // _SLEW
            offset_ns += min(max(target_ns - offset_ns, -most_ns), most_ns)
        if self._newest_ns is None or pts_ns > self._newest_ns:
            self._newest_ns = pts_ns
        if source != self._state[2]:
            _log.info("the capture clock changed", source=str(source), by_ms=(target_ns - offset_ns) // _MS)
        self._state = (offset_ns, u_ns + abs(target_ns - offset_ns), source)

    def _least_delayed(self, delay_ns: int, arrival_ns: int) -> int:
        """The least (arrival − PTS) of the last seconds: the packet that waited least tells the time best."""
        second = arrival_ns // 1_000_000_000
        if self._minima and self._minima[-1][0] == second:
            self._minima[-1] = (second, min(delay_ns, self._minima[-1][1]))
        else:
            self._minima.append((second, delay_ns))
        return min(least for _, least in self._minima)

    def _target(self, arrival_offset_ns: int) -> tuple[int, int, ClockSource]:
        if self._camera_offset_ns is not None:
            lag_ns = arrival_offset_ns - self._camera_offset_ns
            if _PLAUSIBLE_LAG_NS[0] <= lag_ns <= _PLAUSIBLE_LAG_NS[1]:
                doubt_ns = max(0, -lag_ns, lag_ns - _USUAL_LAG_NS)
                return self._camera_offset_ns, RTCP_U_NS + doubt_ns, ClockSource.RTCP
        return arrival_offset_ns, ARRIVAL_U_NS, ClockSource.ARRIVAL


class Timelines:
    """The timelines of a feed's connections, by epoch."""

    def __init__(self, station: StationTime) -> None:
        self._station = station
        self._by_epoch: OrderedDict[int, Timeline] = OrderedDict()

    def start(self, epoch: int, video: VideoFormat) -> Timeline:
        timeline = self._by_epoch[epoch] = Timeline(video, self._station)
        while len(self._by_epoch) > _KEPT_EPOCHS:
            self._by_epoch.popitem(last=False)
        return timeline

    def of(self, epoch: int) -> Timeline:
        return self._by_epoch[epoch]

    def at(self, epoch: int, pts: int) -> CapturedAt:
        return self._by_epoch[epoch].at(pts)
