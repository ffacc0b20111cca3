import itertools
import struct
import time
from urllib.parse import quote

import av
import pytest

from tests.real.rtsp_server import Mount, read_stamp

DEADLINES = (5.0, 3.0)
OPTIONS = {"rtsp_transport": "tcp", "analyzeduration": "100000"}


def with_login(url: str, user: str, password: str) -> str:
    return url.replace("rtsp://", f"rtsp://{quote(user, safe='')}:{quote(password, safe='')}@")


@pytest.mark.parametrize("transport", ["tcp", "udp"])
@pytest.mark.parametrize(("codec", "decoder"), [("h264", "h264"), ("h265", "hevc")])
def test_pictures_carry_their_number_and_the_time_they_were_drawn(make_rtsp_server, codec, decoder, transport):
    server = make_rtsp_server([Mount("/cam", codec=codec)])
    options = {**OPTIONS, "rtsp_transport": transport}
    with av.open(server.url(), options=options, timeout=DEADLINES) as camera:
        assert camera.streams.video[0].codec_context.name == decoder
        frames = itertools.islice(camera.decode(video=0), 10)
        stamps = [(read_stamp(frame.to_ndarray(format="gray")), time.time_ns() // 1000) for frame in frames]
    numbers = [stamp.number for stamp, _ in stamps]
    assert numbers == list(range(numbers[0], numbers[0] + 10))
    assert all(0 < seen_us - stamp.utc_us < 1_000_000 for stamp, seen_us in stamps)


@pytest.mark.parametrize("auth", ["basic", "digest"])
def test_the_right_login_is_let_in_and_the_wrong_one_is_not(make_rtsp_server, auth):
    server = make_rtsp_server(auth=auth)
    url = with_login(server.url(), server.user, server.password)
    with av.open(url, options=OPTIONS, timeout=DEADLINES) as camera:
        assert next(camera.decode(video=0)).width == 640
    with pytest.raises(av.HTTPUnauthorizedError):
        av.open(with_login(server.url(), server.user, "wrong"), options=OPTIONS, timeout=DEADLINES)


def test_a_killed_server_comes_back_on_its_port_and_a_frozen_one_thaws(rtsp_server):
    url = rtsp_server.url()
    rtsp_server.kill()
    with pytest.raises(OSError):
        av.open(url, options=OPTIONS, timeout=DEADLINES)
    rtsp_server.restart()
    assert rtsp_server.url() == url
    rtsp_server.freeze()
    with pytest.raises((OSError, av.InvalidDataError)):
        av.open(url, options=OPTIONS, timeout=(0.5, 0.5))
    rtsp_server.thaw()
    av.open(url, options=OPTIONS, timeout=DEADLINES).close()


def test_sender_reports_give_the_time_a_picture_was_drawn(rtsp_server):
    with av.open(rtsp_server.url(), options=OPTIONS, timeout=DEADLINES) as camera:
        told = []
        for packet in itertools.islice(camera.demux(video=0), 150):
            times = [bytes(data) for data in packet.iter_sidedata() if data.data_type == "prft"]
            frames = packet.decode()
            if times and frames:
                # The decoder holds nothing back: without B-frames the picture is this packet's own.
                drawn_us = read_stamp(frames[0].to_ndarray(format="gray")).utc_us
                told.append(struct.unpack_from("<q", times[0])[0] - drawn_us)
            if len(told) == 5:
                break
    # FFmpeg gives the first packet after the first report the time of the packet that follows it.
    assert [abs(error_us) < 20_000 for error_us in told[1:]] == [True] * 4


def test_an_mp4_file_is_served_over_and_over_with_times_that_only_grow(make_rtsp_server, tmp_path):
    path = str(tmp_path / "loop.mp4")
    with av.open(path, "w") as clip:
        stream = clip.add_stream("libx264", rate=25, options={"bf": "0", "g": "5"})
        stream.codec_context.thread_count = 1  # or it cuts pictures into slices, which the server sends as pictures
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        for _ in range(10):
            clip.mux(stream.encode(av.VideoFrame(320, 180, "yuv420p")))
        clip.mux(stream.encode())
    server = make_rtsp_server([Mount("/loop", file=path)])
    with av.open(server.url("/loop"), options=OPTIONS, timeout=DEADLINES) as camera:
        packets = list(itertools.islice(camera.demux(video=0), 2, 32))
    steps = {after.pts - before.pts for before, after in itertools.pairwise(packets)}
    assert steps == {3600}
