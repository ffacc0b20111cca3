import hashlib
import io

import pytest
from minio import Minio
from minio.error import MinioException


def test_objects_outlive_a_killed_server_and_carry_their_md5(s3_server):
    data = b"frame" * 40_000
    made = s3_server.client().put_object("trackshift-frames", "frames/a.jpg", io.BytesIO(data), len(data))
    assert made.etag == hashlib.md5(data).hexdigest()
    s3_server.restart()
    assert s3_server.keys() == ["frames/a.jpg"]
    assert s3_server.read("frames/a.jpg") == data


def test_a_wrong_secret_is_refused(s3_server):
    client = Minio(s3_server.endpoint, s3_server.access_key, "wrong", secure=False, region="us-east-1")
    with pytest.raises(MinioException):
        client.put_object("trackshift-frames", "frames/a.jpg", io.BytesIO(b"x"), 1)
    assert s3_server.keys() == []
