"""`trackshift sync`: what waits for object storage; send now, pause, resume."""

import argparse

from cli.answer import Answer, Exit
from cli.documents import Document
from cli.station import Station, open_station
from cli.waiting import wait_until
from core.paths import DataFolder
from core.store import stations, uploads
from core.upload import SyncSummary


def run(arguments: argparse.Namespace, folder: DataFolder) -> Answer:
    """Dispatch to status, now, pause or resume."""
    with open_station(folder) as station:
        if arguments.action == "now":
            return _now(station)
        if arguments.action in ("pause", "resume"):
            with station.database.write() as tx:
                stations.set_sync_paused(tx, arguments.action == "pause")
        return Answer(*_told(_summary(station)))


def _now(station: Station) -> Answer:
    """Ask for a pass over all that waits; return when all is verified, or nothing more can be sent."""
    with station.database.write() as tx:
        wake = stations.wake(tx)

    def passed() -> SyncSummary | None:
        with station.database.read() as tx:
            summary = uploads.summary(tx)
            served = stations.wake_served(tx) >= wake
        return summary if summary.all_verified or (served and not summary.sending) else None

    summary = wait_until(station, passed)
    if summary.all_verified:
        return Answer(*_told(summary), Exit.DONE)
    return Answer(*_told(summary), Exit.IN_PART if summary.verified else Exit.FAILED)


def _summary(station: Station) -> SyncSummary:
    with station.database.read() as tx:
        return uploads.summary(tx)


def _told(summary: SyncSummary) -> tuple[Document, str]:
    document: Document = {
        "waiting": summary.waiting,
        "sending": summary.sending,
        "blocked": summary.blocked,
        "verified": summary.verified,
        "held": summary.held,
        "open_bytes": summary.open_bytes,
        "verified_bytes": summary.verified_bytes,
        "paused": summary.paused,
        "reason": summary.reason,
        "open_jobs": summary.open_jobs,
        "safe_to_leave": summary.safe_to_leave,
    }
    if summary.safe_to_leave:
        return (
            document,
            f"Safe to leave: {summary.verified} files, {summary.verified_bytes / 1e6:.1f} MB, all verified.",
        )
    if summary.all_verified:
        return document, f"All {summary.verified} files are verified, but {summary.open_jobs} jobs are still under way."
    waiting = summary.waiting + summary.sending + summary.blocked
    why = "paused" if summary.paused else summary.reason
    text = f"{waiting} files, {summary.open_bytes / 1e6:.1f} MB, not yet verified; {summary.verified} are."
    return document, f"{text}\n  {why}".rstrip()
