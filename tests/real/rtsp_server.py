"""Cameras that this project did not write: GStreamer's RTSP server, and the clock that is burnt into its pictures."""

import functools
import json
import subprocess
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from tests.real.child import ChildServer

SYSTEM_PYTHON = "/usr/bin/python3"  # gi is a package of the system, and comes in no wheel
SCRIPT = Path(__file__).with_name("gst_rtsp_server.py")
CELL_PX = 16


@functools.cache
def missing_gstreamer() -> str | None:
    """Why no GStreamer RTSP server can run here, or None."""
    check = (
        "import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import Gst, GstRtspServer; "
        "Gst.init(None); assert Gst.ElementFactory.find('x264enc') and Gst.ElementFactory.find('h264parse')"
    )
    try:
        tried = subprocess.run([SYSTEM_PYTHON, "-c", check], capture_output=True, timeout=30, check=False)
    except OSError as absent:
        return f"no {SYSTEM_PYTHON}: {absent}"
    if tried.returncode:
        return "GStreamer's RTSP server is not installed (`python3 run.py setup` as root installs it)"
    return None


@dataclass(frozen=True, slots=True)
class Mount:
    """One camera: test pictures with a stamp, or an MP4 file (no B-frames, one slice a picture) over and over."""

    path: str = "/cam"
    codec: Literal["h264", "h265"] = "h264"
    width: int = 640  # px; 512 or more, for the stamp
    height: int = 360
    fps: int = 25
    key_int: int = 25  # frames from one keyframe to the next
    file: str | None = None


class RtspServer(ChildServer):
    """A GStreamer RTSP server on loopback. RTCP sender reports are on, as GStreamer has them."""

    def __init__(
        self,
        mounts: Sequence[Mount] = (Mount(),),
        *,
        auth: Literal["none", "basic", "digest"] = "none",
        user: str = "operator",
        password: str = "pit lane/7",
        transports: Sequence[Literal["tcp", "udp"]] = ("tcp", "udp"),
        port: int = 0,
    ) -> None:
        self.mounts, self.auth, self.transports = tuple(mounts), auth, tuple(transports)
        self.user, self.password, self.port = user, password, port

    def command(self) -> Sequence[str]:
        return [SYSTEM_PYTHON, str(SCRIPT)]

    def wait_until_ready(self, deadline: float) -> None:
        assert self.process is not None and self.process.stdin is not None
        wanted: dict[str, Any] = {
            "port": self.port,
            "auth": self.auth,
            "user": self.user,
            "password": self.password,
            "transports": self.transports,
            "mounts": [asdict(mount) for mount in self.mounts],
        }
        self.process.stdin.write(json.dumps(wanted).encode() + b"\n")
        self.process.stdin.flush()
        self.port = int(json.loads(self.read_line(deadline))["port"])

    def url(self, mount: str = "/cam") -> str:
        """The address without login."""
        return f"rtsp://127.0.0.1:{self.port}{mount}"


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a test picture says of itself."""

    number: int  # frames since its media started
    utc_us: int  # when the picture was drawn


def read_stamp(luma: NDArray[np.uint8]) -> Stamp:
    """Read the cells at the top of a test picture, at its own size. luma: (H, W) uint8, Y plane or grey."""

    def word(row: int) -> int:
        y = row * CELL_PX + CELL_PX // 2
        cells = luma[y - 2 : y + 3, : 32 * CELL_PX].reshape(5, 32, CELL_PX)[:, :, 4:12].mean(axis=(0, 2))
        return int("".join("1" if cell > 127 else "0" for cell in cells), 2)

    return Stamp(number=word(0), utc_us=(word(1) << 32) | word(2))
