"""The camera end of the tests: a GStreamer RTSP server, run by the system's Python because gi lives only there.

Reads one JSON object from stdin (see `RtspServer` in rtsp_server.py), prints {"port": …} when it listens, and leaves
when stdin closes, so it can't outlive the test that started it.
"""

import json
import math
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
gi.require_version("GstApp", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402

CELL_PX = 16  # a stamp's bit; survives 4:2:0 and a low bit rate
FRAME_BITS, TIME_BITS = 32, 64
ENCODERS = {
    "h264": "x264enc tune=zerolatency speed-preset=ultrafast bitrate=1500 key-int-max={key} threads=1",
    "h265": "x265enc tune=zerolatency speed-preset=ultrafast bitrate=1000 key-int-max={key}",
}
PAYLOADERS = {"h264": "rtph264pay", "h265": "rtph265pay"}


def stamped(width: int, height: int) -> Callable[[int], bytes]:
    """Makes I420 pictures: colour bars, a bar that walks, frame number and UTC µs as rows of black and white cells."""
    bars = [
        (180, 128, 128),
        (162, 44, 142),
        (131, 156, 44),
        (112, 72, 58),
        (84, 184, 198),
        (65, 100, 212),
        (35, 212, 114),
    ]
    luma_row = b"".join(bytes([y]) * math.ceil(width / 7) for y, _, _ in bars)[:width]
    blue_row = b"".join(bytes([u]) * math.ceil(width / 14) for _, u, _ in bars)[: width // 2]
    red_row = b"".join(bytes([v]) * math.ceil(width / 14) for _, _, v in bars)[: width // 2]
    chroma = blue_row * (height // 2) + red_row * (height // 2)

    def row_of(value: int, bits: int) -> bytes:
        cells = b"".join((b"\xeb" if value >> (bits - 1 - i) & 1 else b"\x10") * CELL_PX for i in range(bits))
        return (cells + luma_row[len(cells) :])[:width] * CELL_PX

    def picture(number: int) -> bytes:
        walker = bytearray(luma_row)
        at = number * 8 % (width - 16)
        walker[at : at + 16] = b"\xeb" * 16
        now_us = time.time_ns() // 1000
        stamp = row_of(number, FRAME_BITS) + row_of(now_us >> 32, 32) + row_of(now_us & 0xFFFFFFFF, 32)
        return stamp + luma_row * (height // 2 - CELL_PX * 3) + bytes(walker) * (height - height // 2) + chroma

    return picture


def access_units(path: str, codec: str) -> list[bytes]:
    """Every access unit of an MP4 file, as a byte stream."""
    pipeline = Gst.parse_launch(
        f"filesrc name=file ! qtdemux ! {codec}parse config-interval=-1 ! "
        f"video/x-{codec},stream-format=byte-stream,alignment=au ! appsink name=out sync=false"
    )
    pipeline.get_by_name("file").set_property("location", path)
    pipeline.set_state(Gst.State.PLAYING)
    out, units = pipeline.get_by_name("out"), []
    while (sample := out.emit("pull-sample")) is not None:
        buffer = sample.get_buffer()
        units.append(buffer.extract_dup(0, buffer.get_size()))
    pipeline.set_state(Gst.State.NULL)
    return units


def pump(source: Any, fps: int, produce: Callable[[int], bytes]) -> None:
    """Push one picture every 1/fps s, paced by the pipeline's clock, until the media is torn down."""
    period_ns, number, tick = Gst.SECOND // fps, 0, threading.Event()
    start_ns = source.get_current_running_time()
    while True:
        due_ns = start_ns + number * period_ns
        late_ns = source.get_current_running_time() - due_ns
        if late_ns < 0:
            tick.wait(-late_ns / 1e9)
        buffer = Gst.Buffer.new_wrapped(produce(number))
        buffer.pts = buffer.dts = due_ns
        buffer.duration = period_ns
        if source.emit("push-buffer", buffer) != Gst.FlowReturn.OK:
            return
        number += 1


def add_mount(server: Any, mount: dict[str, Any], role: str | None, transports: list[str]) -> None:
    codec, fps = mount["codec"], mount["fps"]
    if mount["file"]:
        units = access_units(mount["file"], codec)
        caps = f"video/x-{codec},stream-format=byte-stream,alignment=au,framerate={fps}/1"
        middle = "identity"

        def make_picture() -> Callable[[int], bytes]:
            return lambda number: units[number % len(units)]
    else:
        width, height = mount["width"], mount["height"]
        caps = f"video/x-raw,format=I420,width={width},height={height},framerate={fps}/1"
        middle = f"timeoverlay valignment=bottom ! {ENCODERS[codec].format(key=mount['key_int'])}"

        def make_picture() -> Callable[[int], bytes]:
            return stamped(width, height)

    def configured(_factory: Any, media: Any) -> None:
        source = media.get_element().get_by_name_recurse_up("pictures")
        once = threading.Lock()

        def wanted(_source: Any, _bytes: int) -> None:
            if once.acquire(blocking=False):
                threading.Thread(target=pump, args=(source, fps, make_picture()), daemon=True).start()

        source.connect("need-data", wanted)

    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(
        f"( appsrc name=pictures is-live=true format=time caps={caps} ! {middle} ! "
        f"{PAYLOADERS[codec]} name=pay0 pt=96 config-interval=-1 )"
    )
    factory.set_shared(True)
    lower = GstRtsp.RTSPLowerTrans(0)
    for name in transports:
        lower |= {"tcp": GstRtsp.RTSPLowerTrans.TCP, "udp": GstRtsp.RTSPLowerTrans.UDP}[name]
    factory.set_protocols(lower)
    if role:
        factory.add_role_from_structure(
            Gst.Structure.from_string(f"{role}, media.factory.access=true, media.factory.construct=true")[0]
        )
    factory.connect("media-configure", configured)
    server.get_mount_points().add_factory(mount["path"], factory)


def demand_login(server: Any, scheme: str, user: str, password: str) -> str:
    """Every request needs the login; returns the role to be granted."""
    auth, role = GstRtspServer.RTSPAuth(), "viewer"
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", role)
    if scheme == "basic":
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.BASIC)
        auth.add_basic(GstRtspServer.RTSPAuth.make_basic(user, password), token)
    else:
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
        auth.add_digest(user, password, token)
    server.set_auth(auth)
    return role


def main() -> None:
    wanted = json.loads(sys.stdin.readline())
    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(str(wanted["port"]))
    role = None
    if wanted["auth"] != "none":
        role = demand_login(server, wanted["auth"], wanted["user"], wanted["password"])
    for mount in wanted["mounts"]:
        add_mount(server, mount, role, wanted["transports"])
    loop = GLib.MainLoop()
    if not server.attach(None):
        sys.exit(f"port {wanted['port']} could not be bound")
    GLib.io_add_watch(sys.stdin, GLib.PRIORITY_DEFAULT, GLib.IO_HUP | GLib.IO_IN, lambda *_: loop.quit())
    # Sessions of clients that went away without a word would be kept for a minute.
    GLib.timeout_add_seconds(5, lambda: server.get_session_pool().cleanup() >= 0)
    print(json.dumps({"port": server.get_bound_port()}), flush=True)
    loop.run()


if __name__ == "__main__":
    main()
