"""The packet ring: the last seconds of one camera, so that a key pressed late still keeps what happened before."""

import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from core.camera import CapturedAt, Instant
from workers.cameras.packets import Gop, Packet, VideoFormat

_MARGIN_NS = 500_000_000
"""Pins reach this much further than asked: the first RTCP report may move times by as much."""


@dataclass(slots=True)
class _Pin:
    """GOPs kept for one job, beyond the ring's own bounds, until the job has taken them."""

    from_ns: int
    to_ns: int | None
    gops: deque[Gop] = field(default_factory=deque)
    full: bool = False
    """It holds as much as one ring may and takes no more; what it has already is kept."""


class PacketRing:
    """GOPs of the newest `seconds`, in at most `max_bytes`, dropped from the head as a whole. Safe from any thread."""

    def __init__(self, time_of: Callable[[int, int], CapturedAt], *, seconds: float, max_bytes: int) -> None:
        self._time_of = time_of
        self._seconds = seconds
        self._max_bytes = max_bytes
        self._changed = threading.Condition()
        self._gops: deque[Gop] = deque()
        self._pins: dict[str, _Pin] = {}
        self._count = 0

    # What the feed does.

    def append(self, epoch: int, video: VideoFormat, packet: Packet) -> bool:
        """Keep a packet; False if it was dropped because no keyframe came before it since the last loss."""
        with self._changed:
            if packet.is_keyframe:
                self._close_newest()
                self._count += 1
                gop = Gop(self._count, epoch, video)
            elif self._gops and not self._gops[-1].closed and self._gops[-1].epoch == epoch:
                gop = self._gops[-1]
            else:
                return False
            gop.packets.append(packet)
            gop.bytes += len(packet.data)
            if packet.is_keyframe:
                self._gops.append(gop)
                self._pin_new(gop)
            self._evict(packet.arrival_ns)
            self._changed.notify_all()
            return True

    def lose(self) -> None:
        """The connection or a packet was lost: nothing is kept until the next keyframe."""
        with self._changed:
            self._close_newest()
            self._changed.notify_all()

    def resize(self, seconds: float, max_bytes: int) -> None:
        with self._changed:
            self._seconds, self._max_bytes = seconds, max_bytes

    def wake(self) -> None:
        """Let everyone who waits for a packet look again."""
        with self._changed:
            self._changed.notify_all()

    # What captures ask.

    def pin(self, key: str, from_ns: int, to_ns: int | None) -> None:
        """Keep what was and will be captured from `from_ns` to `to_ns` (UTC; None: until unpinned) for this key."""
        with self._changed:
            if key in self._pins:
                return
            pin = self._pins[key] = _Pin(from_ns - _MARGIN_NS, None if to_ns is None else to_ns + _MARGIN_NS)
            for gop in self._known_gops():
                last_ns = self._time_of(gop.epoch, gop.last_pts).at_ns
                if last_ns >= pin.from_ns or not gop.closed:
                    self._offer(pin, gop)

    def unpin(self, key: str) -> None:
        with self._changed:
            self._pins.pop(key, None)

    def pinned(self) -> frozenset[str]:
        with self._changed:
            return frozenset(self._pins)

    def gop_with(self, instant: Instant) -> Gop | None:
        """The GOP that holds this very picture, pinned or in the ring."""
        with self._changed:
            for gop in self._known_gops():
                if gop.epoch == instant.epoch and gop.index_of(instant.pts) is not None:
                    return gop
        return None

    def nearest(self, at_ns: int) -> tuple[Instant, int] | None:
        """The picture captured nearest to this moment, and by how many ns it is later (< 0: earlier)."""
        best: tuple[Instant, int] | None = None
        with self._changed:
            for gop in self._known_gops():
                for packet in gop.packets:
                    off_ns = self._time_of(gop.epoch, packet.pts).at_ns - at_ns
                    if best is None or abs(off_ns) < abs(best[1]):
                        best = Instant(gop.epoch, packet.pts), off_ns
        return best

    def wait_until(self, reached: Callable[[], bool], timeout_s: float) -> bool:
        """Wait for packets until the condition holds; False if it did not in time. `reached` may call the ring."""
        with self._changed:
            return self._changed.wait_for(reached, timeout_s)

    # What readers and the status ask.

    def newest(self) -> Gop | None:
        with self._changed:
            return self._gops[-1] if self._gops else None

    def kept_s(self) -> float:
        """Seconds from the oldest to the newest packet in the ring."""
        with self._changed:
            if not self._gops:
                return 0.0
            return (self._gops[-1].packets[-1].arrival_ns - self._gops[0].first.arrival_ns) / 1e9

    def bytes(self) -> int:
        with self._changed:
            return sum(gop.bytes for gop in self._gops)

    def following(self, number: int, key: str | None = None) -> Gop | None:
        """The first GOP after this number: of the pin if a key is given (which then lets go of earlier ones), then of
        the ring."""
        with self._changed:
            pin = self._pins.get(key) if key is not None else None
            if pin is not None:
                while pin.gops and pin.gops[0].number <= number:
                    pin.gops.popleft()
                    pin.full = False
                if pin.gops:
                    return pin.gops[0]
            return next((gop for gop in self._gops if gop.number > number), None)

    def preceding(self, number: int) -> Gop | None:
        """The GOP before this one, if it is still in the ring or pinned."""
        with self._changed:
            return next((gop for gop in self._known_gops() if gop.number == number - 1), None)

    def _known_gops(self) -> Iterator[Gop]:
        """Pinned and ring GOPs, oldest first, each once."""
        kept = {gop.number: gop for pin in self._pins.values() for gop in pin.gops}
        kept.update((gop.number, gop) for gop in self._gops)
        return iter([kept[number] for number in sorted(kept)])

    def _close_newest(self) -> None:
        if self._gops:
            self._gops[-1].closed = True

    def _pin_new(self, gop: Gop) -> None:
        for pin in self._pins.values():
            self._offer(pin, gop)

    def _offer(self, pin: _Pin, gop: Gop) -> None:
        if pin.to_ns is not None and self._time_of(gop.epoch, gop.first.pts).at_ns > pin.to_ns:
            return
        # Once full it stays full until its reader has taken something: a hole at the end is one gap, not many.
        pin.full = pin.full or sum(kept.bytes for kept in pin.gops) > self._max_bytes
        if not pin.full:
            pin.gops.append(gop)

    def _evict(self, now_ns: int) -> None:
        keep_from_ns = now_ns - int(self._seconds * 1e9)
        total = sum(gop.bytes for gop in self._gops)
        while len(self._gops) > 1 and (self._gops[1].first.arrival_ns <= keep_from_ns or total > self._max_bytes):
            total -= self._gops.popleft().bytes
        if total > self._max_bytes:
            # One endless GOP larger than the ring: start afresh at the next keyframe.
            self._gops[-1].closed = True


