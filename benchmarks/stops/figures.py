"""The figures behind the claims: errors, coverage and counts, over all clips and by factor, as a page and as JSON."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.claim import median, percentile
from benchmarks.stops.outcomes import Outcome
from benchmarks.stops.scenario import Scenario
from benchmarks.stops.scoring import MEASURES, SPAN, Miss

FACTORS: Mapping[str, Callable[[Scenario], str]] = {
    "what happens": lambda it: it.happening.value.replace("_", " "),
    "vehicle": lambda it: it.body.value.replace("_", " "),
    "frames a second": lambda it: str(it.fps),
    "frame timing": lambda it: (
        "variable" if it.variable else ("drops or duplicates" if it.dropped or it.duplicated else "even")
    ),
    "picture": lambda it: f"{it.width}×{it.height}",
    "hidden by the crew": lambda it: f"≤ {it.occlusion:.0%}",
    "camera shake": lambda it: ("none", "little", "much")[(it.shake_px > 0) + (it.shake_px * 640 / it.width > 1)],
    "rolling shutter": lambda it: f"{1000 * it.rolling_shutter_s:.0f} ms",
    "light": lambda it: it.light.value,
    "noise": lambda it: f"σ {it.noise:.0f}",
    "lane": lambda it: "square to the camera" if abs(it.heading_deg) < 5 else "turned up to 32°",
}


@dataclass(frozen=True, slots=True)
class Row:
    """Some clips' figures. Errors of the standing time; coverage of all five values."""

    clips: int
    stops: int
    missed: int
    invented: int
    timed: int
    median_ms: float | None
    p95_ms: float | None
    median_frames: float | None
    coverage: float | None


def misses(outcomes: Iterable[Outcome], what: str | None = None) -> list[Miss]:
    """All values that were timed, or those of one name."""
    return [miss for one in outcomes for miss in one.score.misses if what in (None, miss.what)]


def coverage(values: Sequence[Miss]) -> float | None:
    """The share of the values whose 95 % interval holds the truth."""
    return sum(miss.held for miss in values) / len(values) if values else None


def row(outcomes: Sequence[Outcome]) -> Row:
    errors = [abs(miss.error_s) * 1000 for miss in misses(outcomes, SPAN)]
    frames = [
        abs(miss.error_s) * one.scenario.fps for one in outcomes for miss in one.score.misses if miss.what == SPAN
    ]
    return Row(
        clips=len(outcomes),
        stops=sum(one.score.stops for one in outcomes),
        missed=sum(one.score.missed for one in outcomes),
        invented=sum(one.score.invented for one in outcomes),
        timed=len(errors),
        median_ms=median(errors) if errors else None,
        p95_ms=percentile(errors, 95) if errors else None,
        median_frames=median(frames) if frames else None,
        coverage=coverage(misses(outcomes)),
    )


def by_factor(outcomes: Sequence[Outcome]) -> dict[str, dict[str, Row]]:
    return {
        factor: {
            level: row([one for one in outcomes if level_of(one.scenario) == level])
            for level in sorted({level_of(one.scenario) for one in outcomes})
        }
        for factor, level_of in FACTORS.items()
    }


def instants(outcomes: Sequence[Outcome]) -> list[str]:
    """Lines of a table: each value's error in ms and in frames, and its coverage."""
    lines = [
        "| value | timed | median | p95 | median, frames | p95, frames | bias | coverage |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for what in MEASURES:
        each = [(miss, one.scenario.fps) for one in outcomes for miss in one.score.misses if miss.what == what]
        if not each:
            continue
        ms = [abs(miss.error_s) * 1000 for miss, _ in each]
        frames = [abs(miss.error_s) * fps for miss, fps in each]
        bias = median([miss.error_s * 1000 for miss, _ in each])
        held = coverage([miss for miss, _ in each]) or 0.0
        lines.append(
            f"| {what} | {len(each)} | {median(ms):.1f} ms | {percentile(ms, 95):.1f} ms | {median(frames):.2f} | "
            f"{percentile(frames, 95):.2f} | {bias:+.1f} ms | {held:.1%} |"
        )
    return lines


def factors(outcomes: Sequence[Outcome]) -> list[str]:
    """Lines of a table: the standing time's error by factor."""
    lines = [
        "| factor | | clips | stops | missed | invented | median | p95 | coverage |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for factor, levels in by_factor(outcomes).items():
        for level, of in levels.items():
            spans = [f"{of.median_ms:.1f} ms | {of.p95_ms:.1f} ms" if of.median_ms is not None else "– | –"]
            held = "–" if of.coverage is None else f"{of.coverage:.0%}"
            lines.append(
                f"| {factor} | {level} | {of.clips} | {of.stops} | {of.missed} | {of.invented} | {spans[0]} | {held} |"
            )
    return lines


def worst(outcomes: Sequence[Outcome], most: int = 12) -> list[str]:
    """Lines: the clips to look at first, with what went wrong."""
    told = []
    for one in outcomes:
        errors = {miss.what: round(miss.error_s * 1000) for miss in one.score.misses if not miss.held}
        span = max((abs(miss.error_s) for miss in one.score.misses if miss.what == SPAN), default=0.0)
        wrong = 100 * (one.score.missed + one.score.invented) + span
        told.append(
            (
                wrong,
                f"- seed {one.seed}, {one.scenario.happening.value}, {one.scenario.fps} fps: missed "
                f"{one.score.missed}, invented {one.score.invented}, outside their interval (ms): {errors}",
            )
        )
    return [line for _, line in sorted(told, reverse=True)[:most]]


def written(outcomes: Sequence[Outcome], folder: Path) -> Path:
    """Write stops.md and stops.json into the folder; the page's path."""
    folder.mkdir(parents=True, exist_ok=True)
    page = folder / "stops.md"
    counts = {
        "passes missed": sum(one.score.passes_missed for one in outcomes),
        "passes invented": sum(one.score.passes_invented for one in outcomes),
        "instants in the clip but not timed": sum(one.score.untimed for one in outcomes),
        "instants not in the clip but timed": sum(one.score.overtimed for one in outcomes),
    }
    parts = [
        "# Stop timing, measured",
        "\n".join(instants(outcomes)),
        "\n".join(f"{name}: {count}  " for name, count in counts.items()),
        "\n".join(factors(outcomes)),
        "## The clips that went worst",
        "\n".join(worst(outcomes)),
    ]
    page.write_text("\n\n".join(parts) + "\n", "utf-8")
    rows = [
        {
            "seed": one.seed,
            "fps": one.scenario.fps,
            "happening": one.scenario.happening.value,
            "missed": one.score.missed,
            "invented": one.score.invented,
            "values": [{"what": miss.what, "error_s": miss.error_s, "u_s": miss.u_s} for miss in one.score.misses],
        }
        for one in outcomes
    ]
    (folder / "stops.json").write_text(json.dumps(rows, indent=1), "utf-8")
    return page
