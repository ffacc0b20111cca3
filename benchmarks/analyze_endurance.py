"""A thousand assets through closed windows, killed workers and a network that comes and goes."""

import tempfile
import time
from pathlib import Path

from benchmarks.analyze import need_cloud
from benchmarks.claim import Claim
from tests.e2e.analysis_scenario import AnalysisScenario
from tests.fakes.fake_vertex import FakeVertex

ASSETS, IN_FLIGHT, LATENCY_S = 1000, 10, 0.2
KILLS = (250, 450, 700, 850)
"""Findings after which the worker is killed; at every second one the network is gone too, and comes back later."""


def measure() -> list[Claim]:
    """Nothing is pressed: what waited for the network goes on by itself."""
    need_cloud()
    with tempfile.TemporaryDirectory(prefix="endurance-") as root, FakeVertex(latency_s=LATENCY_S, keep=0) as vertex:
        began_s = time.monotonic()
        scenario = AnalysisScenario(Path(root), vertex, ASSETS, in_flight=IN_FLIGHT)
        try:
            window = scenario.open_window()
            scenario.until_ended(100)
            window.terminate()
            window.wait(60)
            for number, ended in enumerate(KILLS):
                scenario.until_ended(ended)
                if number % 2:
                    vertex.network(up=False)
                scenario.kill_worker()
                scenario.start_worker()
                if number % 2:
                    scenario.until(scenario.waiting, "the wait for the network")
                    vertex.network(up=True)
            vertex.network(up=False)
            scenario.until(scenario.waiting, "the wait for the network amid the work")
            vertex.network(up=True)
            scenario.until_ended(ASSETS)
            scenario.kill_worker()
            problems, run = scenario.problems(), scenario.run()
        finally:
            scenario.close()
    calls = sum(vertex.calls.values())
    how = (
        f"assets lost, twice, failed without a word or asked again once they had their finding, and faults of the "
        f"database, of {ASSETS:,} assets: a window opened and closed, {len(KILLS)} kill -9 of the worker, three times "
        f"no network, nothing pressed; {run.completed:,} completed, {run.failed:,} failed, {calls:,} calls, "
        f"{time.monotonic() - began_s:.0f} s; {'; '.join(problems[:5])}"
    )
    return [
        Claim("analyze endurance", float(len(problems)), None, None, "0", not problems and run.completed == ASSETS, how)
    ]
