"""An S3 store that misbehaves on demand: keeps objects in memory, takes any signature, breaks as links and disks do."""

import hashlib
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

ERRORS = {
    "AccessDenied": 403,
    "InvalidAccessKeyId": 403,
    "NoSuchBucket": 404,
    "NoSuchKey": 404,
    "NoSuchUpload": 404,
    "InternalError": 500,
    "SlowDown": 503,
}


class Fault(StrEnum):
    """What goes wrong from now on. The first four let the request through."""

    NONE = "none"
    WRONG_BYTE = "wrong byte"  # stores the right size with one byte flipped, and gives the MD5 of what it stored
    WRONG_BYTE_HIDDEN = "wrong byte, ETag of what was sent"
    OPAQUE_ETAG = "an ETag that is no MD5, as encrypted stores give"
    HANG = "takes the request and never answers"
    DROP = "closes the connection in the middle of a body"
    SLOW = "takes 64 KiB a second"
    DENY = "AccessDenied"
    BAD_KEY = "InvalidAccessKeyId"
    NO_BUCKET = "NoSuchBucket"
    BROKEN = "InternalError"
    BUSY = "SlowDown"


ANSWERED_AT_ONCE = {Fault.DENY, Fault.BAD_KEY, Fault.NO_BUCKET, Fault.BROKEN, Fault.BUSY}


@dataclass(frozen=True, slots=True)
class Stored:
    """One object or part as it lies in the store."""

    data: bytes
    etag: str
    headers: dict[str, str]  # content-type and x-amz-meta-*


@dataclass(slots=True)
class Multipart:
    """An upload in parts that was not completed yet."""

    bucket: str
    key: str
    headers: dict[str, str]
    parts: dict[int, Stored] = field(default_factory=dict)


