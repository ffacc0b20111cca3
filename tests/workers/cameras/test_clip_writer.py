"""A clip is the camera's own packets: readable, in time, never encoded again, and never lost whole to a crash."""

import io
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import av
import pytest

from core.errors import CameraUndecodable
from core.media.clip_reader import ClipReader, probe
from tests.workers.cameras.pictures import GOP, TICKS, encoded, near, number_shown
from workers.cameras.clip_writer import ClipWriter, Written
from workers.cameras.packets import Packet, VideoFormat


def write_clip(file: BinaryIO, video: VideoFormat, packets: Iterable[Packet]) -> Written:
    writer = ClipWriter(file, video)
    for packet in packets:
        writer.write(packet)
    return writer.finish()


@pytest.mark.parametrize("b_frames", [0, 2])
@pytest.mark.parametrize("codec", ["h264", "hevc"])
def test_the_clip_holds_every_picture_at_its_own_time(tmp_path: Path, codec, b_frames):
    video, packets = encoded(100, codec, b_frames)
    start = next(place for place, packet in enumerate(packets) if packet.is_keyframe and packet.pts > 0)
    path = tmp_path / "clip.mp4"
    with open(path, "w+b") as file:
        written = write_clip(file, video, packets[start:])
    assert (written.first_pts, written.frame_count, written.duration_ns) == (GOP * TICKS, 75, 3_000_000_000)
    with ClipReader(path) as clip:
        assert clip.info.codec == codec and clip.info.frame_count == 75 and clip.pts[0] == 0
        assert [clip.ns(pts) for pts in clip.pts] == [number * 40_000_000 for number in range(75)]
        for number in (0, 1, 30, 74):
            assert number_shown(clip.frame_at(clip.pts[number]), near(GOP + number)) == GOP + number


def test_h265_is_called_what_players_ask_for(tmp_path: Path):
    path = tmp_path / "clip.mp4"
    with open(path, "w+b") as file:
        write_clip(file, *encoded(50, "hevc"))
    with av.open(str(path)) as container:
        assert container.streams.video[0].codec_context.codec_tag == "hvc1"


def test_the_packets_are_not_encoded_again(tmp_path: Path):
    video, packets = encoded(50)
    path = tmp_path / "clip.mp4"
    with open(path, "w+b") as file:
        write_clip(file, video, packets)
    with av.open(str(path)) as container:
        sizes = [packet.size for packet in container.demux(video=0) if packet.size]
    # A start code of 3 bytes becomes a length of 4.
    assert all(0 <= size - len(packet.data) < 8 for size, packet in zip(sizes, packets, strict=True))


def test_unsteady_times_are_kept_as_they_were(tmp_path: Path):
    video, packets = encoded(50)
    late = [replace(p, pts=p.pts + (n % 3) * 200, dts=p.pts + (n % 3) * 200) for n, p in enumerate(packets)]
    late = [replace(p, pts=p.pts + 90_000 * 5, dts=p.pts + 90_000 * 5) if n > 30 else p for n, p in enumerate(late)]
    path = tmp_path / "clip.mp4"
    with open(path, "w+b") as file:
        write_clip(file, video, late)
    with ClipReader(path) as clip:
        assert list(clip.pts) == [packet.pts for packet in late]


def test_what_a_dying_worker_leaves_can_be_read_up_to_its_last_whole_gop(tmp_path: Path):
    video, packets = encoded(100)
    with open(tmp_path / "clip.mp4.part", "w+b") as file:
        writer = ClipWriter(file, video)
        for packet in packets[:90]:
            writer.write(packet)
        file.flush()
        (tmp_path / "left.mp4").write_bytes((tmp_path / "clip.mp4.part").read_bytes())
        for packet in packets[90:]:
            writer.write(packet)
        writer.finish()
    left = probe(tmp_path / "left.mp4")
    assert (left.frame_count, left.start_ns) == (3 * GOP, 0)


def test_packets_without_a_readable_head_are_refused():
    video, packets = encoded(50)
    with pytest.raises(CameraUndecodable):
        write_clip(io.BytesIO(), video, [replace(packets[0], data=b"nothing")])
