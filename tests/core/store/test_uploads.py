"""The outbox's promises: nothing is sent twice at once or lost, and only the attempt under way calls it verified."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from core.camera import Camera
from core.errors import NotFound
from core.paths import DataFolder
from core.store import cameras, frames, stations, uploads
from core.store.database import open_database
from core.store.moves import StaleAttempt
from core.upload import MOVES, ItemKind, UploadState
from tests.core.store.conftest import a_frame
from tests.fakes.fake_clock import FakeClock

SECOND = 10**9
STATES = (UploadState.WAITING, UploadState.SENDING, UploadState.BLOCKED, UploadState.VERIFIED)


@pytest.fixture
def sending(db, keep):
    """An upload under way."""
    keep()
    with db.write() as tx:
        return uploads.claim_next(tx, "w1")


def state_of(db, upload):
    with db.read() as tx:
        return uploads.get(tx, upload.id)


def test_a_large_file_goes_on_where_it_stopped(db, sending):
    with db.write() as tx:
        sent = uploads.sent(tx, sending, 500, {"id": "u-1", "parts": ["d"]})
        uploads.wait(tx, sent, "no network")
        again = uploads.claim_next(tx, "w1")
    assert again is not None
    assert (again.attempt, again.sent_bytes, again.multipart) == (2, 500, {"id": "u-1", "parts": ["d"]})


def test_verified_is_final_and_says_how(db, sending, clock):
    with db.write() as tx:
        uploads.verified(tx, sending, "abc", "etag")
    done = state_of(db, sending)
    assert (done.state, done.etag, done.verified_how, done.verified_at_ns) == (
        UploadState.VERIFIED,
        "abc",
        "etag",
        clock.utc_ns(),
    )
    assert done.sent_bytes == done.bytes
    with pytest.raises(StaleAttempt), db.write() as tx:
        uploads.wait(tx, sending, "again")
    with db.write() as tx:
        assert uploads.release(tx, "w2") == uploads.unblock_all(tx) == 0
        assert uploads.summary(tx).safe_to_leave


def test_a_stale_attempt_can_say_nothing(db, sending):
    with db.write() as tx:
        assert uploads.release(tx, "w2") == 1
        uploads.claim_next(tx, "w2")
    for late in (
        lambda tx: uploads.verified(tx, sending, None, "etag"),
        lambda tx: uploads.sent(tx, sending, 1),
        lambda tx: uploads.wait(tx, sending, "x"),
        lambda tx: uploads.block(tx, sending, "x"),
        lambda tx: uploads.assert_current(tx, sending),
    ):
        with pytest.raises(StaleAttempt), db.write() as tx:
            late(tx)
    assert state_of(db, sending).state is UploadState.SENDING


def test_waiting_has_its_time_and_sync_now_does_not_wait_for_it(db, sending, clock):
    due = clock.utc_ns() + SECOND
    with db.write() as tx:
        uploads.wait(tx, sending, "The store can't be reached", due)
        assert uploads.claim_next(tx, "w1") is None
        assert uploads.next_due_ns(tx) == due
        assert uploads.summary(tx).reason == "The store can't be reached"
        assert uploads.hurry(tx) == 1
        assert uploads.claim_next(tx, "w1") is not None
        assert uploads.summary(tx).reason == ""


def test_the_time_it_waits_for_comes(db, sending, clock):
    with db.write() as tx:
        uploads.wait(tx, sending, "x", clock.utc_ns() + SECOND)
    clock.advance(SECOND)
    with db.write() as tx:
        assert uploads.claim_next(tx, "w1") is not None


def test_blocked_stays_until_the_operator_mended_it(db, sending):
    with db.write() as tx:
        uploads.block(tx, sending, "The store refused the keys")
        assert uploads.claim_next(tx, "w1") is None
        summary = uploads.summary(tx)
        assert (summary.blocked, summary.reason, summary.safe_to_leave) == (1, "The store refused the keys", False)
        assert uploads.unblock_all(tx) == 1
        assert uploads.claim_next(tx, "w1") is not None


def test_a_dead_workers_upload_waits_again(db, sending):
    with db.write() as tx:
        assert uploads.release(tx, "w1") == 0, "its own goes on"
        assert uploads.release(tx, "w2") == 1
        assert uploads.claim_next(tx, "w2") is not None


def test_the_sync_bar_counts_bytes_and_knows_the_pause(db, keep):
    frames_kept = [keep(number) for number in range(4)]
    with db.write() as tx:
        sent = uploads.claim_next(tx, "w1")
        assert sent is not None
        uploads.verified(tx, sent, None, "re-read")
        uploads.claim_next(tx, "w1")
        frames.delete(tx, [frames_kept[3].id])
        stations.set_sync_paused(tx, True)
        summary = uploads.summary(tx)
    assert (summary.waiting, summary.sending, summary.verified, summary.held) == (1, 1, 1, 1)
    assert (summary.open_bytes, summary.verified_bytes, summary.paused) == (1001 + 1002, 1000, True)


def test_an_unknown_upload_is_told(db):
    with db.read() as tx, pytest.raises(NotFound):
        uploads.get(tx, "none")


class OutboxMachine(RuleBasedStateMachine):
    kept = Bundle("kept")
    claimed = Bundle("claimed")

    def __init__(self) -> None:
        super().__init__()
        self.home = tempfile.TemporaryDirectory()
        self.clock = FakeClock()
        self.db = open_database(DataFolder(Path(self.home.name)), clock=self.clock)
        self.do(cameras.add, Camera("Pit_1", "rtsp://127.0.0.1/one"))
        self.state: dict[str, UploadState] = {}
        self.attempt: dict[str, int] = {}
        self.order: list[str] = []
        self.starred: set[str] = set()
        self.hidden: set[str] = set()
        self.worker = 1

    def teardown(self) -> None:
        assert self.db.integrity_check() == []
        self.db.close()
        self.home.cleanup()

    def do(self, function, *args, **named):
        self.clock.advance(1000)
        with self.db.write() as tx:
            return function(tx, *args, **named)

    @rule(target=kept)
    def keep(self):
        frame = self.do(frames.add, a_frame(len(self.order)), station_id="s")
        self.order.append(frame.id)
        self.state[frame.id], self.attempt[frame.id] = UploadState.WAITING, 0
        return frame.id

    @rule(target=claimed)
    def claim(self):
        upload = self.do(uploads.claim_next, f"w{self.worker}")
        ready = [id for id in self.order if self.state[id] is UploadState.WAITING and id not in self.hidden]
        ready.sort(key=lambda id: id not in self.starred)
        assert (upload.item_id if upload else None) == (ready[0] if ready else None)
        if upload:
            self.move(upload.item_id, UploadState.SENDING)
            self.attempt[upload.item_id] += 1
        return upload

    def move(self, id, state):
        assert state in MOVES[self.state[id]]
        self.state[id] = state

    def fenced(self, upload, states, act, *args):
        if upload is None:
            return
        id = upload.item_id
        current = self.state[id] is UploadState.SENDING and self.attempt[id] == upload.attempt
        try:
            self.do(act, upload, *args)
        except StaleAttempt:
            assert not current
            return
        assert current
        for state in states:
            self.move(id, state)

    @rule(upload=claimed)
    def verified(self, upload):
        self.fenced(upload, [UploadState.VERIFIED], uploads.verified, "e", "etag")

    @rule(upload=claimed)
    def wait(self, upload):
        self.fenced(upload, [UploadState.WAITING], uploads.wait, "no network")

    @rule(upload=claimed)
    def block(self, upload):
        self.fenced(upload, [UploadState.WAITING, UploadState.BLOCKED], uploads.block, "keys")

    @rule(upload=claimed, part=st.floats(0, 1))
    def sent(self, upload, part):
        self.fenced(upload, [], uploads.sent, int(part * upload.bytes) if upload else 0)

    @rule()
    def mend(self):
        self.do(uploads.unblock_all)
        for id in [id for id, state in self.state.items() if state is UploadState.BLOCKED]:
            self.move(id, UploadState.WAITING)

    @rule()
    def worker_dies(self):
        self.worker += 1
        self.do(uploads.release, f"w{self.worker}")
        for id in [id for id, state in self.state.items() if state is UploadState.SENDING]:
            self.move(id, UploadState.WAITING)

    @rule(id=kept)
    def hide(self, id):
        self.do(frames.delete, [id])
        self.hidden.add(id)

    @rule(id=kept)
    def show(self, id):
        self.do(frames.undelete, [id])
        self.hidden.discard(id)

    @rule(id=kept, starred=st.booleans())
    def star(self, id, starred):
        self.do(frames.star, id, starred)
        (self.starred.add if starred else self.starred.discard)(id)

    @invariant()
    def the_rows_are_the_model(self):
        with self.db.read() as tx:
            rows = {upload.item_id: upload for upload in uploads.every(tx)}
            summary = uploads.summary(tx)
        assert {id: (row.state, row.attempt) for id, row in rows.items()} == {
            id: (state, self.attempt[id]) for id, state in self.state.items()
        }
        idle = {UploadState.WAITING, UploadState.BLOCKED}
        held = [id for id, state in self.state.items() if state in idle and id in self.hidden]
        shown = [state for id, state in self.state.items() if id not in held]
        counted = [summary.waiting, summary.sending, summary.blocked, summary.verified, summary.held]
        assert counted == [*(shown.count(state) for state in STATES), len(held)]
        assert summary.verified_bytes == sum(
            rows[id].bytes for id, state in self.state.items() if state is UploadState.VERIFIED
        )


OutboxMachine.TestCase.settings = settings(
    max_examples=15,
    stateful_step_count=30,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
TestOutbox = OutboxMachine.TestCase


def test_both_kinds_of_items_may_carry_the_same_id(db, keep):
    frame = keep()
    with db.read() as tx:
        assert uploads.for_items(tx, ItemKind.CLIP, [frame.id]) == {}
        assert set(uploads.for_items(tx, ItemKind.FRAME, [frame.id, "none"])) == {frame.id}
