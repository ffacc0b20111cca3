import hashlib
import io
import os
from collections.abc import Iterator

import pytest
import urllib3
from minio import Minio
from minio.error import S3Error

from tests.fakes.fake_s3_faults import Fault, FaultyS3

BUCKET = "trackshift-frames"


@pytest.fixture
def store() -> Iterator[FaultyS3]:
    with FaultyS3() as faulty:
        yield faulty


@pytest.fixture
def client(store: FaultyS3) -> Iterator[Minio]:
    pool = urllib3.PoolManager(timeout=urllib3.Timeout(1.0), retries=False, maxsize=8)
    yield Minio(store.endpoint, "any", "key", secure=False, http_client=pool)
    pool.clear()


def put(client: Minio, data: bytes, key: str = "frames/a.jpg") -> str:
    return str(client.put_object(BUCKET, key, io.BytesIO(data), len(data), metadata={"camera_id": "P1"}).etag)


def test_a_sound_store_gives_back_what_it_took(store, client):
    assert client.bucket_exists(BUCKET)
    assert put(client, b"frame" * 1000) == hashlib.md5(b"frame" * 1000).hexdigest()
    found = client.stat_object(BUCKET, "frames/a.jpg")
    assert (found.size, found.metadata["x-amz-meta-camera_id"]) == (5000, "P1")
    with client.get_object(BUCKET, "frames/a.jpg", offset=5, length=5) as answer:
        assert answer.read() == b"frame"
    assert [item.object_name for item in client.list_objects(BUCKET, "frames/", recursive=True)] == ["frames/a.jpg"]


def test_parts_become_one_object_with_the_part_wise_etag(store, client):
    data = os.urandom(11 << 20)
    made = client.put_object(BUCKET, "clips/a.mp4", io.BytesIO(data), len(data), part_size=5 << 20)
    digests = b"".join(hashlib.md5(data[at : at + (5 << 20)]).digest() for at in range(0, len(data), 5 << 20))
    assert made.etag == hashlib.md5(digests).hexdigest() + "-3"
    assert store.objects[BUCKET, "clips/a.mp4"].data == data
    assert not store.uploads


@pytest.mark.parametrize(("fault", "etag_tells"), [(Fault.WRONG_BYTE, True), (Fault.WRONG_BYTE_HIDDEN, False)])
def test_one_wrong_byte_keeps_the_size(store, client, fault, etag_tells):
    store.fault = fault
    etag = put(client, b"frame" * 1000)
    kept = store.objects[BUCKET, "frames/a.jpg"].data
    assert len(kept) == 5000
    assert sum(a != b for a, b in zip(kept, b"frame" * 1000, strict=True)) == 1
    assert (etag != hashlib.md5(b"frame" * 1000).hexdigest()) is etag_tells


@pytest.mark.parametrize("fault", [Fault.DENY, Fault.BAD_KEY, Fault.NO_BUCKET, Fault.BROKEN, Fault.BUSY])
def test_refusals_carry_their_s3_code(store, client, fault):
    store.fault = fault
    with pytest.raises(S3Error) as refused:
        put(client, b"frame")
    assert refused.value.code == fault.value
    assert not store.objects


@pytest.mark.parametrize("fault", [Fault.HANG, Fault.DROP, Fault.SLOW])
def test_a_bad_link_stores_nothing(store, client, fault):
    store.fault = fault
    with pytest.raises((urllib3.exceptions.HTTPError, OSError)):
        put(client, bytes(200_000))
    assert not store.objects


def test_a_closed_port_refuses_and_opens_again_with_its_objects(store, client):
    put(client, b"frame")
    store.refuse()
    with pytest.raises(urllib3.exceptions.HTTPError):
        client.bucket_exists(BUCKET)
    store.listen()
    assert client.stat_object(BUCKET, "frames/a.jpg").size == 5
