import errno
import os

import pytest

from core.errors import StorageDenied, StorageMismatch, StorageUnreachable
from tests.workers.sync.outbox import no_pace
from workers.sync.folder_store import MARK, FolderStore
from workers.sync.proving import deliver


@pytest.fixture
def usb(tmp_path):
    (tmp_path / "media").mkdir(exist_ok=True)
    return tmp_path / "media" / "usb"


@pytest.fixture
def store(usb, tmp_path):
    store = FolderStore(usb, tmp_path / "stores.json")
    store.ensure()
    return store


def test_a_folder_is_made_and_marked_at_its_first_use(store, usb):
    assert (usb / MARK).exists()


def test_a_drive_that_was_never_seen_is_waited_for_until_its_place_is_there(tmp_path):
    store = FolderStore(tmp_path / "not" / "mounted", tmp_path / "stores.json")
    with pytest.raises(StorageUnreachable):
        store.ensure()
    assert not (tmp_path / "not").exists()


def test_an_empty_mount_point_is_not_filled_in_the_drives_place(outbox, store, usb, tmp_path):
    usb.rename(tmp_path / "away")
    usb.mkdir()
    upload = outbox.add()
    fresh = FolderStore(usb, tmp_path / "stores.json")
    for use in (
        fresh.ensure,
        lambda: fresh.send(outbox.sending(upload)),
        lambda: fresh.stat(upload.path),
        lambda: b"".join(fresh.read(upload.path, no_pace)),
    ):
        with pytest.raises(StorageUnreachable, match="not there"):
            use()
    assert list(usb.iterdir()) == []


def test_a_drive_that_was_wiped_on_purpose_is_taken_again_with_its_mark(store, usb, tmp_path):
    (usb / MARK).unlink()
    with pytest.raises(StorageUnreachable) as told:
        store.ensure()
    assert MARK in told.value.hint
    (usb / MARK).touch()
    store.ensure()


@pytest.mark.parametrize(("number", "words"), [(errno.ENOSPC, "is full"), (errno.EROFS, "may not write")])
def test_a_drive_that_takes_no_more_is_told_and_keeps_no_half_file(outbox, store, usb, monkeypatch, number, words):
    upload = outbox.add()
    fsync = os.fsync

    def failing(descriptor: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", failing)
    with pytest.raises(StorageDenied, match=words):
        store.send(outbox.sending(upload))
    monkeypatch.setattr(os, "fsync", fsync)
    assert [path for path in usb.rglob("*") if path.is_file()] == [usb / MARK]


def test_a_drive_that_goes_while_a_file_is_written_is_waited_for(outbox, store, monkeypatch):
    def gone(source: object, target: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "replace", gone)
    with pytest.raises(StorageUnreachable):
        store.put("frames/a.jpg", b"x", no_pace)


def test_a_byte_that_rots_on_the_drive_is_found_by_reading_it(outbox, store, usb):
    upload = outbox.add()

    class Rotting(FolderStore):
        def send(self, sending):
            super().send(sending)
            path = usb / sending.key
            data = bytearray(path.read_bytes())
            data[10] ^= 1
            path.write_bytes(data)
            return frozenset()

    rotting = Rotting(usb, usb.parent / "known.json")
    with pytest.raises(StorageMismatch):
        deliver(rotting, outbox.sending(upload), read_back=False)


def test_a_key_never_leaves_the_folder(store):
    with pytest.raises(ValueError, match="leaves the store"):
        store.put("../outside", b"x", no_pace)
