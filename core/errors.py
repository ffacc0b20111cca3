"""What can go wrong in the world, as the operator will read it.

KnownError                   the world's doing: told, never a traceback
├── CameraError              unreachable · refused · not found · silent · undecodable · unknown · limit · instant gone
├── StorageError             unreachable (waits) · denied (blocks) · missing (blocks) · mismatch
├── DiskFull
├── MediaError               unreadable · too large · unsupported (trying again can't help)
├── DataFolderError          locked · foreign · corrupt · newer · unwritable · database busy · file gone · file changed
├── SettingsError · CredentialsError
├── UsageError · NotFound
├── ModelUnusable            a detector of one's own (trying again can't help)
├── JobRefused               job before failed · no clips · no pit box (trying again can't help by itself)
├── ApiPortBusy · WebhookUnreachable
└── WorkerAbsent
Everything else is a bug of ours: supervision keeps its traceback and reports it.

    raise CameraRefused(camera="Haas_Pit_1")              # the class's own words
    raise StorageDenied("The key may not write", hint="…") # words of your own; the class's `safe` stays

`str(e)` and `e.title` say what happened; `e.hint` what to do and then what is safe; `e.safe` the latter alone.
"""

import re
from typing import ClassVar, Self

from core.redaction import clean


class _Words(dict[str, object]):
    def __missing__(self, key: str) -> str:
        return "the " + key.replace("_", " ")


class KnownError(Exception):
    """The world's doing. Fields given by keyword fill the braces of the class's texts and become attributes."""

    title: str = "Something outside the station went wrong"
    hint: str = ""
    safe: str = ""
    permanent: bool = False
    """True if trying again can't help."""
    slug: ClassVar[str] = "known_error"

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.slug = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()

    def __init__(self, message: str = "", *, hint: str = "", **fields: object) -> None:
        words = _Words({name: value for name, value in fields.items() if value not in ("", None)})
        self.__dict__.update(fields)
        self.title = clean(_sentence(message or type(self).title.format_map(words)))
        self.safe = clean(type(self).safe.format_map(words))
        self.hint = clean(f"{hint or type(self).hint.format_map(words)} {self.safe}".strip())
        super().__init__(self.title)

    def __str__(self) -> str:
        return self.title

    def __reduce__(self) -> tuple[object, ...]:
        # Computing children hand errors back pickled; fields live in __dict__, not in args.
        return (_rebuild, (type(self), self.__dict__.copy()))

    @classmethod
    def _rebuilt(cls, state: dict[str, object]) -> Self:
        error = cls.__new__(cls, state["title"])
        error.__dict__.update(state)
        return error

    def as_json(self) -> dict[str, str]:
        return {"error": self.slug, "message": self.title, "hint": self.hint}


def _rebuild(cls: type[KnownError], state: dict[str, object]) -> KnownError:
    return cls._rebuilt(state)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] if text.startswith(("the ", "a ", "an ", "no ")) else text


class CameraError(KnownError):
    """Field: camera (id or label)."""

    title = "{camera} can't be used"
    hint = "Open Cameras ▸ {camera} and press Test."
    safe = "What was already captured is safe, and the other cameras go on."


class CameraUnreachable(CameraError):
    title = "{camera} does not answer"
    hint = "Check its power, its cable and its address; the station goes on trying."


class CameraRefused(CameraError):
    title = "{camera} refused the user or password"
    hint = "Open Cameras ▸ {camera} and enter them again."


class CameraNotFound(CameraError):
    title = "{camera} answers, but has no video under this URL"
    hint = "Correct the path of its URL in Cameras ▸ {camera}; the camera's manual names it."


class CameraSilent(CameraError):
    """Optional field: seconds."""

    title = "{camera} is connected but sends no video"
    hint = "Restart the camera or lower its load; the station goes on trying."


class CameraUndecodable(CameraError):
    title = "{camera} sends {codec}, which the station can't decode"
    hint = "Set the camera to H.264 or H.265."
    permanent = True

    def __init__(self, codec: str, message: str = "", *, camera: str = "", hint: str = "") -> None:
        super().__init__(message, hint=hint, codec=codec, camera=camera)


class CameraUnknown(CameraError):
    title = "There is no camera named {camera}"
    hint = "`trackshift camera list` shows the cameras; add it in the window or with `trackshift camera add`."
    safe = "Nothing was changed."
    permanent = True

    def __init__(self, camera: str, message: str = "", *, hint: str = "") -> None:
        super().__init__(message, hint=hint, camera=camera)


class CameraLimit(CameraError):
    """Field: limit, connections."""

    title = "{camera} is not connected: limit {limit} (Settings)"
    hint = "Disable another camera, or raise rtsp.max_concurrent_streams in Settings ▸ Cameras."


class InstantGone(CameraError):
    title = "The picture asked of {camera} is no longer in its ring"
    hint = "Press Capture now for what it sees now; a longer capture.pre_roll_s keeps more."
    permanent = True


class StorageError(KnownError):
    """Field: store, how the operator knows it."""

    title = "{store} can't be used"
    hint = "Open Settings ▸ Storage and press Test."
    safe = "Every file is whole on this machine and stays until its copy is verified."


class StorageUnreachable(StorageError):
    title = "{store} can't be reached"
    hint = "Nothing to do: sending goes on by itself when the network or the drive is back."


class StorageDenied(StorageError):
    title = "{store} refused the keys"
    hint = "Enter them again in Settings ▸ Storage; sending then goes on by itself."


