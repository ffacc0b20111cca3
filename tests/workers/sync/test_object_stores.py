"""The contract that every store keeps: a folder, two S3 servers that we did not write, and the one that tests break."""

import hashlib
import json
import os

import pytest

from core.errors import FileChanged, FileGone
from tests.real.s3_server import S3Server
from tests.workers.sync.outbox import MIB, no_pace
from workers.sync.object_store import Halted, probe_key, sidecar_key
from workers.sync.opening import open_store
from workers.sync.proving import deliver, prove


@pytest.fixture
def store(any_store):
    store = open_store(any_store.settings, any_store.credentials)
    store.ensure()
    yield store
    store.close()


def body(store, key):
    return b"".join(store.read(key, no_pace))


def test_the_bucket_or_folder_is_made_and_may_be_there_already(store):
    store.ensure()


@pytest.mark.parametrize("size", [1, 200_000, 5 * MIB])
def test_what_was_sent_is_there_and_proven(any_store, store, size):
    upload = any_store.add(size=size)
    proof = deliver(store, any_store.sending(upload), read_back=False)
    assert proof.how in ("etag", "read back")
    found = store.stat(upload.path)
    assert found is not None and found.bytes == size
    assert hashlib.sha256(body(store, upload.path)).hexdigest() == upload.sha256


def test_a_large_file_goes_in_parts_and_its_whole_etag_is_computed_here_too(any_store, store):
    upload = any_store.add(size=11 * MIB)
    kept = []
    sending = any_store.sending(upload, keep=lambda sent_bytes, multipart: kept.append(sent_bytes))
    proof = deliver(store, sending, read_back=False)
    assert proof.how == ("etag" if any_store.settings.storage.kind == "minio" else "read back")
    assert kept == sorted(kept) and len(kept) >= 1
    assert hashlib.sha256(body(store, upload.path)).hexdigest() == upload.sha256


def test_the_sidecar_says_everything_in_any_script(any_store, store):
    upload = any_store.add()
    deliver(store, any_store.sending(upload), read_back=False)
    said = json.loads(body(store, sidecar_key(upload.path)))
    assert said.items() >= upload.metadata.items()
    assert said["original_filename"] == "Bröker ▸ 箱.jpg"
    assert (said["key"], said["bytes"], said["sha256"]) == (upload.path, upload.bytes, upload.sha256)


def test_sending_the_same_again_changes_nothing(any_store, store):
    upload = any_store.add()
    first = deliver(store, any_store.sending(upload), read_back=False)
    assert deliver(store, any_store.sending(upload), read_back=False) == first


def test_reading_back_can_be_asked_for(any_store, store):
    upload = any_store.add()
    assert deliver(store, any_store.sending(upload), read_back=True).how == "read back"


@pytest.mark.parametrize("size", [1000, 6 * MIB])
def test_a_file_that_changed_on_this_disk_is_told_and_never_becomes_an_object(any_store, store, size):
    upload = any_store.add(size=size)
    path = any_store.folder.absolute(upload.path)
    data = bytearray(path.read_bytes())
    data[size // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(FileChanged):
        store.send(any_store.sending(upload))
    assert store.stat(upload.path) is None


@pytest.mark.parametrize("change", [lambda data: data[:-1], lambda data: data + b"x"])
def test_a_file_of_another_size_is_told(any_store, store, change):
    upload = any_store.add()
    path = any_store.folder.absolute(upload.path)
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(FileChanged):
        store.send(any_store.sending(upload))
    assert store.stat(upload.path) is None


def test_a_file_that_is_gone_is_told(any_store, store):
    with pytest.raises(FileGone):
        store.send(any_store.sending(any_store.add(write=False)))


def test_what_is_not_there_has_no_stat(store):
    assert store.stat("frames/2026/11/21/Pit_1/none.jpg") is None


def test_a_halt_in_the_middle_leaves_no_object(any_store, store):
    upload = any_store.add(size=3 * MIB)
    left = [1 * MIB]

    def pace(sent_bytes: int) -> None:
        left[0] -= sent_bytes
        if left[0] < 0:
            raise Halted

    with pytest.raises(Halted):
        store.send(any_store.sending(upload, pace))
    assert store.stat(upload.path) is None
    deliver(store, any_store.sending(upload), read_back=False)


def test_a_halted_large_file_goes_on_by_part(any_store, store):
    if any_store.settings.storage.kind == "folder":
        pytest.skip("a folder takes the file whole")
    upload = any_store.add(size=16 * MIB)
    kept: list[object] = [None]
    sent = [0]

    def pace(sent_bytes: int) -> None:
        sent[0] += sent_bytes
        if sent[0] > 12 * MIB:
            raise Halted

    with pytest.raises(Halted):
        store.send(any_store.sending(upload, pace, keep=lambda sent_bytes, multipart: kept.append(multipart)))

    again = [0]

    def pace_again(sent_bytes: int) -> None:
        again[0] += sent_bytes

    fresh = open_store(any_store.settings, any_store.credentials)
    proof = deliver(fresh, any_store.sending(upload, pace_again, multipart=kept[-1]), read_back=False)
    fresh.close()
    assert proof.how == "etag"
    assert again[0] < 7 * MIB, "only the parts that were not there"
    assert hashlib.sha256(body(store, upload.path)).hexdigest() == upload.sha256


def test_an_unfinished_upload_that_the_store_forgot_begins_anew(any_store, store):
    upload = any_store.add(size=6 * MIB)
    lost = {"store": store.label, "upload_id": "0" * 32, "part_bytes": 5 * MIB}
    deliver(store, any_store.sending(upload, multipart=lost), read_back=False)


def test_a_large_file_that_was_completed_before_the_crash_is_not_sent_again(any_store, store):
    if any_store.settings.storage.kind == "folder":
        pytest.skip("a folder takes the file whole")
    upload = any_store.add(size=6 * MIB)
    kept: list[object] = []
    store.send(any_store.sending(upload, keep=lambda sent_bytes, multipart: kept.append(multipart)))
    sent: list[int] = []
    etags = store.send(any_store.sending(upload, sent.append, multipart=kept[-1]))
    assert sum(sent) == 0
    assert prove(store, any_store.sending(upload), etags).how == "etag"


def test_only_probes_may_be_removed(any_store, store):
    upload = any_store.add()
    deliver(store, any_store.sending(upload), read_back=False)
    with pytest.raises(ValueError, match="never removed"):
        store.remove(upload.path)
    key = probe_key()
    store.put(key, b"here", no_pace)
    assert body(store, key) == b"here"
    store.remove(key)
    assert store.stat(key) is None


def test_objects_carry_their_metadata_and_type(any_store, store, any_server):
    if not isinstance(any_server, S3Server):
        pytest.skip("asks the server itself")
    upload = any_store.add(os.urandom(100))
    deliver(store, any_store.sending(upload), read_back=False)
    found = any_server.client().stat_object(any_store.settings.storage.bucket_name, upload.path)
    said = {name.lower(): value for name, value in (found.metadata or {}).items()}
    assert said["x-amz-meta-camera_id"] == "Pit_1"
    assert said["x-amz-meta-sha256"] == upload.sha256
    assert found.content_type == "image/jpeg"
