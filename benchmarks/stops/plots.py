"""Pictures of the errors: how large they are, whether their intervals hold, and which factors make them."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from benchmarks.claim import median, percentile
from benchmarks.stops.figures import by_factor, misses
from benchmarks.stops.outcomes import Outcome
from benchmarks.stops.scoring import MEASURES, SPAN

OURS, THEIRS, LIMIT = "#0b6e99", "#b5651d", "#8a8a8a"


def drawn(outcomes: Sequence[Outcome], folder: Path) -> list[Path]:
    """Write the PNGs into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    return [errors(outcomes, folder / "stops-errors.png"), factors(outcomes, folder / "stops-factors.png")]


def errors(outcomes: Sequence[Outcome], path: Path) -> Path:
    """Left: the share of stops below each error, ours and the recipes'. Right: error against claimed half-width."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 5), layout="constrained")
    for fps, line in ((50, "-"), (25, "--")):
        ours = [abs(miss.error_s) * 1000 for miss in misses([o for o in outcomes if o.scenario.fps == fps], SPAN)]
        _cumulative(left, ours, f"ours, {fps} fps", OURS, line)
    names = sorted({name for one in outcomes for name in one.rivals})
    for name, line in zip(names, ("-", "--", ":"), strict=False):
        theirs = [abs(e) * 1000 for one in outcomes if name in one.rivals for e in one.rivals[name].errors_s]
        _cumulative(left, theirs, f"{name}: those found", THEIRS, line)
    left.set(xscale="log", xlabel="error of the standing time, ms", ylabel="share of stops", ylim=(0, 1.02))
    left.grid(alpha=0.3)
    left.legend(fontsize=7, loc="upper center", bbox_to_anchor=(0.5, -0.14))
    for what, mark in zip(MEASURES, ("o", "s", "^", "v", "."), strict=True):
        values = misses(outcomes, what)
        if values:
            claimed = [miss.u_s * 1000 for miss in values]
            right.scatter(claimed, [abs(miss.error_s) * 1000 + 0.05 for miss in values], s=14, marker=mark, label=what)
    span = np.array([0.5, 1000.0])
    right.plot(span, span, color=LIMIT, label="error = claimed")
    right.set(xscale="log", yscale="log", xlabel="claimed 95 % half-width, ms", ylabel="error, ms")
    right.grid(alpha=0.3)
    right.legend(fontsize=7, ncols=3, loc="upper center", bbox_to_anchor=(0.5, -0.14))
    figure.savefig(path, dpi=110)
    plt.close(figure)
    return path


def factors(outcomes: Sequence[Outcome], path: Path) -> Path:
    """The standing time's median and 95th percentile by factor."""
    rows = [
        (f"{factor}: {level}", of.median_ms, of.p95_ms, of.timed)
        for factor, levels in by_factor(outcomes).items()
        for level, of in levels.items()
        if of.median_ms is not None and of.p95_ms is not None
    ][::-1]
    figure, axes = plt.subplots(figsize=(9, 0.24 * len(rows) + 1.2), layout="constrained")
    for place, (_, middle, high, timed) in enumerate(rows):
        axes.plot([middle, high], [place, place], color=OURS, linewidth=1)
        axes.plot(middle, place, "o", color=OURS, markersize=5)
        axes.plot(high, place, "|", color=OURS, markersize=9)
        axes.annotate(f"n {timed}", (high, place), (6, -3), textcoords="offset points", fontsize=7, color=LIMIT)
    axes.set(xscale="log", xlabel="error of the standing time, ms: median (dot) to 95th percentile")
    axes.set_yticks(range(len(rows)), [name for name, *_ in rows], fontsize=8)
    axes.grid(axis="x", alpha=0.3)
    figure.savefig(path, dpi=110)
    plt.close(figure)
    return path


def _cumulative(axes: Axes, values: list[float], name: str, colour: str, line: str) -> None:
    if not values:
        return
    ordered = np.sort(np.array(values) + 0.05)
    told = f"{name} (n {len(values)}, median {median(values):.0f}, p95 {percentile(values, 95):.0f} ms)"
    axes.step(ordered, np.arange(1, len(ordered) + 1) / len(ordered), where="post", color=colour, ls=line, label=told)
