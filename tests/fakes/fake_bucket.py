"""Google Cloud Storage's JSON API, as much of it as its official client needs for a few files; objects in memory."""

import base64
import email
import email.policy
import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

import google_crc32c

from tests.fakes.http_on_loop import Reply, Request, json_reply


@dataclass(slots=True)
class FakeBucket:
    """`objects` by (bucket, name). Buckets that are not in `buckets` are not there."""

    buckets: set[str] = field(default_factory=lambda: {"analysis"})
    objects: dict[tuple[str, str], bytes] = field(default_factory=dict)
    uploads: int = 0
    _begun: dict[str, tuple[str, str]] = field(default_factory=dict)

    def serves(self, request: Request) -> bool:
        return "/storage/v1/b" in request.path

    def serve(self, request: Request, url: str) -> Reply:
        path = request.path
        kind, _, rest = path.partition("/storage/v1/b/")
        bucket, _, name = rest.partition("/o")
        if bucket not in self.buckets:
            return _refused(404, f"The specified bucket {bucket} does not exist.")
        name = name.removeprefix("/")
        if kind == "/upload":
            return self._upload(request, bucket, url)
        if "/o" not in rest:
            return json_reply({"name": bucket, "kind": "storage#bucket"})
        if not name:
            return self._list(bucket, request.query)
        if (bucket, name) not in self.objects:
            return _refused(404, f"No such object: {bucket}/{name}")
        if request.method == "DELETE":
            del self.objects[bucket, name]
            return Reply(status=204)
        if request.query.get("alt") == "media" or kind == "/download":
            data = self.objects[bucket, name]
            return Reply(data, headers={"Content-Type": "application/octet-stream", "X-Goog-Hash": _hashes(data)})
        return json_reply(self._row(bucket, name, url))

    def _upload(self, request: Request, bucket: str, url: str) -> Reply:
        if request.query.get("uploadType") == "multipart":
            head = f"Content-Type: {request.headers['content-type']}\r\n\r\n".encode()
            message = email.message_from_bytes(head + request.body, policy=email.policy.HTTP)
            described, data = message.iter_parts()
            name = json.loads(_payload(described))["name"]
            return self._keep(bucket, name, _payload(data), url)
        if "upload_id" in request.query:
            return self._keep(*self._begun.pop(request.query["upload_id"]), request.body, url)
        upload = f"upload-{len(self._begun) + self.uploads + 1}"
        self._begun[upload] = bucket, request.query.get("name") or request.json()["name"]
        return Reply(headers={"Location": f"{url}/upload/storage/v1/b/{bucket}/o?upload_id={upload}"})

    def _keep(self, bucket: str, name: str, data: bytes, url: str) -> Reply:
        self.uploads += 1
        self.objects[bucket, name] = data
        return json_reply(self._row(bucket, name, url))

    def _list(self, bucket: str, query: dict[str, str]) -> Reply:
        prefix = query.get("prefix", "")
        rows = [
            self._row(home, name, "")
            for home, name in sorted(self.objects)
            if home == bucket and name.startswith(prefix)
        ]
        return json_reply({"kind": "storage#objects", "items": rows})

    def _row(self, bucket: str, name: str, url: str) -> dict[str, Any]:
        data = self.objects[bucket, name]
        return {
            "name": name,
            "bucket": bucket,
            "size": str(len(data)),
            "generation": "1",
            "md5Hash": base64.b64encode(hashlib.md5(data).digest()).decode(),
            "crc32c": _crc32c(data),
        }


def _payload(part: Any) -> bytes:
    data = part.get_payload(decode=True)
    assert isinstance(data, bytes)
    return data


def _crc32c(data: bytes) -> str:
    return base64.b64encode(google_crc32c.value(data).to_bytes(4, "big")).decode()


def _hashes(data: bytes) -> str:
    return f"crc32c={_crc32c(data)},md5={base64.b64encode(hashlib.md5(data).digest()).decode()}"


def _refused(status: int, message: str) -> Reply:
    return json_reply({"error": {"code": status, "message": message}}, status)
