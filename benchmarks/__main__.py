"""python -m benchmarks [NAME…] [--json]: measure the claims of docs/performance.md, all or those named."""

import argparse
import importlib
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.claim import Claim, NotMeasurable, unmeasured

# Name → module and function; a module is only imported when its claim is asked for.
CLAIMS = {
    "wall": ("benchmarks.wall", "measure"),
    "still": ("benchmarks.presses", "measure_still"),
    "start": ("benchmarks.presses", "measure_start"),
    "sync": ("benchmarks.sync", "measure"),
    "kill": ("benchmarks.kill", "measure"),
    "busy": ("benchmarks.wall_under_stress", "measure_busy"),
    "outage": ("benchmarks.wall_under_stress", "measure_outage"),
    "queue": ("benchmarks.queue", "measure"),
    "history": ("benchmarks.history", "measure"),
    "api": ("benchmarks.api", "measure"),
    "stops": ("benchmarks.stops.measure", "measure"),
    "live-stops": ("benchmarks.live_stops", "measure"),
    "analyze": ("benchmarks.analyze", "measure"),
    "tracking": ("benchmarks.tracking", "measure"),
    "quality": ("benchmarks.quality", "measure"),
}


# Those that are given the files of --truth.
WITH_TRUTH = frozenset({"tracking"})


def measured(name: str, truth: Sequence[Path] = ()) -> list[Claim]:
    """The claims of that name; one that can't be measured here says why."""
    module, function = CLAIMS[name]
    measure: Callable[..., list[Claim]] = getattr(importlib.import_module(module), function)
    try:
        return measure(truth) if name in WITH_TRUTH else measure()
    except NotMeasurable as missing:
        return [unmeasured(name, "", str(missing))]


def main(argv: Sequence[str] | None = None) -> int:
    """Exit 0 when no claim failed, 1 when one did, 2 for a name that is none."""
    parser = argparse.ArgumentParser(prog="run.py bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(CLAIMS)}; all by default")
    parser.add_argument("--json", action="store_true", help="print one array and nothing else")
    parser.add_argument(
        "--truth",
        action="append",
        type=Path,
        default=[],
        metavar="FILE",
        help="tracking: what is on vtest.avi (frame,id,x,y,width,height); may be repeated",
    )
    chosen = parser.parse_args(argv)
    unknown = [name for name in chosen.names if name not in CLAIMS]
    if unknown:
        parser.error(f"no claim is called {unknown[0]}; there are {', '.join(CLAIMS)}")
    claims: list[Claim] = []
    for name in chosen.names or CLAIMS:
        print(f"── {name}", file=sys.stderr, flush=True)
        for claim in measured(name, chosen.truth):
            claims.append(claim)
            if not chosen.json:
                print(claim.in_words(), flush=True)
    if chosen.json:
        print(json.dumps([claim.as_json() for claim in claims], indent=2, ensure_ascii=False))
    return 1 if any(claim.met is False for claim in claims) else 0


if __name__ == "__main__":
    sys.exit(main())
