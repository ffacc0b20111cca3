"""An upload's body: multipart parsed as it comes, each file straight to the disk, every limit held while reading."""

import hashlib
import logging
import os
import shutil
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import BinaryIO

from python_multipart.exceptions import FormParserError, MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header

from core.errors import DataFolderUnwritable, DiskFull, MediaTooLarge, UsageError
from core.paths import FULL, fsync_folder
from workers.api.errors import Refused
from workers.jobs.import_reading import CLIP_FORMATS, format_of

# What is wrong with a body is answered to whoever sent it.
logging.getLogger("python_multipart").setLevel(logging.ERROR)
_FILE_FIELDS = frozenset({"file", "files", "files[]"})
_FIELDS_MOST = 20
_FIELD_MOST_BYTES = 256 << 10
_NAME_MOST_BYTES = 200
_HEAD_BYTES = 4096
_NOT_IN_NAMES = frozenset('<>:"|?*') if os.name == "nt" else frozenset()


@dataclass(frozen=True, slots=True)
class Limits:
    file_bytes: int
    """Of a frame. A clip may be as large as the disk has room for."""
    files: int
    free_bytes: int
    """What a clip must leave free."""


@dataclass(slots=True)
class ReceivedFile:
    """One file of the upload, whole in its place."""

    name: str
    path: Path
    bytes: int = 0
    sha256: str = ""


@dataclass(slots=True)
class Form:
    fields: dict[str, str] = field(default_factory=dict)
    files: list[ReceivedFile] = field(default_factory=list)


