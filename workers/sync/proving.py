"""One upload's way: sent, then proven by what the store says of its own bytes, then described beside it."""

from dataclasses import dataclass

from core.errors import StorageMismatch
from workers.sync.digests import sha256_hex
from workers.sync.object_store import ObjectStore, Sending, sidecar, sidecar_key


@dataclass(frozen=True, slots=True)
class Proof:
    etag: str | None
    how: str
    """`etag`: size and a digest that the store computed agree; `read back`: its bytes were fetched and hashed."""


def deliver(store: ObjectStore, sending: Sending, *, read_back: bool) -> Proof:
    """Bring the file into the store and prove it.

    Raises StorageMismatch if the store's bytes are others, FileGone or FileChanged if ours are, and as ObjectStore.
    """
    etags = store.send(sending)
    proof = prove(store, sending, frozenset() if read_back else etags)
    store.put(sidecar_key(sending.key), sidecar(sending), sending.pace)
    return proof


def prove(store: ObjectStore, sending: Sending, etags: frozenset[str]) -> Proof:
    """Compare the store's size and digest with ours; where its digest is none or another, read back and hash.

    Metadata is never asked: it is what we sent ourselves.
    """
    found = store.stat(sending.key)
    if found is None or found.bytes != sending.bytes:
        raise StorageMismatch(key=sending.key)
    if found.etag in etags:
        return Proof(found.etag, "etag")
    if sha256_hex(store.read(sending.key, sending.pace)) != sending.sha256:
        raise StorageMismatch(key=sending.key)
    return Proof(found.etag, "read back")
