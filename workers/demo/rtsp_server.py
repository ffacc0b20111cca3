"""A small RTSP server that plays MP4 files for ever, all in step, with RTCP sender reports: the demo's cameras.

RTSP 1.0 (RFC 2326), RTP over the same TCP connection, H.264 as in RFC 6184, no login, loopback only.
"""

import asyncio
import base64
import random
import struct
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import av

CLOCK_HZ = 90_000
PAYLOAD_TYPE = 96
PAYLOAD_BYTES = 1400
REPORT_EVERY_S = 2.0
BACKLOG_BYTES = 2 << 20  # a client that reads no more is dropped, or its backlog would eat the memory
NTP_EPOCH_S = 2_208_988_800  # from 1900 to 1970


@dataclass(frozen=True, slots=True)
class Picture:
    """One access unit, cut into RTP payloads."""

    payloads: tuple[bytes, ...]
    keyframe: bool


@dataclass(frozen=True, slots=True)
class Film:
    """One file in memory."""

    fps: int
    pictures: tuple[Picture, ...]
    sps: bytes
    pps: bytes

    @property
    def sdp(self) -> str:
        sets = ",".join(base64.b64encode(each).decode() for each in (self.sps, self.pps))
        lines = [
            *("v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=TrackShift demo camera", "c=IN IP4 127.0.0.1", "t=0 0"),
            *("a=control:*", "a=range:npt=now-", f"m=video 0 RTP/AVP {PAYLOAD_TYPE}"),
            *(f"a=rtpmap:{PAYLOAD_TYPE} H264/{CLOCK_HZ}", f"a=framerate:{self.fps}", "a=control:track1"),
            f"a=fmtp:{PAYLOAD_TYPE} packetization-mode=1;sprop-parameter-sets={sets}",
        ]
        return "\r\n".join([*lines, ""])


def payloads(nal: bytes) -> list[bytes]:
    """A NAL unit as RTP payloads: whole, or in FU-A fragments."""
    if len(nal) <= PAYLOAD_BYTES:
        return [nal]
    indicator, kind = nal[0] & 0xE0 | 28, nal[0] & 0x1F
    pieces = [nal[at : at + PAYLOAD_BYTES - 2] for at in range(1, len(nal), PAYLOAD_BYTES - 2)]
    ends = [0x80, *[0] * (len(pieces) - 2), 0x40]
    return [bytes([indicator, end | kind]) + piece for end, piece in zip(ends, pieces, strict=True)]


