"""Functions that the tests run in computing children: they must be importable there."""

import ctypes
import os
import time
from pathlib import Path
from typing import Any

from core.errors import MediaUnreadable
from workers.jobs.import_reading import Content, read_content


def double(number: int) -> int:
    return 2 * number


def own_pid() -> int:
    return os.getpid()


def niceness() -> int:
    return os.nice(0)


def spin(seconds: float) -> None:
    """Busy, and deaf to signals as a long call into a library is."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        sum(range(10_000))


def tell_pid_and_spin(path: str, seconds: float) -> None:
    with open(path, "w") as file:
        file.write(str(os.getpid()))
    spin(seconds)


def crash() -> None:
    """A codec's segmentation fault."""
    ctypes.string_at(0)


def exit_at_once() -> None:
    os._exit(3)


def refuse() -> None:
    raise MediaUnreadable(file="half.jpg")


def blunder() -> None:
    raise ZeroDivisionError("ours")


class CanNotBeUnpickled(Exception):
    def __init__(self, one: int, two: int) -> None:
        super().__init__("only one argument")


def raise_what_can_not_be_unpickled() -> None:
    raise CanNotBeUnpickled(1, 2)


def spin_for_a_file(path: Path, *rest: object) -> None:
    tell_pid_and_spin(str(path), 60.0)


def crash_on_crash(path: Path, *rest: Any) -> Content:
    if path.name.startswith("crash"):
        crash()
    return read_content(path, *rest)
