"""Pictures of a file are found by their own times, and a file that is none is refused in the operator's words."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from core.errors import MediaTooLarge, MediaUnreadable, MediaUnsupported
from core.media.clip_reader import ClipReader, probe

TICKS = 1000
"""A time base of 1/25 000 s, so that unsteady times can be written."""


def write_clip(path: Path, times: list[int], *, codec: str = "libx264", b_frames: int = 2) -> Path:
    """A grey picture for each time (ticks of 1/25 000 s); its grey tells its place."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.codec_context.time_base = Fraction(1, 25 * TICKS)
        stream.options = {"bf": str(b_frames), "g": "12", "preset": "veryfast"} if codec == "libx264" else {}
        for place, time in enumerate(times):
            picture = np.full((48, 64, 3), grey_of(place), np.uint8)
            frame = av.VideoFrame.from_ndarray(picture, "bgr24")
            frame.pts, frame.time_base = time, Fraction(1, 25 * TICKS)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def grey_of(place: int) -> int:
    return 30 + place * 11 % 200


def place_shown(picture: np.ndarray, near: int) -> int:
    return min(range(max(0, near - 6), near + 7), key=lambda place: abs(grey_of(place) - float(picture.mean())))


STEADY = [place * TICKS for place in range(40)]
UNSTEADY = [place * TICKS + (place % 3) * 130 + (20_000 if place > 20 else 0) for place in range(40)]


@pytest.mark.parametrize("times", [STEADY, UNSTEADY])
@pytest.mark.parametrize("suffix", ["mp4", "mkv", "mov"])
def test_every_picture_is_found_by_its_own_time_in_any_order(tmp_path, suffix, times):
    with ClipReader(write_clip(tmp_path / f"clip.{suffix}", times)) as clip:
        assert len(clip.pts) == 40
        measured = [clip.ns(pts) for pts in clip.pts]
        # Matroska counts milliseconds.
        assert np.abs(np.array(measured) - np.array(times) * 40_000).max() <= 500_000
        for place in [0, 1, 2, 39, 13, 11, 12, 30, 31, 38, 5]:
            assert place_shown(clip.frame_at(clip.pts[place]), place) == place


def test_a_moment_finds_the_picture_that_is_shown_then(tmp_path):
    with ClipReader(write_clip(tmp_path / "clip.mp4", STEADY)) as clip:
        assert clip.pts_at(0) == clip.pts[0]
        assert clip.pts_at(clip.ns(clip.pts[7]) + 39_000_000) == clip.pts[7]
        assert clip.pts_at(10**12) == clip.pts[39]
        assert clip.pts_at(-5) == clip.pts[0]


def test_a_time_without_a_picture_is_no_picture(tmp_path):
    with ClipReader(write_clip(tmp_path / "clip.mp4", STEADY)) as clip:
        for pts in (clip.pts[3] + 1, -1, clip.pts[39] + 10**6):
            with pytest.raises(KeyError):
                clip.frame_at(pts)


def test_a_look_tells_what_the_file_holds(tmp_path):
    found = probe(write_clip(tmp_path / "clip.mp4", STEADY))
    assert (found.codec, found.width, found.height, found.fps, found.frame_count) == ("h264", 64, 48, 25.0, 40)
    assert found.duration_ns == 1_600_000_000


@pytest.mark.parametrize("content", [b"", b"this is a letter", b"\0\0\0\x18ftypmp42" + bytes(200)])
def test_what_is_no_video_is_refused(tmp_path, content):
    path = tmp_path / "holiday.mp4"
    path.write_bytes(content)
    with pytest.raises((MediaUnreadable, MediaUnsupported)) as error:
        ClipReader(path)
    assert "holiday.mp4" in error.value.title


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(MediaUnreadable):
        ClipReader(tmp_path / "gone.mp4")


def test_a_clip_cut_short_is_refused(tmp_path):
    path = write_clip(tmp_path / "clip.mp4", STEADY)
    path.write_bytes(path.read_bytes()[:-400])
    with pytest.raises(MediaUnreadable):
        ClipReader(path)


def test_sound_without_pictures_is_refused(tmp_path):
    path = tmp_path / "engine.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), layout="mono")
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with pytest.raises(MediaUnsupported, match="holds no video"):
        ClipReader(path)


def test_pictures_too_large_to_decode_are_refused(tmp_path):
    path = write_clip(tmp_path / "clip.mp4", STEADY)
    with pytest.raises(MediaTooLarge, match="64 × 48"):
        ClipReader(path, most_pixels=64 * 48 - 1)


def test_a_playlist_is_not_followed_to_the_network(tmp_path):
    path = tmp_path / "list.mp4"
    path.write_text("#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/secret.ts\n")
    with pytest.raises((MediaUnreadable, MediaUnsupported)):
        ClipReader(path)