def load(path: Path) -> Film:
    """Read an MP4 file of H.264 without B-frames whose first picture is a keyframe."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        head = stream.codec_context.extradata or b""
        sps_end = 8 + int.from_bytes(head[6:8], "big")
        sps, pps = (
            head[8:sps_end],
            head[sps_end + 3 : sps_end + 3 + int.from_bytes(head[sps_end + 1 : sps_end + 3], "big")],
        )
        pictures = []
        for packet in container.demux(stream):
            data, at = bytes(packet), 0
            nals = [sps, pps] if packet.is_keyframe else []
            while at < len(data):
                end = at + 4 + int.from_bytes(data[at : at + 4], "big")
                nals.append(data[at + 4 : end])
                at = end
            if data:
                cut = tuple(payload for nal in nals for payload in payloads(nal))
                pictures.append(Picture(cut, packet.is_keyframe))
        return Film(round(float(stream.average_rate or 25)), tuple(pictures), sps, pps)


@dataclass(slots=True)
class Viewer:
    """One client that plays one film over its own connection."""

    film: Film
    writer: asyncio.StreamWriter
    channel: int
    ssrc: int
    sequence: int = 0
    packets: int = 0
    octets: int = 0
    started: bool = False
    reported_s: float = field(default=-1e9)

    def send(self, number: int, now_s: float) -> None:
        """Send picture `number` since the server's start; now_s: seconds since then."""
        picture = self.film.pictures[number % len(self.film.pictures)]
        if not self.started and not picture.keyframe:
            return
        self.started = True
        if now_s - self.reported_s >= REPORT_EVERY_S:
            self._framed(self.channel + 1, self._report(now_s))
            self.reported_s = now_s
        stamp = number * CLOCK_HZ // self.film.fps & 0xFFFFFFFF
        last = len(picture.payloads) - 1
        out = []
        for i, payload in enumerate(picture.payloads):
            kind = PAYLOAD_TYPE | (0x80 if i == last else 0)
            out.append(struct.pack("!cBH", b"$", self.channel, len(payload) + 12))
            out.append(struct.pack("!BBHII", 0x80, kind, self.sequence & 0xFFFF, stamp, self.ssrc))
            out.append(payload)
            self.sequence += 1
            self.octets += len(payload)
        self.packets += last + 1
        self.writer.write(b"".join(out))
        if self.writer.transport.get_write_buffer_size() > BACKLOG_BYTES:
            self.writer.transport.abort()

    def _report(self, now_s: float) -> bytes:
        """A sender report with a name, as RFC 3550 wants them."""
        seconds, rest_ns = divmod(time.time_ns(), 1_000_000_000)
        stamp = round(now_s * CLOCK_HZ) & 0xFFFFFFFF
        ntp = (seconds + NTP_EPOCH_S, (rest_ns << 32) // 1_000_000_000)
        counts = (self.packets & 0xFFFFFFFF, self.octets & 0xFFFFFFFF)
        report = struct.pack("!BBHIIIIII", 0x80, 200, 6, self.ssrc, *ntp, stamp, *counts)
        return report + struct.pack("!BBHI", 0x81, 202, 3, self.ssrc) + b"\x01\x04demo\0\0"

    def _framed(self, channel: int, packet: bytes) -> None:
        self.writer.write(struct.pack("!cBH", b"$", channel, len(packet)) + packet)


class DemoServer:
    """The server; run() is one loop that sends every film's next picture when it is due."""

    def __init__(self, films: Mapping[str, Film]) -> None:
        self._films = dict(films)
        self._viewers: list[Viewer] = []
        self._connections: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self._fps = max(film.fps for film in self._films.values())

    async def run(self, port: int, ready: Callable[[int], None], stopping: asyncio.Event) -> None:
        """Serve on 127.0.0.1 until `stopping`; port 0 takes a free one; `ready` is told which."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", port)
        ready(server.sockets[0].getsockname()[1])
        pump = asyncio.create_task(self._pump())
        await stopping.wait()
        pump.cancel()
        server.close()
        # Ended by their own doing: a connection that is cancelled prints a traceback (CPython 3.11, asyncio.streams).
        for writer in self._connections.values():
            writer.transport.abort()
        await asyncio.gather(*self._connections)

    async def _pump(self) -> None:
        loop, number = asyncio.get_running_loop(), 0
        start_s = loop.time()
        while True:
            behind_s = loop.time() - start_s - number / self._fps
            if behind_s > 1:  # the machine slept; go on in step with the clock, from a keyframe
                number += round(behind_s * self._fps)
                for viewer in self._viewers:
                    viewer.started = False
            if behind_s < 0:
                await asyncio.sleep(-behind_s)
            now_s = loop.time() - start_s
            for viewer in list(self._viewers):
                viewer.send(number, now_s)
            number += 1

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = asyncio.current_task()
        assert connection is not None
        self._connections[connection] = writer
        try:
            await self._converse(reader, writer)
        finally:
            del self._connections[connection]

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        viewer: Viewer | None = None
        try:
            while request := await next_request(reader):
                method, address, headers = request
                film = self._films.get(address.split("/", 3)[-1].partition("/")[0])
                answer, viewer, goes_on = self._answer(method, address, headers, film, viewer, writer)
                writer.write(answer.encode())
                if not goes_on:
                    break
                if method == "PLAY" and viewer is not None and viewer not in self._viewers:
                    self._viewers.append(viewer)
        except (ConnectionError, asyncio.IncompleteReadError, ValueError):
            pass  # the client went away, or never spoke RTSP
        finally:
            if viewer in self._viewers:
                self._viewers.remove(viewer)
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    def _answer(
        self,
        method: str,
        address: str,
        headers: Mapping[str, str],
        film: Film | None,
        viewer: Viewer | None,
        writer: asyncio.StreamWriter,
    ) -> tuple[str, Viewer | None, bool]:
        """The reply, the viewer if there is one now, and whether the connection goes on."""

        def reply(status: str, extra: Sequence[str] = (), body: str = "") -> str:
            session = ["Session: 1;timeout=60"] if viewer else []
            lines = [f"RTSP/1.0 {status}", f"CSeq: {headers.get('cseq', '0')}", *session, *extra]
            return "\r\n".join([*lines, f"Content-Length: {len(body)}", "", body])

        if method == "OPTIONS":
            return reply("200 OK", ["Public: OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER, TEARDOWN"]), viewer, True
        if film is None:
            return reply("404 Not Found"), viewer, True
        if method == "DESCRIBE":
            extra = ["Content-Type: application/sdp", f"Content-Base: {address.rstrip('/')}/"]
            return reply("200 OK", extra, film.sdp), viewer, True
        if method == "SETUP":
            transport = headers.get("transport", "")
            if "TCP" not in transport.upper():
                return reply("461 Unsupported Transport"), viewer, True
            asked = transport.partition("interleaved=")[2].partition("-")[0]
            channel = int(asked) if asked.isdigit() else 0
            viewer = Viewer(film, writer, channel, ssrc=random.getrandbits(32))
            extra = [f"Transport: RTP/AVP/TCP;unicast;interleaved={channel}-{channel + 1};ssrc={viewer.ssrc:08X}"]
            return reply("200 OK", extra), viewer, True
        if viewer is None and method in ("PLAY", "GET_PARAMETER", "TEARDOWN"):
            return reply("454 Session Not Found"), viewer, True
        if method in ("PLAY", "GET_PARAMETER", "TEARDOWN"):
            return reply("200 OK"), viewer, method != "TEARDOWN"
        return reply("501 Not Implemented"), viewer, True


async def next_request(reader: asyncio.StreamReader) -> tuple[str, str, dict[str, str]] | None:
    """Method, address and headers (names in lower case) of the next request; receiver reports are skipped."""
    while first := await reader.read(1):
        if first == b"$":
            _, size = struct.unpack("!BH", await reader.readexactly(3))
            await reader.readexactly(size)
            continue
        method, address, _ = (first + await reader.readline()).decode().split(maxsplit=2)
        headers: dict[str, str] = {}
        while line := (await reader.readline()).decode().strip():
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        await reader.readexactly(int(headers.get("content-length", "0")))
        return method, address, headers
    return None
