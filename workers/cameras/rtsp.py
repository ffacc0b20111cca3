"""The RTSP connection: opens a stream with deadlines, reads packets, and puts failures in the operator's words."""

import ssl
import struct
import time
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Protocol
from urllib.parse import quote, urlsplit, urlunsplit

import av
import av.error
from av.container import InputContainer
from av.video.stream import VideoStream

from core.camera import Camera, Transport
from core.credentials import Login
from core.errors import (
    CameraError,
    CameraNotFound,
    CameraRefused,
    CameraSilent,
    CameraUndecodable,
    CameraUnreachable,
)
from core.setting_sections import RtspSettings
from workers.cameras.packets import Packet, VideoFormat

CODECS = ("h264", "hevc", "mjpeg")
_WHITELIST = "rtsp,rtp,udp,tcp,tls,rtsps,srtp,crypto"
_MOST_UNDATED = 8
_PRODUCER_TIME = struct.Struct("=q")
"""Head of FFmpeg's AVProducerReferenceTime (packet side data `prft`): UTC in µs."""


class OpenStream(Protocol):
    """Opens a camera's stream; an argument of the feed, so that tests can replay one."""

    def __call__(self, camera: Camera, login: Login | None, settings: RtspSettings) -> "LiveStream": ...


class LiveStream(Protocol):
    """An open connection of one camera."""

    @property
    def video(self) -> VideoFormat: ...

    def read(self) -> Packet | None:
        """The next packet, or None if there is none yet. Raises CameraError when the connection is lost or silent."""

    def close(self) -> None: ...


def open_stream(camera: Camera, login: Login | None, settings: RtspSettings) -> "RtspStream":
    """Connect within settings.open_timeout_s. The login is put into the URL in memory only.

    Raises CameraRefused, CameraNotFound, CameraUnreachable, CameraSilent, CameraUndecodable.
    """
    started_s = time.monotonic()
    # FFmpeg takes this deadline twice: for the handshake, and for finding out what is sent.
    deadline_s = settings.open_timeout_s / 2
    try:
        container = av.open(
            _with_login(camera.url, login),
            mode="r",
            format="rtsp",
            options=_options(camera),
            # FFmpeg may give up in the midst of a packet, so a read that was cut short is the end of the connection.
            timeout=(deadline_s, settings.read_timeout_s),
        )
    except (av.error.FFmpegError, OSError, ValueError) as failed:
        # From None: the original's text holds the URL with its login.
        raise _translated(camera, failed, time.monotonic() - started_s >= deadline_s) from None
    try:
        return RtspStream(camera, container)
    except CameraError:
        container.close()
        raise


class RtspStream:
    """A connection through PyAV."""

    def __init__(self, camera: Camera, container: InputContainer) -> None:
        self._camera = camera
        self._container = container
        streams = container.streams.video
        if not streams:
            raise CameraNotFound(f"{camera.label} offers no video, only sound or data", camera=camera.label)
        self._stream = streams[0]
        self.video = _format_of(camera, self._stream)
        self._packets: Iterator[av.Packet[VideoStream]] = iter(container.demux(self._stream))
        self._is_first = True
        self._was_reported = False
        self._undated: list[Packet] = []
        self._ready: list[Packet] = []

    def read(self) -> Packet | None:
        if self._ready:
            return self._ready.pop(0)
        try:
            packet = next(self._packets)
        except av.error.ExitError:
            raise CameraSilent(camera=self._camera.label) from None
        except StopIteration:
            raise CameraUnreachable(
                f"{self._camera.label} closed the connection",
                hint="Nothing to do: the station reconnects by itself when the camera answers again.",
                camera=self._camera.label,
            ) from None
        except (av.error.FFmpegError, OSError) as failed:
            raise _translated(self._camera, failed, False) from None
        return self._timed(packet)

    def _camera_utc_ns(self, packet: "av.Packet[VideoStream]") -> int | None:
        """FFmpeg gives the first packet after the first sender report the time of the one that follows: left out."""
        known, self._was_reported = self._was_reported, packet.has_sidedata("prft")
        return _camera_utc_ns(packet) if known else None

    def close(self) -> None:
        self._packets = iter(())
        self._container.close()

    def _timed(self, packet: "av.Packet[VideoStream]") -> Packet | None:
        """The packet as ours. The first ones come without DTS; they get theirs from the first that has one."""
        first, self._is_first = self._is_first, False
        if packet.size == 0 or (packet.pts is None and not first):
            return None
        made = Packet(
            pts=packet.pts or 0,  # FFmpeg counts from the first packet, and leaves out its own 0
            dts=packet.dts,
            duration=packet.duration or 0,
            is_keyframe=packet.is_keyframe,
            data=bytes(packet),
            arrival_ns=time.monotonic_ns(),
            camera_utc_ns=self._camera_utc_ns(packet),
            is_corrupt=packet.is_corrupt,
        )
        if made.dts is None and len(self._undated) < _MOST_UNDATED:
            self._undated.append(made)
            return None
        self._ready, self._undated = [*_dated(self._undated, made), made], []
        return self._ready.pop(0)


