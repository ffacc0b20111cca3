"""frame_quality: its speed against decoding alone, and its scores against blur, motion and light of known strength."""

import math
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.claim import Claim, NotMeasurable, median, paired_ratio
from workers.cancellation import CancelToken
from workers.computing import Computing
from workers.vision.quality.edges import blur_of
from workers.vision.quality.frame_quality import answer_frame_quality, measure_image
from workers.vision.quality.light import exposure_of
from workers.vision.quality.sampling import read_bgr, sample

Image = NDArray[np.uint8]

CORES = 2
FILES, ROUNDS = 12, 3
WIDTH, HEIGHT = 4000, 3000
BLURS_PX = (0.0, 0.6, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0)
MOTIONS_PX = (0, 4, 8, 12, 18, 26, 36)
STOPS = (0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5)
_LEAST_PX, _MOST_PX = 300, 480
_OPENCV_DOC = Path("/usr/share/doc/opencv-doc/examples/data")
_OPENCV = ("aloeL", "baboon", "board", "building", "butterfly", "ela_original", "fruits", "home", "leuvenA", "messi5")
_SKIMAGE = ("astronaut.png", "chelsea.png", "coffee.png", "motorcycle_left.png", "retina.jpg", "rocket.jpg")


def measure() -> list[Claim]:
    photographs = _photographs()
    return [_speed(list(photographs.values())), *_blur(photographs), _motion(photographs), *_light(photographs)]


def _photographs() -> dict[str, Image]:
    """What scikit-image and Debian's opencv-doc bring, of those that are on this machine."""
    import skimage

    folder = Path(skimage.__file__).parent / "data"
    paths = [folder / name for name in _SKIMAGE] + [_OPENCV_DOC / f"{name}.jpg" for name in _OPENCV]
    found = {path.stem: cv2.imread(str(path)) for path in paths if path.exists()}
    good = {name: _middle_of(np.asarray(image, np.uint8)) for name, image in found.items() if image is not None}
    if len(good) < 4:
        raise NotMeasurable("photographs: scikit-image's and Debian's opencv-doc are not here")
    return good


