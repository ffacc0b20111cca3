"""The stops of a whole clip."""

from collections.abc import Callable
from pathlib import Path

from core.media.luma_reader import LumaReader
from core.pit_box import PitBox
from core.stop import StopReport
from workers.vision.stop_timing.timer import StopTimer

_TELL_EVERY = 50


def time_stops(clip: Path, box: PitBox, progress: Callable[[float], None] | None = None) -> StopReport:
    """Time every stop of a clip. `progress` is told the share done, 0–1.

    Raises MediaUnreadable, MediaUnsupported, MediaTooLarge if not a picture of it can be read. A clip that is damaged
    or cut short is timed as far as it goes.
    """
    with LumaReader(clip) as reader:
        return time_stops_of(reader, box, progress)


def time_stops_of(reader: LumaReader, box: PitBox, progress: Callable[[float], None] | None = None) -> StopReport:
    """The same, of a clip that is open and of which nothing was read."""
    timer = StopTimer(box, reader.width, reader.height)
    for place, (t_s, picture) in enumerate(reader.pictures()):
        timer.add(picture, t_s)
        if progress is not None and place % _TELL_EVERY == 0 and reader.duration_s > 0:
            progress(min(1.0, t_s / reader.duration_s))
    timer.finish(cut_short=reader.damaged)
    return timer.report()