class Follower:
    """Reads one packet after the other, waiting for those to come; with a key it reads, and uses up, that pin."""

    def __init__(self, ring: PacketRing, key: str | None = None) -> None:
        self._ring = ring
        self._key = key
        self._gop: Gop | None = None
        self._next = 0
        self._number = 0

    def take(self) -> tuple[Gop, Packet] | None:
        """The next packet if there is one already."""
        while True:
            gop = self._gop
            closed = gop is None or gop.closed  # asked first: a packet may come between the two questions
            if gop is not None and self._next < len(gop.packets):
                self._next += 1
                return gop, gop.packets[self._next - 1]
            if not closed:
                return None
            following = self._ring.following(self._number, self._key)
            if following is None:
                return None
            self.jump_to(following)

    def wait(self, timeout_s: float) -> tuple[Gop, Packet] | None:
        """The next packet, or None if none came in time."""
        got = self.take()
        if got is None and timeout_s > 0:
            found: list[tuple[Gop, Packet]] = []
            self._ring.wait_until(lambda: bool(self._take_into(found)), timeout_s)
            got = found[0] if found else None
        return got

    def _take_into(self, found: list[tuple[Gop, Packet]]) -> bool:
        got = self.take()
        if got is not None:
            found.append(got)
        return got is not None

    def jump_to(self, gop: Gop) -> None:
        self._gop, self._next, self._number = gop, 0, gop.number

    @property
    def has_more(self) -> bool:
        """Whether a packet waits that was not taken yet."""
        return self._gop is not None and self._next < len(self._gop.packets)
