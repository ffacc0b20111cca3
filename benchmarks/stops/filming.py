"""One picture of the scene as the camera takes it: exposure, rolling shutter, shake, light, noise."""

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.stops.cars import Car, Layer
from benchmarks.stops.crew import Member, paint
from benchmarks.stops.lens import Lens
from benchmarks.stops.motion import Springs, Travel
from benchmarks.stops.scenario import Light, Scenario

Picture = NDArray[np.uint8]
Rows = NDArray[np.float64]
BLUR_STEP_PX = 1.5
MOST_STEPS = 10


class Shoot:
    """The scene and the camera on it; `take` makes its picture at an instant."""

    def __init__(
        self,
        scenario: Scenario,
        lens: Lens,
        ground: Picture,
        cars: tuple[tuple[Car, Travel], ...],
        crew: tuple[Member, ...],
        clip_s: float,
        rng: np.random.Generator,
    ) -> None:
        self._scenario, self._lens, self._ground, self._cars, self._crew = scenario, lens, ground, cars, crew
        dive = np.radians(scenario.dive_deg) / scenario.brake_m_s2
        self._springs = [Springs(travel, clip_s, dive, 0.07) for _, travel in cars]
        tall, wide = ground.shape[:2]
        self._grain = np.round(rng.normal(0, scenario.noise, (tall + 64, wide + 64, 3))).astype(np.int16)
        self._grain_rng = rng
        self._tremor = rng.uniform([0.7, 0, 0.3], [11, 6.28, 1.0], (6, 3))
        self._light_at, self._light_step = float(rng.uniform(0.2, 0.8)) * clip_s, float(rng.choice([0.75, 1.3]))
        self._clip_s = clip_s

    def take(self, at_s: float) -> Picture:
        """(H, W, 3) uint8 BGR: the exposure of the middle row has its middle at `at_s`."""
        canvas: Picture = self._ground.copy()
        for (car, travel), springs in zip(self._cars, self._springs, strict=True):
            self._lay(canvas, car, travel, springs, at_s)
        for member in self._crew:
            paint(canvas, member, self._lens, at_s, from_above=self._cars[0][0].from_above)
        if self._scenario.shake_px:
            canvas = self._shaken(canvas, at_s)
        gain = self._gain(at_s)
        if gain != 1.0:
            canvas = np.asarray(cv2.convertScaleAbs(canvas, alpha=gain), np.uint8)
        top, left = self._grain_rng.integers(64, size=2)
        tall, wide = canvas.shape[:2]
        grain = self._grain[top : top + tall, left : left + wide]
        return np.asarray(cv2.add(canvas, grain, dtype=cv2.CV_8U), np.uint8)

    def _lay(self, canvas: Picture, car: Car, travel: Travel, springs: Springs, at_s: float) -> None:
        """Blend the car in, its place taken anew for every row and every part of the exposure."""
        half = self._scenario.exposure_s / 2
        ends, _, _ = self._lens.ground(travel.position(np.array([at_s - half, at_s, at_s + half])))
        tall, wide = canvas.shape[:2]
        reach = car.length_m * self._lens.px_per_m * 2.5
        if not -reach < ends[1] < wide + reach:
            return
        steps = int(np.clip(np.ceil(abs(ends[2] - ends[0]) / BLUR_STEP_PX), 1, MOST_STEPS))
        instants = at_s + half * 2 * ((np.arange(steps) + 0.5) / steps - 0.5)
        late = ((np.arange(tall) + 0.5) / tall - 0.5) * self._scenario.rolling_shutter_s
        x, y, size = self._lens.ground(travel.position(instants[:, None] + late[None, :]))
        big = float(size.max())
        margin = 0.5 * self._lens.px_per_m * big
        half_m = car.length_m / 2 * self._lens.px_per_m * big
        left, right = max(0, int(x.min() - half_m - margin)), min(wide, int(x.max() + half_m + margin) + 2)
        top = max(0, int(y.min() - car.above_m * self._lens.px_per_m * big - margin))
        bottom = min(tall, int(y.max() + car.below_m * self._lens.px_per_m * big + margin) + 2)
        if left >= right or top >= bottom:
            return
        window = (slice(top, bottom), slice(left, right))
        pitch, heave, front, rear = springs.at(at_s)
        seen = np.zeros((bottom - top, right - left, 4), np.float32)
        for step in range(steps):
            rows = (x[step, window[0]], y[step, window[0]], size[step, window[0]])
            rolled = float(travel.position(instants[step]))
            seen += self._whole(car, rows, window, (pitch, heave, front, rear), rolled)
        seen /= steps
        under = canvas[window].astype(np.float32)
        canvas[window] = np.clip(under * (1 - seen[..., 3:]) + 255 * seen[..., :3] + 0.5, 0, 255).astype(np.uint8)

    def _whole(
        self,
        car: Car,
        rows: tuple[Rows, Rows, Rows],
        window: tuple[slice, slice],
        sprung: tuple[float, float, float, float],
        rolled_m: float,
    ) -> Layer:
        pitch, heave, front, rear = sprung
        if car.from_above:
            return self._warped(car.body, car.middle_px, (0.0, 0.0), 0.0, rows, window)
        lifted = (front + rear) / 2
        tilt = float(np.arctan2(rear - front, car.length_m))
        whole = self._warped(car.body, car.middle_px, (0.0, lifted + heave), pitch + tilt, rows, window)
        for wheel in car.wheels:
            forward, up = wheel.at_m
            ends = front if forward > 0 else rear
            centre = ((wheel.picture.shape[1] - 1) / 2, (wheel.picture.shape[0] - 1) / 2)
            turned = rolled_m / wheel.radius_m
            layer = self._warped(wheel.picture, centre, (forward, up + ends), turned, rows, window)
            whole = whole * (1 - layer[..., 3:]) + layer
        return whole

    def _warped(
        self,
        picture: Layer,
        pivot_px: tuple[float, float],
        at_m: tuple[float, float],
        turned_rad: float,
        rows: tuple[Rows, Rows, Rows],
        window: tuple[slice, slice],
    ) -> Layer:
        """The picture turned clockwise about its pivot, which is at `at_m` (forward, up) from the car's middle."""
        x, y, size = (values[:, None] for values in rows)
        px, squash = self._lens.px_per_m, self._lens.squash
        columns = np.arange(window[1].start, window[1].stop)[None, :]
        lines = np.arange(window[0].start, window[0].stop)[:, None]
        forward = (columns - x) / (size * squash) * (-1.0 if self._lens.leftwards else 1.0) - at_m[0] * px
        down = (lines - y) / size + at_m[1] * px
        cos, sin = np.cos(turned_rad), np.sin(turned_rad)
        map_x = (pivot_px[0] + cos * forward + sin * down).astype(np.float32)
        map_y = (pivot_px[1] - sin * forward + cos * down).astype(np.float32)
        return np.asarray(
            cv2.remap(picture, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT), np.float32
        )

    def _shaken(self, canvas: Picture, at_s: float) -> Picture:
        """Moved and turned a little, each row as the camera stood when it was exposed."""
        tall, wide = canvas.shape[:2]
        late = at_s + ((np.arange(tall) + 0.5) / tall - 0.5) * self._scenario.rolling_shutter_s
        waves = [weight * np.sin(2 * np.pi * hz * late + phase) for hz, phase, weight in self._tremor.tolist()]
        dx = (waves[0] + waves[1] + waves[2])[:, None] * self._scenario.shake_px / 1.5
        dy = (waves[3] + waves[4])[:, None] * self._scenario.shake_px / 1.5
        turn = waves[5][:, None] * self._scenario.shake_px / wide / 2
        columns, lines = np.arange(wide)[None, :] - wide / 2, np.arange(tall)[:, None] - tall / 2
        map_x = (columns + dx - turn * lines + wide / 2).astype(np.float32)
        map_y = (lines + dy + turn * columns + tall / 2).astype(np.float32)
        return np.asarray(cv2.remap(canvas, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT), np.uint8)

    def _gain(self, at_s: float) -> float:
        match self._scenario.light:
            case Light.DRIFT:
                return 1 + 0.25 * float(np.sin(2 * np.pi * at_s / max(self._clip_s, 1)))
            case Light.FLICKER:
                return (
                    1
                    + 0.05 * float(np.sin(2 * np.pi * 100.0 * at_s + 0.3))
                    + 0.02 * float(np.sin(2 * np.pi * 7.3 * at_s))
                )
            case Light.STEP:
                return self._light_step if at_s > self._light_at else 1.0
            case Light.STEADY:
                return 1.0
