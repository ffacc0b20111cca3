"""Pit stops as H.264 clips whose PTS and truth are exact, the same for a seed every time, kept once they are made."""

import json
import os
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import platformdirs
from av.video.stream import VideoStream
from numpy.typing import NDArray

from benchmarks.stops import cars, crew, photographs
from benchmarks.stops.filming import Shoot
from benchmarks.stops.lens import aimed
from benchmarks.stops.plan import Plan, planned
from benchmarks.stops.scenario import Scenario, drawn
from benchmarks.stops.truth import TrueStop, Truth, box_around, true_stop

VERSION = 2
"""Of everything that makes a picture or a truth: clips of another version are not used again."""
TICKS_PER_S = 90_000


def render(seed: int, scenario: Scenario, path: Path) -> Truth:
    """Write the clip (MP4) and give back what really happens in it. Deterministic; some 10 ms a picture."""
    rng = np.random.default_rng([seed, 2])
    lens = aimed(scenario, rng)
    first = cars.make(scenario.body, rng, scenario.px_per_m)
    box, margin_m = box_around(first, lens, rng)
    plan = planned(scenario, rng, first.length_m, margin_m)
    team = [
        (first if place == 0 else cars.make(scenario.body, rng, scenario.px_per_m))
        for place in range(len(plan.travels))
    ]
    members, hidden = crew.called(rng, plan.travels, first, lens, scenario.crew, scenario.occlusion)
    ground = photographs.ground(rng, scenario.width, scenario.height)
    ticks, shown = _timing(scenario, plan, rng)
    shoot = Shoot(scenario, lens, ground, tuple(zip(team, plan.travels, strict=True)), members, plan.clip_s, rng)
    _encode(path, scenario, shoot, ticks, shown)
    last_s = (int(ticks[-1]) - int(ticks[0])) / TICKS_PER_S
    stops: list[TrueStop] = []
    passes: list[float] = []
    for car, travel in zip(team, plan.travels, strict=True):
        stop, passed = true_stop(travel, car, lens, box, last_s)
        stops += [stop] if stop is not None else []
        passes += [passed] if passed is not None else []
    pts = tuple(float(tick) / TICKS_PER_S for tick in ticks)
    return Truth(tuple(stops), tuple(passes), box, scenario.width, scenario.height, pts, hidden)


def _timing(scenario: Scenario, plan: Plan, rng: np.random.Generator) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Each picture's PTS in ticks, and the tick of the scene that it shows: an earlier one where it is a duplicate."""
    count = int(plan.clip_s * scenario.fps)
    between = TICKS_PER_S / scenario.fps
    ticks = np.arange(count) * between
    if scenario.variable:
        ticks = ticks + rng.uniform(-0.25, 0.25, count) * between
    whole = np.round(ticks - ticks[0]).astype(np.int64)
    shown = whole.copy()
    chance = rng.random((2, count))
    for place in np.flatnonzero(chance[0] < scenario.duplicated):
        shown[place] = shown[max(0, place - 1)]
    keep = chance[1] >= scenario.dropped
    keep[[0, -1]] = True
    return whole[keep], shown[keep]


def _encode(path: Path, scenario: Scenario, shoot: Shoot, ticks: NDArray[np.int64], shown: NDArray[np.int64]) -> None:
    base = Fraction(1, TICKS_PER_S)
    options = {"preset": "superfast", "bf": "2" if scenario.b_frames else "0"}
    with av.open(str(path), "w", format="mp4", options={"video_track_timescale": str(TICKS_PER_S)}) as out:
        stream: VideoStream = out.add_stream("libx264", rate=scenario.fps, options=options)
        stream.width, stream.height, stream.pix_fmt = scenario.width, scenario.height, "yuv420p"
        stream.bit_rate = int(scenario.mbit_s * 1e6)
        stream.time_base = stream.codec_context.time_base = base
        stream.codec_context.gop_size = scenario.fps
        stream.codec_context.thread_count = 1
        picture = shoot.take(0.0)
        seen = 0
        for tick, of in zip(ticks.tolist(), shown.tolist(), strict=True):
            if of != seen:
                picture, seen = shoot.take(of / TICKS_PER_S), of
            frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
            frame.pts, frame.time_base = tick, base
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))


def kept(seed: int, scenario: Scenario | None = None) -> tuple[Path, Truth, Scenario]:
    """The clip of a seed and its truth from the cache folder; made if it is not there yet."""
    wanted = scenario or drawn(seed)
    folder = Path(os.environ.get("STOPS_CACHE") or platformdirs.user_cache_path("trackshift-bench") / "stops")
    folder = folder / f"v{VERSION}-{photographs.sources()}"
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{seed}-{wanted.fps}fps"
    clip, told = folder / f"{name}.mp4", folder / f"{name}.json"
    if told.exists():
        saved = json.loads(told.read_text("utf-8"))
        if saved["scenario"] == repr(wanted):
            return clip, Truth.from_json(saved["truth"]), wanted
    part = folder / f"{name}-{os.getpid()}.part"
    truth = render(seed, wanted, part)
    part.replace(clip)
    told.write_text(json.dumps({"scenario": repr(wanted), "truth": truth.to_json()}), "utf-8")
    return clip, truth, wanted