def _dated(undated: list[Packet], following: Packet) -> list[Packet]:
    """DTS counted back from the packet that has one."""
    dated = []
    for packet in reversed(undated):
        dts = None if following.dts is None else following.dts - max(1, packet.duration)
        following = replace(packet, dts=dts)
        dated.append(following)
    return dated[::-1]


def _camera_utc_ns(packet: "av.Packet[VideoStream]") -> int | None:
    if not packet.has_sidedata("prft"):
        return None
    (utc_us,) = _PRODUCER_TIME.unpack_from(packet.get_sidedata("prft"))
    return int(utc_us) * 1000


def _format_of(camera: Camera, stream: VideoStream) -> VideoFormat:
    context = stream.codec_context
    codec = context.name if context is not None else "a codec without a name"
    if codec not in CODECS:
        raise CameraUndecodable(codec, camera=camera.label)
    if not context.width or not context.height:
        raise CameraSilent(camera=camera.label)
    return VideoFormat(
        codec=codec,
        width=context.width,
        height=context.height,
        fps=float(stream.average_rate or stream.guessed_rate or 0),
        time_base=stream.time_base or Fraction(1, 90_000),
        extradata=bytes(context.extradata or b""),
    )


def _with_login(url: str, login: Login | None) -> str:
    if login is None:
        return url
    parts = urlsplit(url)
    place = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{quote(login.user, safe='')}:{quote(login.password, safe='')}@{place}"))


def _options(camera: Camera) -> dict[str, str]:
    secure = camera.url.lower().startswith("rtsps:")
    options = {
        # Over TLS only the connection itself is secret: pictures by UDP would go in the open.
        "rtsp_transport": str(Transport.TCP if secure else camera.transport),
        "allowed_media_types": "video",  # with sound, FFmpeg shifts the PTS at the first RTCP report
        "analyzeduration": "100000",
        "buffer_size": str(2 << 20),
        "protocol_whitelist": _WHITELIST,
    }
    if secure:
        options["tls_verify"] = "1"
        authorities = camera.ca_file or ssl.get_default_verify_paths().cafile
        if authorities:
            options["ca_file"] = authorities
    return options


def _translated(camera: Camera, failed: Exception, in_time_out: bool) -> CameraError:
    name = camera.label
    place = urlsplit(camera.url).netloc.rpartition("@")[2]
    if isinstance(failed, av.error.HTTPUnauthorizedError | av.error.HTTPForbiddenError):
        return CameraRefused(camera=name)
    if isinstance(failed, av.error.HTTPNotFoundError):
        return CameraNotFound(camera=name)
    if isinstance(failed, av.error.DecoderNotFoundError | av.error.PatchWelcomeError):
        return CameraUndecodable("a codec without a name", camera=name)
    if in_time_out or isinstance(failed, av.error.ExitError | TimeoutError):
        return CameraSilent(
            f"{name} at {place} took the connection, or the network swallowed it, and nothing came back in time",
            camera=name,
        )
    if isinstance(failed, ConnectionRefusedError):
        return CameraUnreachable(f"{name}: nothing listens at {place}", camera=name)
    if isinstance(failed, av.error.HTTPError):
        return CameraNotFound(f"{name} answers, but refuses to show this URL", camera=name)
    if isinstance(failed, av.error.InvalidDataError):
        return CameraUnreachable(f"{name}: what answers at {place} hung up, or is no RTSP camera", camera=name)
    if camera.url.lower().startswith("rtsps:"):
        return CameraUnreachable(
            f"{name} at {place} does not answer, or its certificate is not trusted",
            hint="Check its address, and give the file of its certificate authority in Cameras ▸ Certificate.",
            camera=name,
        )
    return CameraUnreachable(f"{name} does not answer at {place}", camera=name)
