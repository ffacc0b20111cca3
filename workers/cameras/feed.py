"""The feed: the one connection of a camera, its thread, and what it knows of itself."""

import threading
import time
from collections import deque
from collections.abc import Callable
from itertools import pairwise
from statistics import median

from core import logs
from core.camera import Camera, CameraFound, CameraState, CameraStatus, CapturedAt, ClockSource, Instant
from core.clock import Clock
from core.credentials import Login
from core.errors import CameraError, CameraSilent, CameraUnreachable, CredentialsError, InstantGone, KnownError
from core.pit_box import PitBox
from core.retry import backoff
from core.settings import Settings
from workers.cameras.packets import Packet
from workers.cameras.preview import Mailbox, Preview
from workers.cameras.ring import Follower, PacketRing
from workers.cameras.rtsp import LiveStream, OpenStream
from workers.cameras.stills import Still, StillDecoder
from workers.cameras.timeline import StationTime, Timelines
from workers.cameras.watching import Watch
from workers.supervision import supervise

_log = logs.get("cameras.feed")

_FIRST_PAUSE_S = 0.2
_JOIN_S = 0.9
_PINNED_WITHIN_S = 2.0
"""A press is pinned this soon, so that its whole pre-roll is still there then."""
_FPS_WINDOW_NS = 2_000_000_000
_USUAL_INTERVAL_NS = 40_000_000
_JUMP_NS = 2_000_000_000
"""A PTS that is this far from where the last packet's arrival puts it belongs to another time line."""


