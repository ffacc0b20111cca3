"""Connecting: what the camera sends, or why it can't be had, in the operator's words and within the deadline."""

import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from statistics import median

import pytest

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
from tests.fakes.fake_camera import Behaviour, FakeCamera
from tests.real.child import free_port
from tests.real.rtsp_server import RtspServer
from workers.cameras.packets import Packet
from workers.cameras.rtsp import open_stream

SETTINGS = RtspSettings(open_timeout_s=1.0, read_timeout_s=0.5)
PATIENT = RtspSettings(open_timeout_s=30.0, read_timeout_s=15.0)
"""For cameras that do answer, however busy this machine is."""


def read(stream, count: int) -> list[Packet]:
    deadline = time.monotonic() + 30
    packets: list[Packet] = []
    while len(packets) < count:
        assert time.monotonic() < deadline
        if packet := stream.read():
            packets.append(packet)
    return packets


@pytest.mark.parametrize("transport", list(Transport))
@pytest.mark.parametrize(("path", "codec"), [("/cam", "h264"), ("/hevc", "hevc")])
def test_a_camera_is_opened_and_read(pit_cameras, camera, login, path, codec, transport):
    stream = open_stream(replace(camera, url=pit_cameras.url(path), transport=transport), login, PATIENT)
    packets = read(stream, 30)
    stream.close()
    video = stream.video
    assert (video.codec, video.width, video.height, video.fps) == (codec, 640, 360, 25.0)
    start = next(place for place, packet in enumerate(packets) if packet.is_keyframe)
    steps = [after.pts - before.pts for before, after in zip(packets[start:], packets[start + 1 :], strict=False)]
    # The server dates pictures when it drew them, which a busy machine does unevenly.
    assert min(steps) > 0 and video.ns(int(median(steps))) == pytest.approx(40_000_000, rel=0.2)
    assert all(packet.dts is not None and packet.dts <= packet.pts for packet in packets)


def test_the_camera_says_by_rtcp_when_a_picture_was_taken(camera, login):
    stream = open_stream(camera, login, PATIENT)
    deadline = time.monotonic() + 30
    behind_ns: list[int] = []
    while len(behind_ns) < 25:
        assert time.monotonic() < deadline
        packet = stream.read()
        if packet is not None and packet.camera_utc_ns is not None:
            behind_ns.append(time.time_ns() - packet.camera_utc_ns)
    stream.close()
    assert 0 < min(behind_ns) < 500_000_000, "the least delayed: a busy machine may keep some waiting"


@pytest.mark.parametrize(
    ("given", "told"),
    [(Login("operator", "wrong/§@:"), CameraRefused), (None, CameraRefused)],
)
def test_a_wrong_password_is_told_and_never_shown(camera, given, told):
    with pytest.raises(told) as refused:
        open_stream(camera, given, PATIENT)
    assert "Box 1" in refused.value.title and "password" in refused.value.title
    assert refused.value.__cause__ is None and refused.value.__suppress_context__
    assert "wrong" not in repr(vars(refused.value))


def test_a_wrong_path_is_told(pit_cameras, camera, login):
    with pytest.raises(CameraNotFound, match="no video under this URL"):
        open_stream(replace(camera, url=pit_cameras.url("/nowhere")), login, PATIENT)


def test_nothing_at_the_address_is_told_at_once():
    started = time.monotonic()
    with pytest.raises(CameraUnreachable, match="nothing listens at 127"):
        open_stream(Camera("Pit_1", f"rtsp://127.0.0.1:{free_port()}/cam"), None, SETTINGS)
    assert time.monotonic() - started < 1.0


def test_an_unknown_host_is_told():
    with pytest.raises(CameraUnreachable):
        open_stream(Camera("Pit_1", "rtsp://no-such-camera.invalid/cam"), None, SETTINGS)


def lets_down(behaviour: Behaviour, told: type[CameraError], settings: RtspSettings) -> float:
    """How long it took to tell so, s."""
    with FakeCamera(behaviour) as fake:
        started = time.monotonic()
        with pytest.raises(told) as error:
            open_stream(Camera("Pit_1", fake.url), Login("operator", "hunter22"), settings)
        took_s = time.monotonic() - started
        assert "Pit_1" in error.value.title + error.value.hint and error.value.hint
        assert "hunter22" not in str(vars(error.value))
    return took_s


