"""Which store the settings name, and whether it works: for the uploader, doctor and the settings page."""

import time
from dataclasses import dataclass
from pathlib import Path

from core.credentials import Credentials, storage_keys, storage_keys_are_defaults
from core.errors import StorageMismatch, StorageUnreachable
from core.settings import Settings
from workers.sync.bounded import Bounded
from workers.sync.folder_store import FolderStore
from workers.sync.object_store import ObjectStore, probe_key

NO_STORE = "No store is set: Settings ▸ Storage"
_LOOPBACK = ("localhost", "127.", "[::1]")
_PROBE = b"TrackShift Station was here to see whether this store keeps what it is given.\n"


@dataclass(frozen=True, slots=True)
class StoreReport:
    """What was found out about the store."""

    label: str
    message: str
    warnings: tuple[str, ...]
    ms: float


def open_store(settings: Settings, credentials: Credentials) -> ObjectStore:
    """The store that is set, not asked yet. Raises StorageUnreachable if none is, StorageDenied for a bad address."""
    storage = settings.storage
    if storage.kind == "minio":
        from workers.sync.minio_store import MinioStore  # 0.45 s of import that a folder does without

        return MinioStore(storage, storage_keys(credentials, settings))
    if storage.folder is None:
        raise StorageUnreachable(NO_STORE, hint="Choose a folder or an S3 server there; until then uploads wait.")
    return FolderStore(Path(storage.folder), credentials.folder.root / "stores.json")


def test_store(settings: Settings, credentials: Credentials) -> StoreReport:
    """Write, read back, compare and remove a small object. Raises StorageError with what to do."""
    storage = settings.storage
    if storage.kind == "folder" and storage.folder is None:
        return StoreReport("", "no store is set: uploads wait", ("Choose one in Settings ▸ Storage.",), 0.0)
    began_s = time.perf_counter()
    store = open_store(settings, credentials)
    try:
        Bounded[None]("sync-test")(lambda: _probe(store), timeout_s=2 * storage.timeout_s, store=store)
    finally:
        store.close()
    ms = round((time.perf_counter() - began_s) * 1e3, 1)
    message = f"{store.label}: a test object was written, read back and removed"
    return StoreReport(store.label, message, store_warnings(settings, credentials), ms)


test_store.__test__ = False  # type: ignore[attr-defined]  # pytest would take it for a test by its name


def store_warnings(settings: Settings, credentials: Credentials) -> tuple[str, ...]:
    """What an operator should know of the store's safety, without asking it."""
    storage = settings.storage
    if storage.kind != "minio":
        return ()
    warnings = []
    if storage_keys_are_defaults(credentials, settings):
        warnings.append("The store is used with MinIO's well-known keys: enter your own in Settings ▸ Storage.")
    if not storage.secure and not storage.endpoint.startswith(_LOOPBACK):
        warnings.append(f"{storage.endpoint} is spoken to in plain HTTP: anyone on the way can read what is sent.")
    return tuple(warnings)


def _probe(store: ObjectStore) -> None:
    store.ensure()
    key = probe_key()
    store.put(key, _PROBE, _no_pace)
    try:
        if b"".join(store.read(key, _no_pace)) != _PROBE:
            raise StorageMismatch(key=key)
    finally:
        store.remove(key)


def _no_pace(sent_bytes: int) -> None:
    pass
