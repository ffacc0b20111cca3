"""How long the disk lasts at the present pace, from what its free space did in the last minutes."""

import shutil
from collections import deque
from dataclasses import dataclass
from pathlib import Path

SPAN_S = 600.0
"""Older readings say nothing of the present pace."""
SHORTEST_S = 60.0
"""A shorter stretch would take one clip for a trend."""


@dataclass(frozen=True, slots=True)
class DiskState:
    free_bytes: int
    hours_left: float | None
    """None while it is not filling, or not yet known."""


class DiskWatch:
    """Keeps the readings. `look` is called off the main thread, one call at a time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._readings: deque[tuple[float, int]] = deque()

    def look(self, now_s: float) -> DiskState:
        """now_s: monotonic seconds."""
        return self.take(now_s, shutil.disk_usage(self._folder).free)

    def take(self, now_s: float, free_bytes: int) -> DiskState:
        self._readings.append((now_s, free_bytes))
        while now_s - self._readings[0][0] > SPAN_S:
            self._readings.popleft()
        then_s, then_bytes = self._readings[0]
        used_bytes = then_bytes - free_bytes
        if now_s - then_s < SHORTEST_S or used_bytes <= 0:
            return DiskState(free_bytes, None)
        return DiskState(free_bytes, free_bytes / used_bytes * (now_s - then_s) / 3600)


def warning(disk: DiskState, warn_hours: float, min_free_bytes: int) -> tuple[str, str] | None:
    """The sentence and its level ("warn" or "bad"), or None while there is room."""
    free = f"{disk.free_bytes / 1e9:.1f} GB"
    if disk.free_bytes < min_free_bytes:
        return f"Disk full: {free} left. New clips are refused.", "bad"
    if disk.hours_left is not None and disk.hours_left < warn_hours:
        return f"Disk full in {disk.hours_left:.1f} h ({free} left)", "warn"
    return None
