"""The schedules' runs: a job at each of their times, and one for all the times that passed without the worker."""

from core import logs
from core.clock import Clock
from core.errors import KnownError
from core.job import OPEN, Job
from core.schedule import Schedule
from core.settings import Settings
from core.store import jobs, schedules
from core.store.database import Database, Writing
from workers.scheduler import next_run_ns, runs_until

_log = logs.get("schedules")


class Schedules:
    """One `step` does all there is to do now; `due` says whether there may be anything. For one thread."""

    def __init__(self, database: Database, settings: Settings, clock: Clock) -> None:
        self.settings = settings
        self._database = database
        self._clock = clock
        self._revision = -1
        self._next_due_ns: int | None = None
        self._any = False

    def due(self, *, changed: bool) -> bool:
        """changed: the database did. Raises DatabaseBusy."""
        if changed:
            with self._database.read() as tx:
                if schedules.revision(tx) != self._revision:
                    return True
        return self._next_due_ns is not None and self._clock.utc_ns() >= self._next_due_ns

    def any(self) -> bool:
        """Whether one of them will want the worker some day."""
        return self._any

    def step(self) -> None:
        """Make the jobs whose time has come, and compute what comes next. Raises DatabaseBusy."""
        with self._database.read() as tx:
            idle = not schedules.due(tx, tx.now_ns) and not schedules.unplanned(tx)
        if not idle:
            with self._database.write() as tx:
                for schedule in schedules.due(tx, tx.now_ns):
                    self._run(tx, schedule)
                for schedule in schedules.unplanned(tx):
                    schedules.plan(tx, schedule, next_run_ns(schedule, tx.now_ns))
        with self._database.read() as tx:
            self._revision = schedules.revision(tx)
            planned = [known.next_run_at_ns for known in schedules.every(tx) if known.enabled]
        self._any = bool(planned)
        self._next_due_ns = min((at_ns for at_ns in planned if at_ns is not None), default=None)

    def _run(self, tx: Writing, schedule: Schedule) -> None:
        first_ns = schedule.next_run_at_ns
        come = 0
        if schedule.enabled and first_ns is not None and first_ns <= tx.now_ns:
            come = runs_until(schedule, first_ns, tx.now_ns)
        job = self._job(tx, schedule)
        missed = come - (1 if job is not None and come else 0)
        schedules.ran(tx, schedule, job, missed)
        if come:
            schedules.plan(tx, schedule, next_run_ns(schedule, tx.now_ns))
        with logs.bound(schedule_id=schedule.id, correlation_id=job.correlation_id if job else None):
            _log.info(f"{schedule.name}: {'queued' if job else 'not run'}, {missed} missed")

    def _job(self, tx: Writing, schedule: Schedule) -> Job | None:
        """None if the run before is still open: a second would only wait behind it."""
        if not schedule.run_asked and self._last_is_open(tx, schedule):
            return None
        try:
            return jobs.enqueue(tx, schedules.new_job(schedule, tx.now_ns, tries=self.settings.jobs.max_attempts))
        except KnownError as refused:  # its camera was removed, say
            _log.warning(f"{schedule.name} can't be run: {refused.title}", hint=refused.hint, schedule_id=schedule.id)
            return None

    def _last_is_open(self, tx: Writing, schedule: Schedule) -> bool:
        known = jobs.states(tx, [schedule.last_job_id] if schedule.last_job_id else [])
        return any(state in OPEN for state in known.values())
