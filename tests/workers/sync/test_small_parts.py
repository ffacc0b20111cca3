"""Digests, headers and pace: the small pure parts of sending."""

import hashlib
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.sync.digests import FileDigests, is_md5_etag, multipart_etag, sha256_hex
from workers.sync.object_store import Halted, content_type
from workers.sync.pace import SharedPace
from workers.sync.s3_answers import header_safe


@given(st.lists(st.binary(min_size=1), min_size=1))
def test_digests_of_parts_are_those_of_the_whole(parts):
    digests = FileDigests()
    for part in parts:
        digests.add_part(part)
    assert digests.sha256 == hashlib.sha256(b"".join(parts)).hexdigest() == sha256_hex(parts)
    assert all(is_md5_etag(etag) for etag in digests.etags)
    assert multipart_etag(digests.parts) in digests.etags


def test_an_etag_as_s3_computes_it():
    # `aws s3api` for two parts of five and one MiB of zeros.
    parts = [hashlib.md5(bytes(5 << 20)).hexdigest(), hashlib.md5(bytes(1 << 20)).hexdigest()]
    joined = b"".join(bytes.fromhex(part) for part in parts)
    assert multipart_etag(parts) == hashlib.md5(joined).hexdigest() + "-2"


@pytest.mark.parametrize("etag", [None, "", "opaque", "A" * 32, "0" * 31, "0" * 32 + "-0"])
def test_what_is_no_digest_is_not_taken_for_one(etag):
    assert not is_md5_etag(etag)


@given(st.dictionaries(st.sampled_from(["camera_id", "original_filename", "session"]), st.text()))
def test_metadata_is_always_fit_for_a_header(metadata):
    for name, value in header_safe(metadata).items():
        assert isinstance(value, str)
        assert (name + value).isascii() and value.isprintable() and value == value.strip()


def test_metadata_never_passes_what_s3_takes():
    safe = header_safe({"camera_id": "Pit_1", "original_filename": "箱" * 5000, "session": "FP1"})
    assert safe["camera_id"] == "Pit_1"
    assert sum(len(name) + len(str(value)) for name, value in safe.items()) < 2048


@pytest.mark.parametrize(
    ("key", "kind"), [("a/b.jpg", "image/jpeg"), ("c.mkv", "video/x-matroska"), ("a.jpg.json", "application/json")]
)
def test_objects_are_of_the_type_their_name_says(key, kind):
    assert content_type(key) == kind


def test_without_a_limit_nothing_waits_and_with_one_the_bytes_take_their_time():
    pace = SharedPace()
    pace(1 << 40)
    pace.set_limit(1_000_000)
    began_s = time.monotonic()
    for _ in range(8):
        pace(100_000)
    assert 0.4 < time.monotonic() - began_s < 3


def test_a_halt_ends_the_wait_at_once():
    pace = SharedPace(1000)
    pace(1000)
    threading.Timer(0.1, pace.halt).start()
    began_s = time.monotonic()
    with pytest.raises(Halted):
        pace(100_000)
    assert time.monotonic() - began_s < 5
    pace.resume()
    pace.set_limit(0)
    pace(1)