class Feed:
    """Owns a camera's connection from `start` to `stop`. Everything but `run` and `run_once` is for any thread."""

    def __init__(
        self,
        camera: Camera,
        settings: Settings,
        *,
        login: Callable[[], Login | None],
        clock: Clock,
        station_time: StationTime,
        open_stream: OpenStream,
        mailbox: Mailbox | None = None,
        after_epoch: int = 0,
    ) -> None:
        self.camera = camera
        self.settings = settings
        self._login = login
        self._clock = clock
        self._open_stream = open_stream
        self._timelines = Timelines(station_time)
        seconds = settings.capture.pre_roll_s + _PINNED_WITHIN_S
        self.ring = PacketRing(self._timelines.at, seconds=seconds, max_bytes=settings.capture.ring_max_bytes)
        self.watch = Watch(_watched_box(camera, settings))
        self._preview = None if mailbox is None else Preview(self.ring, self._timelines.at, mailbox, clock, self.watch)
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []
        self._pauses = backoff(_FIRST_PAUSE_S, settings.rtsp.reconnect_cap_s)
        self._epoch = after_epoch
        self._since_ns = clock.utc_ns()
        self._state = CameraState.CONNECTING
        self._lost: KnownError | None = None
        self._heard_ns = clock.monotonic_ns()
        self._newest: tuple[int, Packet] | None = None
        self._first: Instant | None = None
        self._arrivals: deque[int] = deque(maxlen=256)
        self._recent_ns: deque[int] = deque(maxlen=25)
        self._keyframe_pts: int | None = None
        self._keyframe_interval_s: float | None = None
        self._found: CameraFound | None = None

    # Its life.

    def start(self) -> None:
        name = f"feed {self.camera.id}"
        self._threads = [supervise(name, self.run, self._stopping)]
        preview = self._preview
        if preview is not None:
            name = f"preview {self.camera.id}"
            self._threads.append(supervise(name, lambda: preview.run(self._stopping), self._stopping))

    def ask_to_stop(self) -> None:
        self._stopping.set()
        self.ring.wake()

    def stop(self, within_s: float = _JOIN_S) -> bool:
        """Stop and return in time; False if the thread still waits for an answer of a silent camera, whose deadline it
        will not outlive."""
        self.ask_to_stop()
        deadline_ns = time.monotonic_ns() + int(within_s * 1e9)
        for thread in self._threads:
            thread.join(max(0.0, (deadline_ns - time.monotonic_ns()) / 1e9))
        return not any(thread.is_alive() for thread in self._threads)

    def run(self) -> None:
        """Reconnect for ever. Each failure is told once, in the operator's words, and backed off."""
        while not self._stopping.is_set():
            try:
                self.run_once()
            except (CameraError, CredentialsError) as lost:
                self._report(lost)
                self._stopping.wait(next(self._pauses))

    def run_once(self) -> None:
        """Connect, and read until stopped. Raises CameraError when the camera can't be had or is lost."""
        stream = self._open_stream(self.camera, self._login(), self.settings.rtsp)
        try:
            if not self._stopping.is_set():
                self._read(stream)
        finally:
            self.ring.lose()
            stream.close()

    def _read(self, stream: LiveStream) -> None:
        # Unlike a count, the time keeps an instant of a former worker from meaning another picture now.
        # In ms, which connections that flap can't outrun.
        self._epoch = max(self._epoch + 1, self._clock.utc_ns() // 1_000_000)
        video = stream.video
        timeline = self._timelines.start(self._epoch, video)
        last: Packet | None = None
        self._keyframe_pts = self._keyframe_interval_s = None
        self._arrivals.clear()
        self._recent_ns.clear()
        heard_ns = self._clock.monotonic_ns()
        while not self._stopping.is_set():
            packet = stream.read()
            if packet is None:
                silent_s = (self._clock.monotonic_ns() - heard_ns) / 1e9
                if silent_s > self.settings.rtsp.read_timeout_s:
                    raise CameraSilent(camera=self.camera.label)
                continue
            heard_ns = packet.arrival_ns
            if last is not None:
                self._check_jump(last, packet, video.ns)
            last = packet
            if packet.is_corrupt:
                self.ring.lose()
                continue
            timeline.observe(packet.pts, packet.arrival_ns, packet.camera_utc_ns)
            if self.ring.append(self._epoch, video, packet):
                self._note(packet, video.ns, timeline.source, stream)

    def _check_jump(self, last: Packet, packet: Packet, ns: Callable[[int], int]) -> None:
        moved_ns = ns(packet.pts - last.pts)
        waited_ns = packet.arrival_ns - last.arrival_ns
        if not -_JUMP_NS < moved_ns < waited_ns + _JUMP_NS:
            raise CameraUnreachable(f"{self.camera.label} set its clock anew", camera=self.camera.label)

    def _note(self, packet: Packet, ns: Callable[[int], int], source: ClockSource, stream: LiveStream) -> None:
        self._first = self._first or Instant(self._epoch, packet.pts)
        self._newest, self._heard_ns = (self._epoch, packet), packet.arrival_ns
        self._arrivals.append(packet.arrival_ns)
        self._recent_ns.append(ns(packet.pts))
        if packet.is_keyframe:
            if self._keyframe_pts is not None:
                self._keyframe_interval_s = round(ns(packet.pts - self._keyframe_pts) / 1e9, 3)
            self._keyframe_pts = packet.pts
        found = self._found
        if packet.is_keyframe or found is None or found.clock_source is not source:
            video = stream.video
            fps = video.fps or self._measured_fps(packet.arrival_ns)
            interval_s = self._keyframe_interval_s
            self._found = CameraFound(video.codec, video.width, video.height, fps, interval_s, source)
        if self._state is not CameraState.LIVE:
            _log.info("live", camera_id=self.camera.id, epoch=self._epoch)
            self._pauses = backoff(_FIRST_PAUSE_S, self.settings.rtsp.reconnect_cap_s)
            self._lost = None
            self._set(CameraState.LIVE)

    def _report(self, lost: KnownError) -> None:
        told = self._lost is not None and self._lost.title == lost.title
        self._lost = lost
        if not told:
            _log.info(f"offline: {lost.title}", camera_id=self.camera.id)
        if self._state is not CameraState.OFFLINE:
            self._set(CameraState.OFFLINE)

    def _set(self, state: CameraState) -> None:
        self._state, self._since_ns = state, self._clock.utc_ns()

    # What it says of itself.

    def status(self) -> CameraStatus:
        now_ns = self._clock.monotonic_ns()
        newest, lost, state = self._newest, self._lost, self._state
        age_ns = None if newest is None else now_ns - newest[1].arrival_ns
        reason, hint, since_ns = "", "", self._since_ns
        if state is CameraState.LIVE and age_ns is not None and age_ns > self.settings.rtsp.stall_s * 1e9:
            state = CameraState.STALLED
            silent = CameraSilent(camera=self.camera.label)
            reason, hint = silent.title, silent.hint
            since_ns = self._clock.utc_ns() - age_ns
        elif state is CameraState.OFFLINE and lost is not None:
            reason, hint = lost.title, lost.hint
        captured = None if newest is None else self._timelines.at(newest[0], newest[1].pts)
        return CameraStatus(
            camera_id=self.camera.id,
            state=state,
            reason=reason,
            hint=hint,
            since_ns=since_ns,
            epoch=self._epoch,
            fps=round(self._measured_fps(now_ns), 1) if state is CameraState.LIVE else 0.0,
            last_packet_ns=None if age_ns is None else self._clock.utc_ns() - age_ns,
            ring_s=round(self.ring.kept_s(), 1),
            captured_u_ns=None if captured is None else captured.u_ns,
            found=self._found,
        )

    @property
    def epoch(self) -> int:
        """The newest connection's."""
        return self._epoch

    @property
    def lost(self) -> KnownError | None:
        """Why there is no connection; None while there is one, and before the first try has ended."""
        return self._lost

    @property
    def first(self) -> Instant | None:
        """The first picture since the feed was started."""
        return self._first

    @property
    def frame_interval_ns(self) -> int:
        """The usual time from one picture to the next, by the camera's own clock."""
        recent = sorted(self._recent_ns)
        steps = [after - before for before, after in pairwise(recent) if after > before]
        if not steps:
            return int(1e9 / self._found.fps) if self._found and self._found.fps else _USUAL_INTERVAL_NS
        return int(median(steps))

    def silent_s(self) -> float:
        """Seconds since the last packet, or since the feed was made."""
        return (self._clock.monotonic_ns() - self._heard_ns) / 1e9

    def _measured_fps(self, now_ns: int) -> float:
        recent = [at_ns for at_ns in list(self._arrivals) if now_ns - at_ns <= _FPS_WINDOW_NS]
        if len(recent) < 2 or recent[-1] <= recent[0]:
            return 0.0
        return (len(recent) - 1) * 1e9 / (recent[-1] - recent[0])

    # What captures take from it.

    def at(self, instant: Instant) -> CapturedAt:
        """When this picture was captured. Raises InstantGone if its connection is no longer remembered."""
        try:
            return self._timelines.at(instant.epoch, instant.pts)
        except KeyError:
            raise InstantGone(camera=self.camera.label) from None

    def pin(self, key: str, from_ns: int, to_ns: int | None) -> None:
        """Keep what is captured in this span (UTC) for `key`, however long it waits."""
        self.ring.pin(key, from_ns, to_ns)

    def unpin(self, key: str) -> None:
        self.ring.unpin(key)

    def follow(self, key: str) -> Follower:
        """Read what is pinned for `key`, and go on with what comes."""
        return Follower(self.ring, key)

    def still(self, instant: Instant, decoder: StillDecoder | None = None) -> Still:
        """The very picture. Raises InstantGone if it is no longer kept, or damaged: never another one."""
        gop = self.ring.gop_with(instant)
        if gop is None:
            raise InstantGone(camera=self.camera.label)
        picture = (decoder or StillDecoder()).picture(gop, instant.pts)
        if picture is None:
            raise InstantGone(
                f"The picture asked of {self.camera.label} arrived damaged and can't be decoded",
                camera=self.camera.label,
            )
        return Still(instant, self.at(instant), picture)

    def change(self, camera: Camera, settings: Settings) -> None:
        """Take over a new name or new settings; the connection stays."""
        self.camera, self.settings = camera, settings
        self.watch.change(_watched_box(camera, settings))
        self.ring.resize(settings.capture.pre_roll_s + _PINNED_WITHIN_S, settings.capture.ring_max_bytes)


def _watched_box(camera: Camera, settings: Settings) -> PitBox | None:
    """Where stops are timed live; None where they are not."""
    return PitBox(camera.pit_box) if camera.pit_box is not None and settings.stops.live else None
