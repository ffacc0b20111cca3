from pathlib import Path

import pytest

from core.asset_lists import missing, of_paths, read_csv
from core.errors import UsageError
from core.run import FrameRef


def written(folder: Path, text: str) -> Path:
    path = folder / "assets.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_lines_of_one_name_are_one_asset_and_paths_are_meant_from_the_file(tmp_path):
    text = "asset_id,location,frames\nCar 27,Box 1,a.jpg; b.jpg\nCar 4,,/x/c.jpg\nCar 27,,sub/d.jpg\n"
    first, second = read_csv(written(tmp_path, text))
    assert (first.asset_id, first.location) == ("Car 27", "Box 1")
    assert first.frames == tuple(FrameRef(path=str(tmp_path / name)) for name in ("a.jpg", "b.jpg", "sub/d.jpg"))
    assert second.frames == (FrameRef(path="/x/c.jpg"),)


def test_a_spreadsheet_of_another_language_is_read_too(tmp_path):
    (asset,) = read_csv(written(tmp_path, "\ufeffAsset_ID;Frame_Paths\nMotor;a.jpg|b.jpg\n"))
    assert [Path(str(frame.path)).name for frame in asset.frames] == ["a.jpg", "b.jpg"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name,frames\nx,a.jpg\n", "asset_id and frames"),
        ("asset_id,frames\nx,a.jpg\ny,\n", "Line 3"),
        ("asset_id,frames\n,a.jpg\n", "Line 2"),
        ("asset_id,frames\n", "names no asset"),
        ("", "asset_id and frames"),
    ],
)
def test_a_csv_that_is_none_is_refused_with_its_line(tmp_path, text, said):
    with pytest.raises(UsageError, match=said) as refused:
        read_csv(written(tmp_path, text))
    assert "asset_id, location" in refused.value.hint


def test_a_csv_that_is_not_there_or_no_text_is_told(tmp_path):
    with pytest.raises(UsageError, match="can't be read"):
        read_csv(tmp_path / "none.csv")
    (tmp_path / "bytes.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="can't be read"):
        read_csv(tmp_path / "bytes.csv")


def test_a_picture_is_an_asset_and_a_folder_is_one_with_all_its_pictures(tmp_path):
    for name in ("car/1.jpg", "car/2.PNG", "car/notes.txt", "wheel.jpg", "other/wheel.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    found = of_paths([tmp_path / "car", tmp_path / "wheel.jpg", tmp_path / "other" / "wheel.jpg"])
    assert [(asset.asset_id, len(asset.frames)) for asset in found] == [
        ("car", 2),
        ("wheel", 1),
        (str(tmp_path / "other" / "wheel.jpg"), 1),
    ]
    assert missing(found) == []
    (tmp_path / "wheel.jpg").unlink()
    assert missing(found) == [str(tmp_path / "wheel.jpg")]
    with pytest.raises(UsageError, match="no picture"):
        of_paths([tmp_path / "nowhere"])