class StorageMissing(StorageError):
    title = "There is no bucket or folder {bucket} in the store, and it could not be made"
    hint = "Create it, or name another in Settings ▸ Storage; sending then goes on by itself."

    def __init__(self, bucket: str, message: str = "", *, hint: str = "") -> None:
        super().__init__(message, hint=hint, bucket=bucket)


class StorageMismatch(StorageError):
    """Field: key, the object's."""

    title = "The store's copy of {key} is not what was sent"
    hint = "It is sent again by itself; if this repeats, have the store's disks and memory checked."


class DiskFull(KnownError):
    """Field: folder."""

    title = "The disk of {folder} is full"
    hint = "Free some space; waiting work then goes on by itself."
    safe = "What was captured before is whole and safe; the half-written file was removed."


class MediaError(KnownError):
    """Field: file, its name."""

    title = "{file} can't be used"
    hint = "Look at it in another program, or export it again."
    safe = "The original was not touched."
    permanent = True


class MediaUnreadable(MediaError):
    title = "{file} is damaged or cut short"
    hint = "Copy it again from where it came from."


class MediaTooLarge(MediaError):
    """Fields: file, and optionally limit in words."""

    title = "{file} is too large"
    hint = "Make it smaller, or raise upload.max_file_size in Settings."


class MediaUnsupported(MediaError):
    title = "{file} is no frame or video that the station knows"
    hint = "Use jpg, png, bmp, tiff; or mp4, mov, mkv, avi, webm. The content decides, not the name."


class ModelUnusable(KnownError):
    """Field: model, its name."""

    title = "The detector {model} can't be used"
    hint = "docs/tracking.md says what a model and its sidecar look like."
    safe = "The models that were imported before are as they were."
    permanent = True


class DataFolderError(KnownError):
    """Field: folder."""

    title = "The data folder {folder} can't be used"
    hint = "Run `trackshift doctor`, or choose another folder with --data."
    safe = "Nothing in it was changed."


class DataFolderLocked(DataFolderError):
    title = "Another worker already works in {folder}"
    hint = "Use that one, or stop it with `trackshift worker --stop`."


class DataFolderForeign(DataFolderError):
    title = "The database and the files in {folder} belong to different stations"
    hint = "Put back the station.db that belongs to this folder, or choose another folder with --data."


class DataFolderCorrupt(DataFolderError):
    title = "The database in {folder} is damaged"
    hint = "Copy the folder, put back a snapshot (station.db.before-*), then run `trackshift fsck --repair`."


class DataFolderNewer(DataFolderError):
    title = "{folder} was written by a newer TrackShift Station"
    hint = "Install that version or a later one, or choose another folder with --data."


class DataFolderUnwritable(DataFolderError):
    title = "The station may not write in {folder}"
    hint = "Give this user the right to write there, or choose another folder with --data."


class DatabaseBusy(DataFolderError):
    title = "The database in {folder} was busy for too long"
    hint = "Try again; if it stays, close programs that hold station.db open (backup, virus scanner)."


class FileGone(DataFolderError):
    """Field: file, as its row names it."""

    title = "{file} is gone from the data folder, so it can't be sent"
    hint = "Put it back, and press Sync now."
    safe = "Nothing was sent in its place, and all other files go on."
    permanent = True


class FileChanged(FileGone):
    title = "{file} is no longer what was captured: its bytes changed on the disk"
    hint = "Put back the original and press Sync now; have the disk checked."


class SettingsError(KnownError):
    """Optional fields: file, line, key."""

    title = "The settings can't be read"
    hint = "Correct {file}; docs/settings.md lists every setting."
    safe = "The file was not changed."
    permanent = True


class CredentialsError(KnownError):
    title = "The password could not be kept"
    hint = "Unlock the system's keyring, or make the data folder writable, and enter it again."
    safe = "No password was written anywhere else."


class UsageError(KnownError):
    title = "This can't be asked"
    hint = "See `trackshift --help`."
    safe = "Nothing was changed."
    permanent = True


class NotFound(KnownError):
    title = "There is no {kind} {id}"
    hint = "Check the id."
    safe = "Nothing was changed."
    permanent = True

    def __init__(self, kind: str, id: str, message: str = "", *, hint: str = "") -> None:
        super().__init__(message, hint=hint, kind=kind, id=id)


class JobRefused(KnownError):
    """It can't be done as things are; Retry does it once they changed."""

    title = "This job can't be done"
    hint = "Press Retry once its reason is gone."
    safe = "The job keeps all that it was given."
    permanent = True


class JobBeforeFailed(JobRefused):
    """Fields: before (what it waited for), how (what became of that)."""

    title = "It waited for {before}, which {how}"
    hint = "Retry that one first, then this one."


class NoClips(JobRefused):
    """Fields: camera (label), span in words."""

    title = "{camera} has no clip {span}, so there is nothing to track"
    hint = "Capture one (mode clip), or give another start and end, then press Retry."


class NoPitBox(JobRefused):
    title = "{camera} has no pit box"
    hint = "Draw it in Cameras ▸ {camera} ▸ Pit box, then press Retry."


class ApiPortBusy(KnownError):
    """Fields: port, reason."""

    title = "The local API can't listen on port {port}: {reason}"
    hint = "Close the program that uses it, or choose another api.port in Settings; it is tried again by itself."
    safe = "Everything else of the station runs."


class WebhookUnreachable(KnownError):
    """Field: host."""

    title = "{host} does not take the webhook"
    hint = "Nothing to do if the network is away: it is tried again by itself; else correct alerts.webhook_url."
    safe = "What is to be told waits, in its order."


class WorkerAbsent(KnownError):
    title = "The worker is not running"
    hint = "Press Start in the jobs panel, or run `trackshift worker`."
    safe = "Queued work waits in the database and is done when it runs."
