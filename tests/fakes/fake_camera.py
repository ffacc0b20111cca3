"""Cameras that let one down: RTSP over a socket, each with one fault that a real camera has shown."""

import base64
import socket
import struct
import threading
from collections.abc import Sequence
from contextlib import suppress
from enum import StrEnum
from types import TracebackType
from typing import Self

import av

FPS = 25
PAYLOAD_TYPE = 96


class Behaviour(StrEnum):
    """How the camera lets one down."""

    SILENT = "accepts the connection and says nothing"
    DEMANDS_LOGIN = "401 to everything, whatever the login"
    NOT_FOUND = "404 to DESCRIBE"
    AUDIO_ONLY = "has a microphone and no picture"
    UNKNOWN_CODEC = "sends a codec that nothing here decodes"
    GARBAGE = "answers with bytes that are no RTSP"
    CLOSES_AFTER_DESCRIBE = "hangs up once it said what it has"
    PLAYS_NOTHING = "says PLAY is fine and sends no packet"
    STOPS_AFTER = "sends some packets, then none, and keeps the connection"
    CLOSES_AFTER = "sends some packets, then hangs up"


def access_units(count: int) -> tuple[bytes, bytes, list[list[bytes]]]:
    """SPS, PPS and `count` grey pictures of 160×96 as lists of NAL units, each small enough for one RTP packet."""
    encoder = av.CodecContext.create("libx264", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = 160, 96, "yuv420p"
    encoder.framerate, encoder.thread_count = FPS, 1  # type: ignore[assignment]
    encoder.options = {"tune": "zerolatency", "preset": "ultrafast", "g": str(FPS), "bf": "0"}
    pictures = []
    for number in range(count):
        picture = av.VideoFrame(160, 96, "yuv420p")
        for plane in picture.planes:
            plane.update(bytes([100 + number % 32]) * plane.buffer_size)
        picture.pts = number
        pictures += [bytes(packet) for packet in encoder.encode(picture)]
    pictures += [bytes(packet) for packet in encoder.encode(None)]
    units = [[nal for nal in data.replace(b"\0\0\0\1", b"\0\0\1").split(b"\0\0\1") if nal] for data in pictures]
    sps = next(nal for nal in units[0] if nal[0] & 31 == 7)
    pps = next(nal for nal in units[0] if nal[0] & 31 == 8)
    return sps, pps, units


class FakeCamera:
    """A context manager; `.url` is what to open. `packets`: how many pictures STOPS_AFTER and CLOSES_AFTER send."""

    def __init__(self, behaviour: Behaviour, *, packets: int = 50, pause_s: float = 1 / FPS) -> None:
        self.behaviour, self._packets, self._pause_s = behaviour, packets, pause_s
        self.connections = 0
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []
        self._clients: list[socket.socket] = []
        if behaviour in (Behaviour.STOPS_AFTER, Behaviour.CLOSES_AFTER):
            self._sps, self._pps, self._units = access_units(packets)

    @property
    def url(self) -> str:
        return f"rtsp://127.0.0.1:{self._listener.getsockname()[1]}/cam"

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._start(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        for each in (self._listener, *self._clients):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        for thread in self._threads:
            thread.join()

    def _start(self, run: object, *args: object) -> None:
        thread = threading.Thread(target=run, args=args, name="fake-camera")  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self.connections += 1
                self._clients.append(client)
                self._start(self._serve, client)

    def _serve(self, client: socket.socket) -> None:
        with suppress(OSError, ValueError), client.makefile("rb") as reader:
            while request := self._request(reader.readline, reader.read):
                method, sequence = request
                if not self._answer(client, method, sequence):
                    break
        if not self._stopping.is_set():
            with suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)

    def _request(self, readline: object, read: object) -> tuple[str, str] | None:
        """The next request's method and CSeq; receiver reports in between are skipped."""
        while line := readline():  # type: ignore[operator]
            if line.startswith(b"$"):
                head = line if len(line) >= 4 else line + read(4 - len(line))  # type: ignore[operator]
                read(max(0, struct.unpack_from("!H", head, 2)[0] - (len(head) - 4)))  # type: ignore[operator]
                continue
            sequence = "0"
            while (header := readline().strip()) != b"":  # type: ignore[operator]
                if header.lower().startswith(b"cseq:"):
                    sequence = header[5:].strip().decode()
            return line.split()[0].decode(), sequence
        return None

    def _answer(self, client: socket.socket, method: str, sequence: str) -> bool:
        """Answer one request; False hangs up."""

        def reply(status: str, headers: Sequence[str] = (), body: str = "") -> None:
            lines = [f"RTSP/1.0 {status}", f"CSeq: {sequence}", *headers, f"Content-Length: {len(body)}", "", body]
            client.sendall("\r\n".join(lines).encode())

        fault = self.behaviour
        if fault is Behaviour.SILENT:
            self._stopping.wait()
        elif fault is Behaviour.GARBAGE:
            client.sendall(b"HELLO?\r\n\r\n" * 3)
            return False
        elif fault is Behaviour.DEMANDS_LOGIN:
            reply("401 Unauthorized", ['WWW-Authenticate: Digest realm="pit", nonce="8b31", algorithm="MD5"'])
        elif method == "OPTIONS":
            reply("200 OK", ["Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER"])
        elif method == "DESCRIBE" and fault is Behaviour.NOT_FOUND:
            reply("404 Not Found")
        elif method == "DESCRIBE":
            reply("200 OK", ["Content-Type: application/sdp"], self._sdp())
            return fault is not Behaviour.CLOSES_AFTER_DESCRIBE
        elif method == "SETUP":
            reply("200 OK", ["Transport: RTP/AVP/TCP;unicast;interleaved=0-1", "Session: 7"])
        elif method == "PLAY":
            reply("200 OK", ["Session: 7"])
            if fault in (Behaviour.STOPS_AFTER, Behaviour.CLOSES_AFTER):
                self._play(client)
                return fault is Behaviour.STOPS_AFTER
        else:
            reply("200 OK", ["Session: 7"])
        return True

    def _sdp(self) -> str:
        head = ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=cam", "c=IN IP4 127.0.0.1", "t=0 0"]
        if self.behaviour is Behaviour.AUDIO_ONLY:
            media = ["m=audio 0 RTP/AVP 0", "a=rtpmap:0 PCMU/8000"]
        elif self.behaviour is Behaviour.UNKNOWN_CODEC:
            media = [f"m=video 0 RTP/AVP {PAYLOAD_TYPE}", f"a=rtpmap:{PAYLOAD_TYPE} jxsv/90000"]
        else:
            media = [f"m=video 0 RTP/AVP {PAYLOAD_TYPE}", f"a=rtpmap:{PAYLOAD_TYPE} H264/90000"]
            if self.behaviour in (Behaviour.STOPS_AFTER, Behaviour.CLOSES_AFTER):
                sets = ",".join(base64.b64encode(nal).decode() for nal in (self._sps, self._pps))
                media.append(f"a=fmtp:{PAYLOAD_TYPE} packetization-mode=1;sprop-parameter-sets={sets}")
        return "\r\n".join([*head, *media, "a=control:track1", ""])

    def _play(self, client: socket.socket) -> None:
        sequence = 0
        for number, nals in enumerate(self._units):
            for nal in nals:
                marker = 0x80 if nal is nals[-1] else 0
                stamp = number * 90_000 // FPS
                packet = struct.pack("!BBHII", 0x80, marker | PAYLOAD_TYPE, sequence, stamp, 7) + nal
                client.sendall(b"$\0" + struct.pack("!H", len(packet)) + packet)
                sequence += 1
            if self._stopping.wait(self._pause_s):
                return
