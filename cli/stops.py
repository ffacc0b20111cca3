"""`trackshift stops`: time the pit stops of one clip, here and now; no worker and no data folder take part."""

import argparse
import re
from pathlib import Path

from cli.answer import Answer
from core.errors import UsageError
from core.paths import DataFolder
from core.pit_box import PitBox
from core.stop import Moment, StopReport, TimedStop

_BOX = re.compile(r"\s*,\s*".join([r"\s*(-?\d+(?:\.\d+)?)"] * 4) + r"\s*")
_BOX_HINT = "Write --box x,y,width,height in px of the clip as displayed: --box 320,180,640,360"


def run(arguments: argparse.Namespace, folder: DataFolder) -> Answer:
    # The codec and the vision library are only paid for once the command line is known to be right.
    x, y, width, height = _box(arguments.box)
    clip = Path(arguments.clip).expanduser()
    if not clip.is_file():
        raise UsageError(f"There is no file {clip}")
    from core.media.luma_reader import LumaReader
    from workers.vision.stop_timing import time_stops_of

    with LumaReader(clip) as reader:
        across, down = reader.width, reader.height
        if x >= across or y >= down or x + width <= 0 or y + height <= 0:
            raise UsageError(f"The box is outside the picture of {across} × {down} px", hint=_BOX_HINT)
        report = time_stops_of(reader, PitBox.from_rect(x, y, width, height, across, down))
    return Answer(report.to_json(), "\n".join(_lines(clip.name, report)))


def _box(text: str) -> tuple[float, float, float, float]:
    found = _BOX.fullmatch(text)
    if found is None:
        raise UsageError(f"{text} is no box", hint=_BOX_HINT)
    x, y, width, height = map(float, found.groups())
    if width <= 0 or height <= 0:
        raise UsageError("A box needs a width and a height above 0", hint=_BOX_HINT)
    return x, y, width, height


def _lines(name: str, report: StopReport) -> list[str]:
    missing = f", pictures missing at {report.gaps} places" if report.gaps else ""
    lines = [f"{name}: {len(report.stops)} stops, {len(report.passes)} passes in {report.frames} pictures{missing}"]
    for number, stop in enumerate(report.stops, 1):
        lines += [f"Stop {number}: {_stood(stop)}", *(f"  {moment:<10} {_at(stop, moment)}" for moment in Moment)]
        lines += [f"  {note}" for note in stop.notes]
    return lines + [f"Pass at {gone.t_s:.2f} s" for gone in report.passes]


def _stood(stop: TimedStop) -> str:
    if stop.stationary_s is None or stop.uncertainty_s is None:
        return "how long it stood is not known"
    return f"stood {stop.stationary_s:.3f} s ± {stop.uncertainty_s:.3f}"


def _at(stop: TimedStop, moment: Moment) -> str:
    instant = stop.instant(moment)
    return "–" if instant is None else f"{instant.t_s:.3f} s ± {instant.u_s:.3f}"
