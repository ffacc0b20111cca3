"""The feeds: one for each camera that is to be connected, in step with the configured cameras and the settings."""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from pydantic import ValidationError

from core import logs
from core.camera import Camera, CameraFound, CameraState, CameraStatus, ClockSource, Instant
from core.capture import CaptureMode, CaptureParams
from core.clock import Clock, SystemClock
from core.credentials import Credentials, Login, camera_login
from core.errors import CameraError, CameraLimit, CameraSilent, CameraUnknown, DiskFull, InstantGone, KnownError
from core.job import Job
from core.mailbox import MailboxWriter
from core.paths import DataFolder
from core.settings import Settings
from workers.cameras.feed import Feed
from workers.cameras.rtsp import LiveStream, OpenStream, open_stream
from workers.cameras.timeline import StationTime

_log = logs.get("cameras.feeds")
_STOP_S = 0.9
_TEST_S = 4.8
_TEST_RTCP_S = 3.8
_BURST_SLOWEST_FPS = 5.0


@dataclass(slots=True)
class _Running:
    feed: Feed
    mailbox: MailboxWriter | None


class Feeds:
    """Owns every feed. `sync_with` and `stop` are not for two threads at once; all else is for any."""

    def __init__(
        self,
        folder: DataFolder,
        settings: Settings,
        credentials: Credentials,
        clock: Clock | None = None,
        *,
        open_stream: OpenStream = open_stream,
    ) -> None:
        self._folder = folder
        self._credentials = credentials
        self._clock = clock or SystemClock()
        self._open_stream = open_stream
        self._station_time = StationTime(self._clock)
        self._lock = threading.Lock()
        self._cameras: dict[str, Camera] = {}
        self._running: dict[str, _Running] = {}
        self._epochs: dict[str, int] = {}
        self._settings = settings
        self._stopped = False

    def stop(self) -> None:
        """Let go of every camera, in about a second."""
        self._stopped = True
        self._stop_feeds(list(self._running))

    def sync_with(self, cameras: Sequence[Camera], settings: Settings) -> None:
        """Connect what is new, let go of what is gone, disabled or past the limit; a changed URL reconnects."""
        wanted = [camera for camera in cameras if camera.enabled][: settings.rtsp.max_concurrent_streams]
        keep = {camera.id: camera for camera in wanted}
        with self._lock:
            self._cameras = {camera.id: camera for camera in cameras}
            self._settings = settings
            running = dict(self._running)
        if self._stopped:
            return
        self._stop_feeds(
            [
                camera_id
                for camera_id, each in running.items()
                if camera_id not in keep or _connection(each.feed.camera) != _connection(keep[camera_id])
            ]
        )
        for camera in wanted:
            if camera.id in self._running:
                self._running[camera.id].feed.change(camera, settings)
            else:
                self._start_feed(camera, settings)

    def get(self, camera_id: str) -> Feed:
        """The camera's feed; case does not matter. Raises CameraUnknown, CameraLimit, CameraError if it is disabled."""
        with self._lock:
            camera_id = next((known for known in self._cameras if known.lower() == camera_id.lower()), camera_id)
            running, camera = self._running.get(camera_id), self._cameras.get(camera_id)
            limit = self._settings.rtsp.max_concurrent_streams
        if running is not None:
            return running.feed
        if camera is None:
            raise CameraUnknown(camera_id)
        raise _not_connected(camera, limit)

    def watched(self) -> list[Feed]:
        """Those on whose camera a pit box is watched."""
        with self._lock:
            running = list(self._running.values())
        return [each.feed for each in running if each.feed.watch.box is not None]

    def statuses(self) -> list[CameraStatus]:
        """What every configured camera says of itself now."""
        with self._lock:
            cameras, running = list(self._cameras.values()), dict(self._running)
            limit = self._settings.rtsp.max_concurrent_streams
        said = []
        for camera in cameras:
            if camera.id in running:
                said.append(running[camera.id].feed.status())
            else:
                why = _not_connected(camera, limit)
                said.append(CameraStatus(camera.id, CameraState.OFFLINE, reason=why.title, hint=why.hint))
        return said

    def pin_for(self, job: Job) -> None:
        """Keep the packets that a capture will need, before anything else happens to its job."""
        try:
            params = CaptureParams.model_validate(job.params)
            pin(self.get(params.camera_id), job.id, params)
        except (CameraError, ValidationError) as later:
            _log.info("nothing to pin", job_id=job.id, why=str(later))  # its handler meets the same and says so

    def unpin_for(self, job: Job) -> None:
        with self._lock:
            running = list(self._running.values())
        for each in running:
            each.feed.unpin(job.id)

    def _start_feed(self, camera: Camera, settings: Settings) -> None:
        mailbox: MailboxWriter | None = None
        try:
            mailbox = MailboxWriter(self._folder.mailbox(camera.id))
        except DiskFull as full:
            _log.warning(f"no preview: {full.title}", camera_id=camera.id)
        feed = Feed(
            camera,
            settings,
            login=partial(camera_login, self._credentials, camera.id),
            clock=self._clock,
            station_time=self._station_time,
            open_stream=self._open_stream,
            mailbox=mailbox,
            after_epoch=self._epochs.get(camera.id, 0),
        )
        with self._lock:
            self._running[camera.id] = _Running(feed, mailbox)
        feed.start()

    def _stop_feeds(self, camera_ids: Sequence[str]) -> None:
        with self._lock:
            leaving = {camera_id: self._running.pop(camera_id) for camera_id in camera_ids}
        for each in leaving.values():
            each.feed.ask_to_stop()
        deadline_s = time.monotonic() + _STOP_S
        for camera_id, each in leaving.items():
            each.feed.stop(max(0.0, deadline_s - time.monotonic()))
            self._epochs[camera_id] = each.feed.epoch
            if each.mailbox is not None:
                each.mailbox.close()


