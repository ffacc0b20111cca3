"""What the operator has made of a clip: its stops timed, and what moves in it tracked."""

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from core.job import JobKind
from core.stop_jobs import ask_timing
from core.store.database import Writing
from core.tracking import CreateTracking, TrackingAnswer, TrackingParams, submit
from gui.background import write_in_background
from gui.jobs.awaited_files import AwaitedFiles
from gui.station import Station
from gui.toast import show_notice


class ClipJobs(QObject):
    """Each is queued off the main thread."""

    def __init__(self, station: Station, page: QWidget) -> None:
        super().__init__(page)
        self._station, self._page = station, page
        self._awaited = AwaitedFiles(station, page)

    def time_stops(self, clip_id: str) -> None:
        new = self._station.new_job(JobKind.STOP_TIMING, {"clip": clip_id})
        said = "The clip is being timed; its stops come into the table by themselves."
        write_in_background(
            self._station.database,
            lambda tx: ask_timing(tx, new),
            then=lambda _: show_notice(self._page, said, "ok"),
            parent=self._page,
        )

    def track(self, clip_id: str) -> None:
        new = self._station.new_job(JobKind.TRACK, {})
        message = CreateTracking(action="create", tracking_params=TrackingParams(clip=clip_id), tenant_id=new.tenant_id)

        def ask(tx: Writing) -> TrackingAnswer:
            return submit(tx, message, operator=new.operator, tries=new.tries)

        def asked(answer: TrackingAnswer) -> None:
            show_notice(self._page, "The clip is being tracked; the jobs panel shows how far it is.", "info")
            if answer.job is not None:
                self._awaited.wait_for(answer.job.id, "annotated.mp4", "The clip is tracked.")

        write_in_background(self._station.database, ask, then=asked, parent=self._page)
