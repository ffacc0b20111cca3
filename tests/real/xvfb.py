"""A real X server with nothing on its screen, for tests that need a window which a window manager could show."""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field

READY_WITHIN_S = 15.0


@dataclass(frozen=True)
class Display:
    """A running X server: `name` as DISPLAY has it, `environment` for processes that are to show themselves there."""

    name: str
    environment: dict[str, str] = field(repr=False)


@contextlib.contextmanager
def running_xvfb(width_px: int = 1920, height_px: int = 1200) -> Iterator[Display]:
    """Start Xvfb on a free display and stop it after. It picks the number itself, so that several can start at once."""
    xvfb = shutil.which("Xvfb")
    if xvfb is None:
        raise FileNotFoundError("Xvfb is missing: `python3 run.py setup` installs it")
    read_end, write_end = os.pipe()
    screen = ["-screen", "0", f"{width_px}x{height_px}x24", "-nolisten", "tcp", "-noreset"]
    with open(read_end, "rb", buffering=0) as said:
        server = subprocess.Popen(
            [xvfb, "-displayfd", str(write_end), *screen], pass_fds=[write_end], stderr=subprocess.DEVNULL
        )
        os.close(write_end)
        try:
            answer = b""
            while not answer.endswith(b"\n"):
                ready, _, _ = select.select([said], [], [], READY_WITHIN_S)
                piece = said.read(16) if ready else b""
                if not piece:
                    raise TimeoutError(f"Xvfb named no display within {READY_WITHIN_S} s (exit: {server.poll()})")
                answer += piece
            name = f":{int(answer)}"
            yield Display(name, os.environ | {"DISPLAY": name, "QT_QPA_PLATFORM": "xcb"})
        finally:
            server.terminate()
            server.wait(READY_WITHIN_S)
