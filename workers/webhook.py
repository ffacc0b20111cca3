"""The webhook: failures, ended batches and alerts, told to one URL in their order, however long it is offline."""

import http.client
import json
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from core import logs
from core.alert import Alert
from core.clock import Clock, utc_text
from core.errors import KnownError, WebhookUnreachable
from core.job import ENDED, Job, JobState
from core.paths import DataFolder, write_durably
from core.retry import backoff
from core.settings import Settings
from core.store import alerts, jobs, stations
from core.store.database import Database
from workers.supervision import report

_log = logs.get("webhook")
_LOOK_S = 1.0
_FIRST_S, _CAP_S = 2.0, 300.0
_TIMEOUT_S = 10.0
_BATCH = 200
_KEEP_EVERY = 1000
"""Revisions without an event after which the place is written down all the same."""
Event = tuple[int, str, dict[str, Any]]
"""(revision, its own key, what is told)."""
Post = Callable[[str, str, dict[str, Any]], None]
"""(URL, key, what is told). Raises WebhookUnreachable."""


class Webhook:
    """`run` until stopping; `settings` may be changed from anywhere. What was told is kept in webhook.json."""

    def __init__(
        self, folder: DataFolder, database: Database, settings: Settings, clock: Clock, post: Post | None = None
    ) -> None:
        self.settings = settings
        self._database = database
        self._clock = clock
        self._post = post or post_json
        self._file = folder.root / "webhook.json"

    def run(self, stopping: threading.Event) -> None:
        """For a supervised thread: offline is a state, told once, and tried again ever more rarely."""
        told, pauses = "", backoff(_FIRST_S, _CAP_S)
        while not stopping.is_set():
            pause_s = _LOOK_S
            try:
                self.step()
                told, pauses = "", backoff(_FIRST_S, _CAP_S)
            except KnownError as failed:
                if told != failed.title:
                    report("webhook", failed)
                told, pause_s = failed.title, next(pauses)
            stopping.wait(pause_s)

    def step(self) -> int:
        """Tell all that is new, oldest first; returns how many. Raises WebhookUnreachable, DatabaseBusy, DiskFull.

        Switched on, it begins with what happens from then on.
        """
        url = self.settings.alerts.webhook_url
        if not url:
            self._file.unlink(missing_ok=True)
            return 0
        seen = self._seen()
        with self._database.read() as tx:
            newest = stations.revision(tx)
            moved = jobs.changed(tx, revision=seen, limit=_BATCH) if 0 <= seen < newest else []
            raised = alerts.changed(tx, revision=seen, limit=_BATCH) if 0 <= seen < newest else []
        ends = [rows[-1].revision for rows in (moved, raised) if len(rows) >= _BATCH]
        until = min([newest, *ends])
        events = [event for job in moved if (event := _of_job(job)) and event[0] <= until]
        events += [event for alert in raised if (event := _of_alert(alert))[0] <= until]
        station_id = self.settings.station.id
        events.sort(key=lambda event: event[:2])
        for place, (revision, key, document) in enumerate(events, 1):
            self._post(url, key, {"station_id": station_id, "sent_at": utc_text(self._clock.utc_ns())} | document)
            if place == len(events) or events[place][0] > revision:
                self._keep(revision)
            _log.info(f"told: {document['event']}", key=key)
        if seen < 0 or until < seen or until - seen > _KEEP_EVERY:
            self._keep(until)
        return len(events)

    def _seen(self) -> int:
        try:
            return int(json.loads(self._file.read_text("utf-8"))["revision"])
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return -1

    def _keep(self, revision: int) -> None:
        write_durably(self._file, json.dumps({"revision": revision}).encode())


def _of_job(job: Job) -> Event | None:
    ended_batch = job.is_batch and job.state in ENDED
    if job.batch_id is not None or not (ended_batch or job.state is JobState.FAILED):
        return None
    document = {
        "event": "batch_ended" if job.is_batch else "job_failed",
        "process_id": job.id,
        "kind": job.kind,
        "name": job.name,
        "task_id": job.task_id,
        "tenant_id": job.tenant_id,
        "camera_id": job.camera_id,
        "status": job.state,
        "message": job.error.message if job.error else job.message,
        "end_time": None if job.completed_at_ns is None else utc_text(job.completed_at_ns),
    }
    return job.revision, f"job-{job.id}-{job.completed_at_ns}", document


def _of_alert(alert: Alert) -> Event:
    over = alert.cleared_at_ns is not None
    document = {
        "event": "alert_cleared" if over else "alert_raised",
        "alert_id": alert.id,
        "kind": alert.kind,
        "subject": alert.subject,
        "message": alert.message,
        "hint": alert.hint,
        "raised_at": utc_text(alert.raised_at_ns),
        "cleared_at": None if alert.cleared_at_ns is None else utc_text(alert.cleared_at_ns),
    }
    return alert.revision, f"alert-{alert.id}-{'cleared' if over else 'raised'}", document


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None  # what was meant for one address is not sent to another


def post_json(url: str, key: str, document: dict[str, Any]) -> None:
    """Raises WebhookUnreachable unless it is answered with 2xx. The key is the same at every try."""
    headers = {"Content-Type": "application/json", "Idempotency-Key": key, "User-Agent": "trackshift-station"}
    asked = urllib.request.Request(url, json.dumps(document).encode(), headers, method="POST")
    host = urlsplit(url).hostname or "the webhook"
    try:
        with urllib.request.build_opener(_NoRedirect).open(asked, timeout=_TIMEOUT_S):
            return
    except urllib.error.HTTPError as refused:
        refused.close()
        raise WebhookUnreachable(f"{host} answered the webhook with {refused.code}", host=host) from None
    except (OSError, http.client.HTTPException) as lost:
        why = getattr(lost, "reason", None) or lost
        raise WebhookUnreachable(f"{host} does not take the webhook: {why}", host=host) from lost
