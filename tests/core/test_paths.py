import errno
import os
from pathlib import Path

import pytest

from core.errors import DataFolderUnwritable, DiskFull, UsageError
from core.paths import DataFolder, default_data_folder, durable_file, write_durably


def left_over(folder):
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_a_durable_file_is_there_whole_with_its_folders(tmp_path):
    target = tmp_path / "frames" / "2026" / "a.jpg"
    write_durably(target, b"whole")
    assert target.read_bytes() == b"whole"
    assert left_over(tmp_path) == ["a.jpg"]


def test_a_failure_leaves_the_former_file_and_no_part(tmp_path):
    target = tmp_path / "a.jpg"
    write_durably(target, b"former")
    with pytest.raises(KeyError), durable_file(target) as file:
        file.write(b"half")
        raise KeyError
    assert target.read_bytes() == b"former"
    assert left_over(tmp_path) == ["a.jpg"]


def test_a_full_disk_says_what_is_safe_and_removes_the_part(tmp_path):
    with pytest.raises(DiskFull) as full, durable_file(tmp_path / "a.mp4") as file:
        file.write(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")
    assert "safe" in full.value.hint
    assert left_over(tmp_path) == []


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_disk_that_fills_while_writing_is_noticed(tmp_path):
    (tmp_path / "a.mp4.part").symlink_to("/dev/full")
    with pytest.raises(DiskFull):
        write_durably(tmp_path / "a.mp4", b"x" * 100_000)
    assert left_over(tmp_path) == []


def test_the_name_appears_only_after_the_bytes_are_on_disk(tmp_path, monkeypatch):
    order: list[str] = []
    fsync, replace = os.fsync, os.replace

    def told_fsync(descriptor: int) -> None:
        order.append("fsync")
        fsync(descriptor)

    def told_replace(part: Path, target: Path) -> None:
        order.append("rename")
        replace(part, target)

    monkeypatch.setattr(os, "fsync", told_fsync)
    monkeypatch.setattr(os, "replace", told_replace)
    write_durably(tmp_path / "a", b"x")
    assert order[:2] == ["fsync", "rename"]
    assert os.name == "nt" or order[2:] == ["fsync"]


@pytest.mark.parametrize("relative", ["../a", "frames/../../a", "/etc/passwd", "", ".", "frames/\0a"])
def test_a_rows_path_never_leaves_the_data_folder(tmp_path, relative):
    with pytest.raises(UsageError):
        DataFolder(tmp_path).absolute(relative)


def test_relative_paths_come_back_as_rows_store_them(tmp_path):
    folder = DataFolder(tmp_path)
    path = folder.absolute("frames/2026/11/21/Pit_1/a.jpg")
    assert folder.relative(path) == "frames/2026/11/21/Pit_1/a.jpg"
    with pytest.raises(UsageError):
        folder.relative(tmp_path.parent)


def test_the_data_folder_is_absolute_and_made_whole(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = DataFolder(Path("data"))
    folder.create()
    assert folder.root == tmp_path / "data"
    assert all(part.is_dir() for part in (folder.frames, folder.clips, folder.results, folder.preview, folder.logs))
    assert folder.mailbox("Pit_1") == folder.preview / "Pit_1.mailbox"


def test_a_place_that_is_no_folder_is_told(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(DataFolderUnwritable) as refusal:
        DataFolder(tmp_path / "file").create()
    assert "--data" in refusal.value.hint


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write everywhere")
def test_an_unwritable_data_folder_is_told(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(DataFolderUnwritable):
        DataFolder(tmp_path / "data").create()


def test_the_environment_names_the_data_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("TRACKSHIFT_DATA", str(tmp_path))
    assert default_data_folder() == tmp_path
    monkeypatch.delenv("TRACKSHIFT_DATA")
    assert "trackshift-station" in str(default_data_folder())
