"""A file is what its content says, whole or refused, and its time as honest as it can be."""

import os
import time
from pathlib import Path

import pytest
from PIL import Image

from core.clock import parse_utc
from core.errors import MediaTooLarge, MediaUnreadable, MediaUnsupported
from tests.workers.jobs.media_files import write_bomb, write_clip, write_frame, write_half
from workers.jobs.import_reading import MODIFIED_U_NS, NO_ZONE_U_NS, read_content

_NS = 1_000_000_000


@pytest.mark.parametrize(("suffix", "format"), [("jpg", "jpg"), ("png", "png"), ("bmp", "bmp"), ("tiff", "tiff")])
def test_frames_are_read_whatever_their_name_says(tmp_path: Path, suffix: str, format: str):
    true = write_frame(tmp_path / f"a.{suffix}")
    misnamed = true.rename(tmp_path / "a.mp4")
    content = read_content(misnamed)
    assert (content.format, content.width, content.height, content.is_clip) == (format, 64, 48, False)
    assert content.bytes == misnamed.stat().st_size


@pytest.mark.parametrize(
    ("suffix", "codec"),
    [("mp4", "libx264"), ("mov", "libx264"), ("mkv", "libx264"), ("avi", "mpeg4"), ("webm", "libvpx")],
)
def test_clips_are_read_packet_by_packet(tmp_path: Path, suffix: str, codec: str):
    content = read_content(write_clip(tmp_path / f"a.{suffix}", codec=codec))
    assert (content.format, content.is_clip, content.frame_count) == (suffix, True, 25)
    assert content.duration_ns == pytest.approx(_NS, rel=0.05)


@pytest.mark.parametrize("suffix", ["jpg", "png", "bmp", "tiff"])
def test_half_a_frame_is_refused(tmp_path: Path, suffix: str):
    half = write_half(tmp_path / f"half.{suffix}", write_frame(tmp_path / f"whole.{suffix}"))
    with pytest.raises(MediaUnreadable, match="half"):
        read_content(half)


@pytest.mark.parametrize("suffix", ["mp4", "mov", "mkv"])
def test_half_a_clip_is_refused(tmp_path: Path, suffix: str):
    half = write_half(tmp_path / f"half.{suffix}", write_clip(tmp_path / f"whole.{suffix}", pictures=250))
    with pytest.raises(MediaUnreadable, match="half"):
        read_content(half)


def test_a_png_that_promises_gigabytes_is_refused_before_it_is_decoded(tmp_path: Path):
    started = time.monotonic()
    with pytest.raises(MediaTooLarge):
        read_content(write_bomb(tmp_path / "bomb.png"))
    with pytest.raises(MediaTooLarge, match="12000 × 12000"):
        read_content(write_bomb(tmp_path / "large.png", 12_000, 12_000))
    assert time.monotonic() - started < 1.0


def test_what_is_no_medium_is_refused(tmp_path: Path):
    text = tmp_path / "text.jpg"
    text.write_text("not a picture")
    empty = tmp_path / "empty.jpg"
    empty.touch()
    for path in (text, empty, tmp_path):
        with pytest.raises(MediaUnsupported):
            read_content(path)


def test_a_file_that_is_not_there_or_is_a_dangling_link_says_so(tmp_path: Path):
    link = tmp_path / "link.jpg"
    link.symlink_to(tmp_path / "nowhere")
    for path in (tmp_path / "gone.jpg", link):
        with pytest.raises(MediaUnreadable, match="can't be read: No such file"):
            read_content(path)


def test_a_pipe_is_not_waited_for(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe.jpg")
    with pytest.raises(MediaUnsupported):
        read_content(tmp_path / "pipe.jpg")


def test_a_frame_larger_than_the_settings_allow_is_refused(tmp_path: Path):
    path = write_frame(tmp_path / "a.bmp")
    with pytest.raises(MediaTooLarge, match="where the limit is"):
        read_content(path, frozenset(), 1000)


def test_exif_is_kept_as_json_can_hold_it_and_tells_the_time(tmp_path: Path):
    exif = Image.Exif()
    exif[0x010F] = "Nikon\0"
    details = exif.get_ifd(0x8769)
    details[36867], details[37521], details[36881] = "2026:01:02 03:04:05", "25", "+02:00"
    details[37500] = b"\1\2" * 4000  # a maker note
    exif.get_ifd(0x8825)[1] = "N"
    content = read_content(write_frame(tmp_path / "a.jpg", exif=exif))
    assert content.captured_at_ns == parse_utc("2026-01-02T01:04:05.25Z")
    assert content.captured_u_ns == _NS
    assert content.exif["Make"] == "Nikon"
    assert content.exif["GPSInfo"] == {"GPSLatitudeRef": "N"}
    assert "MakerNote" not in content.exif


def test_a_time_without_a_zone_says_how_little_it_knows(tmp_path: Path):
    exif = Image.Exif()
    exif.get_ifd(0x8769)[36867] = "2026:01:02 03:04:05"
    content = read_content(write_frame(tmp_path / "a.jpg", exif=exif))
    local = time.mktime((2026, 1, 2, 3, 4, 5, 0, 0, -1))
    assert (content.captured_at_ns, content.captured_u_ns) == (int(local) * _NS, NO_ZONE_U_NS)


@pytest.mark.parametrize("said", ["0000:00:00 00:00:00", "nonsense", "2026:13:45 99:99:99"])
def test_without_a_time_of_its_own_the_modification_time_stands_in_with_a_days_doubt(tmp_path: Path, said: str):
    exif = Image.Exif()
    exif.get_ifd(0x8769)[36867] = said
    path = write_frame(tmp_path / "a.jpg", exif=exif)
    os.utime(path, ns=(1_700_000_000 * _NS, 1_700_000_000 * _NS))
    content = read_content(path)
    assert (content.captured_at_ns, content.captured_u_ns) == (1_700_000_000 * _NS, MODIFIED_U_NS)


def test_a_clip_tells_its_time_by_the_container(tmp_path: Path):
    content = read_content(write_clip(tmp_path / "a.mkv", created="2026-03-04T05:06:07Z"))
    assert content.captured_at_ns == parse_utc("2026-03-04T05:06:07Z")
    assert content.captured_u_ns == pytest.approx(2 * _NS, rel=0.05)


def test_what_is_known_by_its_hash_is_not_decoded_again(tmp_path: Path):
    path = write_frame(tmp_path / "a.png")
    again = read_content(path, frozenset({read_content(path).sha256}))
    assert again.known and again.width == 0
