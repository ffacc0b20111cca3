"""How others time a stop, each at its best reading: optical flow with dwells, occupied background, a detector's box.

Each recipe is fed the clip's pictures in turn and then asked for the stops it saw, in s of the clip's PTS from its first
picture. Thresholds were chosen on the tuning seeds for the least median error.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.stops.truth import Corners

Picture = NDArray[np.uint8]
Found = tuple[float, float]
"""(stationary, released)."""
SMALL_WIDTH = 320
STANDS_S, GOES_S = 1.0, 0.8
"""The recipe's dwells: so long below the threshold is a stop, so long above it a departure; both are dated back."""
FLOW_WIDTHS_PER_S = 0.02
OCCUPIED_SHARE = 0.9
BOX_SHARE = 0.015


class Recipe(Protocol):
    """One way of timing."""

    def see(self, picture: Picture, t_s: float) -> None: ...

    def stops(self) -> list[Found]: ...


class FlowDwell:
    """Dense optical flow (Farnebäck) in the box: a stop is 1.0 s of little of it after much, its end 0.8 s of much."""

    def __init__(self, box: Corners, width: int, height: int, threshold: float = FLOW_WIDTHS_PER_S) -> None:
        self._threshold = threshold
        self._small, self._mask = _small_box(box, width, height)
        self._before: Picture | None = None
        self._track: list[tuple[float, float]] = []
        self._last_s = 0.0

    def see(self, picture: Picture, t_s: float) -> None:
        grey = cv2.cvtColor(cv2.resize(picture, self._small, interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2GRAY)
        if self._before is not None and t_s > self._last_s:
            flow = cv2.calcOpticalFlowFarneback(
                self._before, grey, np.zeros((*grey.shape, 2), np.float32), 0.5, 3, 15, 2, 5, 1.1, 0
            )
            moved = float(np.hypot(flow[..., 0], flow[..., 1])[self._mask].mean())
            self._track.append((t_s, moved / (t_s - self._last_s) / self._small[0]))
        self._before, self._last_s = np.asarray(grey, np.uint8), t_s

    def stops(self) -> list[Found]:
        return dwelt(self._track, self._threshold)


def dwelt(track: Sequence[tuple[float, float]], threshold: float) -> list[Found]:
    """The stops in (time, motion) by the two dwells, each instant dated back to the beginning of its dwell."""
    found: list[Found] = []
    moved = standing = False
    began = since = 0.0
    for t_s, motion in track:
        high = motion > threshold
        if not standing:
            if high:
                moved, since = True, t_s
            elif moved and t_s - since >= STANDS_S:
                standing, began, since = True, since, t_s
        elif not high:
            since = t_s
        elif t_s - since >= GOES_S:
            found.append((began, since))
            standing, moved, since = False, True, t_s
    return found


class Occupancy:
    """Background subtraction (MOG2): the box is as full as it gets while the car stands."""

    def __init__(self, box: Corners, width: int, height: int, share: float = OCCUPIED_SHARE) -> None:
        self._share = share
        self._small, self._mask = _small_box(box, width, height)
        self._model = cv2.createBackgroundSubtractorMOG2(history=500, varThreshold=25, detectShadows=True)
        self._track: list[tuple[float, float]] = []

    def see(self, picture: Picture, t_s: float) -> None:
        small = cv2.resize(picture, self._small, interpolation=cv2.INTER_AREA)
        front = self._model.apply(small, learningRate=-1 if len(self._track) < 10 else 0.0005)
        self._track.append((t_s, float((front[self._mask] == 255).mean())))

    def stops(self) -> list[Found]:
        full = max((share for _, share in self._track), default=0.0)
        if full < 0.1:
            return []
        runs = _runs([(t_s, share >= self._share * full) for t_s, share in self._track])
        return [run for run in runs if run[1] - run[0] >= STANDS_S]


class DetectorBox:
    """A detector's box: the car stands while the middle of its box stays within 1.5 % of its width."""

    def __init__(self, detect: Callable[[Picture], tuple[float, float] | None], share: float = BOX_SHARE) -> None:
        """detect: (middle's x, width) of the vehicle in the pit box, px; None if it sees none."""
        self._detect, self._share = detect, share
        self._track: list[tuple[float, float, float]] = []

    def see(self, picture: Picture, t_s: float) -> None:
        seen = self._detect(picture)
        if seen is not None:
            self._track.append((t_s, *seen))

    def stops(self) -> list[Found]:
        found: list[Found] = []
        rest = self._track
        while rest:
            longest = max((self._still(rest, place) for place in range(len(rest))), key=lambda run: run[1] - run[0])
            if rest[longest[1] - 1][0] - rest[longest[0]][0] < STANDS_S:
                break
            found.append((rest[longest[0]][0], rest[longest[1] - 1][0]))
            rest = rest[longest[1] :]
        return found

    def _still(self, track: Sequence[tuple[float, float, float]], place: int) -> tuple[int, int]:
        """From here on, how many detections lie within the share of the first one's width."""
        _, middle, wide = track[place]
        end = place
        while end < len(track) and abs(track[end][1] - middle) <= self._share * wide:
            end += 1
        return place, end


def _runs(flags: Sequence[tuple[float, bool]]) -> list[Found]:
    """First and last time of each stretch of True, gaps under 0.3 s bridged."""
    runs: list[Found] = []
    for t_s, on in flags:
        if not on:
            continue
        if runs and t_s - runs[-1][1] < 0.3:
            runs[-1] = (runs[-1][0], t_s)
        else:
            runs.append((t_s, t_s))
    return runs


def _small_box(box: Corners, width: int, height: int) -> tuple[tuple[int, int], NDArray[np.bool_]]:
    """Size of the picture the recipes look at, and the pit box in it."""
    scale = min(1.0, SMALL_WIDTH / width)
    small = (round(width * scale), round(height * scale))
    mask = np.zeros((small[1], small[0]), np.uint8)
    cv2.fillPoly(mask, [np.round(np.array(box) * scale).astype(np.int32)], 1)
    return small, mask.astype(bool)


def watched(clip: Path, recipes: Mapping[str, Recipe]) -> dict[str, list[Found]]:
    """What the recipes, by name, find in the clip; it is decoded once."""
    with av.open(str(clip)) as container:
        stream = container.streams.video[0]
        base, first = stream.time_base, None
        for frame in container.decode(stream):
            assert frame.pts is not None and base is not None
            first = frame.pts if first is None else first
            picture = np.asarray(frame.to_ndarray(format="bgr24"), np.uint8)
            for recipe in recipes.values():
                recipe.see(picture, float((frame.pts - first) * base))
    return {name: recipe.stops() for name, recipe in recipes.items()}