def pin(feed: Feed, key: str, params: CaptureParams) -> None:
    """Pin what a capture will read, if it is not yet: of an event, what it reads is known once there is one.

    Raises InstantGone.
    """
    if params.mode is CaptureMode.EVENT_DRIVEN:
        return
    from_ns = start_of(feed, params)
    if params.mode is CaptureMode.CLIP:
        from_ns, length_s = from_ns - int(params.pre_s * 1e9), params.pre_s + params.post_s
    elif params.mode is CaptureMode.SINGLE_FRAME:
        length_s = 0.0
    elif params.mode is CaptureMode.BURST:
        length_s = params.count / (params.fps or _BURST_SLOWEST_FPS)
    else:
        length_s = params.duration_s
    feed.pin(key, from_ns, from_ns + int(length_s * 1e9))


def start_of(feed: Feed, params: CaptureParams) -> int:
    """When the press was (UTC ns): the time of the picture on screen, as well as it is known now.

    Raises InstantGone if that very picture is wanted and its connection is forgotten; a span has its time all the same.
    """
    instant = asked_instant(params)
    if instant is None:
        return params.at_ns
    try:
        return feed.at(instant).at_ns
    except InstantGone:
        if params.mode in (CaptureMode.SINGLE_FRAME, CaptureMode.BURST):
            raise
        return params.at_ns


def asked_instant(params: CaptureParams) -> Instant | None:
    """The very picture that was on screen at the press, if there was one."""
    if params.epoch is None or params.pts is None:
        return None
    return Instant(params.epoch, params.pts)


def test_camera(camera: Camera, login: Login | None, settings: Settings) -> CameraFound:
    """Connect once, for at most 5 s, and tell what the camera sends. Raises CameraError."""
    clock = SystemClock()
    started_ns = clock.monotonic_ns()
    allowed_s = min(settings.rtsp.open_timeout_s, _TEST_S - 2.0)
    stream = open_stream(camera, login, settings.rtsp.model_copy(update={"open_timeout_s": allowed_s}))
    try:
        return _look(camera, stream, clock, started_ns)
    finally:
        stream.close()


def _look(camera: Camera, stream: LiveStream, clock: Clock, started_ns: int) -> CameraFound:
    video = stream.video
    keyframes: list[int] = []
    times: list[int] = []
    source = ClockSource.ARRIVAL
    while True:
        waited_s = (clock.monotonic_ns() - started_ns) / 1e9
        complete = len(keyframes) > 1 and (source is ClockSource.RTCP or waited_s > _TEST_RTCP_S)
        if complete or waited_s > _TEST_S:
            break
        packet = stream.read()
        if packet is None:
            continue
        times.append(packet.pts)
        if packet.is_keyframe:
            keyframes.append(packet.pts)
        if packet.camera_utc_ns is not None:
            source = ClockSource.RTCP
    if not times:
        raise CameraSilent(camera=camera.label, seconds=round(_TEST_S))
    span_ns = video.ns(max(times) - min(times))
    fps = video.fps or ((len(times) - 1) * 1e9 / span_ns if span_ns else 0.0)
    interval_s = round(video.ns(keyframes[1] - keyframes[0]) / 1e9, 3) if len(keyframes) > 1 else None
    return CameraFound(video.codec, video.width, video.height, fps, interval_s, source)


def _connection(camera: Camera) -> tuple[object, ...]:
    """What a connection depends on."""
    return camera.url, camera.transport, camera.ca_file


def _not_connected(camera: Camera, limit: int) -> KnownError:
    if camera.enabled:
        return CameraLimit(camera=camera.label, limit=limit)
    return CameraError(
        f"{camera.label} is disabled", hint=f"Enable it in Cameras ▸ {camera.label}.", camera=camera.label
    )