def _middle_of(image: Image) -> Image:
    """At its own size, but no more than BRISQUE can look at in reasonable time."""
    top, left = (max(side - _MOST_PX, 0) // 2 for side in image.shape[:2])
    return image[top : top + _MOST_PX, left : left + _MOST_PX]


def _speed(photographs: Sequence[Image]) -> Claim:
    """Both through computing children as the station starts them; decoding gets its files in one call a child.

    Twice as many calls wait as there are children, like the local provider's.
    """
    with tempfile.TemporaryDirectory(prefix="quality-") as folder:
        paths = [_rendered(photographs, Path(folder) / f"{number}.jpg", number) for number in range(FILES)]
        size_mb = sum(path.stat().st_size for path in paths) / FILES / 1e6
        computing = Computing(CORES)
        try:
            _measured(computing, paths)  # the children start, and the files are in the cache
            _decoded(computing, paths)
            rounds = [(_measured(computing, paths), _decoded(computing, paths)) for _ in range(ROUNDS)]
        finally:
            computing.close()
    ours, peer = [FILES / mine for mine, _ in rounds], [FILES / floor for _, floor in rounds]
    ratio = paired_ratio(ours, peer)
    how = (
        f"frames a second, {WIDTH}×{HEIGHT} JPEG of {size_mb:.1f} MB, {CORES} children, every measure of the pack; "
        f"peer: cv2.imdecode alone in {CORES} children; {ROUNDS} rounds of {FILES} frames in pairs"
    )
    return Claim(
        "quality-speed", round(median(ours), 1), round(median(peer), 1), round(ratio, 2), "≥ 0.5 ×", ratio >= 0.5, how
    )


def _measured(computing: Computing, paths: Sequence[Path]) -> float:
    def ask(path: Path) -> object:
        return computing.run(answer_frame_quality, [str(path)], cancel=CancelToken())

    return _seconds(lambda pool: list(pool.map(ask, paths)), 2 * CORES)


def _decoded(computing: Computing, paths: Sequence[Path]) -> float:
    def ask(part: Sequence[Path]) -> object:
        return computing.run(decode_all, [str(path) for path in part], cancel=CancelToken())

    return _seconds(lambda pool: list(pool.map(ask, [paths[n::CORES] for n in range(CORES)])), CORES)


def _seconds(work: Callable[[ThreadPoolExecutor], object], callers: int) -> float:
    with ThreadPoolExecutor(callers) as pool:
        began = time.perf_counter()
        work(pool)
        return time.perf_counter() - began


def decode_all(paths: list[str]) -> int:
    """In a computing child: the floor."""
    cv2.setNumThreads(1)
    return sum(read_bgr(Path(path)).shape[0] for path in paths)


def _rendered(photographs: Sequence[Image], path: Path, seed: int) -> Path:
    """A frame as large as a camera's, laid out of pieces of photographs at their own size."""
    chance = np.random.default_rng(seed)
    frame = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    for top in range(0, HEIGHT, _LEAST_PX):
        for left in range(0, WIDTH, _LEAST_PX):
            image = photographs[int(chance.integers(len(photographs)))]
            room = [int(chance.integers(max(side - _LEAST_PX, 1))) for side in image.shape[:2]]
            piece = image[room[0] : room[0] + _LEAST_PX, room[1] : room[1] + _LEAST_PX]
            part = frame[top : top + piece.shape[0], left : left + piece.shape[1]]
            part[:] = piece[: part.shape[0], : part.shape[1]]
    cv2.imwrite(str(path), frame, [cv2.IMWRITE_JPEG_QUALITY, 92])
    return path


def _blur(photographs: dict[str, Image]) -> list[Claim]:
    def blurred(image: Image, sigma_px: float) -> Image:
        return image if sigma_px == 0 else np.asarray(cv2.GaussianBlur(image, (0, 0), sigma_px), np.uint8)

    what = f"Gaussian blur of {BLURS_PX[0]:g}-{BLURS_PX[-1]:g} px"
    return [_ranked("quality-blur", what, photographs, BLURS_PX, blurred, "sharpness")]


def _light(photographs: dict[str, Image]) -> list[Claim]:
    """Each photograph is first brought to middle gray, so that the stops it then gets are its error of exposure.

    One that would clip before it is there is as bright as it can be: it can be made darker, but not brighter by error.
    """
    lit = {
        name: _lit(image, min(_stops_to_middle(image), _stops_to_clip(image))) for name, image in photographs.items()
    }
    even = {name: image for name, image in lit.items() if exposure_of(image).ev > -0.1}
    what = f"0-{STOPS[-1]:g} stops"
    return [
        _ranked("quality-dark", f"{what} darker", lit, STOPS, lambda image, stops: _lit(image, -stops), "exposure"),
        _ranked("quality-bright", f"{what} brighter than middle gray", even, STOPS, _lit, "exposure"),
    ]


def _lit(image: Image, stops: float) -> Image:
    table = 255 * np.clip((np.arange(256) / 255) ** 2.2 * 2.0**stops, 0, 1) ** (1 / 2.2)
    return np.asarray(cv2.LUT(image, np.round(table).astype(np.uint8)), np.uint8)


def _stops_to_middle(image: Image) -> float:
    return _halved(lambda stops: exposure_of(_lit(image, stops)).ev < 0)


def _stops_to_clip(image: Image) -> float:
    """Until one pixel of twenty is white."""
    return _halved(lambda stops: float((_lit(image, stops).max(axis=2) > 252).mean()) < 0.05)


def _halved(is_low: Callable[[float], bool]) -> float:
    low, high = -6.0, 6.0
    for _ in range(12):
        middle = (low + high) / 2
        low, high = (middle, high) if is_low(middle) else (low, middle)
    return (low + high) / 2


def _ranked(
    name: str,
    what: str,
    photographs: dict[str, Image],
    strengths: Sequence[float],
    apply: Callable[[Image, float], Image],
    part: str,
) -> Claim:
    """Spearman's rank correlation of the quality score with the strength, sign turned: 1 is strictly monotone.

    part: the measure that this strength is of, told for all photographs together.
    """
    brisque = _brisque()
    truth: list[float] = []
    ours: list[float] = []
    of_part: list[float] = []
    theirs: list[float] = []
    own, peer = [], []
    for image in photographs.values():
        made = [apply(image, strength) for strength in strengths]
        measured = [measure_image(found) for found in made]
        scores = [_number(found["quality"]) for found in measured]
        own.append(_spearman(strengths, scores))
        truth += strengths
        ours += scores
        of_part += [_number(found[part]) for found in measured]
        if brisque is not None:
            told = [100 - brisque(found) for found in made]
            peer.append(_spearman(strengths, told))
            theirs += told
    worst, shown = min(own), min(peer) if peer else None
    together = f"quality {_spearman(truth, ours):.3f}, {part} {_spearman(truth, of_part):.3f}"
    if peer:
        together += f", BRISQUE {_spearman(truth, theirs):.3f}"
    mean = f"{np.mean(own):.3f}" + (f", BRISQUE {np.mean(peer):.3f}" if peer else "; BRISQUE is not here")
    how = (
        f"Spearman's ρ of the score with {what}, the worst of {len(photographs)} photographs (peer: BRISQUE's worst); "
        f"on average {mean}; all photographs together: {together}"
    )
    return Claim(name, round(worst, 3), None if shown is None else round(shown, 3), None, "≥ 0.95", worst >= 0.95, how)


def _score(image: Image) -> float:
    return _number(measure_image(image)["quality"])


def _number(value: object) -> float:
    assert isinstance(value, float)
    return value


def _motion(photographs: dict[str, Image]) -> Claim:
    chance = np.random.default_rng(7)
    ranks, errors = [], []
    for image in photographs.values():
        angle = float(chance.uniform(0, 180))
        scores = []
        for length in MOTIONS_PX:
            moved = image if length == 0 else np.asarray(cv2.filter2D(image, -1, _line(length, angle)), np.uint8)
            scores.append(_score(moved))
            found = blur_of(sample(moved)).motion_direction_deg
            if length >= 8 and found is not None:
                errors.append(abs((found - angle + 90) % 180 - 90))
        ranks.append(_spearman(MOTIONS_PX, scores))
    how = (
        f"Spearman's ρ of the score with motion of 0-{MOTIONS_PX[-1]} px in a direction by chance, worst of "
        f"{len(photographs)} photographs ({np.mean(ranks):.3f} on average); direction of 8 px and more: median error "
        f"{np.median(errors):.1f}°, 90 % within {np.percentile(errors, 90):.0f}°, {len(errors)} frames"
    )
    return Claim("quality-motion", round(min(ranks), 3), None, None, "≥ 0.95", min(ranks) >= 0.95, how)


def _line(length_px: float, angle_deg: float) -> NDArray[np.float32]:
    """The kernel of a straight motion, drawn four times as large."""
    size = int(length_px) * 2 + 9
    drawn = np.zeros((size * 4, size * 4), np.float32)
    angle, middle = math.radians(angle_deg), size * 2
    across, up = math.cos(angle) * length_px * 2, math.sin(angle) * length_px * 2
    ends = (round(middle - across), round(middle + up)), (round(middle + across), round(middle - up))
    cv2.line(drawn, *ends, 1, 4, cv2.LINE_AA)
    kernel = np.asarray(cv2.resize(drawn, (size, size), interpolation=cv2.INTER_AREA), np.float32)
    return np.asarray(kernel / kernel.sum(), np.float32)


def _spearman(strengths: Sequence[float], scores: Sequence[float]) -> float:
    """Of -scores: 1 where each greater strength has the lower score. Ties share their ranks."""

    def ranks(values: Sequence[float]) -> NDArray[np.float64]:
        _, place, number = np.unique(np.asarray(values), return_inverse=True, return_counts=True)
        ends = np.cumsum(number)
        found: NDArray[np.float64] = (ends - (number - 1) / 2)[place]
        return found

    return float(np.corrcoef(ranks(strengths), ranks([-score for score in scores]))[0, 1])


def _brisque() -> Callable[[Image], float] | None:
    """Mittal 2012, as the package brisque has it: 0 is good, 100 is bad."""
    try:
        from brisque import BRISQUE
    except ImportError:
        return None

    class Mended(BRISQUE):  # type: ignore[misc]
        """Its numbers as numbers: NumPy no longer takes an array of one for one."""

        def asymmetric_generalized_gaussian_fit(self, x: Any) -> tuple[float, ...]:
            return tuple(float(np.squeeze(value)) for value in super().asymmetric_generalized_gaussian_fit(x))

    model = Mended(url=False)
    return lambda image: float(model.score(image[:, :, ::-1].copy()))
