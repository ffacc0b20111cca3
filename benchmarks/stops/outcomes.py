"""What we and the others make of one rendered clip, and of many, two at a time."""

import multiprocessing
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import cv2

from benchmarks.stops import peers
from benchmarks.stops.detecting import VehicleInBox
from benchmarks.stops.render import kept
from benchmarks.stops.scenario import TEST_SEEDS_FROM, Scenario, drawn
from benchmarks.stops.scoring import Score, peer_errors, scored
from benchmarks.stops.truth import Truth
from core.pit_box import PitBox
from workers.vision.stop_timing import time_stops

FLOW, OCCUPANCY = "optical flow, dwells of 1.0 and 0.8 s", "background occupancy"
DETECTOR = "a detector's box within 1.5 % of its width"
RECIPES_EVERY = 2
"""The recipes are shown every second clip: together they take as long as we do."""
DETECTOR_EVERY = 6
"""It takes three times as long."""


@dataclass(frozen=True, slots=True)
class Rival:
    """What one recipe made of one clip."""

    errors_s: tuple[float, ...]
    """Of the standing times it found."""
    missed: int
    invented: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """One clip's."""

    seed: int
    scenario: Scenario
    score: Score
    rivals: dict[str, Rival]
    """By recipe; empty where the recipes were not shown the clip."""


def frame_rate(place: int) -> int | None:
    """Of twelve clips five are filmed at 50 fps, five at 25, two at what their seed draws."""
    return (50, 25, 50, 25, 50, None, 25, 50, 25, 50, 25, None)[place % 12]


def box_of(truth: Truth) -> PitBox:
    """The pit box as the station keeps it; what stands out of the picture is cut off."""
    return PitBox(tuple((_cut(x / truth.width), _cut(y / truth.height)) for x, y in truth.box))


def _cut(fraction: float) -> float:
    return min(1.0, max(0.0, fraction))


def outcome(place: int, seeds_from: int) -> Outcome:
    """Render the clip or find it in the cache, time it, and let the recipes time it."""
    cv2.setNumThreads(1)
    seed = seeds_from + place
    clip, truth, scenario = kept(seed, drawn(seed, frame_rate(place)))
    score = scored(time_stops(clip, box_of(truth)), truth.stops, truth.passes)
    if place % RECIPES_EVERY:
        return Outcome(seed, scenario, score, {})
    recipes: dict[str, peers.Recipe] = {
        FLOW: peers.FlowDwell(truth.box, truth.width, truth.height),
        OCCUPANCY: peers.Occupancy(truth.box, truth.width, truth.height),
    }
    if place % DETECTOR_EVERY == 0:
        recipes[DETECTOR] = peers.DetectorBox(VehicleInBox(truth.box))
    found = peers.watched(clip, recipes)
    return Outcome(seed, scenario, score, {name: _rival(stops, truth) for name, stops in found.items()})


def _rival(found: Sequence[peers.Found], truth: Truth) -> Rival:
    errors, missed, invented = peer_errors(found, truth.stops)
    return Rival(tuple(errors), missed, invented)


def outcomes() -> list[Outcome]:
    """Of as many clips as STOPS_CLIPS says (72), from the seed STOPS_FROM (10,000: test seeds) on."""
    count = int(os.environ.get("STOPS_CLIPS", "72"))
    seeds_from = int(os.environ.get("STOPS_FROM", str(TEST_SEEDS_FROM)))
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        return list(pool.map(outcome, range(count), [seeds_from] * count))
