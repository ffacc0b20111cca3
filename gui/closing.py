"""Closing the window: what goes on without it, said only if something does."""

from dataclasses import dataclass

from PySide6.QtWidgets import QCheckBox, QDialog, QLabel, QVBoxLayout, QWidget

from core.job import JobState
from core.settings import Settings
from core.store import jobs, processes, uploads
from core.store.database import Database
from gui.controls import answers
from gui.page_layout import line_of


@dataclass(frozen=True, slots=True)
class GoesOn:
    """What is still open in the station."""

    jobs: int
    uploads: int

    @property
    def anything(self) -> bool:
        return self.jobs + self.uploads > 0

    @property
    def text(self) -> str:
        counts = ((self.jobs, "job"), (self.uploads, "upload"))
        parts = [f"{count} {word}{'s' * (count != 1)}" for count, word in counts if count]
        verb = "goes" if self.jobs + self.uploads == 1 else "go"
        return f"{' and '.join(parts)} {verb} on in the worker. It is safe to close the window."


def what_goes_on(database: Database, settings: Settings) -> GoesOn:
    """Read it; not for the main thread."""
    with database.read() as tx:
        counts = jobs.counts(tx)
        sync = uploads.summary(tx)
    open_jobs = counts.get(JobState.PENDING, 0) + counts.get(JobState.PROCESSING, 0)
    has_store = settings.storage.kind != "folder" or settings.storage.folder is not None
    return GoesOn(open_jobs, sync.waiting + sync.sending if has_store and not sync.paused else 0)


def ask_worker_to_stop(database: Database) -> None:
    """What is under way is finished or put back; the rest waits in the database for the next start."""
    with database.write() as tx:
        processes.ask_stop(tx, "the window was closed")


class ClosingDialog(QDialog):
    """Says what goes on, and offers to stop it."""

    def __init__(self, goes_on: GoesOn, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Close the window")
        title = QLabel("Work goes on", self)
        title.setProperty("role", "title")
        said = QLabel(goes_on.text, self)
        said.setWordWrap(True)
        self._stop = QCheckBox("Stop the worker too; what waits goes on at the next start", self)
        buttons = line_of(right=answers(self, "Keep it open", "Close the window"))
        layout = QVBoxLayout(self)
        layout.addWidget(title)
        layout.addWidget(said)
        layout.addWidget(self._stop)
        layout.addSpacing(8)
        layout.addLayout(buttons)
        self.setMinimumWidth(460)

    @property
    def stop_worker(self) -> bool:
        return self._stop.isChecked()
