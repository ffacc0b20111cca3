"""Doctor's and the settings page's question: does this store work?"""

import pytest

from core.credentials import Credentials
from core.errors import StorageDenied, StorageMismatch, StorageUnreachable
from core.settings import Settings
from tests.fakes.fake_s3_faults import Fault
from tests.workers.sync.conftest import s3_settings
from workers.sync.opening import open_store, store_warnings
from workers.sync.opening import test_store as ask_store


def test_a_store_that_works_is_left_as_it_was(any_store):
    report = ask_store(any_store.settings, any_store.credentials)
    assert report.label in report.message
    assert report.ms > 0
    assert ask_store(any_store.settings, any_store.credentials).label == report.label


def test_no_store_is_a_warning_and_no_failure(outbox):
    report = ask_store(Settings(), outbox.credentials)
    assert "no store is set" in report.message
    assert report.warnings


@pytest.mark.parametrize(
    ("fault", "error"),
    [(Fault.BAD_KEY, StorageDenied), (Fault.WRONG_BYTE, StorageMismatch), (Fault.BUSY, StorageUnreachable)],
)
def test_a_store_that_does_not_work_says_why(faulty_outbox, faulty_s3, fault, error):
    faulty_s3.fault = fault
    with pytest.raises(error) as told:
        ask_store(faulty_outbox.settings, faulty_outbox.credentials)
    assert told.value.hint


def test_wrong_keys_at_a_real_server_are_told_without_showing_them(outbox, make_s3_server):
    server = make_s3_server()
    outbox.settings = s3_settings(server.endpoint)
    outbox.environment.update(STORAGE__ACCESS_KEY="trackside", STORAGE__SECRET_KEY="not-the-secret")
    with pytest.raises(StorageDenied) as told:
        ask_store(outbox.settings, outbox.credentials)
    assert "not-the-secret" not in str(told.value.as_json())


@pytest.mark.parametrize("endpoint", ["not a host", "host:port:port", "http//x"])
def test_an_address_that_is_none_is_told(outbox, endpoint):
    with pytest.raises((StorageDenied, StorageUnreachable)):
        ask_store(s3_settings(endpoint), outbox.credentials)


def test_well_known_keys_and_plain_http_are_warned_of(outbox):
    warnings = store_warnings(s3_settings("nas.example:9000"), outbox.credentials)
    assert len(warnings) == 2
    own = Credentials(outbox.folder, {"STORAGE__ACCESS_KEY": "own", "STORAGE__SECRET_KEY": "own-secret"})
    assert store_warnings(s3_settings("localhost:9000"), own) == ()
    assert store_warnings(s3_settings("nas.example:9000", secure=True), own) == ()
    assert store_warnings(Settings(), own) == ()


def test_a_store_is_opened_without_asking_it(outbox):
    open_store(s3_settings("192.0.2.1:9000"), outbox.credentials).close()
