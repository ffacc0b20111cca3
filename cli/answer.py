"""What a subcommand answers, and the exit codes' meanings."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum


class Exit(IntEnum):
    DONE = 0
    FAILED = 1
    USAGE = 2
    IN_PART = 3
    INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Answer:
    """One document for programs (`--json`) and the same in words for people."""

    document: Mapping[str, object]
    text: str
    exit: Exit = Exit.DONE
