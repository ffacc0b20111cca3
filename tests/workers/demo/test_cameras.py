import asyncio
import itertools
import signal
import struct
import subprocess
import sys
import threading
import time
from contextlib import contextmanager

import av
import psutil
import pytest

from workers.demo.angles import ANGLES
from workers.demo.cameras import start_demo_cameras
from workers.demo.rtsp_server import DemoServer, load

TCP = {"rtsp_transport": "tcp", "analyzeduration": "100000"}
DEADLINES = (5.0, 3.0)


@contextmanager
def served(path):
    """The film at /cam, from a thread; gives its URL."""
    bound, loop, stopping = [], asyncio.new_event_loop(), asyncio.Event()
    listening = threading.Event()

    def ready(port):
        bound.append(port)
        listening.set()

    run = DemoServer({"cam": load(path)}).run(0, ready, stopping)
    thread = threading.Thread(target=loop.run_until_complete, args=(run,))
    thread.start()
    try:
        assert listening.wait(5)
        yield f"rtsp://127.0.0.1:{bound[0]}/cam"
    finally:
        loop.call_soon_threadsafe(stopping.set)
        thread.join()
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


@pytest.fixture
def short_film(tmp_path):
    path = tmp_path / "short.mp4"
    with av.open(str(path), "w") as film:
        stream = film.add_stream("libx264", rate=25, options={"bf": "0", "g": "5", "qp": "2"})
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        stream.codec_context.thread_count = 1
        for _ in range(10):
            film.mux(stream.encode(av.VideoFrame(320, 180, "yuv420p")))
        film.mux(stream.encode())
    return path


def test_times_go_on_over_the_seam_of_the_loop(short_film):
    with served(short_film) as url, av.open(url, options=TCP, timeout=DEADLINES) as camera:
        times = [packet.pts for packet in itertools.islice(camera.demux(video=0), 2, 32)]
    assert {after - before for before, after in itertools.pairwise(times)} == {3600}


def test_every_packet_carries_the_reported_time(short_film):
    with served(short_film) as url, av.open(url, options=TCP, timeout=DEADLINES) as camera:
        apart_us = []
        for packet in itertools.islice(camera.demux(video=0), 2, 70):
            told = next(bytes(data) for data in packet.iter_sidedata() if data.data_type == "prft")
            apart_us.append(struct.unpack_from("<q", told)[0] - packet.pts * 1_000_000 // 90_000)
            last_us = struct.unpack_from("<q", told)[0]
        assert abs(time.time_ns() // 1000 - last_us) < 1_000_000
    assert max(apart_us) - min(apart_us) < 5_000


def test_what_the_server_does_not_have_is_refused_in_rtsp_words(short_film):
    with served(short_film) as url:
        with pytest.raises(av.HTTPNotFoundError):
            av.open(url.replace("/cam", "/other"), options=TCP, timeout=DEADLINES)
        with pytest.raises(OSError):
            av.open(url, options={"rtsp_transport": "udp"}, timeout=DEADLINES)


def test_four_cameras_are_served_by_name_and_leave_with_the_context(tmp_path):
    with start_demo_cameras(tmp_path) as cameras:
        assert list(cameras.urls) == [angle.camera_id for angle in ANGLES]
        assert set(cameras.names) == set(cameras.urls)
        pid = cameras.process_id
        with av.open(cameras.urls["Pit_1_overhead"], options=TCP, timeout=DEADLINES) as camera:
            frame = next(camera.decode(video=0))
            assert (frame.width, frame.height) == (1280, 720)
    assert not psutil.pid_exists(pid)


def test_the_cameras_do_not_outlive_a_killed_parent(tmp_path):
    script = (
        "import sys, pathlib; from workers.demo.cameras import start_demo_cameras\n"
        "cameras = start_demo_cameras(pathlib.Path(sys.argv[1]))\n"
        "print(cameras.process_id, flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        cameras = psutil.Process(int(parent.stdout.readline()))
        parent.send_signal(signal.SIGKILL)
        cameras.wait(timeout=5)
