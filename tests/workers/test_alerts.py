"""Each alert is raised once when its reason begins, and cleared when it is over."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from core.alert import Alert, AlertKind
from core.camera import CameraState, CameraStatus
from core.store import alerts, uploads
from tests.fakes.fake_clock import FakeClock
from tests.workers.station_parts import CAMERA, WORKER, StationParts, open_station_parts
from workers.alerts import Alerts

SECOND = 10**9
LIVE = CameraStatus(CAMERA, CameraState.LIVE)
LOST = replace(LIVE, state=CameraState.OFFLINE, reason="Pit 1 does not answer", hint="Check its cable.")


class Watch:
    def __init__(self, folder: Path) -> None:
        self.clock = FakeClock()
        self.station: StationParts = open_station_parts(folder, self.clock)
        self.statuses = [LIVE]
        self.free_bytes = 500 * 10**9
        self.alerts = self.started()

    def started(self) -> Alerts:
        self.alerts = Alerts(
            self.station.database,
            self.station.folder,
            self.station.settings,
            lambda: self.statuses,
            self.clock,
            free_bytes=lambda: self.free_bytes,
            elapsed=self.clock.monotonic_ns,
        )
        return self.alerts

    def after(self, seconds: float, *statuses: CameraStatus) -> list[Alert]:
        """What holds then; looked for each second meanwhile."""
        self.statuses = list(statuses) or self.statuses
        for _ in range(max(int(seconds), 1)):
            self.clock.advance(int(seconds * SECOND / max(int(seconds), 1)))
            self.alerts.step()
        with self.station.database.read() as tx:
            return alerts.raised(tx)

    def told(self) -> list[tuple[AlertKind, bool]]:
        with self.station.database.read() as tx:
            return [(alert.kind, alert.cleared_at_ns is not None) for alert in alerts.newest(tx)]


@pytest.fixture
def watch(tmp_path: Path) -> Iterator[Watch]:
    watch = Watch(tmp_path / "data")
    yield watch
    watch.station.database.close()


def test_a_camera_lost_for_five_seconds_is_told_until_it_is_back(watch: Watch):
    assert watch.after(2, LIVE) == []
    assert watch.after(5, LOST) == []
    (alert,) = watch.after(1)
    assert (alert.kind, alert.subject, alert.hint) == (AlertKind.CAMERA_LOST, CAMERA, "Check its cable.")
    assert "Pit 1 does not answer" in alert.message
    assert watch.after(60) == [alert], "once"
    assert watch.after(1, LIVE) == []
    assert watch.told() == [(AlertKind.CAMERA_LOST, True)]


def test_a_camera_that_was_never_live_or_blinks_for_a_moment_is_not_lost(watch: Watch):
    assert watch.after(60, LOST) == []
    watch.after(1, LIVE)
    assert watch.after(4, LOST) == []
    watch.after(1, LIVE)
    assert watch.after(4, LOST) == []


def test_a_camera_taken_away_is_lost_no_more(watch: Watch):
    watch.after(1, LIVE)
    assert len(watch.after(7, LOST)) == 1
    watch.statuses = []
    assert watch.after(1) == []


def test_a_camera_lost_before_the_worker_started_anew_stays_told_until_it_is_live(watch: Watch):
    watch.after(1, LIVE)
    assert len(watch.after(7, LOST)) == 1
    watch.started()
    assert len(watch.after(1)) == 1
    assert watch.after(1, LIVE) == []


def test_a_full_disk_is_told_until_there_is_room(watch: Watch):
    watch.free_bytes = watch.station.settings.retention.min_free_bytes - 1
    (alert,) = watch.after(1)
    assert alert.kind is AlertKind.DISK_LOW and "Disk full" in alert.message
    watch.free_bytes = 500 * 10**9
    assert watch.after(700) == []


def test_a_disk_that_fills_within_hours_is_told_before_it_is_full(watch: Watch):
    for _ in range(20):
        watch.free_bytes -= 2 * 10**9
        found = watch.after(10)
    (alert,) = found
    assert alert.kind is AlertKind.DISK_LOW and "Disk full in 0." in alert.message


def test_blocked_uploads_are_told_with_their_reason_until_they_go_on(watch: Watch):
    watch.station.captured()
    with watch.station.database.write() as tx:
        upload = uploads.claim_next(tx, WORKER)
        assert upload
        uploads.block(tx, upload, "The key may not write")
    (alert,) = watch.after(1)
    assert alert.kind is AlertKind.UPLOAD_BLOCKED and "1 file" in alert.message
    assert "The key may not write" in alert.message
    with watch.station.database.write() as tx:
        uploads.unblock_all(tx)
    assert watch.after(1) == []


@pytest.mark.parametrize("seconds,way", [(3, "forward by 3.0 s"), (-5, "back by 5.0 s")])
def test_a_clock_that_is_set_is_told_with_its_step_for_a_while(watch: Watch, seconds, way):
    watch.after(1)
    watch.clock.step_utc(seconds * SECOND)
    (alert,) = watch.after(1)
    assert alert.kind is AlertKind.CLOCK_STEPPED and way in alert.message
    assert watch.after(590) == [alert]
    assert watch.after(15) == []


def test_a_clock_that_drifts_a_little_is_no_alert(watch: Watch):
    for _ in range(20):
        watch.clock.step_utc(SECOND // 2000)
        assert watch.after(1) == []
