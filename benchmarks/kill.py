"""Power cuts: how much is lost or doubled when the worker is killed again and again amid its work."""

import os
import sys
import tempfile
from pathlib import Path

from benchmarks.claim import Claim, NotMeasurable
from benchmarks.running import need_gstreamer
from tests.e2e.kill_scenario import run_kill_scenario

KILLS = 50
SEED = 2026
NUMBER = "TRACKSHIFT_BENCH_KILLS"
"""In the environment: so many kills in place of KILLS. One takes 4 s on a quiet machine and 18 s on a busy one, so that
500 take half an hour, or two and a half."""


def measure() -> list[Claim]:
    """`ours` counts what is lost, doubled, torn or never ended; there is no peer to lose less than nothing."""
    need_gstreamer()
    asked = os.environ.get(NUMBER, str(KILLS))
    if not asked.isdecimal() or int(asked) < 1:
        raise NotMeasurable(f"{NUMBER} is a number of kills, not {asked!r}")
    with tempfile.TemporaryDirectory(prefix="kills-", ignore_cleanup_errors=True) as root:
        report = run_kill_scenario(
            Path(root), count=int(asked), seed=SEED, tell=lambda text: print(text, file=sys.stderr, flush=True)
        )
    ended = ", ".join(f"{number} {state}" for state, number in sorted(report.jobs.items()))
    amid = ", ".join(f"{number} amid {what}" for what, number in sorted(report.amid.items()))
    steered = ", ".join(f"{number} {what}" for what, number in sorted(report.asked.items()))
    how = (
        f"lost, doubled, torn or never ended after {report.kills} × SIGKILL ({amid}); {report.frames} frames, "
        f"{report.clips} clips, {report.objects} objects with their bytes; asked: {steered}; "
        f"jobs {ended}; integrity_check and fsck clean"
    )
    lost = len(report.problems)
    if lost:
        how = f"{how.rpartition(';')[0]}; found: {'; '.join(report.problems[:5])}"
    return [Claim("kill", float(lost), None, None, "0 lost", lost == 0, how)]
