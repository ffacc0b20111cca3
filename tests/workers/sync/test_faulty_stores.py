"""Stores that lie, hang, drop the link or refuse: nothing is verified that was not proven, and nothing is lost."""

import pytest

from core.errors import StorageDenied, StorageMismatch, StorageMissing, StorageUnreachable
from core.store import stations, uploads
from core.upload import UploadState
from tests.fakes.fake_s3_faults import Fault
from tests.workers.sync.conftest import s3_settings
from tests.workers.sync.outbox import MIB, Running, eventually
from workers.sync.opening import open_store
from workers.sync.proving import deliver


def all_verified(outbox):
    summary = outbox.summary()
    return summary.safe_to_leave and summary.verified > 0


@pytest.mark.parametrize("size", [1000, 6 * MIB])
@pytest.mark.parametrize("fault", [Fault.WRONG_BYTE, Fault.OPAQUE_ETAG])
def test_the_right_size_with_one_wrong_byte_is_never_verified(faulty_outbox, faulty_s3, fault, size):
    upload = faulty_outbox.add(size=size)
    store = open_store(faulty_outbox.settings, faulty_outbox.credentials)
    faulty_s3.fault = fault
    if fault is Fault.WRONG_BYTE:
        with pytest.raises(StorageMismatch):
            deliver(store, faulty_outbox.sending(upload), read_back=False)
    else:
        # An ETag that is no digest proves nothing either way: the bytes are fetched and hashed.
        assert deliver(store, faulty_outbox.sending(upload), read_back=False).how == "read back"
    store.close()


def test_a_store_that_says_the_right_etag_of_wrong_bytes_is_found_out_by_reading_back(faulty_outbox, faulty_s3):
    upload = faulty_outbox.add()
    store = open_store(faulty_outbox.settings, faulty_outbox.credentials)
    faulty_s3.fault = Fault.WRONG_BYTE_HIDDEN
    with pytest.raises(StorageMismatch):
        deliver(store, faulty_outbox.sending(upload), read_back=True)
    store.close()


def test_the_digest_that_we_sent_as_metadata_is_no_proof(faulty_outbox, faulty_s3):
    upload = faulty_outbox.add()
    faulty_s3.fault = Fault.WRONG_BYTE
    uploader = faulty_outbox.uploader()
    uploader.run_once()
    kept = faulty_s3.objects["trackshift-frames", upload.path]
    said = {name.lower(): value for name, value in kept.headers.items()}
    assert said["x-amz-meta-sha256"] == upload.sha256 and len(kept.data) == upload.bytes
    assert faulty_outbox.now(upload).state is UploadState.WAITING
    uploader.close()


def test_what_comes_out_wrong_time_and_again_asks_the_operator_and_holds_up_no_other(faulty_outbox, faulty_s3):
    bad = faulty_outbox.add()
    faulty_s3.fault = Fault.WRONG_BYTE
    with Running(faulty_outbox.uploader()) as running:
        eventually(lambda: faulty_outbox.now(bad).state is UploadState.BLOCKED)
        assert "is not what was sent" in faulty_outbox.now(bad).reason
        faulty_s3.fault = Fault.NONE
        good = faulty_outbox.add()
        eventually(lambda: faulty_outbox.now(good).state is UploadState.VERIFIED)
        running.uploader.change(faulty_outbox.settings)
        eventually(lambda: all_verified(faulty_outbox))


def test_a_store_that_hangs_is_offline_and_not_an_error(faulty_outbox, faulty_s3):
    upload = faulty_outbox.add()
    faulty_s3.fault = Fault.HANG
    with Running(faulty_outbox.uploader()):
        assert faulty_s3.hanging.wait(10)
        eventually(lambda: "can't be reached" in faulty_outbox.now(upload).reason)
        assert faulty_outbox.now(upload).state is UploadState.WAITING
        faulty_s3.fault = Fault.NONE
        faulty_s3.released.set()
        eventually(lambda: all_verified(faulty_outbox))


def test_stopping_does_not_wait_for_a_store_that_hangs(faulty_outbox, faulty_s3):
    faulty_outbox.settings = s3_settings(faulty_s3.endpoint, timeout_s=60.0)
    upload = faulty_outbox.add()
    with Running(faulty_outbox.uploader()) as running:
        eventually(lambda: faulty_outbox.now(upload).state is UploadState.VERIFIED)
        faulty_s3.fault = Fault.HANG
        second = faulty_outbox.add()
        eventually(lambda: faulty_outbox.now(second).state is UploadState.SENDING or faulty_s3.hanging.is_set())
        running.stopping.set()
        running.thread.join(10)
        assert not running.thread.is_alive()
    assert faulty_outbox.now(second).state is UploadState.WAITING
    faulty_s3.released.set()


def test_offline_for_long_then_everything_is_sent_once(faulty_outbox, faulty_s3):
    faulty_s3.refuse()
    sent = [faulty_outbox.add() for _ in range(20)]
    with Running(faulty_outbox.uploader()) as running:
        eventually(lambda: "can't be reached" in faulty_outbox.summary().reason)
        assert faulty_outbox.summary().waiting + faulty_outbox.summary().sending == 20
        with faulty_outbox.database.read() as tx:
            eventually(lambda: not running.uploader.can_go_on(tx))
        faulty_s3.listen()
        with faulty_outbox.database.write() as tx:
            stations.wake(tx)
        eventually(lambda: all_verified(faulty_outbox))
    puts = [path for method, path in faulty_s3.requests if method == "PUT"]
    assert sorted(path for path in puts if path.endswith(".jpg")) == sorted(
        f"/trackshift-frames/{upload.path}" for upload in sent
    )


