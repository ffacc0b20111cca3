"""Stores to send to: real S3 servers (one of each a module), a faulty one, and folders."""

from collections.abc import Iterator
from itertools import count

import pytest

from core.credentials import Credentials
from core.paths import DataFolder
from core.settings import Settings
from tests.fakes.fake_s3_faults import FaultyS3
from tests.real.s3_server import S3Server
from tests.workers.sync.outbox import Outbox, make_outbox

_names = count(1)


@pytest.fixture(scope="module", params=["folder", "nanio", "rclone", "faulty"])
def any_server(request) -> Iterator[S3Server | FaultyS3 | None]:
    """One of each kind a module; a folder needs none."""
    if request.param == "folder":
        yield None
        return
    with FaultyS3() if request.param == "faulty" else S3Server(request.param) as server:
        yield server


@pytest.fixture
def outbox(tmp_path) -> Iterator[Outbox]:
    """Goes to a folder, until a test gives it other settings."""
    (tmp_path / "media").mkdir()
    storage = {"kind": "folder", "folder": str(tmp_path / "media" / "usb")}
    outbox = make_outbox(DataFolder(tmp_path / "station"), Settings(storage=storage))  # type: ignore[arg-type]
    yield outbox
    assert outbox.database.integrity_check() == []
    outbox.database.close()


def s3_settings(endpoint: str, bucket: str = "trackshift-frames", **changed: object) -> Settings:
    storage = {"kind": "minio", "endpoint": endpoint, "bucket_name": bucket, "part_size_bytes": 5 << 20}
    return Settings(storage={**storage, "timeout_s": 10.0, **changed})  # type: ignore[arg-type]


@pytest.fixture
def faulty_s3() -> Iterator[FaultyS3]:
    with FaultyS3() as server:
        yield server


@pytest.fixture
def faulty_outbox(outbox, faulty_s3) -> Outbox:
    """Goes to the faulty store, which gives no answer for 1 s at most."""
    outbox.settings = s3_settings(faulty_s3.endpoint, timeout_s=1.0)
    return outbox


@pytest.fixture
def any_store(any_server, outbox) -> Outbox:
    """An outbox for each kind of store in turn, with a bucket of the test's own."""
    if any_server is not None:
        outbox.settings = s3_settings(any_server.endpoint, f"bucket-{next(_names)}")
    if isinstance(any_server, S3Server):
        outbox.environment.update(STORAGE__ACCESS_KEY=any_server.access_key, STORAGE__SECRET_KEY=any_server.secret_key)
    return outbox


@pytest.fixture
def forgotten(tmp_path) -> Credentials:
    """Credentials of a folder that never had any."""
    return Credentials(DataFolder(tmp_path / "nobody"), {})
