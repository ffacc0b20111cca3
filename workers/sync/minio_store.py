"""The S3 store, through the minio client: every call bounded, large files in parts that outlive a restart."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import BinaryIO

import urllib3
from minio import Minio
from minio.datatypes import Part
from minio.error import InvalidResponseError, MinioException, S3Error, ServerError
from minio.helpers import genheaders

from core.errors import (
    FileChanged,
    FileGone,
    KnownError,
    StorageDenied,
    StorageMismatch,
    StorageMissing,
    StorageUnreachable,
)
from core.setting_sections import StorageSettings
from workers.sync.digests import FileDigests, is_md5_etag, md5_hex
from workers.sync.links import Links
from workers.sync.object_store import BLOCK_BYTES, REMOVABLE, Pace, Sending, Stored, content_type
from workers.sync.s3_answers import Begun, Headers, NoObject, code_of, header_safe, resumed, told, untrusted


class MinioStore:
    """One bucket of an S3 server. Give it the settings' section and the two keys."""

    retry_cap_s = 30.0

    def __init__(self, storage: StorageSettings, keys: tuple[str, str]) -> None:
        self.label = f"{storage.endpoint}/{storage.bucket_name}"
        self._bucket = storage.bucket_name
        self._part_bytes = storage.part_size_bytes
        self._secure = storage.secure
        self._links = Links(
            silence_s=storage.timeout_s,
            connect_s=min(storage.timeout_s, 10.0),
            connections=storage.concurrency + 2,
            ca_file=storage.ca_file,
        )
        try:
            self._client = Minio(
                storage.endpoint,
                *keys,
                secure=storage.secure,
                region=storage.region or None,
                http_client=self._links,
            )
        except (ValueError, MinioException) as wrong:
            self._links.close()
            raise StorageDenied(
                f"{storage.endpoint} is no address of an S3 server", hint="Correct it in Settings ▸ Storage."
            ) from wrong

    def interrupt(self) -> None:
        self._links.cut_all()

    def close(self) -> None:
        self._links.close()

    def ensure(self) -> None:
        try:
            with self._asked():
                if self._client.bucket_exists(self._bucket):
                    return
        except StorageMissing:
            pass
        except StorageDenied as refused:
            # A key that may only put objects may not ask for the bucket; the first object will tell.
            if getattr(refused, "code", "") == "AccessDenied":
                return
            raise
        try:
            with self._asked():
                self._client.make_bucket(self._bucket, self._client._base_url.region or None)
        except StorageDenied as refused:
            if getattr(refused, "code", "") not in ("BucketAlreadyOwnedByYou", "BucketAlreadyExists"):
                raise StorageMissing(self._bucket) from refused

    def send(self, sending: Sending) -> frozenset[str]:
        try:
            with open(sending.path, "rb") as file:
                if sending.bytes > self._part_bytes:
                    return self._send_in_parts(sending, file)
                data = file.read(sending.bytes + 1)
        except FileNotFoundError:
            raise FileGone(file=sending.name) from None
        except OSError as unreadable:
            raise FileGone(f"{sending.name} can't be read: {unreadable.strerror}", file=sending.name) from unreadable
        if len(data) != sending.bytes:
            raise FileChanged(file=sending.name)
        if self._secure and hashlib.sha256(data).hexdigest() != sending.sha256:
            raise FileChanged(file=sending.name)

        def signed_what_was_captured(headers: Mapping[str, str]) -> None:
            # Without TLS the client signs the body's SHA-256: the digest that tells whether the file is still ours.
            if not self._secure and headers.get("x-amz-content-sha256") != sending.sha256:
                raise FileChanged(file=sending.name)

        with self._asked(len(data), sending.pace, signed_what_was_captured):
            self._client._put_object(self._bucket, sending.key, data, self._headers(sending.key, sending.metadata))
        return frozenset({md5_hex(data)})

    def put(self, key: str, data: bytes, pace: Pace) -> None:
        with self._asked(len(data), pace):
            answer = self._client._put_object(self._bucket, key, data, self._headers(key, {}))
        # An encrypting store's ETag is none of the bytes' digests.
        if answer.etag != md5_hex(data) and b"".join(self.read(key, pace)) != data:
            raise StorageMismatch(key=key)

    def stat(self, key: str) -> Stored | None:
        try:
            with self._asked():
                found = self._client.stat_object(self._bucket, key)
        except NoObject:
            return None
        return Stored(found.size or 0, found.etag or None)

    def read(self, key: str, pace: Pace) -> Iterator[bytes]:
        size = found.bytes if (found := self.stat(key)) else 0
        try:
            with self._asked(size):
                answer = self._client.get_object(self._bucket, key)
                try:
                    for block in answer.stream(BLOCK_BYTES):
                        pace(0)
                        yield block
                finally:
                    answer.close()
                    answer.release_conn()
        except NoObject:
            raise StorageMismatch(key=key) from None

    def remove(self, key: str) -> None:
        if not key.startswith(REMOVABLE):
            raise ValueError(f"{key} is no probe or result: it is never removed")
        with self._asked():
            self._client.remove_object(self._bucket, key)

    def _send_in_parts(self, sending: Sending, file: BinaryIO) -> frozenset[str]:
        begun = resumed(sending.multipart, self.label, self._part_bytes)
        try:
            have = self._parts_there(sending.key, begun.upload_id) if begun else {}
        except NoObject:
            # Forgotten by the store, or completed by an attempt that died before it could say so.
            begun, have = None, {}
            if etags := self._already_there(sending, file):
                return etags
        if begun is None:
            with self._asked():
                headers = self._headers(sending.key, sending.metadata)
                upload_id = self._client._create_multipart_upload(self._bucket, sending.key, headers)
            begun = Begun(self.label, upload_id, self._part_bytes)
            sending.keep(0, begun.as_json())
        digests, parts = FileDigests(), list[Part]()
        sent_bytes = 0
        for number, data in enumerate(iter(lambda: file.read(begun.part_bytes), b""), 1):
            sending.pace(0)
            etag = digests.add_part(data)
            if have.get(number) != etag:
                with self._asked(len(data), sending.pace):
                    etag = self._client._upload_part(self._bucket, sending.key, data, None, begun.upload_id, number)
                if is_md5_etag(etag) and etag != digests.parts[-1]:
                    raise StorageMismatch(key=sending.key)
            parts.append(Part(number, etag))
            sent_bytes += len(data)
            if sent_bytes <= sending.bytes:
                sending.keep(sent_bytes, begun.as_json())
        if digests.sha256 != sending.sha256:
            with suppress(KnownError), self._asked():
                self._client._abort_multipart_upload(self._bucket, sending.key, begun.upload_id)
            raise FileChanged(file=sending.name)
        with self._asked(len(parts) * 100):
            self._client._complete_multipart_upload(self._bucket, sending.key, begun.upload_id, parts)
        return digests.etags

    def _parts_there(self, key: str, upload_id: str) -> dict[int, str]:
        there: dict[int, str] = {}
        marker: str | None = None
        while True:
            with self._asked():
                page = self._client._list_parts(self._bucket, key, upload_id, part_number_marker=marker)
            there.update({part.part_number: part.etag.strip('"') for part in page.parts})
            if not page.is_truncated or not page.parts:
                return there
            marker = str(page.next_part_number_marker)

    def _already_there(self, sending: Sending, file: BinaryIO) -> frozenset[str]:
        found = self.stat(sending.key)
        if found is None or found.bytes != sending.bytes:
            return frozenset()
        digests = FileDigests()
        for data in iter(lambda: file.read(self._part_bytes), b""):
            sending.pace(0)
            digests.add_part(data)
        file.seek(0)
        return digests.etags if found.etag in digests.etags and digests.sha256 == sending.sha256 else frozenset()

    def _headers(self, key: str, metadata: Mapping[str, str]) -> Headers:
        headers = genheaders(header_safe(metadata), None, None, None, False)
        headers["Content-Type"] = content_type(key)
        return headers

    @contextmanager
    def _asked(
        self,
        sent_bytes: int = 0,
        pace: Pace | None = None,
        before: Callable[[Mapping[str, str]], None] | None = None,
    ) -> Iterator[None]:
        """One call within its deadline, its errors in the operator's words."""
        try:
            with self._links.call(sent_bytes, pace, before):
                yield
        except S3Error as refused:
            raise told(refused.code or "", refused.response.status, self.label, self._bucket) from refused
        except InvalidResponseError as strange:
            raise told(code_of(strange._body), strange._code, self.label, self._bucket) from strange
        except ServerError as broken:
            raise told("", broken.status_code, self.label, self._bucket) from broken
        except urllib3.exceptions.HTTPError as lost:
            if untrusted(lost):
                raise StorageDenied(
                    f"The certificate of {self.label} is not trusted",
                    hint="Name its certificate authority in storage.ca_file, or correct this machine's clock.",
                ) from lost
            raise StorageUnreachable(store=self.label) from lost
        except (OSError, ValueError) as lost:
            # ValueError: the socket was cut while the client read from it.
            raise StorageUnreachable(store=self.label) from lost
