"""The preview: the newest picture of a camera, decoded only while somebody looks; live analysis is fed on the way."""

import threading
from collections.abc import Callable
from typing import Protocol

import av
import av.error
from av.video.reformatter import Interpolation, VideoReformatter

from core.camera import CapturedAt, ClockSource
from core.clock import Clock
from core.mailbox import Wish
from workers.cameras.packets import Gop, Packet
from workers.cameras.ring import Follower, PacketRing
from workers.cameras.stills import av_packet, open_decoder
from workers.cameras.watching import Watch

_IDLE_S = 0.05
_WAIT_S = 0.1
_LATE_NS = 500_000_000
"""Further behind than this, the decoder leaps to the newest keyframe."""
_SHOWN_AT_LEAST_NS = 200_000_000
"""While it catches up, a picture is shown this often all the same."""
_REMEMBERED = 64


class Mailbox(Protocol):
    """Where pictures go and wishes come from: core.mailbox.MailboxWriter."""

    def wish(self) -> Wish | None: ...

    def write(
        self,
        *,
        width: int,
        height: int,
        line_bytes: int,
        epoch: int,
        pts: int,
        captured_at_ns: int,
        captured_u_ns: int,
        clock_source: ClockSource,
        shown_monotonic_ns: int,
        pixels: bytes | bytearray | memoryview,
    ) -> int: ...


class Preview:
    """Follows a ring and keeps a mailbox fresh. `run` in a thread of its own; nothing here is for other threads."""

    def __init__(
        self,
        ring: PacketRing,
        time_of: Callable[[int, int], CapturedAt],
        mailbox: Mailbox,
        clock: Clock,
        watch: Watch | None = None,
    ) -> None:
        """watch: gets every picture that is decoded, and has them decoded while somebody watches."""
        self._watch = watch or Watch()
        self._ring = ring
        self._time_of = time_of
        self._mailbox = mailbox
        self._clock = clock
        self._scaler, self._converter = VideoReformatter(), VideoReformatter()
        self._follower: Follower | None = None
        self._decoder: av.VideoCodecContext | None = None
        self._decoded: Gop | None = None
        self._arrivals: dict[int, int] = {}
        self._shown_ns = 0

    def run(self, stopping: threading.Event) -> None:
        while not stopping.is_set():
            if not self.step():
                stopping.wait(_IDLE_S)

    def step(self) -> bool:
        """Decode what comes next, waiting for it a moment; False if nobody looks and nothing is watched."""
        wish = self._mailbox.wish()
        now_ns = self._clock.monotonic_ns()
        if wish is not None and wish.until_monotonic_ns <= now_ns:
            wish = None
        if wish is None and not self._watch.wants:
            self._follower = self._decoder = self._decoded = None
            return False
        if self._follower is None:
            newest = self._ring.newest()
            if newest is None:
                self._ring.wait_until(lambda: self._ring.newest() is not None, _WAIT_S)
                return True
            self._follower, self._shown_ns = Follower(self._ring), now_ns
            self._follower.jump_to(newest)
        got = self._follower.wait(_WAIT_S)
        if got is not None:
            self._decode(*got, wish, self._follower)
        return True

    def _decode(self, gop: Gop, packet: Packet, wish: Wish | None, follower: Follower) -> None:
        late = self._clock.monotonic_ns() - packet.arrival_ns > _LATE_NS
        newest = self._ring.newest()
        if late and newest is not None and newest.number > gop.number:
            follower.jump_to(newest)
            return
        if self._decoder is None or self._needs_another_decoder(gop):
            self._decoder, self._arrivals = open_decoder(gop.format), {}
        self._decoded = gop
        self._arrivals[packet.pts] = packet.arrival_ns
        if len(self._arrivals) > _REMEMBERED:
            del self._arrivals[next(iter(self._arrivals))]
        try:
            frames = self._decoder.decode(av_packet(packet, gop.format.time_base))
        except av.error.FFmpegError:
            return  # a damaged picture: the next keyframe heals it
        for frame in frames:
            self._watch.take(gop.epoch, gop.format.time_base, frame)
        behind = follower.has_more and self._clock.monotonic_ns() - self._shown_ns < _SHOWN_AT_LEAST_NS
        if frames and wish is not None and not behind:
            self._show(gop, frames[-1], wish)

    def _needs_another_decoder(self, gop: Gop) -> bool:
        decoded = self._decoded
        return decoded is None or decoded.epoch != gop.epoch or decoded.number not in (gop.number, gop.number - 1)

    def _show(self, gop: Gop, frame: av.VideoFrame, wish: Wish) -> None:
        if frame.pts is None or frame.pts not in self._arrivals:
            return
        width, height = fitting(frame.width, frame.height, wish.width, wish.height)
        # Scaled as it is and then converted: a sixth cheaper than both at once, as FFmpeg has a quick way for each.
        scaled = self._scaler.reformat(
            frame, width, height, frame.format.name, interpolation=Interpolation.FAST_BILINEAR, threads=1
        )
        plane = self._converter.reformat(scaled, width, height, "bgra", threads=1).planes[0]
        captured = self._time_of(gop.epoch, frame.pts)
        self._shown_ns = self._clock.monotonic_ns()
        self._mailbox.write(
            width=width,
            height=height,
            line_bytes=plane.line_size,
            epoch=gop.epoch,
            pts=frame.pts,
            captured_at_ns=captured.at_ns,
            captured_u_ns=captured.u_ns,
            clock_source=captured.source,
            shown_monotonic_ns=self._arrivals[frame.pts],
            pixels=memoryview(plane),
        )


def fitting(width: int, height: int, most_width: int, most_height: int) -> tuple[int, int]:
    """The largest size in px of the same shape that fits and is no larger than the picture itself.

    A width is a multiple of 8: of some others FFmpeg's quick conversion leaves the last columns as they were in memory.
    A height is even: half a row of colour would cost twice as much.
    """
    fits = max(8, min(most_width, most_height * width // height, width) & ~7)
    return fits, max(2, round(height * fits / width) & ~1)
