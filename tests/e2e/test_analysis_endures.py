"""A run goes on over a window that closes, a worker that is killed and a network that comes and goes."""

import pytest

from tests.e2e.analysis_scenario import AnalysisScenario
from tests.fakes.fake_vertex import FakeVertex, Fault

pytest.importorskip("google.genai", reason="the extra `cloud` is not installed")
ASSETS, IN_FLIGHT = 60, 4
STUCK = [f"car-{number:03}" for number in range(20, 20 + IN_FLIGHT)]


@pytest.mark.timeout(240)
def test_each_asset_has_one_finding_though_window_worker_and_network_go_away_amid_the_run(tmp_path):
    with FakeVertex(latency_s=0.02, slow_s=3600) as vertex:
        for asset_id in STUCK:  # they hold every place: no worker is so fast that there is nothing left to survive
            vertex.script(asset_id, Fault.SLOW)
        scenario = AnalysisScenario(tmp_path, vertex, ASSETS, in_flight=IN_FLIGHT)
        try:
            window = scenario.open_window()
            scenario.until(lambda: scenario.run().completed >= 20, "the first findings")
            window.terminate()
            assert window.wait(30) == 0
            scenario.until(
                lambda: scenario.run().completed + IN_FLIGHT == sum(vertex.calls.values()),
                "all but the calls that no answer comes to",
            )
            vertex.network(up=False)
            scenario.kill_worker()
            scenario.start_worker()
            waiting = scenario.until(scenario.waiting, "the wait for the network")
            assert all(shard.tries - shard.tries_left <= 1 for shard in waiting), "the kill's, none for the network"
            vertex.network(up=True)
            scenario.make_due(waiting)
            scenario.until(lambda: not scenario.run().pending, "the run's end")
            scenario.kill_worker()
            assert scenario.problems() == []
            assert scenario.run().completed == ASSETS
            assert {asset_id for asset_id, calls in vertex.calls.items() if calls > 1} == set(STUCK)
        finally:
            scenario.close()
