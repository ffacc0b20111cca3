"""Credentials that end hold a run with a reason and an alert; nothing fails, and it goes on once they are mended."""

import time

import pytest

from core.alert import Alert, AlertKind
from core.cloud_sections import GeminiSettings
from core.credentials import GEMINI_TOKEN, Credentials
from core.job import JobState
from core.settings import Settings
from core.store import alerts, jobs, runs
from tests.fakes.fake_vertex import TOKEN, FakeVertex, Fault
from tests.workers.analysis.gemini_parts import JPEG
from tests.workers.jobs.analyzing_parts import children, completes, made, run_of
from workers.alerts import Alerts
from workers.analysis import vertex
from workers.analysis.google_access import Kept

pytest.importorskip("google.genai", reason="the extra `cloud` is not installed")
IN_FLIGHT = 3


@pytest.fixture
def cloud(station, monkeypatch):
    """The fake, and a station that is set up to ask it."""
    with FakeVertex() as fake:
        monkeypatch.setattr(vertex, "_CLOUD", Kept())
        Credentials(station.folder).set(GEMINI_TOKEN, TOKEN)
        gemini = GeminiSettings(
            project="team-1", base_url=fake.url, requests_per_minute=100_000, max_in_flight=IN_FLIGHT
        )
        station.settings = Settings(gemini=gemini)
        yield fake
        if vertex._CLOUD.thing is not None:
            vertex._CLOUD.thing.close()


@pytest.fixture
def alert(station):
    """Looks once as the worker does; what is raised now."""
    watch = Alerts(station.database, station.folder, station.settings, list, station.clock)

    def alert() -> list[Alert]:
        watch.step()
        with station.database.read() as tx:
            return [alert for alert in alerts.raised(tx) if alert.kind is AlertKind.ANALYSIS_BLOCKED]

    return alert


def test_expired_credentials_hold_the_whole_run_with_an_alert_until_they_are_renewed(station, cloud, alert):
    run = made(station, 110)
    (station.folder.root / "frame.jpg").write_bytes(JPEG)
    assert completes(station)
    cloud.token = "another by now"
    assert not completes(station)
    assert cloud.refused <= IN_FLIGHT, "who waits for a place is not sent into the same refusal"
    shards = [shard for shard in children(station, run) if shard.state is JobState.PENDING]
    assert len(shards) == 2
    for shard in shards:
        assert "Google refuses the credentials" in (shard.held_because or "")
        assert shard.tries_left == shard.tries
        assert (shard.not_before_ns or 0) > time.time_ns()
    assert (run_of(station, run).completed, run_of(station, run).failed) == (50, 0)
    (told,) = alert()
    assert told.message.startswith("The run wear waits for you: Google refuses the credentials")
    assert "Settings ▸ Gemini" in told.hint
    again(station, run)
    refused = cloud.refused
    assert not completes(station)
    assert cloud.refused == refused + 1, "one call shows whether it is mended"
    assert alert() == [told]
    Credentials(station.folder).set(GEMINI_TOKEN, cloud.token)
    again(station, run)
    assert completes(station)
    assert alert() == []
    assert completes(station)
    assert run_of(station, run).completed == 110
    assert set(cloud.calls.values()) == {1}


def test_a_project_that_is_not_allowed_holds_the_run_and_its_alert_ends_when_the_operator_stops_it(
    station, cloud, alert
):
    run = made(station, 2)
    (station.folder.root / "frame.jpg").write_bytes(JPEG)
    cloud.script_model("gemini-2.5-pro", Fault.DENIED)
    assert not completes(station)
    (told,) = alert()
    assert "does not let this account ask Gemini" in told.message
    with station.database.write() as tx:
        runs.hold(tx, run.id)
    assert alert() == []


def again(station, run) -> None:
    """Half a minute later, for a clock that stands."""
    with station.database.write() as tx:
        for shard in jobs.children(tx, run.job_id):
            if shard.state is JobState.PENDING:
                jobs.run_next(tx, shard.id)
