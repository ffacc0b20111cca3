"""Object storage that this project did not write: nanio or rclone on loopback, in a folder of its own."""

import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Literal

from minio import Minio

from tests.real.child import ChildServer, free_port

ACCESS_KEY = "trackside"
SECRET_KEY = "box-seven-secret"
SCRIPTS = Path(sys.executable).parent


class S3Server(ChildServer):
    """A real S3 server that checks signatures. Its objects outlive kill() and restart(), and go with the context."""

    def __init__(
        self, kind: Literal["nanio", "rclone"] = "nanio", *, buckets: Sequence[str] = ("trackshift-frames",)
    ) -> None:
        self.kind, self.buckets = kind, tuple(buckets)
        self.access_key, self.secret_key = ACCESS_KEY, SECRET_KEY
        self.port = free_port()
        self._folder = tempfile.TemporaryDirectory(prefix="s3-")

    @property
    def endpoint(self) -> str:
        """host:port, as STORAGE__ENDPOINT takes it."""
        return f"127.0.0.1:{self.port}"

    def command(self) -> Sequence[str]:
        folder = self._folder.name
        if self.kind == "nanio":
            address = ["--host", "127.0.0.1", "--port", str(self.port)]
            return [
                str(SCRIPTS / "nanio"),
                "serve",
                *address,
                "--data-dir",
                folder,
                "--log-level",
                "error",
                "--no-access-log",
            ]
        return [
            *(str(SCRIPTS / "rclone"), "serve", "s3", "--addr", self.endpoint),
            *("--vfs-cache-mode", "off", "--dir-cache-time", "1s", "--config", os.devnull, folder),
        ]

    def environment(self) -> Mapping[str, str]:
        keys = {
            "NANIO_ACCESS_KEY": self.access_key,
            "NANIO_SECRET_KEY": self.secret_key,
            "RCLONE_AUTH_KEY": f'"{self.access_key},{self.secret_key}"',
        }
        return {**os.environ, **keys}

    def wait_until_ready(self, deadline: float) -> None:
        self.wait_for_port(self.port, deadline)
        client = self.client()
        for bucket in self.buckets:
            if not client.bucket_exists(bucket):
                client.make_bucket(bucket)

    def client(self) -> Minio:
        return Minio(self.endpoint, self.access_key, self.secret_key, secure=False, region="us-east-1")

    def keys(self, bucket: str = "trackshift-frames", prefix: str = "") -> list[str]:
        """Names of the objects, as the server lists them."""
        return sorted(str(item.object_name) for item in self.client().list_objects(bucket, prefix, recursive=True))

    def read(self, key: str, bucket: str = "trackshift-frames") -> bytes:
        """The bytes of an object, as the server gives them back."""
        answer = self.client().get_object(bucket, key)
        try:
            return answer.read()
        finally:
            answer.close()
            answer.release_conn()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, trace)
        self._folder.cleanup()
