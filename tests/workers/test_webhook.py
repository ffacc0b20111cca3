import http.server
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from core.alert import AlertKind
from core.errors import WebhookUnreachable
from core.job import JobError, JobKind, NewJob
from core.settings import Settings
from core.store import alerts, jobs
from tests.conftest import eventually
from tests.real.child import free_port
from tests.workers.station_parts import StationParts
from workers.supervision import supervise
from workers.webhook import Webhook, post_json


class Listener:
    """Keeps what is posted to it; answers with `status`."""

    def __init__(self) -> None:
        self.status = 204
        self.got: list[tuple[str, dict[str, Any]]] = []
        listener = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                document = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if listener.status < 300:
                    listener.got.append((self.headers["Idempotency-Key"], document))
                self.send_response(listener.status)
                self.send_header("Location", "http://127.0.0.1:1/elsewhere")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                return

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/hook"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def events(self) -> list[str]:
        return [document["event"] for _, document in self.got]


@pytest.fixture
def listener() -> Iterator[Listener]:
    made = Listener()
    yield made
    made.close()


def webhook_to(url: str, station: StationParts) -> Webhook:
    settings = Settings(alerts={"webhook_url": url})  # type: ignore[arg-type]
    return Webhook(station.folder, station.database, settings, station.clock)


def fails(station: StationParts) -> str:
    made = station.enqueue(JobKind.TRACK, name="P1")
    job = station.claim()
    with station.database.write() as tx:
        jobs.fail(tx, job, JobError("broken", "It is broken", permanent=True), None)
    return made.id


def test_failures_ended_batches_and_alerts_are_told_once_and_in_their_order(station: StationParts, listener: Listener):
    fails(station)
    hook = webhook_to(listener.url, station)
    hook.step()
    assert listener.got == [], "what was before is not news"
    failed = fails(station)
    with station.database.write() as tx:
        batch = jobs.enqueue_batch(tx, NewJob(JobKind.TRACK, {}), [NewJob(JobKind.TRACK, {})])
    job = station.claim()
    with station.database.write() as tx:
        jobs.finish(tx, job, {})
    with station.database.write() as tx:
        alerts.raise_alert(tx, AlertKind.DISK_LOW, "", "The disk is low", "Free some")
    hook.step()
    hook.step()
    assert listener.events() == ["job_failed", "batch_ended", "alert_raised"]
    assert [document.get("process_id") for _, document in listener.got] == [failed, batch.id, None]
    assert listener.got[0][1]["message"] == "It is broken"
    with station.database.write() as tx:
        alerts.clear(tx, AlertKind.DISK_LOW, "")
    webhook_to(listener.url, station).step()  # another life of the worker goes on where the former was
    assert listener.events()[3:] == ["alert_cleared"]


def test_offline_it_waits_and_then_tells_everything_in_order(station: StationParts, listener: Listener):
    hook = webhook_to(listener.url, station)
    hook.step()
    listener.status = 503
    made = [fails(station) for _ in range(3)]
    with pytest.raises(WebhookUnreachable, match="503"):
        hook.step()
    assert listener.got == []
    listener.status = 200
    assert hook.step() == 3
    assert [document["process_id"] for _, document in listener.got] == made
    assert len({key for key, _ in listener.got}) == 3


def test_switched_off_it_forgets_and_begins_anew(station: StationParts, listener: Listener):
    hook = webhook_to(listener.url, station)
    hook.step()
    hook.settings = Settings()
    fails(station)
    assert hook.step() == 0
    hook.settings = Settings(alerts={"webhook_url": listener.url})  # type: ignore[arg-type]
    assert hook.step() == 0 and listener.got == []


@pytest.mark.parametrize("status", [302, 400, 500])
def test_only_a_yes_is_a_yes_and_no_one_is_sent_elsewhere(listener: Listener, status: int):
    listener.status = status
    with pytest.raises(WebhookUnreachable, match=str(status)):
        post_json(listener.url, "key", {})


@pytest.mark.allow_warnings
def test_what_can_not_be_reached_is_told_once(station: StationParts, caplog: pytest.LogCaptureFixture):
    hook = webhook_to(f"http://127.0.0.1:{free_port()}/", station)
    hook.step()
    fails(station)
    with pytest.raises(WebhookUnreachable, match=r"127\.0\.0\.1"):
        hook.step()
    stopping = threading.Event()
    thread = supervise("webhook", lambda: hook.run(stopping), stopping)
    assert eventually(lambda: "does not take the webhook" in caplog.text, 10)
    stopping.set()
    thread.join(10)
    assert not thread.is_alive()


@pytest.mark.parametrize("url", ["ftp://x/", "http://", "javascript:1", "http://user:pw@host/"])
def test_a_url_that_is_none_or_holds_a_password_is_no_setting(url: str):
    with pytest.raises(ValueError):
        Settings(alerts={"webhook_url": url})  # type: ignore[arg-type]
