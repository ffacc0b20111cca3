"""The claims of stop timing: our error, our doubt and our speed, and the others' error, on seeds nobody tuned on."""

import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.claim import Claim, median, percentile, unmeasured
from benchmarks.stops import figures, plots
from benchmarks.stops.outcomes import DETECTOR, FLOW, OCCUPANCY, Outcome, box_of, outcomes
from benchmarks.stops.render import kept
from benchmarks.stops.scenario import Scenario
from benchmarks.stops.scoring import MEASURES, SPAN
from workers.vision.stop_timing import time_stops

OUT = Path(__file__).parent.parent.parent / "build" / "bench"
TIMES_BETTER = 3.0
SPEED_SEED = 99_001
SPEED = Scenario(width=1920, height=1080, px_per_m=160.0, occlusion=0.4, standing_s=3.0, mbit_s=8.0)


def measure() -> list[Claim]:
    """All claims. Figures by factor and the plots go to build/bench/."""
    seen = outcomes()
    page = figures.written(seen, OUT)
    plots.drawn(seen, OUT)
    return [
        *(spans(seen, fps, most_ms, most_p95_ms) for fps, most_ms, most_p95_ms in ((50, 10.0, 40.0), (25, 20.0, 80.0))),
        found(seen),
        held(seen, page),
        *against(seen),
        speed(),
    ]


def spans(seen: Sequence[Outcome], fps: int, most_ms: float, most_p95_ms: float) -> Claim:
    name, want = f"stops-{fps}fps", f"median ≤ {most_ms:g} ms, p95 ≤ {most_p95_ms:g} ms"
    errors = [abs(miss.error_s) * 1000 for miss in figures.misses([o for o in seen if o.scenario.fps == fps], SPAN)]
    if not errors:
        return unmeasured(name, want, f"no stop at {fps} fps was timed whole")
    middle, high = median(errors), percentile(errors, 95)
    how = f"error of the standing time: median {middle:.1f} ms, p95 {high:.1f} ms over {len(errors)} stops at {fps} fps"
    return Claim(name, round(middle, 2), None, None, want, middle <= most_ms and high <= most_p95_ms, how)


def found(seen: Sequence[Outcome]) -> Claim:
    all_of = figures.row(seen)
    wrong = 100 * (all_of.missed + all_of.invented) / max(1, all_of.stops)
    passes = sum(one.score.passes for one in seen)
    how = (
        f"{all_of.missed} missed and {all_of.invented} invented of {all_of.stops} stops in {all_of.clips} clips; "
        f"of {passes} passes {sum(one.score.passes_missed for one in seen)} missed, "
        f"{sum(one.score.passes_invented for one in seen)} invented"
    )
    return Claim("stops-found", round(wrong, 2), None, None, "missed + invented ≤ 2 % of the stops", wrong <= 2, how)


def held(seen: Sequence[Outcome], page: Path) -> Claim:
    share = 100 * (figures.coverage(figures.misses(seen)) or 0.0)
    each = {what: figures.coverage(figures.misses(seen, what)) for what in MEASURES}
    told = ", ".join(f"{what} {value:.1%}" for what, value in each.items() if value is not None)
    where = page.relative_to(OUT.parent.parent)
    how = f"share of values whose 95 % interval holds the truth: {told}; by factor in {where}"
    return Claim("stops-coverage", round(share, 1), None, None, "93–97 %", 93 <= share <= 97, how)


def against(seen: Sequence[Outcome]) -> list[Claim]:
    """Each recipe's median error beside ours on the clips that it was shown; it is spared the stops that it missed."""
    want = f"ratio ≤ {1 / TIMES_BETTER:.2f}: the recipe's median error ≥ {TIMES_BETTER:g} × ours"
    claims = []
    for place, name in enumerate((FLOW, OCCUPANCY, DETECTOR)):
        shown = [one for one in seen if name in one.rivals]
        ours = [abs(miss.error_s) * 1000 for miss in figures.misses(shown, SPAN)]
        theirs = [abs(error) * 1000 for one in shown for error in one.rivals[name].errors_s]
        missed, invented = (sum(getattr(one.rivals[name], what) for one in shown) for what in ("missed", "invented"))
        title = f"stops-peer{place + 1}"
        counts = f"{missed} missed, {invented} invented of {sum(one.score.stops for one in shown)}"
        if not ours or not theirs:
            claims.append(unmeasured(title, want, f"{name}: it timed {len(theirs)} stops, we {len(ours)}; {counts}"))
            continue
        ratio = median(ours) / median(theirs)
        how = f"{name}: median error in ms over the {len(theirs)} stops that it timed; {counts}"
        met = ratio * TIMES_BETTER <= 1
        claims.append(Claim(title, round(median(ours), 2), round(median(theirs), 1), round(ratio, 3), want, met, how))
    return claims


def speed() -> Claim:
    """How many seconds of 1080p50 a second goes through."""
    clip, truth, _ = kept(SPEED_SEED, SPEED)
    before_s = time.perf_counter()
    report = time_stops(clip, box_of(truth))
    took_s = time.perf_counter() - before_s
    times = truth.pts_s[-1] / took_s
    how = f"{truth.pts_s[-1]:.1f} s of 1920×1080 at 50 fps timed in {took_s:.1f} s, {len(report.stops)} stop found"
    return Claim("stops-speed", round(times, 2), None, None, "≥ 2 × real time", times >= 2, how)
