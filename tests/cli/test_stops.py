"""`trackshift stops` on real files: its document, its words, and what it says of files and boxes that are wrong."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from cli.main import main
from tests.cli.command import trackshift
from tests.cli.documented import differences, documented
from tests.workers.vision.stop_timing.scene import BOX_PX, HEIGHT, WIDTH, Drive, Picture, Scene

DRIVE = Drive(1.503, 2.911)
BOX = ",".join(str(int(value)) for value in BOX_PX)
SCENE = Scene(paths=(DRIVE,), seconds=2.2, fps=25)


def write_clip(path: Path, pictures: Iterator[tuple[float, Picture]], *, turned: int = 0) -> Path:
    """H.264 with the pictures' own times; `turned`: stored on its side, with a note that says so."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=25, options={"preset": "ultrafast", "bf": "0", "g": "25"})
        stream.pix_fmt = "yuv420p"
        stream.time_base = stream.codec_context.time_base = Fraction(1, 90_000)
        stream.width, stream.height = (HEIGHT, WIDTH) if turned else (WIDTH, HEIGHT)
        if turned:
            stream.set_display_rotation(turned)
        for t_s, picture in pictures:
            stored = np.ascontiguousarray(np.rot90(picture, -turned // 90))
            frame = av.VideoFrame.from_ndarray(np.repeat(stored[..., None], 3, axis=2), format="rgb24")
            frame.pts, frame.time_base = round(t_s * 90_000), stream.codec_context.time_base
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("clips") / "stop.mp4", SCENE.pictures())


def test_the_document_has_the_documented_shape_and_no_data_folder_is_made(clip: Path, tmp_path: Path) -> None:
    done = trackshift(tmp_path / "data", "--json", "stops", str(clip), "--box", BOX)
    assert done.code == 0, done.stdout + done.stderr
    assert not differences(documented("stops"), done.document)
    (stop,) = done.document["stops"]
    assert abs(stop["stationary"]["t"] - DRIVE.stationary_s) < 0.04
    assert stop["released"] is None
    assert stop["complete"] is False
    assert done.document["frames"] == 55
    assert not (tmp_path / "data").exists()


def test_a_clip_on_its_side_is_timed_upright(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    turned = write_clip(tmp_path / "turned.mp4", SCENE.pictures(), turned=90)
    assert main(["stops", str(turned), "--box", BOX]) == 0
    told = capsys.readouterr().out
    assert "1 stops, 0 passes in 55 pictures" in told
    assert "It ends after the clip." in told


def test_a_clip_that_was_cut_short_is_timed_as_far_as_it_goes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = write_clip(tmp_path / "whole.mkv", SCENE.with_(seconds=1.0).pictures()).read_bytes()
    (tmp_path / "cut.mkv").write_bytes(whole[: len(whole) * 2 // 3])
    assert main(["stops", str(tmp_path / "cut.mkv"), "--box", BOX]) == 0
    assert "pictures missing at 1 places" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "box", "code", "said"),
    [
        ("stop.mp4", "1,2,3", 2, "1,2,3 is no box"),
        ("stop.mp4", "1,2,0,9", 2, "width and a height above 0"),
        ("stop.mp4", f"{WIDTH},0,50,50", 2, f"outside the picture of {WIDTH} × {HEIGHT} px"),
        ("nowhere.mp4", BOX, 2, "There is no file"),
        ("words.mp4", BOX, 1, "words.mp4"),
        ("half.mp4", BOX, 1, "half.mp4 is damaged or cut short"),
    ],
)
def test_what_is_wrong_is_said(
    clip: Path, capsys: pytest.CaptureFixture[str], name: str, box: str, code: int, said: str
) -> None:
    (clip.parent / "words.mp4").write_text("no video")
    (clip.parent / "half.mp4").write_bytes(clip.read_bytes()[:20_000])
    assert main(["stops", str(clip.parent / name), "--box", box]) == code
    assert said in capsys.readouterr().err