class Intake:
    """Feed it the body; `finish` gives the form, `abandon` leaves nothing behind. For one thread at a time."""

    def __init__(self, folder: Path, content_type: str, limits: Limits) -> None:
        """folder: made at the first file. Raises UsageError if the body is no multipart form."""
        kind, options = parse_options_header(content_type)
        boundary = options.get(b"boundary", b"")
        if kind != b"multipart/form-data" or not boundary:
            raise UsageError("An upload is multipart/form-data with camera_id and files")
        self.form = Form()
        self._folder = folder
        self._limits = limits
        self._whole = False
        self._header_name = self._header_value = b""
        self._disposition = b""
        self._field: tuple[str, bytearray] | None = None
        self._file: BinaryIO | None = None
        self._received: ReceivedFile | None = None
        self._digest = hashlib.sha256()
        self._head = b""
        self._is_clip = False
        try:
            self._parser = MultipartParser(
                boundary,
                {
                    "on_part_begin": self._on_part_begin,
                    "on_header_field": self._on_header_field,
                    "on_header_value": self._on_header_value,
                    "on_header_end": self._on_header_end,
                    "on_headers_finished": self._on_headers_finished,
                    "on_part_data": self._on_part_data,
                    "on_part_end": self._on_part_end,
                    "on_end": self._on_end,
                },
            )
        except FormParserError as wrong:
            raise UsageError(f"The upload's boundary is not right: {wrong}") from None

    def feed(self, chunk: bytes) -> None:
        """Raises UsageError, MediaTooLarge, DiskFull, DataFolderUnwritable, Refused."""
        try:
            self._parser.write(chunk)
        except MultipartParseError as malformed:
            raise UsageError(f"The multipart body is malformed: {malformed}") from None
        except OSError as failed:
            if failed.errno in FULL:
                raise DiskFull(folder=self._folder.parent) from failed
            raise DataFolderUnwritable(folder=self._folder.parent) from failed

    def finish(self) -> Form:
        """Raises UsageError if the body broke off."""
        if not self._whole:
            raise UsageError("The upload broke off before its end")
        return self.form

    def abandon(self) -> None:
        """Nothing of it stays."""
        if self._file is not None:
            with suppress(OSError):
                self._file.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _on_part_begin(self) -> None:
        self._disposition = self._header_name = self._header_value = b""

    def _on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._header_name += data[start:end]

    def _on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._header_value += data[start:end]

    def _on_header_end(self) -> None:
        if self._header_name.lower() == b"content-disposition":
            self._disposition = self._header_value
        self._header_name = self._header_value = b""

    def _on_headers_finished(self) -> None:
        _, options = parse_options_header(self._disposition)
        name = options.get(b"name", b"").decode("utf-8", "replace")
        if b"filename" not in options:
            if not name or name in self.form.fields:
                raise UsageError(f"The upload has two fields named {name[:50]!r}" if name else "A part has no name")
            if len(self.form.fields) >= _FIELDS_MOST:
                raise UsageError(f"The upload has more than {_FIELDS_MOST} fields")
            self._field = (name, bytearray())
            return
        if name not in _FILE_FIELDS:
            raise UsageError(f"Files come in the field files, not {name[:50]!r}")
        if len(self.form.files) >= self._limits.files:
            message = f"More than {self._limits.files} files in one request"
            hint = {"hint": "Send them in several, or raise upload.max_batch_size in Settings."}
            raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_many_files", message, details=[hint])
        self._begin_file(file_name(options[b"filename"]))

    def _begin_file(self, name: str) -> None:
        place = self._folder / str(len(self.form.files))
        place.mkdir(parents=True)
        self._received = ReceivedFile(name, place / name)
        # By the reader in `finally` of abandon or here in _on_part_end.
        self._file = open(self._received.path, "xb")  # noqa: SIM115
        self._digest, self._head, self._is_clip = hashlib.sha256(), b"", False

    def _on_part_data(self, data: bytes, start: int, end: int) -> None:
        chunk = data[start:end]
        if self._field is not None:
            self._field[1].extend(chunk)
            if len(self._field[1]) > _FIELD_MOST_BYTES:
                message = f"The field {self._field[0][:50]} is larger than {_FIELD_MOST_BYTES >> 10} KiB"
                raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large", message)
            return
        assert self._file is not None and self._received is not None
        self._received.bytes += len(chunk)
        self._hold_limits(self._received, chunk)
        self._digest.update(chunk)
        self._file.write(chunk)

    def _hold_limits(self, received: ReceivedFile, chunk: bytes) -> None:
        if len(self._head) < _HEAD_BYTES:
            self._head += chunk[: _HEAD_BYTES - len(self._head)]
            self._is_clip = format_of(self._head) in CLIP_FORMATS
        if not self._is_clip and received.bytes > self._limits.file_bytes:
            limit = f"larger than {self._limits.file_bytes / 1e6:.1f} MB"
            raise MediaTooLarge(f"{received.name} is too large: {limit}", file=received.name)
        if self._is_clip and shutil.disk_usage(received.path.parent).free < self._limits.free_bytes:
            raise DiskFull(folder=self._folder.parent)

    def _on_part_end(self) -> None:
        if self._field is not None:
            name, text = self._field
            self._field = None
            try:
                self.form.fields[name] = text.decode("utf-8")
            except UnicodeDecodeError:
                raise UsageError(f"The field {name[:50]} is no UTF-8 text") from None
            return
        assert self._file is not None and self._received is not None
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        fsync_folder(self._received.path.parent)
        self._received.sha256 = self._digest.hexdigest()
        self.form.files.append(self._received)
        self._file = self._received = None

    def _on_end(self) -> None:
        self._whole = True


def file_name(given: bytes) -> str:
    """A file's own name, as it will stand in the library. Raises UsageError for one that is a path, or none."""
    try:
        name = given.decode("utf-8")
    except UnicodeDecodeError:
        name = given.decode("latin-1")
    wrong = (
        not name.strip(". ")
        or any(letter in "/\\" or letter in _NOT_IN_NAMES or not letter.isprintable() for letter in name)
        or len(name.encode()) > _NAME_MOST_BYTES
    )
    if wrong:
        raise UsageError(f"{name[:80]!r} can't name a file", hint="A name without folders, of at most 200 bytes.")
    return name
