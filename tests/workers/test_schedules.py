"""A schedule makes its jobs at its times; what passed while nobody worked is made up for once, and counted."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import CameraUnknown, NoPitBox
from core.job import PRIORITY_SCHEDULED, Job, JobKind
from core.pit_box import PitBox
from core.schedule import Schedule, ScheduleTrigger
from core.store import cameras, jobs, schedules
from tests.fakes.fake_clock import FakeClock
from tests.workers.station_parts import CAMERA, WORKER, StationParts, open_station_parts
from workers.schedules import Schedules

SECOND = 10**9
EVERY_MINUTE = Schedule(
    "Reference", JobKind.CAPTURE, ScheduleTrigger.INTERVAL, {"mode": "single_frame"}, camera_id=CAMERA, every_s=60
)


class Calendar:
    def __init__(self, folder: Path) -> None:
        self.clock = FakeClock()
        self.station: StationParts = open_station_parts(folder, self.clock)
        self.schedules = self.started()

    def started(self) -> Schedules:
        self.schedules = Schedules(self.station.database, self.station.settings, self.clock)
        return self.schedules

    def do(self, function, *args, **named):
        with self.station.database.write() as tx:
            return function(tx, *args, **named)

    def tick(self, seconds: float = 0, *, changed: bool = True) -> bool:
        self.clock.advance(int(seconds * SECOND))
        if not self.schedules.due(changed=changed):
            return False
        self.schedules.step()
        return True

    def made(self) -> list[Job]:
        return self.do(jobs.page, jobs.JobFilter()).items[::-1]

    def end_all(self) -> None:
        while job := self.do(jobs.claim, worker_id=WORKER, kinds_free={JobKind.CAPTURE: 9}):
            self.do(jobs.finish, job, {})


@pytest.fixture
def calendar(tmp_path: Path) -> Iterator[Calendar]:
    calendar = Calendar(tmp_path / "data")
    yield calendar
    calendar.station.database.close()


def test_events_are_scheduled_only_for_a_camera_with_a_pit_box(calendar: Calendar):
    events = replace(EVERY_MINUTE, params={"mode": "event_driven"})
    with pytest.raises(NoPitBox):
        calendar.do(schedules.add, events)
    calendar.do(cameras.set_pit_box, CAMERA, PitBox.from_rect(0, 0, 50, 50, 100, 100))
    assert calendar.do(schedules.add, events).enabled


def test_a_schedule_makes_a_job_at_each_of_its_times(calendar: Calendar):
    schedule = calendar.do(schedules.add, EVERY_MINUTE)
    assert calendar.tick() and calendar.made() == []
    assert not calendar.tick(59, changed=False)
    assert calendar.tick(1, changed=False)
    (job,) = calendar.made()
    assert (job.kind, job.name, job.camera_id, job.priority) == (
        JobKind.CAPTURE,
        "Reference",
        CAMERA,
        PRIORITY_SCHEDULED,
    )
    assert job.params["at_ns"] == calendar.clock.utc_ns() and job.tries == calendar.station.settings.jobs.max_attempts
    calendar.end_all()
    assert calendar.tick(60)
    now = calendar.do(schedules.get, schedule.id)
    assert [one.id for one in calendar.made()][-1] == now.last_job_id and len(calendar.made()) == 2
    assert now.missed_runs == 0 and now.next_run_at_ns == calendar.clock.utc_ns() + 60 * SECOND


def test_runs_missed_while_off_are_made_up_for_by_one_and_counted(calendar: Calendar):
    schedule = calendar.do(schedules.add, EVERY_MINUTE)
    calendar.tick()
    calendar.clock.advance(600 * SECOND)
    calendar.started()
    assert calendar.tick(5)
    assert len(calendar.made()) == 1
    now = calendar.do(schedules.get, schedule.id)
    assert now.missed_runs == 9
    assert now.next_run_at_ns == calendar.clock.utc_ns() + 55 * SECOND, "it keeps its beat"


def test_a_run_whose_forerunner_is_still_open_is_counted_not_queued(calendar: Calendar):
    schedule = calendar.do(schedules.add, EVERY_MINUTE)
    calendar.tick()
    for _ in range(3):
        calendar.tick(60)
    assert len(calendar.made()) == 1
    assert calendar.do(schedules.get, schedule.id).missed_runs == 2


def test_run_now_runs_once_at_once_and_leaves_the_calendar_as_it_was(calendar: Calendar):
    schedule = calendar.do(schedules.add, EVERY_MINUTE)
    calendar.tick()
    planned = calendar.do(schedules.get, schedule.id).next_run_at_ns
    calendar.do(schedules.run_now, schedule.id)
    assert calendar.tick(10)
    assert not calendar.tick()
    now = calendar.do(schedules.get, schedule.id)
    assert len(calendar.made()) == 1 and (now.next_run_at_ns, now.missed_runs, now.run_asked) == (planned, 0, False)


def test_a_schedule_switched_off_runs_only_when_asked(calendar: Calendar):
    schedule = calendar.do(schedules.add, replace(EVERY_MINUTE, enabled=False))
    calendar.tick()
    calendar.tick(600)
    assert calendar.made() == [] and not calendar.schedules.any()
    calendar.do(schedules.run_now, schedule.id)
    calendar.tick()
    assert len(calendar.made()) == 1


def test_a_changed_calendar_is_planned_anew_and_a_removed_schedule_runs_no_more(calendar: Calendar):
    schedule = calendar.do(schedules.add, EVERY_MINUTE)
    calendar.tick()
    calendar.do(schedules.update, replace(schedule, every_s=3600.0))
    calendar.tick()
    assert calendar.do(schedules.get, schedule.id).next_run_at_ns == schedule.created_at_ns + 3600 * SECOND
    assert calendar.schedules.any()
    calendar.do(schedules.remove, schedule.id)
    calendar.tick()
    assert not calendar.tick(7200) and not calendar.schedules.any()
    assert calendar.made() == []


@pytest.mark.allow_warnings
def test_a_schedule_of_a_removed_camera_counts_its_times_and_says_why(calendar: Calendar, caplog):
    schedule = calendar.do(schedules.add, EVERY_MINUTE)
    calendar.tick()
    calendar.do(cameras.remove, CAMERA)
    calendar.tick(60)
    assert calendar.made() == []
    assert calendar.do(schedules.get, schedule.id).missed_runs == 1
    assert "Reference can't be run" in caplog.text


def test_a_schedule_whose_camera_was_removed_can_still_be_switched_off(calendar: Calendar):
    schedule = calendar.do(schedules.add, EVERY_MINUTE)
    calendar.do(cameras.remove, CAMERA)
    off = replace(schedule, enabled=False)
    assert not calendar.do(schedules.update, off).enabled
    with pytest.raises(CameraUnknown):
        calendar.do(schedules.update, schedule)
    with pytest.raises(CameraUnknown):
        calendar.do(schedules.update, replace(off, camera_id="Nobody"))
