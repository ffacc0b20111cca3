"""How far a computing child has come: a small file that the child writes and the thread that waits for it reads."""

import struct
from collections.abc import Callable
from pathlib import Path

_SHARE = struct.Struct("<d")
_EVERY = 0.005


def telling(path: Path) -> Callable[[float], None]:
    """In the child: a call that keeps the share done (0-1) in the file, some 200 times at most."""
    last = -1.0

    def tell(share: float) -> None:
        nonlocal last
        if share - last >= _EVERY:
            last = share
            path.write_bytes(_SHARE.pack(share))

    return tell


def told(path: Path) -> float:
    """The share done; 0 while nothing was told yet."""
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return 0.0
    return min(1.0, max(0.0, float(_SHARE.unpack(raw)[0]))) if len(raw) == _SHARE.size else 0.0
