"""The outbox keeps its promises whatever the store is: order, pause, pace, what is held, what went wrong here."""

import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.settings import Settings
from core.store import stations, uploads
from core.upload import ItemKind, UploadState
from tests.workers.sync.outbox import MIB, Running, eventually
from workers.sync.object_store import Pace, Sending, Stored
from workers.sync.opening import NO_STORE, open_store


class Recorder:
    """A store that remembers the order in which files came, and can be told to hang."""

    label = "the recorder"
    retry_cap_s = 1.0

    def __init__(self) -> None:
        self.keys: list[str] = []
        self.go = threading.Event()
        self.go.set()

    def ensure(self) -> None: ...

    def send(self, sending: Sending) -> frozenset[str]:
        self.keys.append(sending.key)
        self.go.wait()
        return frozenset({"etag"})

    def put(self, key: str, data: bytes, pace: Pace) -> None: ...

    def stat(self, key: str) -> Stored | None:
        return Stored(1000, "etag")

    def read(self, key: str, pace: Pace) -> Iterator[bytes]:
        raise NotImplementedError

    def remove(self, key: str) -> None: ...

    def interrupt(self) -> None: ...

    def close(self) -> None: ...


def all_verified(outbox):
    summary = outbox.summary()
    return summary.safe_to_leave and summary.verified > 0


def one_at_a_time(outbox, **storage: object) -> None:
    changed = outbox.settings.storage.model_copy(update={"concurrency": 1, **storage})
    outbox.settings = Settings(storage=changed)


def test_what_is_enqueued_while_it_runs_is_sent_and_proven(outbox):
    with Running(outbox.uploader()):
        sent = [outbox.add(size=size) for size in (1, 1000, 3 * MIB)]
        eventually(lambda: outbox.summary().verified == 3)
    for upload in sent:
        assert (outbox.folder.root.parent / "media" / "usb" / upload.path).read_bytes() == outbox.folder.absolute(
            upload.path
        ).read_bytes()
        assert outbox.now(upload).verified_how == "read back"
        assert outbox.now(upload).sent_bytes == upload.bytes


def test_starred_first_then_oldest(outbox):
    recorder = Recorder()
    plain = [outbox.add() for _ in range(3)]
    starred = outbox.add(starred=True)
    one_at_a_time(outbox)
    uploader = outbox.uploader(lambda settings, credentials: recorder)
    uploader.run_once()
    assert recorder.keys == [starred.path, *(upload.path for upload in plain)]


def test_held_files_are_not_sent_until_their_deletion_is_undone(outbox):
    held, other = outbox.add(), outbox.add()
    with outbox.database.write() as tx:
        uploads.hold(tx, ItemKind.FRAME, [held.item_id])
    with Running(outbox.uploader()):
        eventually(lambda: outbox.now(other).state is UploadState.VERIFIED)
        assert outbox.now(held).state is UploadState.WAITING
        assert outbox.summary().safe_to_leave
        with outbox.database.write() as tx:
            uploads.unhold(tx, ItemKind.FRAME, [held.item_id])
        eventually(lambda: outbox.now(held).state is UploadState.VERIFIED)


def test_a_pause_stops_what_is_under_way_and_resume_goes_on(outbox):
    upload = outbox.add(size=4 * MIB)
    one_at_a_time(outbox, bandwidth_limit_bytes_s=MIB)
    with Running(outbox.uploader()) as running:
        eventually(lambda: outbox.now(upload).state is UploadState.SENDING)
        with outbox.database.write() as tx:
            stations.set_sync_paused(tx, True)
        eventually(lambda: outbox.now(upload).state is UploadState.WAITING)
        with outbox.database.read() as tx:
            assert not running.uploader.can_go_on(tx)
        one_at_a_time(outbox, bandwidth_limit_bytes_s=0)
        running.uploader.change(outbox.settings)
        with outbox.database.write() as tx:
            stations.set_sync_paused(tx, False)
        eventually(lambda: all_verified(outbox))


def test_the_bandwidth_cap_holds_over_all_senders(outbox):
    for _ in range(8):
        outbox.add(size=250_000)
    outbox.settings = Settings(
        storage=outbox.settings.storage.model_copy(update={"bandwidth_limit_bytes_s": 1_000_000})
    )
    began_s = time.monotonic()
    outbox.uploader().run_once()
    assert outbox.summary().verified == 8
    assert time.monotonic() - began_s > 1.5


def test_progress_of_a_large_file_is_seen_while_it_goes(outbox):
    upload = outbox.add(size=4 * MIB)
    one_at_a_time(outbox, bandwidth_limit_bytes_s=2 * MIB)
    with Running(outbox.uploader()):
        eventually(lambda: 0 < outbox.now(upload).sent_bytes < upload.bytes)
        eventually(lambda: all_verified(outbox))


def test_a_file_that_is_gone_or_changed_is_blocked_with_the_reason_and_the_others_go(outbox):
    gone = outbox.add(write=False)
    changed = outbox.add()
    outbox.folder.absolute(changed.path).write_bytes(os.urandom(changed.bytes))
    good = outbox.add()
    with Running(outbox.uploader()):
        eventually(lambda: outbox.summary().blocked == 2 and outbox.now(good).state is UploadState.VERIFIED)
    assert "gone" in outbox.now(gone).reason
    assert "bytes changed" in outbox.now(changed).reason
    assert not (outbox.folder.root.parent / "media" / "usb" / changed.path).exists()


