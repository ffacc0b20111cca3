"""A process of the station that shows its presence by beating a row."""

from dataclasses import dataclass
from enum import StrEnum

BEAT_S = 2.0
ABSENT_AFTER_S = 6.0


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
