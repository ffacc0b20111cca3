"""A process of the station that shows its presence by beating a row."""

from dataclasses import dataclass
from enum import StrEnum

import psutil

BEAT_S = 2.0
ABSENT_AFTER_S = 6.0
_CLOCKS_DIFFER_S = 2.0
"""A process's own start is counted from the boot, in hundredths of a second."""


class Role(StrEnum):
    WORKER = "worker"
    GUI = "gui"
    COMMAND = "command"
    """A `--wait` that needs the worker."""


@dataclass(frozen=True, slots=True)
class ProcessBeat:
    id: str
    role: Role
    pid: int
    started_at_ns: int
    beat_at_ns: int
    version: str
    stop_asked: bool = False
    stop_reason: str = ""


def is_alive(process: ProcessBeat) -> bool:
    """Whether it still runs on this machine, silent or not; a younger process that got its number is another."""
    try:
        found = psutil.Process(process.pid)
        if found.status() == psutil.STATUS_ZOMBIE:  # dead, though whoever started it has not asked yet
            return False
        begun_at_s = found.create_time()
    except psutil.Error:
        return False
    return begun_at_s <= process.started_at_ns / 1e9 + _CLOCKS_DIFFER_S
