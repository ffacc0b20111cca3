"""The stops of a whole clip."""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from core.media.luma_reader import LumaReader
from core.pit_box import PitBox
from core.stop import StopReport
from workers.vision.stop_timing.timer import StopTimer
from workers.vision.stop_timing.view import Gray

_TELL_EVERY = 50
_AHEAD = 32
"""Pictures that are read while a standstill is looked at closely, which takes as long as so many."""


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
    cut_out = ((t_s, timer.cut_out(picture)) for t_s, picture in reader.pictures())
    for place, (t_s, working) in enumerate(_ahead(cut_out)):
        timer.see(working, t_s)
        if progress is not None and place % _TELL_EVERY == 0 and reader.duration_s > 0:
            progress(min(1.0, t_s / reader.duration_s))
    timer.finish(cut_short=reader.damaged)
    return timer.report()


def _ahead(items: Iterator[tuple[float, Gray]]) -> Iterator[tuple[float, Gray]]:
    """The same, made on a thread of their own, a few further than asked for: decoding leaves Python alone."""
    reader = ThreadPoolExecutor(1, "reader")
    try:
        coming = deque(reader.submit(next, items, None) for _ in range(_AHEAD))
        while (item := coming.popleft().result()) is not None:
            coming.append(reader.submit(next, items, None))
            yield item
    finally:
        reader.shutdown(cancel_futures=True)