def test_a_file_that_was_put_back_is_sent_at_sync_now(outbox):
    upload = outbox.add()
    path = outbox.folder.absolute(upload.path)
    data = path.read_bytes()
    path.unlink()
    with Running(outbox.uploader()):
        eventually(lambda: outbox.now(upload).state is UploadState.BLOCKED)
        path.write_bytes(data)
        with outbox.database.write() as tx:
            stations.wake(tx)
        eventually(lambda: all_verified(outbox))


def ask_to_sync(outbox) -> Callable[[], bool]:
    """Wish for a sync now; the answer tells whether all was sent or tried since."""
    with outbox.database.write() as tx:
        wish = stations.wake(tx)

    def served() -> bool:
        with outbox.database.read() as tx:
            return stations.wake_served(tx) >= wish

    return served


def test_sync_now_is_answered_when_nothing_more_can_be_sent(outbox):
    outbox.add()
    shutil.rmtree(Path(str(outbox.settings.storage.folder)).parent)
    with Running(outbox.uploader()):
        eventually(ask_to_sync(outbox))
        eventually(ask_to_sync(outbox))
    assert outbox.summary().waiting == 1


def test_sync_now_is_answered_while_sending_is_paused(outbox):
    outbox.add()
    with outbox.database.write() as tx:
        stations.set_sync_paused(tx, True)
    with Running(outbox.uploader()):
        eventually(ask_to_sync(outbox))


def test_sync_now_waits_for_a_file_that_is_to_be_tried_again(outbox):
    outbox.add()
    changed = outbox.add()
    outbox.folder.absolute(changed.path).write_bytes(b"x" * changed.bytes)
    with Running(outbox.uploader()):
        served = ask_to_sync(outbox)
        eventually(served)
        assert outbox.now(changed).state is UploadState.BLOCKED


def test_a_drive_that_is_pulled_out_is_waited_for_and_its_empty_mount_point_stays_empty(outbox):
    usb = Path(str(outbox.settings.storage.folder))
    with Running(outbox.uploader()):
        first = outbox.add()
        eventually(lambda: outbox.now(first).state is UploadState.VERIFIED)
        away = usb.with_name("away")
        usb.rename(away)
        usb.mkdir()
        second = outbox.add()
        eventually(lambda: "is not there" in outbox.now(second).reason)
        assert outbox.now(second).state is UploadState.WAITING
        assert list(usb.iterdir()) == []
        shutil.rmtree(usb)
        away.rename(usb)
        eventually(lambda: outbox.now(second).state is UploadState.VERIFIED)


def test_without_a_store_uploads_wait_and_say_so(outbox):
    upload = outbox.add()
    storage = outbox.settings.storage
    outbox.settings = Settings()
    with Running(outbox.uploader()) as running:
        eventually(lambda: outbox.now(upload).reason == NO_STORE)
        assert outbox.now(upload).state is UploadState.WAITING
        with outbox.database.read() as tx:
            eventually(lambda: not running.uploader.can_go_on(tx))
        running.uploader.change(Settings(storage=storage))
        eventually(lambda: all_verified(outbox))


def test_what_a_dead_worker_was_sending_is_sent_by_the_next(outbox):
    upload = outbox.add()
    with outbox.database.write() as tx:
        assert uploads.claim_next(tx, "dead") is not None
    with Running(outbox.uploader()):
        eventually(lambda: outbox.now(upload).state is UploadState.VERIFIED)
    assert outbox.now(upload).attempt == 2


def test_a_store_that_hangs_in_the_operating_system_is_left_behind(outbox):
    recorder = Recorder()
    recorder.go.clear()
    upload = outbox.add()
    one_at_a_time(outbox, timeout_s=1.0)
    with Running(outbox.uploader(lambda settings, credentials: recorder)) as running:
        eventually(lambda: "can't be reached" in outbox.now(upload).reason)
        running.stopping.set()
        running.thread.join(15)
        assert not running.thread.is_alive()
    recorder.go.set()


@pytest.mark.allow_warnings
def test_a_bug_in_sending_one_file_is_reported_and_blocks_that_one_only(outbox):
    bad, good = outbox.add(), outbox.add()

    class Buggy(Recorder):
        def send(self, sending: Sending) -> frozenset[str]:
            if sending.key == bad.path:
                raise KeyError("a bug")
            return super().send(sending)

    with Running(outbox.uploader(lambda settings, credentials: Buggy())):
        eventually(lambda: outbox.now(good).state is UploadState.VERIFIED)
        eventually(lambda: outbox.now(bad).state is UploadState.BLOCKED)
    assert "fault of the station" in outbox.now(bad).reason


def test_it_can_go_on_while_something_waits_that_the_store_would_take(outbox):
    uploader = outbox.uploader(open_store)
    with outbox.database.read() as tx:
        assert not uploader.can_go_on(tx)
    outbox.add()
    with outbox.database.read() as tx:
        assert uploader.can_go_on(tx)
    uploader.run_once()
    with outbox.database.read() as tx:
        assert not uploader.can_go_on(tx)