@pytest.mark.alone
@pytest.mark.parametrize(
    ("behaviour", "told"),
    [
        (Behaviour.SILENT, CameraSilent),
        (Behaviour.PLAYS_NOTHING, CameraSilent),
        (Behaviour.UNKNOWN_CODEC, CameraUndecodable),
    ],
)
def test_a_camera_that_says_nothing_one_understands_is_told_at_the_deadline(behaviour, told):
    assert 0.4 < lets_down(behaviour, told, SETTINGS) < 1.6


@pytest.mark.parametrize(
    ("behaviour", "told"),
    [
        (Behaviour.DEMANDS_LOGIN, CameraRefused),
        (Behaviour.NOT_FOUND, CameraNotFound),
        (Behaviour.AUDIO_ONLY, CameraNotFound),
        (Behaviour.GARBAGE, CameraUnreachable),
        (Behaviour.CLOSES_AFTER_DESCRIBE, CameraUnreachable),
    ],
)
def test_a_camera_that_answers_what_is_no_video_is_told_without_waiting_for_a_deadline(behaviour, told):
    assert lets_down(behaviour, told, PATIENT) < PATIENT.read_timeout_s


def test_the_end_of_a_live_stream_is_a_loss():
    with FakeCamera(Behaviour.CLOSES_AFTER, packets=30, pause_s=0.01) as fake:
        stream = open_stream(Camera("Pit_1", fake.url), None, PATIENT)
        with pytest.raises(CameraUnreachable, match="closed the connection"):
            read(stream, 100)
        stream.close()


@pytest.mark.alone
def test_a_stream_that_falls_silent_is_given_up_at_its_deadline():
    with FakeCamera(Behaviour.STOPS_AFTER, packets=30, pause_s=0.01) as fake:
        stream = open_stream(Camera("Pit_1", fake.url), None, SETTINGS)
        read(stream, 30)
        started = time.monotonic()
        with pytest.raises(CameraSilent):
            stream.read()
        assert 0.4 < time.monotonic() - started < 1.0
        stream.close()


def test_a_camera_that_pauses_within_the_deadline_loses_no_picture(make_rtsp_server: Callable[..., RtspServer]):
    server = make_rtsp_server()
    stream = open_stream(Camera("Pit_1", server.url()), None, RtspSettings(read_timeout_s=3.0))
    packets = read(stream, 30)
    for _ in range(4):
        server.freeze()
        threading.Timer(0.28, server.thaw).start()
        packets += read(stream, 20)
    stream.close()
    steps = [after.pts - before.pts for before, after in pairwise(packets)]
    assert set(steps) == {3600}


def self_signed(folder: Path, host: str) -> Path:
    """A certificate with its key in one PEM file."""
    pem, key = folder / f"{host}.pem", folder / f"{host}.key"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={host}"]
    names = ["-addext", f"subjectAltName={'IP' if host[0].isdigit() else 'DNS'}:{host}"]
    subprocess.run([*command, *names, "-keyout", str(key), "-out", str(pem)], check=True, capture_output=True)
    pem.write_bytes(pem.read_bytes() + key.read_bytes())
    return pem


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl to make a certificate")
def test_rtsps_trusts_only_its_own_authority(tmp_path):
    certificate, other = self_signed(tmp_path, "127.0.0.1"), self_signed(tmp_path, "other")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            for _ in range(2):
                client, _ = listener.accept()
                try:
                    with context.wrap_socket(client, server_side=True) as secured:
                        if secured.recv(1000):
                            secured.sendall(b"RTSP/1.0 404 Not Found\r\nCSeq: 1\r\n\r\n")
                except OSError:
                    client.close()

        server = threading.Thread(target=serve)
        server.start()
        url = f"rtsps://127.0.0.1:{listener.getsockname()[1]}/cam"
        errors: list[CameraError] = []
        for authority in (certificate, other):
            with pytest.raises(CameraError) as error:
                open_stream(Camera("Pit_1", url, ca_file=str(authority)), None, PATIENT)
            errors.append(error.value)
        server.join(5)
    assert isinstance(errors[0], CameraNotFound), "trusted: it was asked and answered"
    assert isinstance(errors[1], CameraUnreachable) and "certificate" in errors[1].title