class FaultyS3:
    """A context manager. Set `.fault` at any time; look at `.objects`, `.uploads` and `.requests` afterwards."""

    def __init__(self, *, buckets: tuple[str, ...] = ("trackshift-frames",), fault: Fault = Fault.NONE) -> None:
        self.fault = fault
        self.buckets = set(buckets)
        self.objects: dict[tuple[str, str], Stored] = {}
        self.uploads: dict[str, Multipart] = {}
        self.requests: list[tuple[str, str]] = []
        self.lock = threading.Lock()
        self.released = threading.Event()
        self.hanging = threading.Event()  # set once a request hangs
        self.port = 0
        self._server: _Server | None = None

    @property
    def endpoint(self) -> str:
        return f"127.0.0.1:{self.port}"

    def listen(self) -> None:
        """Take connections, on the same port as before."""
        faulty = self
        handler = type("Handler", (_Handler,), {"store": faulty})
        self.released.clear()
        self._server = _Server(("127.0.0.1", self.port), handler)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), name="faulty-s3")
        self._thread.start()

    def refuse(self) -> None:
        """Close the port: connections are refused until listen()."""
        if self._server is None:
            return
        self.released.set()
        self._server.shutdown()
        self._server.drop_clients()
        self._server.server_close()
        self._thread.join()
        self._server = None

    def __enter__(self) -> Self:
        self.listen()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.refuse()


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(address, handler)
        self._clients: set[socket.socket] = set()

    def process_request(self, request: Any, client_address: Any) -> None:
        self._clients.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._clients.discard(request)
        super().shutdown_request(request)

    def drop_clients(self) -> None:
        """Wake the threads that read from a connection kept alive; each closes its own."""
        for request in list(self._clients):
            with suppress(OSError):
                request.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is what these tests are about."""


class _Refusal(Exception):
    pass


class _Dropped(Exception):
    pass


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30
    store: FaultyS3

    def log_message(self, format: str, *args: object) -> None:
        pass

    def _serve(self) -> None:
        address = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(address.query, keep_blank_values=True).items()}
        bucket, _, key = unquote(address.path).lstrip("/").partition("/")
        fault = self.store.fault
        with self.store.lock:
            self.store.requests.append((self.command, self.path))
        try:
            body = b"".join(self._body(fault))
            if fault is Fault.HANG:
                self.store.hanging.set()
                self.store.released.wait()
                raise _Dropped
            if fault in ANSWERED_AT_ONCE:
                raise _Refusal(fault.value)
            with self.store.lock:
                status, headers, answer = self._answer(bucket, key, query, body, fault)
        except _Refusal as refusal:
            code = str(refusal)
            text = f"<Error><Code>{code}</Code><Message>{code}</Message><Resource>/{escape(bucket)}</Resource></Error>"
            status, headers, answer = ERRORS[code], {"Content-Type": "application/xml"}, text.encode()
        except _Dropped:
            self.close_connection = True
            return
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if "Content-Length" not in headers:
            self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        if self.command != "HEAD":
            half = len(answer) // 2 if fault is Fault.DROP and key else len(answer)
            self.wfile.write(answer[:half])
            self.close_connection |= half < len(answer)

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = _serve

    def _body(self, fault: Fault) -> Iterator[bytes]:
        left = int(self.headers.get("Content-Length") or 0)
        total = left
        while left:
            piece = self.rfile.read(min(left, 65536))
            if not piece:
                raise _Dropped
            left -= len(piece)
            yield piece
            if fault is Fault.DROP and left <= total // 2:
                raise _Dropped
            if fault is Fault.SLOW and self.store.released.wait(1.0):
                raise _Dropped

    def _stored(self, body: bytes, headers: dict[str, str], fault: Fault) -> Stored:
        kept = body
        if body and fault in (Fault.WRONG_BYTE, Fault.WRONG_BYTE_HIDDEN):
            middle = len(body) // 2
            kept = body[:middle] + bytes([body[middle] ^ 1]) + body[middle + 1 :]
        digest = hashlib.md5(body if fault is Fault.WRONG_BYTE_HIDDEN else kept).hexdigest()
        return Stored(kept, f"opaque{digest[:20]}-x" if fault is Fault.OPAQUE_ETAG else digest, headers)

    def _answer(
        self, bucket: str, key: str, query: dict[str, str], body: bytes, fault: Fault
    ) -> tuple[int, dict[str, str], bytes]:
        store, xml = self.store, {"Content-Type": "application/xml"}
        sent = {
            n: v for n, v in self.headers.items() if n.lower().startswith("x-amz-meta-") or n.lower() == "content-type"
        }
        if self.command == "PUT" and not key:
            store.buckets.add(bucket)
            return 200, {}, b""
        if bucket not in store.buckets:
            raise _Refusal("NoSuchBucket")
        if not key:
            return 200, xml, self._bucket(bucket, query)
        if "uploads" in query:
            name = f"upload-{len(store.requests)}"
            store.uploads[name] = Multipart(bucket, key, sent)
            text = f"<InitiateMultipartUploadResult><UploadId>{name}</UploadId></InitiateMultipartUploadResult>"
            return 200, xml, text.encode()
        if "uploadId" in query:
            return self._multipart(bucket, key, query, body, fault)
        if self.command == "PUT":
            stored = store.objects[bucket, key] = self._stored(body, sent, fault)
            return 200, {"ETag": f'"{stored.etag}"'}, b""
        if self.command == "DELETE":
            store.objects.pop((bucket, key), None)
            return 204, {}, b""
        if (bucket, key) not in store.objects:
            raise _Refusal("NoSuchKey")
        return self._object(store.objects[bucket, key])

    def _object(self, found: Stored) -> tuple[int, dict[str, str], bytes]:
        headers = {
            **found.headers,
            "ETag": f'"{found.etag}"',
            "Last-Modified": "Sat, 21 Nov 2026 13:00:00 GMT",
            "Content-Length": str(len(found.data)),
        }
        if wanted := self.headers.get("Range"):
            first, _, last = wanted.removeprefix("bytes=").partition("-")
            part = found.data[int(first) : int(last) + 1 if last else None]
            span = f"bytes {first}-{int(first) + len(part) - 1}/{len(found.data)}"
            return 206, {**headers, "Content-Length": str(len(part)), "Content-Range": span}, part
        return 200, headers, found.data

    def _bucket(self, bucket: str, query: dict[str, str]) -> bytes:
        if "location" in query:
            return b"<LocationConstraint></LocationConstraint>"
        prefix = query.get("prefix", "")
        if "uploads" in query:
            rows = [
                f"<Upload><Key>{escape(item.key)}</Key><UploadId>{name}</UploadId></Upload>"
                for name, item in self.store.uploads.items()
                if item.bucket == bucket and item.key.startswith(prefix)
            ]
            return f"<ListMultipartUploadsResult>{''.join(rows)}</ListMultipartUploadsResult>".encode()
        rows = [
            f"<Contents><Key>{escape(key)}</Key><Size>{len(item.data)}</Size><ETag>{item.etag}</ETag>"
            "<LastModified>2026-11-21T13:00:00.000Z</LastModified></Contents>"
            for (home, key), item in sorted(self.store.objects.items())
            if home == bucket and key.startswith(prefix)
        ]
        text = (
            f"<ListBucketResult><Name>{bucket}</Name><IsTruncated>false</IsTruncated>{''.join(rows)}</ListBucketResult>"
        )
        return text.encode()

    def _multipart(
        self, bucket: str, key: str, query: dict[str, str], body: bytes, fault: Fault
    ) -> tuple[int, dict[str, str], bytes]:
        store, name, xml = self.store, query["uploadId"], {"Content-Type": "application/xml"}
        if name not in store.uploads or (store.uploads[name].bucket, store.uploads[name].key) != (bucket, key):
            raise _Refusal("NoSuchUpload")
        upload = store.uploads[name]
        if self.command == "PUT":
            part = upload.parts[int(query["partNumber"])] = self._stored(body, {}, fault)
            return 200, {"ETag": f'"{part.etag}"'}, b""
        if self.command == "DELETE":
            del store.uploads[name]
            return 204, {}, b""
        if self.command == "GET":
            rows = [
                f"<Part><PartNumber>{number}</PartNumber><ETag>{part.etag}</ETag><Size>{len(part.data)}</Size>"
                "<LastModified>2026-11-21T13:00:00.000Z</LastModified></Part>"
                for number, part in sorted(upload.parts.items())
            ]
            text = f"<ListPartsResult><IsTruncated>false</IsTruncated>{''.join(rows)}</ListPartsResult>"
            return 200, xml, text.encode()
        parts = [upload.parts[number] for number in sorted(upload.parts)]
        digests = b"".join(hashlib.md5(part.data).digest() for part in parts)
        if all(len(part.etag) == 32 for part in parts):
            digests = b"".join(bytes.fromhex(part.etag) for part in parts)
        etag = f"{hashlib.md5(digests).hexdigest()}-{len(parts)}"
        if fault is Fault.OPAQUE_ETAG:
            etag = f"opaque-{etag[:12]}"
        store.objects[bucket, key] = Stored(b"".join(part.data for part in parts), etag, upload.headers)
        del store.uploads[name]
        text = (
            f"<CompleteMultipartUploadResult><Bucket>{bucket}</Bucket><Key>{escape(key)}</Key>"
            f"<ETag>{etag}</ETag></CompleteMultipartUploadResult>"
        )
        return 200, xml, text.encode()