def test_without_a_word_from_anyone_sending_goes_on_when_the_store_is_back(faulty_outbox, faulty_s3):
    faulty_s3.refuse()
    faulty_outbox.add()
    with Running(faulty_outbox.uploader()):
        eventually(lambda: "can't be reached" in faulty_outbox.summary().reason)
        faulty_s3.listen()
        eventually(lambda: all_verified(faulty_outbox))


def test_a_link_that_drops_in_mid_part_costs_no_part_that_arrived(faulty_outbox, faulty_s3):
    upload = faulty_outbox.add(size=16 * MIB)
    store = open_store(faulty_outbox.settings, faulty_outbox.credentials)
    store.ensure()
    kept: list[object] = []

    def keep(sent_bytes: int, multipart: object) -> None:
        kept.append(multipart)
        if sent_bytes >= 10 * MIB:
            faulty_s3.fault = Fault.DROP

    with pytest.raises(StorageUnreachable):
        store.send(faulty_outbox.sending(upload, keep=keep))
    faulty_s3.fault = Fault.NONE
    sent: list[int] = []
    proof = deliver(store, faulty_outbox.sending(upload, pace=sent.append, multipart=kept[-1]), read_back=False)
    assert proof.how == "etag"
    assert sum(sent) < 7 * MIB
    store.close()


def test_a_worker_killed_in_the_middle_of_a_large_file_goes_on_where_it_was(faulty_outbox, faulty_s3):
    upload = faulty_outbox.add(size=26 * MIB)
    faulty_outbox.settings = s3_settings(faulty_s3.endpoint, bandwidth_limit_bytes_s=16 * MIB)

    def parts_there() -> int:
        return sum(len(item.parts) for item in faulty_s3.uploads.values())

    with Running(faulty_outbox.uploader()):
        eventually(lambda: parts_there() >= 2 and faulty_outbox.now(upload).multipart is not None)
    with faulty_outbox.database.write() as tx:  # as a kill leaves it: still sending, by a worker that is no more
        claimed = uploads.claim_next(tx, "the worker that died")
    assert claimed is not None and claimed.multipart is not None
    before = len([path for method, path in faulty_s3.requests if method == "PUT" and "partNumber" in path])
    faulty_outbox.settings = s3_settings(faulty_s3.endpoint)
    with Running(faulty_outbox.uploader()):
        eventually(lambda: all_verified(faulty_outbox))
    parts = [path for method, path in faulty_s3.requests if method == "PUT" and "partNumber" in path]
    assert len(parts) - before <= 4, "of six parts, those that were not there"
    assert faulty_outbox.now(upload).verified_how == "etag"


@pytest.mark.parametrize(
    ("fault", "words"),
    [(Fault.DENY, "refused the keys"), (Fault.BAD_KEY, "refused the keys"), (Fault.NO_BUCKET, "no bucket")],
)
def test_wrong_keys_or_bucket_block_with_the_operators_words_until_settings_change(
    faulty_outbox, faulty_s3, fault, words
):
    uploads_there = [faulty_outbox.add() for _ in range(3)]
    faulty_s3.fault = fault
    with Running(faulty_outbox.uploader()) as running:
        eventually(lambda: faulty_outbox.summary().blocked == 3)
        assert words in faulty_outbox.summary().reason.lower()
        assert {faulty_outbox.now(upload).state for upload in uploads_there} == {UploadState.BLOCKED}
        faulty_s3.fault = Fault.NONE
        running.uploader.change(faulty_outbox.settings)
        eventually(lambda: all_verified(faulty_outbox))


def test_a_store_mended_by_somebody_else_is_noticed_with_the_next_file(faulty_outbox, faulty_s3):
    faulty_outbox.add()
    faulty_s3.fault = Fault.DENY
    with Running(faulty_outbox.uploader()):
        eventually(lambda: faulty_outbox.summary().blocked == 1)
        faulty_s3.fault = Fault.NONE
        faulty_outbox.add()
        eventually(lambda: all_verified(faulty_outbox))


@pytest.mark.parametrize("fault", [Fault.BUSY, Fault.BROKEN])
def test_a_busy_store_is_waited_for(faulty_outbox, faulty_s3, fault):
    upload = faulty_outbox.add()
    faulty_s3.fault = fault
    with Running(faulty_outbox.uploader()):
        eventually(lambda: "busy or not well" in faulty_outbox.now(upload).reason)
        faulty_s3.fault = Fault.NONE
        eventually(lambda: all_verified(faulty_outbox))


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault.DENY, StorageDenied),
        (Fault.BAD_KEY, StorageDenied),
        (Fault.NO_BUCKET, StorageMissing),
        (Fault.BUSY, StorageUnreachable),
        (Fault.BROKEN, StorageUnreachable),
        (Fault.DROP, StorageUnreachable),
        (Fault.HANG, StorageUnreachable),
    ],
)
def test_each_fault_is_told_as_what_it_is(faulty_outbox, faulty_s3, fault, error):
    upload = faulty_outbox.add(size=200_000)
    store = open_store(faulty_outbox.settings, faulty_outbox.credentials)
    store.ensure()
    faulty_s3.fault = fault
    with pytest.raises(error) as told:
        deliver(store, faulty_outbox.sending(upload), read_back=False)
    assert "minioadmin" not in str(told.value.as_json())
    store.close()
    faulty_s3.released.set()
