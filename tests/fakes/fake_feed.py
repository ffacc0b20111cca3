"""A feed without a camera: writes a mailbox as the worker would, one picture whenever the test says so."""

import time
from pathlib import Path

from core.camera import ClockSource
from core.mailbox import MailboxWriter, Picture


class FakeFeed:
    """Writes plain pictures with its own epoch and PTS."""

    def __init__(self, mailbox: Path, epoch: int = 1) -> None:
        self._writer = MailboxWriter(mailbox)
        self.epoch = epoch
        self.pts = 0

    def show(
        self, *, width: int = 320, height: int = 180, captured_at_ns: int = 0, age_s: float = 0.0, level: int = 128
    ) -> int:
        """Show one picture, `age_s` old, all its pixels at grey `level`; returns its PTS."""
        self.pts += 3600
        self._writer.write(
            width=width,
            height=height,
            line_bytes=width * 4,
            epoch=self.epoch,
            pts=self.pts,
            captured_at_ns=captured_at_ns or time.time_ns(),
            captured_u_ns=1_000_000,
            clock_source=ClockSource.RTCP,
            shown_monotonic_ns=time.monotonic_ns() - int(age_s * 1e9),
            pixels=bytes([level, level, level, 255]) * (width * height),
        )
        return self.pts

    def wish_is_on(self) -> bool:
        """Whether somebody looks right now."""
        wish = self._writer.wish()
        return wish is not None and wish.until_monotonic_ns > time.monotonic_ns()

    def wished_size(self) -> tuple[int, int]:
        wish = self._writer.wish()
        return (wish.width, wish.height) if wish is not None else (0, 0)

    def close(self) -> None:
        self._writer.close()


def picture(*, epoch: int = 1, pts: int = 3600, captured_at_ns: int = 1, age_s: float = 0.0) -> Picture:
    """A picture as MailboxReader hands it out."""
    now_ns = time.monotonic_ns() - int(age_s * 1e9)
    pixels = bytes(64 * 36 * 4)
    return Picture(1, 64, 36, 256, epoch, pts, captured_at_ns, 1_000_000, ClockSource.RTCP, now_ns, pixels)
